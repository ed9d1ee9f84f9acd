import { describe, expect, test } from "bun:test";
import type { Event } from "../../../../src/events.ts";
import {
  backendEmptyMessage,
  certificateMessage,
  checkMessage,
  hostKeysMessage,
  paceMessage,
  proxyMessage,
  remainingMessage,
  serverMessage,
} from "../../../../src/ops/log/messages.ts";

type ServerEvent = Extract<Event, { type: "server" }>;

function server(own: Partial<ServerEvent>): ServerEvent {
  return {
    type: "server",
    backend: "be",
    server: "s1",
    logs: [],
    from: "UP",
    to: "DOWN",
    isBackup: false,
    check: null,
    cause: null,
    activeLeft: 0,
    backupLeft: 0,
    sessions: 0,
    requeued: 0,
    queued: 0,
    ...own,
  };
}

const operator = { kind: "operator" } as const;
const refused = { status: "L4CON", code: null, info: "Connection refused", durationMs: 0 };

function backAgain(isService: boolean): ServerEvent {
  return server({ from: "MAINT", to: "UP", cause: { kind: "resolved", hostName: "h.test", isService } });
}

// Every text was measured on HAProxy 2.6.12.
describe("servers", () => {
  const rows: readonly (readonly [string, ServerEvent, string])[] = [
    [
      "down by a check",
      server({ check: refused }),
      'Server be/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms. 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.',
    ],
    [
      "on backup",
      server({ check: refused, backupLeft: 1 }),
      'Server be/s1 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms. 0 active and 1 backup servers left. Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue.',
    ],
    [
      "tracked",
      server({ check: refused, cause: { kind: "tracked", backend: "be", server: "x" }, activeLeft: 1 }),
      "Server be/s1 is DOWN via be/x. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    ],
    [
      "maintenance",
      server({ to: "MAINT", cause: operator }),
      "Server be/s1 is going DOWN for maintenance. 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    ],
    [
      "drain",
      server({ to: "DRAIN", cause: operator, activeLeft: 1 }),
      "Server be/s1 enters drain state. 1 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.",
    ],
    [
      "drain of a server that is down",
      server({ from: "DOWN", to: "DRAIN", cause: operator, activeLeft: 3 }),
      "Server be/s1 enters drain state. 3 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    ],
    [
      "drained and down again",
      server({ from: "DRAIN", to: "DOWN", cause: operator }),
      "Server be/s1 is DOWN (leaving forced drain).",
    ],
    [
      "down while drained",
      server({ from: "DRAIN", to: "DOWN", check: { ...refused, info: null } }),
      "Server be/s1 is DOWN, reason: Layer4 connection problem, check duration: 0ms. 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    ],
    [
      "maintenance of a server that is down",
      server({ from: "DOWN", to: "MAINT", cause: operator }),
      "Server be/s1 was DOWN and now enters maintenance.",
    ],
    [
      "from maintenance to drain",
      server({ from: "MAINT", to: "DRAIN", cause: operator }),
      "Server be/s1 is UP/DRAIN (leaving forced maintenance).",
    ],
    [
      "back from drain",
      server({ from: "DRAIN", to: "UP", cause: operator }),
      "Server be/s1 is UP (leaving forced drain).",
    ],
    [
      "back from maintenance",
      server({ from: "MAINT", to: "UP", cause: operator }),
      "Server be/s1 is UP/READY (leaving forced maintenance).",
    ],
    [
      "forced up",
      server({ from: "DOWN", to: "UP", cause: operator, activeLeft: 2, backupLeft: 1 }),
      "Server be/s1 is UP, changed from CLI. 2 active and 1 backup servers online. 0 sessions requeued, 0 total in queue.",
    ],
    [
      "no address by its name",
      server({ to: "MAINT", cause: { kind: "unresolved", trouble: "no-address" } }),
      "Server be/s1 is going DOWN for maintenance (No IP for server ). 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    ],
    [
      "no such name",
      server({ to: "MAINT", cause: { kind: "unresolved", trouble: "nx" } }),
      "Server be/s1 is going DOWN for maintenance (DNS NX status). 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    ],
    [
      "an address by its name again",
      server({ from: "MAINT", to: "UP", cause: { kind: "resolved", hostName: "h.test", isService: false } }),
      "Server be/s1 ('h.test') is UP/READY (resolves again).",
    ],
    [
      "by a state file",
      server({ to: "DOWN", cause: { kind: "state-file" } }),
      "Server be/s1 is DOWN, changed from server-state after a reload. 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    ],
    [
      "backup",
      server({
        from: "DOWN",
        to: "UP",
        isBackup: true,
        check: { ...refused, status: "L4OK", info: null },
        activeLeft: 1,
        backupLeft: 1,
      }),
      "Backup Server be/s1 is UP, reason: Layer4 check passed, check duration: 0ms. 1 active and 1 backup servers online. 0 sessions requeued, 0 total in queue.",
    ],
  ];
  for (const [name, event, text] of rows) test(name, () => expect(serverMessage(event, true).text).toBe(text));

  test("from maintenance to drain takes a second line", () => {
    const line = remainingMessage(server({ from: "MAINT", to: "DRAIN" }));
    expect(line?.text).toBe("Server be/s1 remains in forced drain mode.");
    expect(remainingMessage(server({ from: "UP", to: "DRAIN" }))).toBeNull();
  });

  test("an address again takes a second line, unless a service's record named it", () => {
    expect(remainingMessage(backAgain(false))?.text).toBe(
      "Server be/s1 administratively READY thanks to valid DNS answer.",
    );
    expect(remainingMessage(backAgain(true))).toBeNull();
  });

  test("what a server answered cannot end the quotation", () => {
    const check = { ...refused, info: 'no", check duration: 9ms. Server be/s2 is UP' };
    expect(serverMessage(server({ check }), true).text).toContain(
      'info: "no#22, check duration: 9ms. Server be/s2 is UP", check',
    );
  });

  test("log-health-checks has told the reason already", () => {
    expect(serverMessage(server({ check: refused }), false).text).toStartWith("Server be/s1 is DOWN. 0 active");
  });

  test("levels", () => {
    expect(serverMessage(server({ check: refused }), true).level).toBe(1);
    expect(serverMessage(server({ from: "DOWN", to: "UP" }), true).level).toBe(5);
    expect(backendEmptyMessage("be", false)).toEqual({
      level: 0,
      label: "alert",
      text: "backend be has no server available!",
      console: "backend 'be' has no server available!",
    });
  });
});

test("one check", () => {
  const event: Extract<Event, { type: "check" }> = {
    type: "check",
    backend: "be",
    server: "s2",
    logs: [],
    log: true,
    isBackup: true,
    succeeded: false,
    result: refused,
    state: "UP",
    health: 1,
    healthOf: 2,
  };
  expect(checkMessage(event).text).toBe(
    'Health check for backup server be/s2 failed, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms, status: 1/2 UP.',
  );
});

test("a proxy that stops", () => {
  const event = {
    type: "proxy",
    name: "fe",
    kind: "frontend",
    logs: [],
    to: "stopped",
    totals: { frontend: 3, backend: 0 },
  } as const;
  expect(proxyMessage(event)?.text).toBe("Proxy fe stopped (cumulated conns: FE: 3, BE: 0).");
  expect(proxyMessage({ ...event, to: "started" })).toBeNull();
});

test("a check that passed on a condition", () => {
  const result = { status: "L7OKC", code: 404, info: "Not Found", durationMs: 2 };
  const common = { backend: "be", server: "s1", logs: [], log: true, isBackup: false } as const;
  expect(
    checkMessage({ ...common, type: "check", succeeded: true, result, state: "UP", health: 3, healthOf: 3 }).text,
  ).toBe(
    'Health check for server be/s1 conditionally succeeded, reason: Layer7 check conditionally passed, code: 404, info: "Not Found", check duration: 2ms, status: 3/3 UP.',
  );
});

test("a certificate is told of before it expires, and louder once it has", () => {
  const notAfter = Date.UTC(2026, 11, 3, 12);
  const told = [13, 1, 0, -1].map((daysLeft) =>
    certificateMessage({ type: "certificate", name: "a.pem", notAfter, daysLeft }),
  );
  expect(told).toEqual([
    { level: 4, label: "warning", text: "The certificate 'a.pem' expires in 13 days, on 2026-12-03." },
    { level: 4, label: "warning", text: "The certificate 'a.pem' expires in 1 day, on 2026-12-03." },
    { level: 4, label: "warning", text: "The certificate 'a.pem' expires in 0 days, on 2026-12-03." },
    { level: 1, label: "warning", text: "The certificate 'a.pem' has expired on 2026-12-03." },
  ]);
});

test("a slow server is told of, and that it is not slow any more", () => {
  const pace = { type: "server-pace", backend: "be", server: "s1", logs: [], ms: 3214.5, limitMs: 3000 } as const;
  const told = [
    paceMessage({ ...pace, isSlow: true, isHalved: true }),
    paceMessage({ ...pace, isSlow: true, isHalved: false }),
    paceMessage({ ...pace, ms: 8.2, isSlow: false, isHalved: false }),
  ];
  const slow = "Server be/s1 is slow: it takes 3215 ms to identify itself (ssh-check slow 3000 ms), and";
  expect(told).toEqual([
    { level: 4, label: "warning", text: `${slow} half its weight counts.` },
    { level: 4, label: "warning", text: `${slow} its weight stays, for the balance of this backend.` },
    { level: 5, label: "warning", text: "Server be/s1 is not slow any more: it takes 8 ms to identify itself." },
  ]);
});

test("what besides checks has a server down or up again is told with its reason, also where checks are logged", () => {
  const check = { status: "L7RSP", code: null, info: 'its key "x"', durationMs: 2 };
  const down = server({ check, cause: { kind: "objection" } });
  for (const withReason of [true, false])
    expect(serverMessage(down, withReason).text).toStartWith(
      'Server be/s1 is DOWN, reason: Layer7 invalid response, info: "its key #22x#22", check duration: 2ms. 0 active',
    );
  const up = server({ from: "DOWN", to: "UP", check: { ...check, status: "L7OK" }, cause: { kind: "objection" } });
  expect(serverMessage(up, false).text).toStartWith("Server be/s1 is UP, reason: Layer7 check passed");
  expect(serverMessage(server({ cause: { kind: "objection" } }), true).text).toStartWith(
    "Server be/s1 is DOWN. 0 active",
  );
});

test("host keys that differ are an alert, and that they agree again is a notice", () => {
  const event = { type: "host-keys", backend: "be", logs: [], text: "x" } as const;
  expect(hostKeysMessage({ ...event, level: "alert" })).toEqual({ level: 1, label: "alert", text: "x" });
  expect(hostKeysMessage({ ...event, level: "notice" })).toEqual({ level: 5, label: "notice", text: "x" });
});
