/** A format that throws costs its line its form, and nothing else. */
import { expect, test } from "bun:test";
import { accessLog } from "../../../../src/ops/log/access-log.ts";
import type { Event } from "../../../../src/events.ts";
import { openTerminal } from "../../../../src/cli/terminal.ts";
import type { LineWriter } from "../../../../src/ops/log/line-writer.ts";
import { type LogMessage, singleLine, type Syslog } from "../../../../src/ops/log/syslog.ts";
import { frontendPlan } from "../../proxy/plans.ts";
import { record, session } from "../../rules/session.ts";

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

test("a server's words begin no line of their own, wherever they are told", () => {
  const lines: string[] = [];
  const said: string[] = [];
  const err = { write: (line: Uint8Array) => void said.push(Buffer.from(line).toString()) } as unknown as LineWriter;
  const terminal = openTerminal(err, err, null);
  const syslog = {
    write: (_: unknown, { text }: LogMessage) => void lines.push(singleLine(text)),
  } as unknown as Syslog;
  const hear = accessLog({
    syslog,
    compile: () => () => "",
    globalTargets: () => [],
    tagOf: () => null,
    console: (label, text) => terminal[label](text),
  });
  const info = "down\n[ALERT]    (1) : forged\r\n\u001b[2J\u2028end";
  const result = { status: "L7STS", code: 500, info, durationMs: 1 } as const;
  const who = { backend: "be", server: "s1", isBackup: false, logs: [] } as const;
  hear({
    type: "check",
    ...who,
    log: true,
    result,
    succeeded: false,
    state: "DOWN",
    health: 0,
    healthOf: 2,
  } as unknown as Event);
  const counts = { activeLeft: 0, backupLeft: 0, sessions: 0, requeued: 0, queued: 0 };
  hear({
    type: "server",
    ...who,
    backend: "other",
    ...counts,
    from: "UP",
    to: "DOWN",
    cause: null,
    check: result,
  } as unknown as Event);
  hear({ type: "notice", level: "alert", text: info });
  expect(said.length).toBe(3);
  for (const line of [...said, ...lines.map((one) => `${one}\n`)]) {
    expect(line.indexOf("\n")).toBe(line.length - 1);
    expect(line).toContain("down#0A[ALERT]    (1) : forged#0D#0A#1B[2J#E2#80#A8end");
  }
});
