/** `fairlead top` as a whole: once, live, with a process that comes and goes. */
import { expect, test } from "bun:test";
import type { Said } from "../../../../src/cli/ask-socket.ts";
import { intervalOf, showTop } from "../../../../src/cli/top/top.ts";
import { heard } from "../heard.ts";
import { said, scene } from "./said.ts";

test("intervals", () => {
  expect(["2s", "3", "500ms", "1m", "1h"].map(intervalOf)).toEqual([2000, 3000, 500, 60_000, 3_600_000]);
  expect(["", "0", "100ms", "61m", "2h", "-1", "1.5", "9999999999"].map(intervalOf)).toEqual(Array(8).fill(null));
});

const nothing = (): void => {};

const good: Said = { said: said(scene()) };

function stage(answers: readonly Said[], isTerminal = true) {
  const { terminal, text } = heard();
  const frames: string[] = [];
  const lines: string[] = [];
  let at = 0;
  let hear: (text: string) => void = nothing;
  let end: (by: NodeJS.Signals) => void = nothing;
  const size = { width: 100, height: 12 };
  let redraw: () => void = nothing;
  const waiting: { count: number; act: () => void }[] = [];
  const write = (frame: string): void => {
    frames.push(frame);
    for (const one of waiting) if (frames.length >= one.count) one.act();
  };
  const run = (wish: Partial<Parameters<typeof showTop>[0]> = {}) =>
    showTop(
      { intervalMs: 200, once: false, json: false, ...wish },
      {
        ask: async (line) => {
          lines.push(line);
          return answers[Math.min(at++, answers.length - 1)] ?? good;
        },
        where: "/s",
        terminal,
        ports: isTerminal
          ? { write, size: () => size, keys: { raw: () => {}, on: (act) => void (hear = act), stop: () => {} } }
          : null,
        width: 100,
        onEnd: (act) => void (end = act),
        onResize: (act) => void (redraw = act),
      },
    );
  return {
    run,
    text,
    frames,
    size,
    asked: () => at,
    type: (keys: string) => hear(keys),
    end: (by: NodeJS.Signals) => end(by),
    resized: () => redraw(),
    lines,
    /** The first frame behind those that there are already, or the last of them, that has it. */
    frameWith: async (part: string): Promise<string> => {
      for (let count = Math.max(frames.length, 1); ; count += 1) {
        const frame = frames[count - 1] ?? "";
        if (frame.includes(part)) return frame;
        await (frames.length > count ? null : new Promise<void>((act) => void waiting.push({ count: count + 1, act })));
      }
    },
    framesAre: (count: number) =>
      frames.length >= count ? Promise.resolve() : new Promise<void>((act) => void waiting.push({ count, act })),
  };
}

test("without a terminal it is one look as plain text", async () => {
  const { run, text } = stage([good], false);
  expect(await run()).toBe(0);
  expect(text()).toContain("\ngit (backend) ");
  expect(text()).not.toContain("\u001b");
});

test("once and JSON, on a terminal too", async () => {
  const once = stage([good]);
  expect([await once.run({ once: true }), once.frames]).toEqual([0, []]);
  const json = stage([good]);
  expect([await json.run({ json: true }), JSON.parse(json.text()).document]).toEqual([0, "fairlead top"]);
});

test("once, and nobody answers", async () => {
  const { run, text } = stage([{ failed: "there is none" }]);
  expect(await run({ once: true })).toBe(1);
  expect(text()).toBe(
    "[ALERT]    stats socket /s: there is none\n    is fairlead running, and is this its 'stats socket'?\n",
  );
});

test("live: it looks again, and q ends it with the terminal as it was", async () => {
  const top = stage([good, { failed: "nobody listens there" }, good]);
  const ended = top.run();
  await top.framesAre(2);
  expect(top.frames[1]).toContain("git (backend)");
  await top.framesAre(3);
  expect(top.frames[2]).toContain("\u001b[H/s: nobody listens there\u001b[K");
  // What was seen last stays.
  expect(top.frames[2]).toContain("git (backend)");
  await top.framesAre(4);
  expect(top.frames[3]).not.toContain("nobody");
  top.type("s");
  expect(top.frames[4]).toContain("[sessions]");
  top.type("s");
  expect(top.frames[5]).toContain("[as configured]");
  top.type("b");
  expect(top.frames[6]).toContain("[bytes]");
  top.type("q");
  expect(await ended).toBe(0);
  expect(top.frames.at(-1)).toBe("\u001b[?7h\u001b[?25h\u001b[?1049l");
});

/** Names of the rows of a frame. */
const rows = (frame = ""): string[] =>
  [...frame.matchAll(/^ ?(?: )?(\w+) (?:\(\w+\))? +(?:OPEN|UP|DOWN)/gm)].map(([, name = ""]) => name);

test("live: it scrolls as far as there are rows, and follows the terminal's size", async () => {
  const top = stage([good]);
  top.size.height = 9;
  const ended = top.run();
  await top.framesAre(2);
  expect(rows(top.frames[1])).toEqual(["web", "ssh", "git"]);
  top.type("jjjjjjjjjj");
  expect(rows(top.frames.at(-1))).toEqual(["one", "two", "app"]);
  top.type("k");
  expect(rows(top.frames.at(-1))).toEqual(["git", "one", "two"]);
  top.size.height = 40;
  top.resized();
  expect(rows(top.frames.at(-1))).toHaveLength(6);
  top.type("\u0003");
  expect(await ended).toBe(0);
});

/** An answer with one session. */
const list = (bytes: number, age: string): Said => ({
  said: `${said(scene())}0x1f: proto=tcpv4 src=192.0.2.1:5 fe=ssh be=git srv=one ts=00 age=${age} rq[i=0,total=${bytes}] rp[i=0,total=7] x\n\n`,
});

test("live: sessions are listed, with bytes a second, and asked for only then", async () => {
  const top = stage([
    good,
    list(1000, "1h2m3s"),
    list(9000, "1h2m4s"),
    { said: `${said(scene())}Permission denied\n\n` },
  ]);
  const ended = top.run();
  await top.framesAre(2);
  top.type("l");
  const frame = await top.frameWith("192.0.2.1:5");
  expect(frame).toMatch(/CLIENT +FRONTEND +SERVER +AGE +IN\/s/);
  expect(frame).toMatch(/192\.0\.2\.1:5 +ssh +git\/one +1h2m +- +- +1000 +7/);
  expect(frame).toContain("[oldest]");
  expect(await top.frameWith(" 9000 ")).toMatch(/git\/one +1h2m +\d\S+ +0 +9000 +7/);
  await top.frameWith("Permission denied");
  top.type("l");
  await top.frameWith("PROXY/SERVER");
  top.type("q");
  expect(await ended).toBe(0);
  expect([...new Set(top.lines)]).toEqual(["show info;show stat", "show info;show stat;show sess"]);
});

test("live: a signal ends it while it waits for an answer that never comes", async () => {
  const top = stage([good]);
  const ended = top.run({ intervalMs: 3_600_000 });
  await top.framesAre(2);
  top.end("SIGTERM");
  expect(await ended).toBe("SIGTERM");
  expect(top.frames.at(-1)).toBe("\u001b[?7h\u001b[?25h\u001b[?1049l");
});
