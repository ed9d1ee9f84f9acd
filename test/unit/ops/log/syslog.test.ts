import { afterEach, describe, expect, setDefaultTimeout, setSystemTime, test } from "bun:test";
import { createSocket, type Socket } from "node:dgram";
import { dateMs } from "../../../../src/clock.ts";
import type { LogTarget } from "../../../../src/plan/log.ts";
import { LineBytes } from "../../../../src/line-bytes.ts";
import { formatLine, openSyslog, singleLine } from "../../../../src/ops/log/syslog.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const target: LogTarget = {
  destination: { kind: "fd", fd: 1 },
  format: "rfc3164",
  length: 1024,
  facility: 16,
  maxLevel: 7,
  minLevel: 0,
  sample: null,
};
const process = { pid: 42, tag: "haproxy", hostname: null };
// A local time, so that the test runs in every zone.
const micros = new Date(2026, 10, 3, 9, 5, 7, 46).getTime() * 1000 + 519;

function line(
  own: Partial<LogTarget>,
  message: { level?: number; text?: string; structured?: string | null } = {},
  host: string | null = null,
): string {
  const full = { level: 6, tag: null, text: "hello", structured: null, ...message };
  return Buffer.from(formatLine({ ...target, ...own }, full, { ...process, hostname: host }, micros)).toString();
}

describe("log lines", () => {
  // Measured on HAProxy 2.6.12.
  test("rfc3164", () => expect(line({})).toBe("<134>Nov  3 09:05:07 haproxy[42]: hello\n"));
  test("rfc3164 with a name", () => expect(line({}, {}, "h1")).toBe("<134>Nov  3 09:05:07 h1 haproxy[42]: hello\n"));
  test("local never has a name", () =>
    expect(line({ format: "local" }, {}, "h1")).toBe("<134>Nov  3 09:05:07 haproxy[42]: hello\n"));
  test("rfc5424", () => {
    expect(line({ format: "rfc5424" }, { structured: "[a b=1]" })).toMatch(
      /^<134>1 2026-11-03T09:05:07\.046519[+-]\d\d:\d\d - haproxy 42 - \[a b=1\] hello\n$/,
    );
    expect(line({ format: "rfc5424" })).toMatch(/ - haproxy 42 - - hello\n$/);
  });
  test("priority", () => expect(line({ format: "priority" })).toBe("<134>hello\n"));
  test("short", () => expect(line({ format: "short" })).toBe("<6>hello\n"));
  test("timed", () =>
    expect(line({ format: "timed" })).toMatch(/^<6>2026-11-03T09:05:07\.046519[+-]\d\d:\d\d hello\n$/));
  test("iso", () => expect(line({ format: "iso" })).toMatch(/^2026-11-03T09:05:07\.046519[+-]\d\d:\d\d hello\n$/));
  test("raw", () => expect(line({ format: "raw" })).toBe("hello\n"));
  test("the least severe level allowed is a floor", () =>
    expect(line({ minLevel: 5 }, { level: 1 })).toStartWith("<133>"));
  test("length counts bytes and never cuts a character", () => {
    expect(line({ format: "raw", length: 8 }, { text: "1234567890" })).toBe("12345678\n");
    expect(line({ format: "raw", length: 4 }, { text: "abcé…" })).toBe("abc\n");
  });
});

describe("a clock that is set", () => {
  afterEach(() => void setSystemTime());
  test("is in the next line's header, whichever way it went", () => {
    for (const date of ["2031-02-03T04:05:06.789Z", "1999-12-31T00:00:00.001Z", "2026-06-05T12:00:00.500Z"]) {
      setSystemTime(new Date(date));
      expect(new Date(isoLine().slice(0, 32)).toISOString()).toBe(date);
    }
    setSystemTime();
    expect(Math.abs(dateMs() - Date.now())).toBeLessThan(1000);
  });
});

describe("what comes from outside stays within its line", () => {
  const forged: readonly (readonly [string, string])[] = [
    ["a\nNov  3 09:05:07 sshd[1]: Accepted", "a#0ANov  3 09:05:07 sshd[1]: Accepted"],
    ["a\r\u0000b\u007f", "a#0D#00b#7F"],
    ["\u001b]0;title\u0007", "#1B]0;title#07"],
    ["x\u2028y\u0100", "x#E2#80#A8y\u0100"],
    ["caf\u00c3\u00a9", "café"],
    ["bad \u00ff byte", "bad #FF byte"],
    ["\u00c2\u0085", "#C2#85"],
  ];
  for (const [text, shown] of forged) test(JSON.stringify(text), () => expect(singleLine(text)).toBe(shown));
});

