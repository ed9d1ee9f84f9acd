import { describe, expect, test } from "bun:test";
import type { AdminSession } from "../../../../src/ops/admin/command.ts";
import type { AdminSources } from "../../../../src/ops/admin/sources.ts";
import { answerCommand, splitWords } from "../../../../src/ops/admin/commands.ts";
import { adminAnswers } from "../../../../src/ops/sockets/command-socket.ts";
import type { PatternListView } from "../../../../src/ops/admin/sources.ts";
import { noCounts } from "../../../../src/proxy/names/dns-counters.ts";
import { tlsPayloads } from "../tls-stage.ts";
import { onePlan } from "../../proxy/plans.ts";
import { backendStats, frontendStats, scriptedProxy, serverStats } from "../scripted-proxy.ts";

function infoOf(proxy: AdminSources["info"]["proxy"]): AdminSources["info"] {
  return {
    proxy,
    version: "2.6.12-x",
    releaseDate: "2026/01/01",
    node: "n1",
    description: null,
    descriptors: 1024,
    droppedLogs: 0,
    heapBytes: () => 5,
  };
}

function sourcesOf(proxy: AdminSources["info"]["proxy"]): AdminSources {
  const plan = onePlan({ name: "fe" }, { name: "be" });
  return {
    info: infoOf(proxy),
    plan: () => plan,
    tables: { get: () => undefined, all: () => [] },
    patterns: { all: () => [], wrongKey: () => null, wrongValue: () => null },
    tlsPayloads,
    startupLogs: () => "",
    sockets: () => [{ address: "unix@/x", level: "admin" }],
    reload: () => Promise.resolve({ succeeded: false, text: "" }),
    variable: () => null,
    environment: () => ({ A: "1\n2" }),
  };
}

function stage(own: Parameters<typeof scriptedProxy>[0] = {}) {
  const { proxy, asked } = scriptedProxy(own);
  const sources = sourcesOf(proxy);
  const session: AdminSession = {
    level: "admin",
    severityOutput: "none",
    interactive: false,
    timeoutMs: 0,
    closing: false,
  };
  return { asked, session, ask: (text: string) => [...answerCommand(text, sources, session)].join("") };
}

/** Lines of `show resolvers`. */
function zeros(names: string): string {
  return names
    .split(" ")
    .map((name) => `  ${`${name}:`.padEnd(13)}0\n`)
    .join("");
}

test("a command that throws says so, is told of, and ends nothing else", () => {
  const { session } = stage();
  const faults: unknown[] = [];
  const { proxy } = scriptedProxy();
  const broken = new Error("broken");
  const info = { ...infoOf(proxy), fault: (error: unknown, where: string) => void faults.push([error, where]) };
  const patterns = {
    *all(): Generator<PatternListView> {
      yield { isAcl: false, isMap: false } as PatternListView;
      throw broken;
    },
    wrongKey: () => null,
    wrongValue: () => null,
  };
  const answers = (text: string): string =>
    [...(adminAnswers({ ...sourcesOf(proxy), info, patterns }, text, session, null) as Iterable<string>)].join("");
  expect(answers("show acl")).toBe("# id (file) description\nInternal error: what it was is in the log.\n\n");
  expect(answers("del acl #0 x")).toBe("Internal error: what it was is in the log.\n\n");
  expect(answers("get weight be/nosuch")).toBe("No such server.\n\n");
  expect(faults).toEqual([
    [broken, "in a command"],
    [broken, "in a command"],
  ]);
});

