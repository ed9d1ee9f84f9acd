/** What is said of servers' answers, and the lines that mend them. */
import { expect, test } from "bun:test";
import type { Answer } from "../../../../src/service/doctor/answers.ts";
import { examineAnswers } from "../../../../src/service/doctor/servers.ts";
import { planOf } from "../../config/reading.ts";

/** Of a backend's servers in order; what is left out is as it should be. */
function found(lines: readonly string[], answers: readonly Partial<Answer>[]): unknown[] {
  const text = `backend b\n${lines.map((line) => ` ${line}\n`).join("")}`;
  const [backend] = planOf(text).backends;
  if (backend === undefined) throw new Error("no backend");
  const all = answers.map((own, index): Answer => {
    const server = backend.servers[index];
    if (server === undefined) throw new Error("no server");
    const address = { kind: "tcp", host: "192.0.2.1", port: 7999 } as const;
    const right = { header: "none", works: "none", state: "ssh", probed: null, failure: null } as const;
    return { backend, server, place: "192.0.2.1:7999", address, isSshExpected: true, ...right, ...own };
  });
  // Three lines of time-outs stand before the text.
  const files = [{ name: backend.position.file, text: `\n\n\n\n${text}` }];
  return examineAnswers(all, files).map(({ severity, id, fix }) => [severity, id, fix]);
}

test("a server that is right, and one that takes everybody's word for it", () => {
  const line = "server s 192.0.2.1:7999";
  expect(found([line], [{}])).toEqual([]);
  expect(found([line], [{ header: "v1" }])).toEqual([["note", "proxy-trust", null]]);
  const loopback = { kind: "tcp", host: "127.0.0.1", port: 7999 } as const;
  expect(found([line], [{ header: "v1", address: loopback }])).toEqual([]);
});

/** What mends a line whose header is not the one that works. */
function mended(line: string, header: Answer["header"], works: Answer["works"]): unknown[] {
  return found([line], [{ state: "other-header", header, works }]).map((one) => (one as unknown[])[2]);
}

test("the line with the header that works", () => {
  expect(mended("server s 192.0.2.1:7999 send-proxy-v2-ssl-cn check", "v2", "v1")).toEqual([
    "server s 192.0.2.1:7999 check send-proxy",
  ]);
  expect(mended("server s 192.0.2.1:7999", "none", "v2")).toEqual(["server s 192.0.2.1:7999 send-proxy-v2"]);
  // From a default-server.
  expect(mended("server s 192.0.2.1:7999", "v2", "none")).toEqual(["server s 192.0.2.1:7999 no-send-proxy-v2"]);
  expect(
    planOf("backend b\n default-server send-proxy-v2\n server s 192.0.2.1:7999 no-send-proxy-v2\n").backends[0]
      ?.servers[0]?.proxyHeader,
  ).toBeNull();
});

test("where another server is there, one that is not is no end of everything", () => {
  const lines = ["server s 192.0.2.1:7999", "server t 192.0.2.2:7999"];
  const gone = { state: "unreached", failure: "Connection refused" } as const;
  const nc = "$ nc -vz 192.0.2.1 7999";
  expect(found(lines, [gone, {}])).toEqual([["warning", "server-unreached", nc]]);
  expect(found(lines, [gone, gone])).toEqual([
    ["error", "server-unreached", nc],
    ["error", "server-unreached", nc],
  ]);
  expect(found(lines, [{ state: "unresolved" }, { state: "late" }])).toEqual([
    ["error", "name-unresolved", "server s 192.0.2.1:7999 init-addr last,libc,none"],
    ["warning", "no-time", expect.stringMatching(/^\$ fairlead doctor -f \S+ --timeout 60s$/)],
  ]);
  expect(found(["server s 192.0.2.1:7999 init-addr none"], [{ state: "unresolved" }])).toEqual([
    ["warning", "name-unresolved", null],
  ]);
});

test("clear text where the line has TLS", () => {
  expect(found(["server s 192.0.2.1:7999 ssl verify none"], [{}])).toEqual([
    ["error", "ssh-not-tls", "server s 192.0.2.1:7999 verify none"],
  ]);
});
