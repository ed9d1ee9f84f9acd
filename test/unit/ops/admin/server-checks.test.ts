import { expect, test } from "bun:test";
import { checkVerbs } from "../../../../src/ops/admin/server-checks.ts";
import { scriptedProxy, serverStats } from "../scripted-proxy.ts";

const agent = { last: null, isEnabled: true };

/** What the command answers, and what the proxy is asked to do. */
function run(words: string, own: Parameters<typeof serverStats>[0] = { agent }): unknown[] {
  const [verb = "", ...args] = words.split(" ");
  const { proxy, asked } = scriptedProxy();
  const answer = checkVerbs.get(verb)?.({ proxy, backend: "be", server: serverStats(own) }, args);
  return [typeof answer === "object" && "text" in answer ? answer.text : answer, ...asked];
}

test.each([
  ["check-port 80", ["check", "be", "s1", { port: 80 }]],
  ["check-addr 10.0.0.1", ["check", "be", "s1", { host: "10.0.0.1" }]],
  ["check-addr 10.0.0.1 port 80", ["check", "be", "s1", { host: "10.0.0.1", port: 80 }]],
  ["agent-port 80", ["agent", "be", "s1", { port: 80 }]],
  ["agent-addr ::1 port 80", ["agent", "be", "s1", { host: "::1", port: 80 }]],
  ["agent-send hello", ["agent", "be", "s1", { send: "hello" }]],
  ["agent down", ["agent", "be", "s1", { health: "down" }]],
])("%s", (words, asked) => {
  expect(run(words)).toEqual(["", asked]);
});

test.each([
  ["check-port", "set server <b>/<s> check-port requires a port.\n"],
  ["check-port x", "provided port is not an integer"],
  ["check-port 65536", "provided port is invalid"],
  ["check-addr name", "invalid addr 'name'"],
  ["check-addr 10.0.0.1 port x", "provided port is not an integer"],
  ["agent-addr", "set server <b>/<s> agent-addr requires an address and optionally a port.\n"],
  ["agent sideways", "'set server <srv> agent' expects 'up' or 'down'.\n"],
])("%s is refused", (words, text) => {
  expect(run(words)).toEqual([text]);
});

test("without a check or an agent there is nothing to change", () => {
  expect(run("check-port 80", { check: null })).toEqual(["health checks are not enabled on this server"]);
  expect(run("agent-port 80", { agent: null })).toEqual(["agent checks are not enabled on this server"]);
  expect(run("agent-send x", { agent: null })).toEqual(["agent checks are not enabled on this server.\n"]);
  expect(run("agent up", { agent: null })).toEqual(["agent checks are not enabled on this server.\n"]);
});