describe("admin commands", () => {
  // Answers measured on HAProxy 2.6.12.
  const answers: readonly (readonly [string, string])[] = [
    ["get weight be/s1", "1 (initial 1)\n"],
    ["get weight be/nosuch", "No such server.\n"],
    ["get weight x", "Require 'backend/server'.\n"],
    ["set weight be/s1 50%", ""],
    ["set weight be/s1 500", "Absolute weight can only be between 0 and 256 inclusive.\n"],
    ["set weight be/s1 x", "Empty weight string empty or preceded by garbage"],
    ["set server be/s1 state drain", ""],
    ["set server be/s1 state foo", "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n"],
    ["set server nobe/x state ready", "No such backend.\n"],
    ["set server be/s1 addr foo", "Invalid addr 'foo' by 'stats socket command'\n"],
    ["set server be/s1 addr 127.0.0.1", "no need to change the addr by 'stats socket command'\n"],
    [
      "set server be/s1 addr 127.0.0.9 port 30299",
      "IP changed from '127.0.0.1' to '127.0.0.9', port changed from '7999' to '30299' by 'stats socket command'\n",
    ],
    ["set server be/s1 ssl on", "'set server <srv> ssl' cannot be set.  default-server should define ssl settings\n"],
    ["set rate-limit ssl-sessions global 7", ""],
    ["set maxconn frontend nofe 50", "No such frontend.\n"],
    ["set maxconn frontend fe x", "Integer value expected.\n"],
    ["set maxconn server be/s1 x", "maxconn string empty or preceded by garbage"],
    ["enable frontend fe", "All sockets are already enabled.\n"],
    ["enable dynamic-cookie backend", "A backend name is expected.\n"],
    ["enable dynamic-cookie backend be", ""],
    ["disable dynamic-cookie backend be", ""],
    ["set dynamic-cookie-key backend", "A backend name is expected.\n"],
    ["set dynamic-cookie-key backend nobe x", "No such backend.\n"],
    ["set dynamic-cookie-key backend be", "String value expected.\n"],
    ["set dynamic-cookie-key backend be k", ""],
    ["enable agent be/s1", "Agent was not configured on this server, cannot enable.\n"],
    ["disable agent be/s1", ""],
    ["set rate-limit connections global", "Expects an integer value.\n"],
    ["set rate-limit sessions global 6", ""],
    ["set rate-limit http-compression global x", "Expects an integer value.\n"],
    ["set server be/s1 check-port", "set server <b>/<s> check-port requires a port.\n"],
    ["set server be/s1 check-port x", "provided port is not an integer"],
    ["set server be/s1 check-port 99999", "provided port is invalid"],
    ["set server be/s1 check-addr 127.0.0.2 port 8", ""],
    ["set server be/s1 check-addr foo", "invalid addr 'foo'"],
    ["set server be/s1 check-addr", "set server <b>/<s> check-addr requires an address and optionally a port.\n"],
    ["set server be/s1 agent-addr 127.0.0.2", "agent checks are not enabled on this server"],
    ["set server be/s1 agent-send hi", "agent checks are not enabled on this server.\n"],
    ["set server be/s1 agent up", "agent checks are not enabled on this server.\n"],
    ["shutdown session 0x1", "No such session (use 'show sess').\n"],
    ["shutdown session 0x1f", ""],
    ["shutdown session", "Session pointer expected (use 'show sess').\n"],
    ["set timeout cli x", "Invalid timeout value.\n"],
    ["show backend", "# name\nbe\n"],
    ["show version # why", "2.6.12-x\n"],
    ["show table nope", "No such table\n"],
    ["show env A", "A=1#0A2\n"],
    ["show servers state nobe", "Can't find backend.\n"],
    ["show cli sockets", "# socket lvl processes\nunix@/x admin all\n"],
  ];
  for (const [command, answer] of answers) test(command, () => expect(stage().ask(command)).toBe(answer));

  test("what name servers were asked and said", () => {
    const nameservers = [{ name: "ns1", ...noCounts(), sent: 7, valid: 4, aliasErrors: 3 }];
    const resolvers = [{ name: "r", nameservers }, ...["a", "b"].map((name) => ({ name, nameservers: [] }))];
    const { ask } = stage({ resolvers });
    const text = `Resolvers section r
 nameserver ns1:
  sent:        7
  snd_error:   0
  valid:       4
  update:      0
  cname:       0
  cname_error: 3
${zeros("any_err nx timeout refused other invalid too_big truncated outdated")}`;
    expect(ask("show resolvers r")).toBe(text);
    expect(ask("show resolvers")).toBe(`${text}Resolvers section a\nResolvers section b\n`);
    expect(ask("show resolvers none")).toBe("Can't find that resolvers section\n");
  });

  test("verbs reach the proxy with their arguments", () => {
    const { ask, asked } = stage();
    for (const command of [
      "set server be/s1 weight 3",
      "set weight be/s1 50%",
      "disable server be/s1",
      "set server be/s1 health down",
      "enable dynamic-cookie backend be",
      "disable dynamic-cookie backend be",
      "set dynamic-cookie-key backend be k",
    ])
      ask(command);
    for (const command of [
      "set maxconn server be/s1 7",
      "disable frontend fe",
      "shutdown sessions server be/s1",
      "clear counters all",
    ])
      ask(command);
    expect(asked).toEqual([
      ["weight", "be", "s1", 3],
      ["weight", "be", "s1", { percent: 50 }],
      ["state", "be", "s1", "maint"],
      ["health", "be", "s1", "down"],
      ["dynamic cookies", "be", true],
      ["dynamic cookies", "be", false],
      ["dynamic cookie key", "be", "k"],
      ["maxconn", "be", "s1", 7],
      ["frontend", "fe", "disabled"],
      ["kill sessions", "be", "s1"],
      ["clear", true],
    ]);
  });

  test("checks and agents are changed", () => {
    const server = serverStats({ agent: { last: null, isEnabled: true } });
    const { ask, asked } = stage({ backends: [backendStats([server])] });
    for (const command of [
      "set server be/s1 check-addr ::1 port 8",
      "set server be/s1 check-port 9",
      "set server be/s1 agent-addr 127.0.0.2",
      "set server be/s1 agent-port 10",
      "set server be/s1 agent-send hi",
      "set server be/s1 agent down",
      "disable agent be/s1",
      "set rate-limit connections global 5",
      "set rate-limit http-compression global 7",
    ])
      expect(ask(command)).toBe("");
    expect(ask("set server be/s1 agent foo")).toBe("'set server <srv> agent' expects 'up' or 'down'.\n");
    expect(asked).toEqual([
      ["check", "be", "s1", { host: "::1", port: 8 }],
      ["check", "be", "s1", { port: 9 }],
      ["agent", "be", "s1", { host: "127.0.0.2" }],
      ["agent", "be", "s1", { port: 10 }],
      ["agent", "be", "s1", { send: "hi" }],
      ["agent", "be", "s1", { health: "down" }],
      ["agent", "be", "s1", { enabled: false }],
      ["rate", "connections", 5],
      ["rate", "compression", 7168],
    ]);
  });

  test("levels only fall, and hold", () => {
    const { ask, session } = stage();
    expect(ask("user")).toBe("");
    expect(session.level).toBe("user");
    expect(ask("set server be/s1 state maint")).toBe("Permission denied\n");
    expect(ask("operator")).toBe("Permission denied\n");
    expect(ask("help")).not.toContain("set server");
  });

  test("a row for each thing, in HAProxy's columns", () => {
    const down = serverStats({
      name: "s2",
      id: 2,
      state: "DOWN",
      weight: 1,
      isUsable: false,
      check: {
        last: { status: "L4CON", code: null, info: 'said "no", twice', durationMs: 0 },
        running: true,
        isEnabled: true,
        failures: 1,
        observedFailures: null,
        health: 1,
        healthOf: 4,
        rise: 2,
        fall: 3,
      },
    });
    const lines = stage({ frontends: [frontendStats()], backends: [backendStats([serverStats(), down])] })
      .ask("show stat")
      .split("\n");
    const names = (lines[0] ?? "").slice(2).split(",");
    expect(names.slice(0, 6)).toEqual(["pxname", "svname", "qcur", "qmax", "scur", "smax"]);
    expect(names.indexOf("check_status")).toBe(36);
    expect(names.indexOf("agg_check_status")).toBe(102);
    expect(lines.slice(1, -1).map((line) => line.split(",").slice(0, 2).join("/"))).toEqual([
      "fe/FRONTEND",
      "be/s1",
      "be/s2",
      "be/BACKEND",
    ]);
    expect(lines[3]).toContain("DOWN 1/2");
    expect(lines[3]).toContain("* L4CON");
    expect(lines[3]).toContain('"said ""no"", twice"');
  });

  test("words are taken apart as HAProxy does", () => {
    expect(splitWords("set  server a\\ b #c")).toEqual(["set", "server", "a b", "#c"]);
  });
});
