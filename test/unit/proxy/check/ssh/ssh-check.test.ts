/** Checks that speak SSH, against servers that do so well, badly, or not at all. */
import { describe, expect, test } from "bun:test";
import type { SshCheckPlan } from "../../../../../src/plan/ssh/ssh-check.ts";
import { Abort } from "../../../../../src/proxy/check/run/abort.ts";
import type { CheckOutcome } from "../../../../../src/proxy/check/run/outcome.ts";
import { runCheck } from "../../../../../src/proxy/check/run/run-check.ts";
import { SshCheckCourse } from "../../../../../src/proxy/check/ssh/course.ts";
import { ProbePace } from "../../../../../src/proxy/time/probe-pace.ts";
import type { CheckScheduleOptions } from "../../../../../src/proxy/check/schedule.ts";
import { clockMs } from "../../../../../src/clock.ts";
import { latin1 } from "../../../../../src/wire/latin1.ts";
import { formatSshDisconnect } from "../../../../../src/wire/ssh/disconnect.ts";
import { formatSshPacket } from "../../../../../src/wire/ssh/packet.ts";
import { transport } from "../../../../transport.ts";
import { waitUntil } from "../../../../e2e/harness.ts";
import { checkAgainst, checkerOptions, closedPort, serverCheck } from "../../check-scene.ts";
import {
  type Behaviour,
  endsAtOnce,
  resetsOnData,
  says,
  saysAndEnds,
  ScriptedServer,
  silent,
} from "../../scripted-server.ts";
import { heard, kexInitPacket } from "./ssh-scene.ts";

const line = "SSH-2.0-OpenSSH_9.2p1 Debian";
const plan: SshCheckPlan = { kind: "ssh", expects: [], slowMs: 0 };
const quick = { server: { ...serverCheck, interMs: 200 } };

/** Greets at once, and says the rest when the client has identified itself, as sshd does; closes behind a DISCONNECT. */
function sshd(rest: string, greeting = `${line}\r\n`): Behaviour {
  return (socket) => {
    socket.write(greeting, "latin1");
    let said = Buffer.alloc(0);
    socket.on("data", (data: Buffer) => {
      if (said.length === 0) socket.write(rest, "latin1");
      said = Buffer.concat([said, data]);
      if (said.includes("checked by fairlead")) socket.end();
    });
  };
}

function disconnect(reason: number, text: string): string {
  return latin1(formatSshDisconnect(reason, text));
}

/** A new course, and what the check's options have of it. */
function scene(more: { isSettled?: boolean } = {}) {
  const course = new SshCheckCourse(new ProbePace());
  return { course, options: { ssh: { course, isSettled: () => more.isSettled === true } } };
}

async function seenOf(
  behaviour: Behaviour,
  more: Partial<SshCheckPlan> = {},
  overrides: Partial<CheckScheduleOptions> = quick,
) {
  const { options, course } = scene();
  const { seen, outcome, received } = await checkAgainst(behaviour, { ...plan, ...more }, { ...options, ...overrides });
  return { seen: [outcome.verdict, ...seen], course, received, outcome };
}

