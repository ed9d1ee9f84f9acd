// A connection of a command socket costs a slice and a buffer, whatever is asked and however slowly it is read.
import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { openCommandSocket } from "../../../src/ops/admin-socket.ts";
import type { AnswerCommand } from "../../../src/ops/command-connection.ts";
import { commandLimit, CommandReader } from "../../../src/ops/command-reader.ts";
import { waitUntil } from "../../e2e/harness.ts";

async function open(answer: AnswerCommand, timeoutMs = 60_000, maxconn = 10) {
  const plan = {
    address: { kind: "tcp", host: "127.0.0.1", port: 0 },
    mode: null,
    uid: null,
    gid: null,
    level: "admin",
    severityOutput: "none",
  } as const;
  const socket = await openCommandSocket(plan, () => ({ maxconn, timeoutMs }), answer);
  if ("failed" in socket) throw new Error(socket.failed);
  const port = Number(socket.address.split(":")[1]);
  return { port, [Symbol.dispose]: () => socket.close() };
}

/** All that is answered to `text` until the end; written in these pieces. */
function ask(port: number, ...pieces: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => {
      for (const piece of pieces) socket.write(piece);
      socket.end();
    });
    socket.setEncoding("utf8");
    socket.on("data", (part: string) => (received += part));
    socket.on("error", () => {});
    socket.on("close", () => resolve(received));
  });
}

const echo: AnswerCommand = (command, session, payload) => {
  if (command === "prompt") session.interactive = true;
  return [command, payload === null ? "" : `<${payload}>`, "\n"];
};

test("commands are answered one by one, up to a semicolon or the end of a line", async () => {
  using socket = await open(echo);
  expect(await ask(socket.port, "a;b\\;c;\nd\n")).toBe("a\nb\\;c\n\nd\n");
  expect(await ask(socket.port, "a;add <<\nk v\nl w\n\nb\n")).toBe("a\nadd <k v\nl w\n>\nb\n");
  expect(await ask(socket.port, "a\nprompt;b\n", "c\n".repeat(3))).toBe("a\nprompt\n> b\n> c\n> c\n> c\n> \n");
  expect(await ask(socket.port, `a${"\n"}${"b;".repeat(20_000)}c\n`)).toBe(`a\n${"b\n".repeat(20_000)}c\n`);
});

test("a command that is not below the limit ends the connection, its payload included", async () => {
  using socket = await open(echo);
  const longest = "x".repeat(commandLimit - 2);
  expect(await ask(socket.port, `${longest}\n`)).toBe(`${longest}\n`);
  expect(await ask(socket.port, `a;${longest}x\n`)).toBe("a\n");
  expect(await ask(socket.port, `a;${longest}xx`)).toBe("a\n");
  expect(await ask(socket.port, `a;add <<\n${longest}\n\n`)).toBe("a\n");
});

function take(reader: CommandReader, all: unknown[]): unknown[] {
  for (let one = reader.next(); one !== null && one !== "too long"; one = reader.next()) all.push(one);
  return all;
}

test("commands are the same however they come", () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
  let state = seed;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state % bound;
  };
  const words = ["a", "b c", ";", "\n", "\\;", "<<\n", "k v\n", "\n\n", " <<", "\\"];
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: below(30) }, () => words[below(words.length)]).join("");
    const whole = new CommandReader();
    whole.push(text);
    const pieces = new CommandReader();
    const all: unknown[] = [];
    for (let at = 0; at < text.length;) {
      const length = 1 + below(3);
      pieces.push(text.slice(at, at + length));
      at += length;
      take(pieces, all);
    }
    expect({ seed, text, all }).toEqual({ seed, text, all: take(whole, []) });
  }
});

test("for a reader that does not read, little is made and little is taken; it is let go in time", async () => {
  let made = 0;
  let commands = 0;
  const endless: AnswerCommand = function* () {
    commands += 1;
    for (;;) {
      made += 1;
      yield "x".repeat(1000);
    }
  };
  using socket = await open(endless, 500);
  let taken = 0;
  const client: Socket = connect(socket.port, "127.0.0.1");
  client.on("error", () => {});
  client.pause();
  const closed = new Promise((resolve) => client.on("close", resolve));
  // 60 MB of input, as fast as it is taken.
  const feed = (): void => {
    while (taken < 60e6 && client.write("show stat;".repeat(1000))) taken += 10_000;
  };
  client.on("drain", feed);
  client.on("connect", feed);
  await waitUntil("an answer", () => made > 1000);
  await waitUntil("its end", async () => {
    const before = made;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return made === before;
  });
  expect(commands).toBe(1);
  // What the kernel holds, both ways; on loopback that is some MB.
  expect(made * 1000).toBeLessThan(20e6);
  expect(taken).toBeLessThan(20e6);
  await closed;
});