describe("targets", () => {
  test("UDP lines arrive in order, by level and sample", async () => {
    const receiver = createSocket("udp4");
    const got: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    receiver.on("message", (bytes) => {
      got.push(bytes.toString());
      if (got.length === 3) resolve();
    });
    await new Promise<void>((done) => receiver.bind(0, "127.0.0.1", done));
    const destination = { kind: "udp", host: "127.0.0.1", port: receiver.address().port } as const;
    const syslog = openSyslog({
      pid: 1,
      names: () => ({ tag: "t", hostname: null }),
      sendUnix: null,
      complain: () => {},
    });
    const sampled: LogTarget = {
      ...target,
      destination,
      format: "raw",
      maxLevel: 5,
      sample: { ranges: [[2, 2]], size: 2 },
    };
    for (let index = 1; index <= 6; index++)
      syslog.write([sampled], { level: 5, tag: null, text: String(index), structured: null });
    syslog.write([sampled], { level: 6, tag: null, text: "too talkative", structured: null });
    await promise;
    await syslog.flush(1000);
    expect(got).toEqual(["2\n", "4\n", "6\n"]);
    syslog.close();
    receiver.close();
  });

  test("a receiver that is gone costs the others nothing, and gets its lines again when it is back", async () => {
    const heard: Buffer[] = [];
    const heardAgain: Buffer[] = [];
    const receiver = await receive(0, heard);
    const gone = await receive(0, []);
    const { port } = gone.address();
    await new Promise<void>((done) => gone.close(done));
    const said: string[] = [];
    const syslog = openSyslog({
      pid: 1,
      names: () => ({ tag: "t", hostname: null }),
      sendUnix: null,
      complain: (text) => said.push(text),
    });
    const targets = [port, receiver.address().port].map((one): LogTarget => {
      return { ...target, destination: { kind: "udp", host: "127.0.0.1", port: one } };
    });
    const write = () => syslog.write(targets, { level: 6, tag: null, text: "x", structured: null });
    for (let index = 1; index <= 20; index++) {
      write();
      await until(() => heard.length >= index);
    }
    // Whether ICMP's answer is heard of is the runtime's matter.
    expect(said.every((text) => text.includes(`127.0.0.1:${port}: `))).toBe(true);
    const back = await receive(port, heardAgain);
    await until(() => {
      write();
      return heardAgain.length > 0;
    });
    syslog.close();
    receiver.close();
    back.close();
  });

  test("a target that cannot be reached is told once and counted", async () => {
    const said: string[] = [];
    const syslog = openSyslog({
      pid: 1,
      names: () => ({ tag: "t", hostname: null }),
      sendUnix: () => false,
      complain: (text) => said.push(text),
    });
    const unix: LogTarget = { ...target, destination: { kind: "unix", path: "/nonexistent/log" } };
    const closed: LogTarget = { ...target, destination: { kind: "fd", fd: 987_654 } };
    for (let index = 0; index < 3; index++)
      syslog.write([unix, closed], { level: 6, tag: null, text: "x", structured: null });
    await syslog.flush(1000);
    expect({ told: said.length, dropped: syslog.dropped }).toEqual({ told: 2, dropped: 6 });
    syslog.complainAnew();
    syslog.write([unix], { level: 6, tag: null, text: "x", structured: null });
    expect({ told: said.length, dropped: syslog.dropped }).toEqual({ told: 3, dropped: 7 });
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** A line dated now. */
function isoLine(): string {
  const message = { level: 6, tag: null, text: "", structured: null };
  return Buffer.from(formatLine({ ...target, format: "iso" }, message, process)).toString();
}

async function receive(port: number, into: Buffer[]): Promise<Socket> {
  const receiver = createSocket("udp4");
  receiver.on("message", (bytes) => void into.push(bytes));
  await new Promise<void>((done) => receiver.bind(port, "127.0.0.1", done));
  return receiver;
}

test("bytes are written as the text that they are, header and all, and cut where they are too long", () => {
  const bytes = new LineBytes();
  bytes.put("0123456789");
  for (const format of ["rfc3164", "local", "rfc5424", "priority", "short", "timed", "iso", "raw"] as const) {
    for (const length of [1024, 65_535, 60, 12, 5]) {
      for (const micros of [1_700_000_000_000_000, 1_700_000_000_500_000, 1_700_000_001_000_000]) {
        for (const tag of ["t", "other"]) {
          const own: LogTarget = { ...target, format, length };
          const process = { pid: 7, tag, hostname: null };
          const message = { level: 6, tag: null, structured: null };
          const wanted = Buffer.from(formatLine(own, { ...message, text: "0123456789" }, process, micros)).toString();
          expect(Buffer.from(formatLine(own, { ...message, text: bytes }, process, micros)).toString()).toBe(wanted);
          expect(wanted.length).toBeLessThanOrEqual(length + 1);
        }
      }
    }
  }
});

/** A line of that tag. */
function tagged(tag: string, text: string | LineBytes): string {
  const process = { pid: 7, tag, hostname: null };
  return String(Buffer.from(formatLine(target, { level: 6, tag, text, structured: null }, process, 0)));
}

test("each line has its own header and length, whatever stood there before", () => {
  const bytes = new LineBytes();
  bytes.put("bytes");
  const lines = [
    tagged("one", bytes),
    tagged("one", bytes),
    tagged("two", "a text"),
    tagged("one", bytes),
    tagged("caf\u00e9", bytes),
    tagged("one", bytes),
  ];
  const texts = lines.map((line) => line.replace(/^<\d+>.{15} /, ""));
  const one = "one[7]: bytes\n";
  expect(texts).toEqual([one, one, "two[7]: a text\n", one, "caf#E9[7]: bytes\n", one]);
});