const rows: [string, Behaviour, unknown[]][] = [
  ["all is well", sshd(kexInitPacket()), ["passed", "L7OK", 0, line]],
  ["lines before it", sshd(kexInitPacket(), `welcome\r\n${line}\r\n`), ["passed", "L7OK", 0, line]],
  [
    "much of what it says is left out",
    sshd(kexInitPacket(), `SSH-2.0-${"x".repeat(5000)}\r\n`),
    ["passed", "L7OK", 0, `SSH-2.0-${"x".repeat(392)}`],
  ],
  [
    "lines without an end",
    says("x".repeat(50_000)),
    ["failed", "L7RSP", null, `no SSH identification: ${"x".repeat(80)}`],
  ],
  [
    "packets without an end",
    says(`${line}\r\n${latin1(formatSshPacket(Uint8Array.of(2, ...new Uint8Array(995)))).repeat(60)}`),
    ["failed", "L7RSP", null, `no KEXINIT behind ${line}`],
  ],
  ["all at once", says(`${line}\r\n${kexInitPacket()}`), ["passed", "L7OK", 0, line]],
  [
    "what is no text is told as such",
    sshd(kexInitPacket(), "SSH-2.0-x \x1b[2J\xff\r\n"),
    ["passed", "L7OK", 0, "SSH-2.0-x \\x1b[2J\\xff"],
  ],
  [
    "penalty",
    saysAndEnds("Not allowed at this time\r\n"),
    ["undecided", "L7OKC", 0, expect.stringMatching(/^Not allowed at this time: /)],
  ],
  [
    "full",
    saysAndEnds("Exceeded MaxStartups\r\n"),
    ["undecided", "L7OKC", 0, expect.stringMatching(/^Exceeded MaxStartups: /)],
  ],
  ["full, in SSH's words", sshd(disconnect(12, "later")), ["undecided", "L7OKC", 0, "Too many connections: later"]],
  ["leaves", sshd(disconnect(7, "no\nservice")), ["failed", "L7STS", 7, "SSH disconnect: no\\x0aservice"]],
  ["another protocol", saysAndEnds("220 mail\r\n"), ["failed", "L7RSP", null, "no SSH identification: 220 mail"]],
  [
    "no header, or one too many",
    says(`${line}\r\nInvalid SSH identification string.\r\n`),
    ["failed", "L7RSP", null, "Invalid SSH identification string: a PROXY header is missing or one too many"],
  ],
  ["SSH 1", says("SSH-1.5-old\n"), ["failed", "L7RSP", null, "the server speaks SSH 1.5 alone"]],
  ["no line", says("\0\0\0\0"), ["failed", "L7RSP", null, "no SSH identification: \\x00\\x00\\x00\\x00"]],
  ["no packet", sshd("GET / HTTP/1.0\r\n\r\n"), ["failed", "L7RSP", null, `no KEXINIT behind ${line}`]],
  ["closes at once", endsAtOnce, ["failed", "L7RSP", null, "no SSH identification"]],
  ["closes behind its line", saysAndEnds(`${line}\r\n`), ["failed", "L7RSP", null, `no KEXINIT behind ${line}`]],
  ["resets", resetsOnData, ["failed", "SOCKERR", null, "Connection reset by peer"]],
  [
    "resets behind its line",
    (socket) => {
      socket.write(`${line}\r\n`);
      setTimeout(() => socket.resetAndDestroy(), 50);
    },
    ["failed", "L7RSP", null, `connection reset behind ${line}: a PROXY header is missing or one too many?`],
  ],
  ["silent", silent, ["failed", "L7TOUT", null, "waiting for its SSH identification"]],
  ["silent behind its line", says(`${line}\r\n`), ["failed", "L7TOUT", null, "waiting for its KEXINIT"]],
];

test.concurrent.each(rows)("%s", async (_, behaviour, expected) => {
  expect((await seenOf(behaviour)).seen).toEqual(expected);
});

test("our identification comes first, our KEXINIT once the server's is there, and a DISCONNECT at the end", async () => {
  await using server = await ScriptedServer.start(sshd(kexInitPacket()));
  const address = { kind: "tcp", host: "127.0.0.1", port: server.port } as const;
  const { options } = scene();
  await ended(options, address);
  const text = (): string => server.received[0]?.toString("latin1") ?? "";
  await waitUntil("the farewell", () => text().endsWith("\0\0\0\0") && text().includes("checked by fairlead"));
  const [identification, rest = ""] = text().split("\r\n");
  expect(identification).toBe("SSH-2.0-fairlead_check");
  // The first of each list, so that the server has nothing to complain of.
  expect(rest.slice(5, 6)).toBe("\x14");
  for (const name of ["curve25519-sha256", "rsa-sha2-512", "aes128-ctr", "hmac-sha2-256", "none"])
    expect(rest).toContain(name);
  expect(rest).not.toContain("kex-strict");
});

test("whoever is given up, or too slow, is told good-bye as well, and no connection is reset", async () => {
  const errors: string[] = [];
  const bytes: string[] = [];
  await using server = await ScriptedServer.start((socket) => {
    let got = "";
    socket.on("data", (data: Buffer) => (got += data.toString("latin1")));
    socket.on("error", (error) => errors.push(error.message));
    socket.on("end", () => {
      bytes.push(got);
      socket.end();
    });
  });
  const address = { kind: "tcp", host: "127.0.0.1", port: server.port } as const;
  const late = ended({ ...scene().options, ...quick }, address);
  const abort = new Abort();
  runCheck(checkerOptions(plan, scene().options), address, abort, { checked: () => {} });
  await waitUntil("both speak", () => server.received.length === 2 && server.received.every((one) => one.length > 0));
  abort.abort();
  expect((await late).result.status).toBe("L7TOUT");
  await waitUntil("both have gone", () => bytes.length === 2);
  const farewell = `SSH-2.0-fairlead_check\r\n${disconnect(11, "checked by fairlead")}`;
  expect({ errors, bytes }).toEqual({ errors: [], bytes: [farewell, farewell] });
});

test("whoever does not speak SSH is not told good-bye in it", async () => {
  let hasGone = false;
  await using server = await ScriptedServer.start((socket) => {
    says("220 mail\r\n\0")(socket);
    socket.on("close", () => (hasGone = true)).on("end", () => socket.end());
  });
  const { result } = await ended(scene().options, { kind: "tcp", host: "127.0.0.1", port: server.port });
  expect(result.status).toBe("L7RSP");
  await waitUntil("it has gone", () => hasGone);
  expect(server.received.join("")).toBe("SSH-2.0-fairlead_check\r\n");
});

