// The rows were read from HAProxy 2.6's statistics with an agent that says the same.
import { expect, setDefaultTimeout, test } from "bun:test";
import { transport } from "../../../transport.ts";
import { type AgentAnswer, parseAgentAnswer } from "../../../../src/proxy/check/agent-answer.ts";
import { Agent } from "../../../../src/proxy/check/agent.ts";
import { closedPort, socketOptions } from "../check-scene.ts";
import { ScriptedServer, answers } from "../scripted-server.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const nothing = { health: null, admin: null, weightPercent: null, maxconn: null };
const checked = { status: "CHECKED", info: null };
const up = { status: "L7OK", info: "via agent : up" };

const rows: [string, Partial<AgentAnswer>][] = [
  ["up\n", { health: "up", result: up }],
  ["down\n", { health: "down", result: { status: "L7STS", info: "via agent : down" } }],
  ["down # overheated\n", { health: "down", result: { status: "L7STS", info: "via agent : down (overheated)" } }],
  ["fail#x y\n", { result: { status: "CHECKED", info: "agent reports an error : fail#x" } }],
  ["failed blah\n", { result: { status: "CHECKED", info: "agent reports an error : failed" } }],
  ["stopped,maint\n", { health: "down", admin: "maint", result: { status: "L7STS", info: "via agent : stopped" } }],
  ["50%\n", { weightPercent: 50, result: checked }],
  ["drain\n", { admin: "drain", result: checked }],
  ["ready up 75%\n", { admin: "ready", health: "up", weightPercent: 75, result: up }],
  ["maxconn:30\n", { maxconn: 30, result: checked }],
  ["garbage\n", { result: { status: "CHECKED", info: "agent reports an error : garbage" } }],
  ["", { result: { status: "L7RSP", info: "TCPCHK got an empty response at step 2" } }],
  ["up", { result: { status: "L7TOUT", info: "Ignoring incomplete line from agent" } }],
  ["down\r\nup\n", { health: "down", result: { status: "L7STS", info: "via agent : down" } }],
  ["DOWN\n", { health: "down", result: { status: "L7STS", info: "via agent : DOWN" } }],
  ["2%  up # fine\n", { health: "up", weightPercent: 2, result: { status: "L7OK", info: "via agent : up (fine)" } }],
];

test.each(rows)("%j", (line, expected) => {
  expect(parseAgentAnswer(line)).toEqual({ ...nothing, ...expected } as AgentAnswer);
});

test("asks with its own words, reads a line, and an agent that is away changes nothing", async () => {
  await using server = await ScriptedServer.start(answers(["up 40%\n"], true));
  let port = server.port;
  const seen: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const closed = await closedPort();
  const agent: Agent = new Agent({
    transport,
    interMs: 200,
    timeouts: { connectMs: 5000, checkMs: 0 },
    spreadPercent: 0,
    bufsizeBytes: 4096,
    send: "how are you\n",
    address: () => ({ kind: "tcp", host: "127.0.0.1", port }),
    socket: () => socketOptions,
    report: (answer, { status, code, info }) => {
      seen.push([answer === null ? null : [answer.health, answer.weightPercent], status, code, info]);
      port = closed;
      if (seen.length < 2) return;
      agent.stop();
      resolve();
    },
  });
  agent.start(0);
  await promise;
  // Also when it is stopped by what it has reported.
  expect(agent.dueInMs).toBe(null);
  expect(server.received.map(String)).toEqual(["how are you\n"]);
  expect(seen).toEqual([
    [["up", 40], "L7OK", 0, "via agent : up"],
    [null, "L4CON", null, "Connection refused"],
  ]);
});
