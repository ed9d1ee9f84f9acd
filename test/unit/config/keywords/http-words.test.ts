/** No word of HTTP is ignored where there is HTTP: it works there, or is refused by name. */
import { describe, expect, test } from "bun:test";
import { keywords } from "../../../../src/config/keywords/language.ts";
import { httpReason } from "../../../../src/config/row/http-reason.ts";
import { readText } from "../../../cases/case.ts";

const files = { "/page": "HTTP/1.0 500 X\r\n\r\n" };

/** The words behind each keyword that means something in `mode http` alone. */
const arguments_: Readonly<Record<string, string>> = {
  "http-request": "deny",
  "http-response": "deny",
  "http-after-response": "set-header a b",
  redirect: "location /x",
  capture: "request header x len 5",
  "declare capture": "request len 5",
  errorfile: "500 /page",
  errorloc: "500 /x",
  errorloc302: "500 /x",
  errorloc303: "500 /x",
  errorfiles: "e",
  "http-error": "status 404",
  "monitor-uri": "/x",
  monitor: "fail if TRUE",
  stats: "enable",
  cookie: "A insert",
  "dynamic-cookie-key": "k",
  compression: "offload",
  "filter compression": "",
  "http-reuse": "never",
  "http-send-name-header": "X-N",
  "unique-id-header": "X-I",
  "max-keep-alive-queue": "5",
  "max-session-srv-conns": "5",
  "timeout http-request": "5s",
  "timeout http-keep-alive": "5s",
  "option http-restrict-req-hdr-names": "reject",
  "server cookie": "a",
  "server redir": "http://x",
  "server max-reuse": "5",
  "server pool-max-conn": "5",
  "server pool-purge-delay": "5s",
  "server ws": "h1",
  "server proto": "h1",
  "server check-proto": "h1",
};

/** Each with a reason that holds in `mode http` as well. */
const withoutEffect = [
  "proxy guid",
  "proxy option http-no-delay",
  "proxy option disable-h2-upgrade",
  "proxy email-alert",
  "proxy bind-process",
  ..."expose-fd nice process thread shards label guid-prefix nbconn idle-ping".split(" ").map((one) => `bind ${one}`),
  ..."pool-low-conn log-proto guid shard".split(" ").map((one) => `server ${one}`),
];

const rows = keywords.filter((row) => row.mode === "http");

function withLine(row: (typeof rows)[number], mode: "tcp" | "http"): ReturnType<typeof readText> {
  const named = row.scope === "server" ? `server ${row.name}` : row.name;
  const rest = arguments_[named] ?? "";
  const line = row.scope === "server" ? "" : ` ${row.name} ${rest}\n`;
  const option = row.scope === "server" ? ` ${row.name} ${rest}` : "";
  return readText(
    `http-errors e
 errorfile 500 /page
defaults
 timeout client 1s
 timeout server 1s
 timeout connect 1s
listen l
 mode ${mode}
 bind 127.0.0.1:9
${line} server s 127.0.0.1:1${option}
`,
    files,
  );
}

describe("words of HTTP", () => {
  test("there are some", () => expect(rows.length).toBeGreaterThan(40));

  test("no row is without effect because it is for mode http", () => {
    expect(keywords.filter((row) => row.reason === httpReason)).toEqual([]);
  });

  test("what has no effect in any mode is this, and what means something beside TLS alone", () => {
    const scopes = new Set(["proxy", "bind", "server"]);
    const idle = keywords.filter((row) => row.class === "no-effect" && scopes.has(row.scope));
    const names = idle.filter((row) => row.reason?.includes("`ssl`") !== true).map((row) => `${row.scope} ${row.name}`);
    expect(names.toSorted()).toEqual(withoutEffect.toSorted());
  });

  for (const row of rows) {
    test(`${row.scope} ${row.name}`, () => {
      const { plan, diagnostics } = withLine(row, "http");
      const alerts = diagnostics.all.filter((one) => one.level === "alert").map((one) => one.text);
      if (row.class === "refused") {
        expect(alerts.join("\n")).toContain(`'${row.name}' is not supported`);
      } else {
        expect(alerts).toEqual([]);
        expect(plan?.global.withoutEffect).toEqual([]);
      }
    });
  }

  test("in mode tcp each of them says so", () => {
    const silent = rows.filter((row) => {
      const { plan } = withLine(row, "tcp");
      // What HAProxy refuses there has no plan.
      return plan !== null && !plan.global.withoutEffect.some((one) => one.reason === httpReason);
    });
    expect(silent.map((row) => row.name)).toEqual([]);
  });
});
