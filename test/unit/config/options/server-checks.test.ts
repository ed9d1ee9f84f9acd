/** Options of `server` lines about its health. */
import { expect, test } from "bun:test";
import type { ServerPlan } from "../../../../src/plan/server.ts";
import { planOf, saidOf } from "../reading.ts";

const back = (options: string): string =>
  `backend b\n server other 127.0.0.1:5 check\n server s 127.0.0.1:6 ${options}\n`;
const server = (options: string): ServerPlan | undefined => planOf(back(options)).backends[0]?.servers[1];

test.each([
  ["check rise 3 fall 4 inter 5s fastinter 6s downinter 7s", {}],
  ["check addr 10.0.0.1 port 7", { address: { host: "10.0.0.1" }, port: 7 }],
  ["check check-send-proxy", { sendProxy: true }],
  ["check no-check-send-proxy", { sendProxy: false }],
])("%s", (options, check) => expect(server(options)?.check).toMatchObject(check as never));

test("numbers of checks", () => {
  expect(server("check rise 3 fall 4 inter 5s fastinter 6s downinter 7s")?.check).toMatchObject({
    rise: 3,
    fall: 4,
    interMs: 5000,
    fastInterMs: 6000,
    downInterMs: 7000,
  });
  expect(server("check no-check")?.check).toBeNull();
});

test.each([
  ["track other", { track: { backend: "b", server: "other" } }],
  ["check observe layer4 error-limit 5 on-error mark-down", { observe: "layer4", errorLimit: 5, onError: "mark-down" }],
  ["on-marked-down shutdown-sessions", { onMarkedDown: "shutdown-sessions" }],
  ["on-marked-up shutdown-backup-sessions", { onMarkedUp: "shutdown-backup-sessions" }],
  ["agent-check agent-port 7 agent-send x", { agent: { port: 7, send: "x" } }],
  ["agent-check agent-port 7 agent-addr ::1", { agent: { address: { host: "::1" } } }],
])("%s", (options, fields) => expect(server(options)).toMatchObject(fields as never));

test.each([
  ["rise 0", "'rise' has to be > 0."],
  ["rise", "'rise' expects an integer argument."],
  ["fall x", "'fall' has to be > 0."],
  ["port 65536", "invalid port '65536'"],
  ["inter 0", "invalid value 0 for argument 'inter' of server s."],
  ["observe", "'observe' expects <mode> as argument."],
  ["observe x", "'observe' expects one of 'none', 'layer4', 'layer7' but got 'x'"],
  ["on-marked-down x", "'on-marked-down' expects 'shutdown-sessions' but got 'x'"],
  ["track", "'track' expects [<proxy>/]<server> as argument."],
  ["agent-port", "'agent-port' expects a port number as argument."],
  ["agent-addr :x", "parsing agent-addr failed. Check if ':x' is correct address."],
])("%s", (options, message) => expect(saidOf(back(options)).join("\n")).toContain(message));

test("observation of layer 7 is called an alert or a warning, and the server is there all the same", () => {
  expect(server("observe layer7")?.observe).toBeNull();
  expect(saidOf(back("observe layer7")).join("\n")).toContain("'layer7' can only be used in http proxies..");
});
