/**
 * What a forwarder owes the bytes: whose they are, in which order, how each side learns of the end.
 *
 * SOAK=1 has the client that stops reading do so for 30 s.
 */
import { expect } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { startForwarder } from "./forwarder.ts";
import { freePort, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, readAll, readBytes, serve } from "./sockets.ts";

const megabyte = 1024 * 1024;
const stoppedMs = process.env["SOAK"] === "1" ? 30_000 : 3000;

function forward(port: number, server: number, more = ""): string {
  return `frontend in
${more}    bind 127.0.0.1:${port}
    default_backend out
backend out
${more}    server one 127.0.0.1:${server}
`;
}

/** Both ways of moving bytes; the second is zero-copy where the system has it. */
const relays = [
  { way: "portable", option: "" },
  { way: "splice-auto", option: "    option splice-auto\n" },
];

for (const { way, option } of relays) {
  testWith(["curl"], `16 connections at once see nobody's bytes but their own (${way})`, () => ownBytes(option));
  testWith(["curl"], `a client that is done sending still reads, and so does a server (${way})`, () =>
    halfClose(option),
  );
}

async function ownBytes(option: string): Promise<void> {
  await using echo = await echoServer();
  const port = await freePort();
  await using forwarder = await startForwarder(forward(port, echo.port, option));
  const bytesEach = 6 * megabyte;
  const foreign = await Promise.all(
    Array.from({ length: 16 }, async (_, index) => {
      const letter = 65 + index;
      const socket = await open(port);
      const reading = readAll(socket);
      socket.end(Buffer.alloc(bytesEach, letter));
      const { bytes, end } = await reading;
      socket.destroy();
      return { letter, end, length: bytes.length, others: bytes.filter((byte) => byte !== letter).length };
    }),
  );
  expect(foreign).toEqual(
    foreign.map((_, index) => ({ letter: 65 + index, end: "fin", length: bytesEach, others: 0 })),
  );
  await forwarder.expectQuiet();
}

async function halfClose(option: string): Promise<void> {
  const heard: string[] = [];
  await using server = await serve((socket) => {
    void readAll(socket).then(({ bytes, end }) => {
      heard.push(`${bytes.toString()} ${end}`);
      return socket.end(`answer to ${bytes.toString()}`);
    });
  });
  await using talker = await serve((socket) => {
    socket.end("server first");
    void readAll(socket).then(({ bytes, end }) => heard.push(`${bytes.toString()} ${end}`));
  });
  const [port, other] = [await freePort(), await freePort()];
  await using forwarder = await startForwarder(`${forward(port, server.port, option)}
listen talker
${option}    bind 127.0.0.1:${other}
    server two 127.0.0.1:${talker.port}
`);
  const client = await open(port);
  const answer = readAll(client);
  client.end("question");
  expect({ ...(await answer), heard }).toEqual({
    bytes: Buffer.from("answer to question"),
    end: "fin",
    heard: ["question fin"],
  });

  const listener = await open(other);
  expect(await readAll(listener)).toEqual({ bytes: Buffer.from("server first"), end: "fin" });
  listener.end("client last");
  await waitUntil("the server hears it", () => heard[1] === "client last fin");
  await forwarder.line(/ in out\/one .* -- /);
  await forwarder.line(/ talker talker\/two .* -- /);
  await forwarder.expectQuiet();
}

// HAProxy turns a server's reset into a clean end; a client could then take a part for the whole.
testWith(["fairlead", "curl"], "a reset on one side is a reset on the other, never a clean end", async () => {
  const endings: string[] = [];
  const words: string[] = [];
  await using server = await serve((socket) => {
    socket.once("data", (word) => {
      words.push(word.toString());
      if (word.toString() === "reset me") socket.write("partial", () => socket.resetAndDestroy());
    });
    socket.on("end", () => endings.push("fin"));
    socket.on("error", (error: NodeJS.ErrnoException) => endings.push(error.code ?? "error"));
  });
  const port = await freePort();
  await using forwarder = await startForwarder(forward(port, server.port));

  for (const through of [server.port, port]) {
    const cut = await open(through);
    const reading = readAll(cut);
    cut.write("reset me");
    expect((await reading).end).toBe("reset");
  }
  await forwarder.line(/ in out\/one .* SD /);

  const rude = await open(port);
  rude.write("hello");
  await waitUntil("the server has it", () => words.includes("hello"));
  endings.length = 0;
  rude.resetAndDestroy();
  await waitUntil("the server sees it", () => endings.length === 1);
  expect(endings).toEqual(["ECONNRESET"]);
  await forwarder.line(/ in out\/one .* CD /);
  await forwarder.expectQuiet();
});

