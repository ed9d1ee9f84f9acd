/** The same exchanges in whatever pieces they come, and answers that stop at each byte. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { createServer, type Socket } from "node:net";
import { ChunkReader } from "../../../src/wire/http/chunks.ts";
import { httpPlan, httpScene, ok, Origin } from "./http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(120_000);

const requests =
  "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n" +
  "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello" +
  "POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" +
  "GET /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/** The first request of `text`, if it is whole, and its body without chunks. */
function whole(text: string): { readonly target: string; readonly body: string } | null {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const head = text.slice(0, end);
  const target = head.split(" ")[1] ?? "";
  const body = text.slice(end + 4);
  const length = /content-length: (\d+)/.exec(head);
  if (length !== null) return body.length < Number(length[1]) ? null : { target, body };
  if (!head.includes("chunked")) return { target, body: "" };
  const reader = new ChunkReader({ bytes: 1000, fields: 10, target: 10 });
  const bytes = Buffer.from(body, "latin1");
  let data = "";
  for (let at = 0; ; at = reader.at) {
    const progress = reader.next(bytes, at, bytes.length);
    if (progress === "data") data += body.slice(reader.dataFrom, reader.dataEnd);
    else return progress === "done" ? { target, body: data } : null;
  }
}

test("requests that come in two pieces, wherever they are cut, are the same exchanges", async () => {
  await using scene = httpScene();
  await using origin = await Origin.start((text) => {
    const request = whole(text);
    return request === null ? null : ok(`${request.target}=${request.body}`);
  });
  await scene.apply(httpPlan([origin.port]));
  const answers = new Set<string>();
  for (let cut = 1; cut < requests.length; cut++) {
    const client = await scene.open();
    client.socket.setNoDelay(true);
    client.socket.write(requests.slice(0, cut), "latin1");
    await new Promise((resolve) => setTimeout(resolve, 1));
    client.socket.write(requests.slice(cut), "latin1");
    await client.ended;
    answers.add(client.received);
  }
  expect([...answers]).toEqual(
    [ok("/1=") + ok("/2=hello") + ok("/3=abc") + ok("/4=", "Connection: close\r\n")].map((text) =>
      text.replaceAll("Content-Length", "content-length").replaceAll("Connection", "connection"),
    ),
  );
});

/** Whether `text` is whole HTTP answers, to the byte. */
function isWhole(text: string): boolean {
  const found = /^HTTP\/1\.1 \d+ [^\r]*\r\n(?:[^\r]+\r\n)*content-length: (\d+)\r\n(?:[^\r]+\r\n)*\r\n/.exec(text);
  return found !== null && text.length === found[0].length + Number(found[1]);
}

test("an answer that stops at any byte is never taken for a whole one", async () => {
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";
  let cut = 0;
  const server = createServer((socket: Socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(answer.slice(0, cut)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await using scene = httpScene();
  await scene.apply(httpPlan([(server.address() as { port: number }).port]));
  const ends: string[] = [];
  for (; cut <= answer.length; cut++) {
    const client = await scene.open();
    client.socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    await client.ended;
    const status = client.received.slice(9, 12);
    ends.push(`${status} ${isWhole(client.received)} ${scene.records.at(-1)?.termination}`);
  }
  server.close();
  const headLength = answer.indexOf("\r\n\r\n") + 4;
  expect(ends.slice(0, headLength)).toEqual(Array.from({ length: headLength }, () => "502 true SH"));
  expect(ends.slice(headLength, -1)).toEqual(Array.from({ length: 10 }, () => "200 false SD"));
  expect(ends.at(-1)).toBe("200 true --");
});
