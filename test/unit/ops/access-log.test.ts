/** A format that throws costs its line its form, and nothing else. */
import { expect, test } from "bun:test";
import { accessLog } from "../../../src/ops/access-log.ts";
import type { Event } from "../../../src/events.ts";
import type { LogMessage, Syslog } from "../../../src/ops/syslog.ts";
import { frontendPlan } from "../proxy/plans.ts";
import { record, session } from "../rules/session.ts";

test("a session's line is told as tcplog has it, and the fault once", () => {
  const lines: LogMessage[] = [];
  const said: string[] = [];
  const syslog = { write: (_: unknown, message: LogMessage) => void lines.push(message) } as unknown as Syslog;
  const hear = accessLog({
    syslog,
    compile: () => () => {
      throw new Error("a client's own words");
    },
    globalTargets: () => [],
    tagOf: () => null,
    console: (label, text) => void said.push(`${label}: ${text}`),
  });
  const logFormat = { text: "%ci", encoding: "text", parts: [] } as const;
  const event: Event = {
    type: "session",
    frontend: frontendPlan({ logFormat }),
    record: record({ termination: "--" }),
    samples: session(),
  };
  for (let left = 3; left > 0; left--) hear(event);
  const told = lines.map(({ level, text }) => [level, text.slice(0, 15)]);
  expect(told.filter(([level]) => level === 6)).toEqual(Array.from({ length: 3 }, () => [6, "127.0.0.1:52054"]));
  expect(said.length).toBe(1);
  expect(said[0]).toStartWith("alert: internal error in a log format, please report it: Error: a client's own words");
});
