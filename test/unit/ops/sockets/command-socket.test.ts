// A connection of a command socket costs a slice and a buffer, whatever is asked and however slowly it is read.
import { expect, setDefaultTimeout, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { openCommandSocket } from "../../../../src/ops/sockets/command-socket.ts";
import type { AnswerCommand } from "../../../../src/ops/sockets/command-connection.ts";
import { commandLimit, CommandReader } from "../../../../src/ops/sockets/command-reader.ts";
import { waitUntil } from "../../../e2e/harness.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

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
  expect(await ask(socket.port, "a;b\\;c;\n")).toBe("a\nb\\;c\n\n");
  expect(await ask(socket.port, "a;add <<\nk v\nl w\n\n")).toBe("a\nadd <k v\nl w\n>\n");
  expect(await ask(socket.port, "prompt;b\n", "c\n".repeat(3))).toBe("prompt\n> b\n> c\n> c\n> c\n> \n");
  expect(await ask(socket.port, `${"b;".repeat(20_000)}c\n`)).toBe(`${"b\n".repeat(20_000)}c\n`);
});

test("without a prompt the first line is the last", async () => {
  using socket = await open(echo);
  expect(await ask(socket.port, "a;b\nc\n")).toBe("a\nb\n");
  expect(await ask(socket.port, "\nc\n")).toBe("\n");
  expect(await ask(socket.port, "a\r\nc\r\n")).toBe("a\r\n");
  expect(await ask(socket.port, "a <<\nk\n\nc\n")).toBe("a <k\n>\n");
  expect(await ask(socket.port, "prompt\nprompt-off\nc\n")).toBe("prompt\n> prompt-off\n> c\n> \n");
  // It is closed by this side, though the other has more to say.
  const socketToo = connect(socket.port, "127.0.0.1");
  let received = "";
  socketToo.setEncoding("utf8").on("data", (part: string) => (received += part));
  socketToo.write("a\n");
  await new Promise((resolve) => socketToo.on("close", resolve));
  expect(received).toBe("a\n");
});

test("nothing of what begins as another protocol does is carried out, however it comes", async () => {
  const heard: string[] = [];
  using socket = await open((command) => {
    heard.push(command);
    return [command];
  });
  const body = "prompt;a;\na\n\na\n";
  const http = ["GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"].flatMap((method) => [
    `${method} / HTTP/1.1\r\nHost: x\r\n\r\n${body}`,
    `${method} /;prompt;a;b HTTP/1.1\r\nHost: x\r\n\r\n${body}`,
    `${method} /;${body}`,
  ]);
  const others = [
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${body}`,
    `SSH-2.0-x;${body}`,
    // A TLS hello with a ticket that somebody else chose, STUN by TCP, what is no UTF-8.
    `\u0016\u0003\u0001\u0002\u0000\n${body}`,
    `\u0000\u0001;${body}`,
    `\u007f;${body}`,
    `\u00e9;${body}`,
  ];
  for (const text of [...http, ...others]) {
    expect(await ask(socket.port, text)).toBe("Commands are in lower case, and nothing else is served here.\n\n");
    const [first = "", ...rest] = text;
    await ask(socket.port, first, rest.join(""));
  }
  expect(heard).toEqual([]);
});

test("what is only begun is no command", async () => {
  const heard: string[] = [];
  using socket = await open((command) => {
    heard.push(command);
    return [command];
  });
  expect(await ask(socket.port, "a")).toBe("");
  expect(await ask(socket.port, "add <<\nk\n")).toBe("");
  expect(heard).toEqual([]);
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

test("who comes when there are as many as may be waits for one to end; of those who wait, there are few", async () => {
  using socket = await open(echo, 60_000, 2);
  const served = await Promise.all(
    [1, 2].map(async () => {
      const client = connect(socket.port, "127.0.0.1");
      client.write("prompt\n");
      await new Promise((resolve) => client.once("data", resolve));
      return client;
    }),
  );
  let turnedAway = 0;
  const answers: string[] = [];
  for (let count = 0; count < 30; count++)
    void ask(socket.port, `${count}\n`).then((text) => (text === "" ? (turnedAway += 1) : answers.push(text)));
  await waitUntil("too many", () => turnedAway === 14);
  expect(answers).toEqual([]);
  served[1]?.destroy();
  await waitUntil("answers", () => answers.length === 16);
  served[0]?.destroy();
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