function ended(
  options: Partial<CheckScheduleOptions>,
  address: Parameters<typeof runCheck>[1],
  check = plan,
): Promise<CheckOutcome> {
  return new Promise((resolve) => {
    runCheck(checkerOptions(check, options), address, new Abort(), { checked: (_, outcome) => resolve(outcome) });
  });
}

test("what is expected is judged", async () => {
  const expects = [{ what: "cipher", negate: true, pattern: "cbc" }] as const;
  const { seen } = await seenOf(sshd(kexInitPacket()), { expects });
  expect(seen).toEqual(["failed", "L7STS", 0, "expect ! cipher 'cbc': the server lists 3des-cbc"]);
});

const slow: Behaviour = (socket) => void setTimeout(() => socket.write(`${line}\r\n${kexInitPacket()}`, "latin1"), 150);
const nowhere = async () => ({ kind: "tcp", host: "127.0.0.1", port: await closedPort() }) as const;

test("a server that takes its time is slow, and is given it", async () => {
  // Longer than `inter`, and much less than both together.
  const { seen, outcome } = await seenOf(slow, { slowMs: 140 }, { server: { ...serverCheck, interMs: 140 } });
  expect(seen).toEqual([
    "passed",
    "L7OK",
    0,
    expect.stringMatching(/^SSH-2.0-OpenSSH_9.2p1 Debian \(slow: [12]\d\d ms\)$/),
  ]);
  expect(outcome.identMs).toBeGreaterThanOrEqual(140);
  const within = await seenOf(slow, { slowMs: 100 }, { timeouts: { connectMs: 1000, checkMs: 50 } });
  expect(within.seen).toEqual(["failed", "L7TOUT", null, "waiting for its SSH identification"]);
});

describe("between probes", () => {
  test("what a client has been told counts, and nobody connects", async () => {
    const { course, options } = scene();
    course.hear({ ...heard(line), identMs: 7 }, clockMs());
    expect(await ended(options, await nowhere())).toEqual({
      verdict: "passed",
      result: { status: "L7OK", code: 0, info: line, durationMs: 0 },
      identMs: 7,
    });
  });

  test("what a client has been told may be wrong", async () => {
    const { course, options } = scene();
    course.hear(heard(line), clockMs());
    const expects = [{ what: "kex", negate: false, pattern: "mlkem" }] as const;
    const { verdict, result } = await ended(options, await nowhere(), { ...plan, expects });
    expect([verdict, result.status, course.shown]).toEqual(["failed", "L7STS", result]);
  });

  test("a connect tells whether a server is there, in the words of its last probe", async () => {
    await using server = await ScriptedServer.start(sshd(kexInitPacket()));
    const address = { kind: "tcp", host: "127.0.0.1", port: server.port } as const;
    const { course, options } = scene({ isSettled: true });
    const probed = await ended(options, address);
    const again = await ended({ ...options, transport: { ...transport, hidesProbes: true } }, address);
    expect([again.verdict, again.result, again.identMs]).toEqual(["passed", probed.result, undefined]);
    expect(course.pace.waitMs(clockMs())).toBeGreaterThan(0);
    const gone = await nowhere();
    const { verdict, result } = await ended({ ...options, transport: { ...transport, hidesProbes: true } }, gone);
    expect([verdict, result.status, result.info]).toEqual(["failed", "L4CON", "Connection refused"]);
  });

  test("of a server that falls a connect tells nothing", async () => {
    await using server = await ScriptedServer.start(sshd(disconnect(7, "no")));
    const address = { kind: "tcp", host: "127.0.0.1", port: server.port } as const;
    const { options } = scene();
    const hidden = { ...options, transport: { ...transport, hidesProbes: true } };
    const first = await ended(hidden, address);
    expect([first.verdict, first.result.code]).toEqual(["failed", 7]);
    expect(await ended(hidden, address)).toEqual({ verdict: "undecided", result: first.result });
  });

  test("where connects are noticed there is none before its time", async () => {
    const { course, options } = scene();
    course.pace.begin(clockMs());
    const { verdict, result } = await ended(
      { ...options, transport: { ...transport, hidesProbes: false } },
      await nowhere(),
    );
    expect([verdict, result.status]).toEqual(["undecided", "CHECKED"]);
  });

  test("a server that penalises us is left alone for as long as it does that at least", async () => {
    const { course } = await seenOf(saysAndEnds("Not allowed at this time\r\n"));
    expect(course.pace.waitMs(clockMs())).toBeWithin(14_000, 15_001);
    expect((await seenOf(saysAndEnds("Exceeded MaxStartups\r\n"))).course.pace.waitMs(clockMs())).toBeLessThan(2001);
  });
});

test("nobody keeps a course: told, and no more than that", async () => {
  const { verdict, result } = await ended({}, { kind: "tcp", host: "127.0.0.1", port: await closedPort() });
  expect([verdict, result.status]).toEqual(["failed", "SOCKERR"]);
});
