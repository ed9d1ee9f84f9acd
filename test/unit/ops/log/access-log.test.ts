/** A format that throws costs its line its form, and nothing else. */
import { expect, test } from "bun:test";
import type { HttpRecord } from "../../../../src/session-record.ts";
import { accessLog, isFailed } from "../../../../src/ops/log/access-log.ts";
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
  const told = lines.map(({ level, text }) => [level, String(text).slice(0, 15)]);
  expect(told.filter(([level]) => level === 6)).toEqual(Array.from({ length: 3 }, () => [6, "127.0.0.1:52054"]));
  expect(said.length).toBe(1);
  expect(said[0]).toStartWith("alert: internal error in a log format, please report it: Error: a client's own words");
});

test.each(["tcp", "http"] as const)("where there is no format, a line says who came where, in mode %s", (mode) => {
  const lines: string[] = [];
  const syslog = { write: (_: unknown, { text }: LogMessage) => void lines.push(String(text)) } as unknown as Syslog;
  const hear = accessLog({
    syslog,
    compile: () => () => "",
    globalTargets: () => [],
    tagOf: () => null,
    console: null,
  });
  const frontendAddress = { kind: "tcp", host: "::1", port: 2 } as const;
  const frontend = { ...frontendPlan(), name: "fe", mode };
  const tcp = { kind: "tcp", host: "10.0.0.1", port: 1 } as const;
  for (const client of [tcp, { kind: "unix", path: "/x" } as const])
    hear({ type: "accepted", frontend, client, frontendAddress, listenerId: 3 });
  const label = `(fe/${mode.toUpperCase()})`;
  expect(lines).toEqual([`Connect from 10.0.0.1:1 to ::1:2 ${label}`, `Connect from unix:3 to listener ${label}`]);
});

test("a connection that failed has HAProxy's short line, the error-log-format's, or none where sessions have no format", () => {
  const lines: string[] = [];
  const syslog = { write: (_: unknown, { text }: LogMessage) => void lines.push(String(text)) } as unknown as Syslog;
  const hear = accessLog({
    syslog,
    compile: (format) => () => format.text,
    globalTargets: () => [],
    tagOf: () => null,
    console: null,
  });
  const logFormat = { text: "session", encoding: "text", parts: [] } as const;
  const errorLogFormat = { text: "error", encoding: "text", parts: [] } as const;
  const acceptedAt = new Date(2026, 10, 29, 3, 54, 28, 176).getTime();
  const tls = { protocol: "TLSv1.3", cipher: "(NONE)" };
  for (const given of [{}, { logFormat }, { errorLogFormat }, { logFormat, errorLogFormat }]) {
    for (const listener of [null, "lst"]) {
      hear({
        type: "connection-failed",
        frontend: frontendPlan({ name: "fe", ...given }),
        record: record({ acceptedAt, tls, listener, bytesIn: 1 }),
        samples: session(),
        reason: "SSL handshake failure",
      });
    }
  }
  expect(lines).toEqual([
    "127.0.0.1:52054 [29/Nov/2026:03:54:28.176] fe/1: SSL handshake failure",
    "127.0.0.1:52054 [29/Nov/2026:03:54:28.176] fe/lst: SSL handshake failure",
    "error",
    "error",
    "error",
    "error",
  ]);
});

function failed(given: Parameters<typeof record>[0]): boolean {
  return isFailed(record(given));
}

test("what counts as failed", () => {
  expect(failed({ termination: "--" })).toBe(false);
  expect(failed({ termination: "LR" })).toBe(false);
  expect([failed({ termination: "SC" }), failed({ termination: "--", retries: 1 })]).toEqual([true, true]);
  const http = { requestLine: "GET / HTTP/1.1", status: 499 } as HttpRecord;
  expect([failed({ termination: "--", http }), failed({ termination: "--", http: { ...http, status: 500 } })]).toEqual([
    false,
    true,
  ]);
});

test("a server's words begin no line of their own, wherever they are told", () => {
  const lines: string[] = [];
  const said: string[] = [];
  const err = { write: (line: Uint8Array) => void said.push(Buffer.from(line).toString()) } as unknown as LineWriter;
  const terminal = openTerminal(err, err, null);
  const syslog = {
    write: (_: unknown, { text }: LogMessage) => void lines.push(singleLine(String(text))),
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
