/** Servers: numbers, and what is worked out from several options. */
import { expect, test } from "bun:test";
import { trackPlan } from "../../../../../src/config/finish/assemble/server-plan.ts";
import type { ServerPlan } from "../../../../../src/plan/server.ts";
import { readText } from "../../../../cases/case.ts";

const head =
  "defaults\n timeout connect 1s\n timeout server 1s\n timeout client 1s\nresolvers r\n nameserver n 127.0.0.1:53\n";

function servers(...lines: readonly string[]): readonly ServerPlan[] {
  const { plan, diagnostics } = readText(`${head}backend b\n${lines.map((line) => ` ${line}\n`).join("")}`);
  if (plan === null) throw new Error(JSON.stringify(diagnostics.all));
  return plan.backends[0]?.servers ?? [];
}

const one = (words: string): ServerPlan => servers(`server s 127.0.0.1:5 ${words}`)[0] as ServerPlan;

test("numbers are given around those that lines give, and one is passed over for each of these", () => {
  const lines = ["server a :1", "server b :1 id 2", "server c :1", "server d :1 id 9", "server e :1"];
  expect(servers(...lines.map((line) => line.replace(":1", "127.0.0.1:1"))).map(({ id }) => id)).toEqual([
    1, 2, 3, 9, 5,
  ]);
});

test.each([
  ["minconn 5", { minconn: 5, maxconn: 5 }],
  ["minconn 5 maxconn 3", { minconn: 5, maxconn: 5 }],
  ["minconn 5 maxconn 9", { minconn: 5, maxconn: 9 }],
  ["", { check: null, agent: null, proxyHeader: null, initAddr: ["last", "libc"] }],
  ["resolvers r", { initAddr: ["last", "libc", "none"] }],
  ["resolvers r init-addr libc", { initAddr: ["libc"] }],
  ["proxy-v2-options crc32c", { proxyHeader: { version: 1, options: ["crc32c"], tlvs: [] } }],
  ["send-proxy-v2-ssl-cn", { proxyHeader: { version: 2, options: ["ssl", "cert-cn"], tlvs: [] } }],
])("%s", (words, fields) => expect(one(words)).toMatchObject(fields as never));

test.each([
  ["check send-proxy", { sendProxy: true, port: null }],
  ["check send-proxy port 7", { sendProxy: false, port: 7 }],
  ["check send-proxy port 7 check-send-proxy", { sendProxy: true, port: 7 }],
  ["check addr 127.0.0.2:8", { port: 8 }],
  ["check inter 3s fall 5", { interMs: 3000, rise: 2, fall: 5 }],
])("%s", (words, fields) => expect(one(words).check).toMatchObject(fields));

test.each([
  ["agent-check agent-port 7", { port: 7, interMs: 2000, address: null }],
  ["agent-check port 9 inter 4s", { port: 9, interMs: 4000 }],
  ["agent-check agent-port 7 agent-inter 5s addr 127.0.0.2", { interMs: 5000, address: { host: "127.0.0.2" } }],
])("%s", (words, fields) => expect(one(words).agent).toMatchObject(fields as never));

test("whom a server tracks", () => {
  expect(trackPlan("s", "own")).toEqual({ backend: "own", server: "s" });
  expect(trackPlan("b/s/t", "own")).toEqual({ backend: "b", server: "s/t" });
});