testWith(["curl"], "a client that resets in the middle of a transfer stops the server's sending", async () => {
  let closed = 0;
  await using server = await serve((socket) => {
    const block = Buffer.alloc(256 * 1024, 7);
    const pour = (): void => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on("drain", pour).on("close", () => closed++);
    pour();
  });
  const port = await freePort();
  await using forwarder = await startForwarder(forward(port, server.port));
  for (let round = 0; round < 10; round++) {
    const client = await open(port);
    await readBytes(client, 4 * megabyte);
    client.resetAndDestroy();
  }
  await waitUntil("all server connections are closed", () => closed === 10);
  await waitUntil(
    "all are logged",
    () => forwarder.process.stdout.all.filter((line) => / CD /.test(line)).length === 10,
  );
  await forwarder.expectQuiet();
});

testWith(
  ["curl"],
  `a client that stops reading for ${stoppedMs / 1000} s goes on where it was, and disturbs nobody`,
  async () => {
    const total = 256 * megabyte;
    const block = randomBytes(megabyte);
    const whole = createHash("sha256");
    for (let sent = 0; sent < total; sent += block.length) whole.update(block);
    let accepted = 0;
    await using server = await serve((socket) => {
      let left = total / block.length;
      const pour = (): void => {
        while (left > 0) {
          left--;
          accepted += block.length;
          if (!socket.write(block)) return;
        }
        socket.end();
      };
      socket.on("drain", pour);
      pour();
    });
    await using echo = await echoServer();
    const [port, other] = [await freePort(), await freePort()];
    await using forwarder = await startForwarder(`${forward(port, server.port)}
listen others
    bind 127.0.0.1:${other}
    server two 127.0.0.1:${echo.port}
`);
    const slow = await open(port);
    const hash = createHash("sha256");
    let got = 0;
    const ended = new Promise((resolve) => slow.on("end", resolve));
    slow.on("data", (chunk: Buffer) => {
      got += chunk.length;
      hash.update(chunk);
    });
    await waitUntil("it has begun", () => got > megabyte);
    slow.pause();
    const stalledAt = accepted;

    const until = performance.now() + stoppedMs;
    let slowest = 0;
    while (performance.now() < until) {
      const begun = performance.now();
      const client = await open(other);
      const reading = readAll(client);
      client.end(Buffer.alloc(100_000, 1));
      expect((await reading).bytes.length).toBe(100_000);
      client.destroy();
      slowest = Math.max(slowest, performance.now() - begun);
      await Bun.sleep(100);
    }
    // The kernel's two receive buffers (up to 32 MB each here) and the forwarder's own take some; far from everything.
    expect(accepted - Math.min(got, stalledAt)).toBeLessThan(total / 2);
    expect(slowest).toBeLessThan(3000);

    slow.resume();
    await ended;
    slow.end();
    expect(got).toBe(total);
    expect(hash.digest("hex")).toBe(whole.digest("hex"));
    await forwarder.line(/ in out\/one .* -- /);
    await forwarder.expectQuiet();
  },
  90_000,
);

testWith(["curl"], "a chain with send-proxy and accept-proxy carries the client's address", async () => {
  const headers: string[] = [];
  await using server = await serve((socket) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
      if (!text.endsWith("client\r\n")) return;
      headers.push(text);
      socket.end("fine");
    });
  });
  const [first, second] = [await freePort(), await freePort()];
  await using forwarder = await startForwarder(`listen outer
    bind 127.0.0.1:${first}
    server inner 127.0.0.1:${second} send-proxy-v2
listen inner
    bind 127.0.0.1:${second} accept-proxy
    server last 127.0.0.1:${server.port} send-proxy
`);
  const client = await open(first);
  const from = client.localPort;
  const reading = readAll(client);
  client.write("SSH-2.0-client\r\n");
  expect((await reading).bytes.toString()).toBe("fine");
  client.end();
  expect(headers).toEqual([`PROXY TCP4 127.0.0.1 127.0.0.1 ${from} ${first}\r\nSSH-2.0-client\r\n`]);
  await forwarder.line(new RegExp(`^127\\.0\\.0\\.1:${from} .* inner inner/last `));
  await forwarder.line(new RegExp(`^127\\.0\\.0\\.1:${from} .* outer outer/inner `));
  await forwarder.expectQuiet();
});

testWith(["curl"], "what speaks no PROXY protocol where it must is cut off and logged", async () => {
  await using echo = await echoServer();
  const port = await freePort();
  await using forwarder = await startForwarder(`listen strict
    bind 127.0.0.1:${port} accept-proxy
    server one 127.0.0.1:${echo.port}
`);
  const client = await open(port);
  const reading = readAll(client);
  client.write("SSH-2.0-client without a header\r\n");
  expect((await reading).bytes.length).toBe(0);
  client.destroy();
  await forwarder.line(/strict\/1: Received something which does not look like a PROXY protocol header/);
  expect(echo.connections.length).toBe(0);
  await forwarder.expectQuiet();
});
