/** Messages that stop at each byte, beside HAProxy: what the client gets, how its connection ends, and the line of the log. */
import type { HttpCase } from "./http/case.ts";
import { compareAll } from "./http/pair.ts";
import { visible } from "./transcript.ts";

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const withLength = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";

const answers: Readonly<Record<string, string>> = {
  "with a length": withLength,
  "in chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
  "to the end of the connection": "HTTP/1.1 200 OK\r\n\r\nabc",
  "behind an interim one": "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n",
};

const requests: Readonly<Record<string, string>> = {
  "with a length": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
  "in chunks": "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
};

function cuts(text: string): number[] {
  return Array.from({ length: text.length }, (_, at) => at);
}

/** HAProxy makes chunks of its own of what came, and says nothing of the last one; here they go on as they are cut, but for trailers. Null: the same. */
function passedOn(text: string, cut: number): string | null {
  const body = text.indexOf("\r\n\r\n") + 4;
  const [chunk, last] = ["3\r\nabc\r\n", "0\r\n"];
  const came = text.slice(body, Math.min(cut, body + chunk.length + last.length));
  if (!text.includes("chunked") || cut <= body || came === chunk) return null;
  return visible(text.slice(0, body).replace(/^(?:Host|Transfer-Encoding)/gm, (name) => name.toLowerCase()) + came);
}

const because = "chunks go on as they are cut";

const rows: readonly HttpCase[] = [
  ...Object.entries(answers).flatMap(([what, text]) =>
    cuts(text).map((cut): HttpCase => {
      const other = passedOn(text, cut);
      const row = { client: [get], server: { say: text.slice(0, cut), end: "fin" as const } };
      const name = `an answer ${what} that stops at byte ${cut}`;
      return other === null ? { name, ...row } : { name, ...row, differs: { because, client: `${other} fin` } };
    }),
  ),
  ...Object.entries(requests).flatMap(([what, text]) =>
    cuts(text)
      .slice(1)
      .map((cut): HttpCase => {
        const other = passedOn(text, cut);
        const row = { client: [text.slice(0, cut), { pause: 20 }, "FIN" as const] };
        const name = `a request ${what} that stops at byte ${cut}`;
        return other === null ? { name, ...row } : { name, ...row, differs: { because, server: [other] } };
      }),
  ),
  ...cuts(withLength).map((cut): HttpCase => ({
    name: `an answer that is reset at byte ${cut}`,
    client: [get],
    server: { say: withLength.slice(0, cut), end: "reset" },
  })),
  // In the head of a second one HAProxy closes without a word, and here it is 502.
  ...["safe", "always"].flatMap((reuse) =>
    cuts(withLength)
      .slice(withLength.indexOf("\r\n\r\n") + 4)
      .map((cut): HttpCase => ({
        name: `a second answer, with http-reuse ${reuse}, that stops at byte ${cut}`,
        lines: `    http-reuse ${reuse}\n`,
        client: [get, { until: "\r\n\r\nok" }, get],
        server: [ok, { say: withLength.slice(0, cut), end: "fin" }],
        logs: 2,
      })),
  ),
];

compareAll(rows);
