/** `log` lines: where lines go, in which form, from which level on. */
import { expect, test } from "bun:test";
import { logFormat, logLevel, parseLog } from "../../../../src/config/lines/log.ts";
import type { LogTarget } from "../../../../src/plan/log.ts";
import { line, planOf } from "../reading.ts";

function read(source: string, section: "global" | "proxy" = "proxy"): LogTarget | "global" {
  const [keyword, ...rest] = line(source).words;
  if (keyword === undefined) throw new Error(source);
  return parseLog(rest, keyword, section, new Map());
}

test.each([
  ["log stdout local0", { destination: { kind: "fd", fd: 1 }, facility: 16, length: 1024, format: "rfc3164" }],
  ["log stderr user", { destination: { kind: "fd", fd: 2 }, facility: 1, maxLevel: 7, minLevel: 0 }],
  ["log fd@5 daemon err emerg", { destination: { kind: "fd", fd: 5 }, maxLevel: 3, minLevel: 0 }],
  ["log 10.0.0.1 local0 notice", { destination: { kind: "udp", host: "10.0.0.1", port: 514 }, maxLevel: 5 }],
  ["log 10.0.0.1:5 len 200 format raw local0", { destination: { port: 5 }, length: 200, format: "raw" }],
  ["log :5 local0", { destination: { kind: "udp", host: "127.0.0.1", port: 5 } }],
  ["log /dev/log local0", { destination: { kind: "unix", path: "/dev/log" } }],
  ["log abns@x local0", { destination: { kind: "unix", path: "\0x" } }],
  ["log ring@r local0", { destination: { kind: "ring", ring: { name: "r", servers: [] } } }],
  [
    "log tcp@10.0.0.1:5 local0",
    { destination: { kind: "ring", ring: { servers: [{ address: { host: "10.0.0.1", port: 5 } }] } } },
  ],
  ["log stdout format rfc3164 local0", { namesHost: true, format: "rfc3164" }],
])("%s", (source, target) => expect(read(source)).toMatchObject(target as never));

test("the global section's targets are called by that word, elsewhere", () => {
  expect(read("log global")).toBe("global");
  expect(() => read("log global", "global")).toThrow("log : 'global' is not supported for a global syslog server");
});

test.each([
  ["log", "log : expects <address> and <facility> or global as arguments"],
  ["log stdout", "log : expects <address> and <facility> or global as arguments"],
  ["log stdout len 79 local0", "log : invalid log length '79', must be between 80 and 65535"],
  ["log stdout format x local0", "log : unknown log format 'x'"],
  ["log stdout sample 5 local0", "log : "],
  ["log stdout local8", "log : unknown log facility 'local8'"],
  ["log stdout local0 bad", "log : unknown optional log level 'bad'"],
  ["log stdout local0 info bad", "log : unknown optional minimum log level 'bad'"],
  ["log stdout local0 info err x", "log : cannot handle unexpected argument 'x'"],
])("%s is refused", (source, message) => expect(() => read(source)).toThrow(message));

test("names of levels and formats", () => {
  expect([logLevel("emerg"), logLevel("debug"), logLevel("x")]).toEqual([0, 7, null]);
  expect([logFormat("iso"), logFormat("x")]).toEqual(["iso", undefined]);
});

test("the logs of `global` are heard once, however often they are asked for", () => {
  const proxy = "frontend f\n bind :80\n log global\n log 127.0.0.1:5 local0\n log 127.0.0.1:5 local0\n log global\n";
  const inherited = `defaults\n timeout client 1s\n log global\n${proxy}`;
  const [frontend] = planOf(`global\n log 127.0.0.1:4 local0\n${inherited}`).frontends;
  const ports = frontend?.logs.map(({ destination }) => ("port" in destination ? destination.port : destination));
  expect(ports).toEqual([4, 5, 5]);
});
