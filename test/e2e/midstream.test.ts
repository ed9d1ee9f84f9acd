/** What becomes of streams that are under way when something else happens, and of many at once: every byte its owner's, every end what it was. */
import { expect } from "bun:test";
import type { Socket } from "node:net";
import { contentOf, isContentOf } from "../contract/content.ts";
import { startForwarder } from "./forwarder.ts";
import { freePort, testWith, waitUntil } from "./harness.ts";
import { open, serve, type TestServer } from "./sockets.ts";
import { splicedBytes } from "./splicing.ts";

const isSoak = process.env["SOAK"] === "1";
const mebibyte = 1024 * 1024;
/** What the server sends back is another's than what it got. */
const answering = 1_000_000;

/** Sends what is `owner`'s, as the other side takes it; with `isLast` it finishes behind it. Settles when all is given away. */
async function pour(socket: Socket, owner: number, from: number, bytes: number, isLast: boolean): Promise<void> {
  for (let done = 0; done < bytes && !socket.destroyed;) {
    const piece = Math.min(256 * 1024, bytes - done);
    let goesOn = true;
    for (const chunk of contentOf(owner, from + done, piece)) goesOn = socket.write(chunk);
    done += piece;
    if (!goesOn) await takenBy(socket);
  }
  if (isLast) socket.end();
}

/** It takes bytes again, or never will. */
function takenBy(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });
}

/** Looks at what comes: whose it is, and how much. */
class Receipt {
  count = 0;
  foreignAt = -1;
  end: "fin" | "reset" | null = null;

  constructor(
    readonly socket: Socket,
    readonly owner: number,
  ) {
    socket.on("data", (chunk: Buffer) => this.take(chunk));
    socket.on("end", () => (this.end ??= "fin"));
    socket.on("close", () => (this.end ??= "reset"));
  }

  take(chunk: Buffer): void {
    if (this.foreignAt < 0 && !isContentOf(this.owner, this.count, chunk)) this.foreignAt = this.count;
    this.count += chunk.length;
  }
}

interface Streams extends AsyncDisposable {
  readonly port: number;
  /** Of the server's side, by owner. */
  readonly receipts: ReadonlyMap<number, Receipt>;
}

/** A server that is told whose bytes come, in four bytes, and streams as many back at the same time. */
async function streamServer(bytes: number): Promise<Streams> {
  const receipts = new Map<number, Receipt>();
  const server: TestServer = await serve((socket) => {
    socket.once("readable", () => {
      const owner = (socket.read(4) as Buffer).readUInt32LE();
      receipts.set(owner, new Receipt(socket, owner));
      socket.resume();
      void pour(socket, owner + answering, 0, bytes, true);
    });
  });
  return { port: server.port, receipts, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A client that streams both ways. */
async function stream(port: number, owner: number, bytes: number): Promise<Receipt> {
  const socket = await open(port);
  const receipt = new Receipt(socket, owner + answering);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(owner);
  socket.write(head);
  if (bytes > 0) void pour(socket, owner, 0, bytes, true);
  return receipt;
}

const clients = 12;
const total = (isSoak ? 256 : 16) * mebibyte;

function sectionsFor(port: number, server: number, more = ""): string {
  return `listen in\n    bind 127.0.0.1:${port}\n${more}    server one 127.0.0.1:${server}\n`;
}

/** Everything has come, its owner's and nobody else's, and then an end. */
async function expectWhole(own: readonly Receipt[], { receipts }: Streams, bytes: number): Promise<void> {
  await waitUntil(
    "every end",
    () => own.every(({ end }) => end !== null) && [...receipts.values()].every(({ end }) => end !== null),
    120_000,
  );
  const all = [...own, ...receipts.values()];
  const wrong = all.filter(({ count, foreignAt, end }) => count !== bytes || foreignAt >= 0 || end !== "fin");
  expect(wrong.map(({ owner, count, foreignAt, end }) => ({ owner, count, foreignAt, end }))).toEqual([]);
}

for (const [name, more] of [
  ["by themselves", ""],
  ["where that is asked for", "    option splice-auto\n"],
  ["never", "    no option splice-auto\n"],
] as const)
  testWith(
    ["curl"],
    `streams both ways, spliced ${name}: they go on through reloads and a soft stop`,
    async () => {
      await using server = await streamServer(total);
      const port = await freePort();
      await using forwarder = await startForwarder(sectionsFor(port, server.port, more));
      const own: Receipt[] = [];
      for (let owner = 1; owner <= clients; owner++) own.push(await stream(port, owner, total));
      const moved = (): number => own.reduce((sum, { count }) => sum + count, 0) / (clients * total);
      const reloads = (): number => forwarder.process.stderr.text.split("Loading success").length - 1;
      for (const share of [0.1, 0.25, 0.4]) {
        await waitUntil("some of it has come", () => moved() > share);
        const before = reloads();
        forwarder.process.kill("SIGUSR2");
        await waitUntil("the reload", () => reloads() > before);
      }
      forwarder.process.kill("SIGUSR1");
      await expectWhole(own, server, total);
      expect(await forwarder.process.exited).toBe(0);
    },
    180_000,
  );

testWith(
  ["curl"],
  "streams that are killed are cut short, and do not look whole",
  async () => {
    // So much that none is at its end when all have come some way.
    const endless = 1024 * mebibyte;
    await using server = await streamServer(endless);
    const port = await freePort();
    await using forwarder = await startForwarder(sectionsFor(port, server.port));
    const own: Receipt[] = [];
    for (let owner = 1; owner <= clients; owner++) own.push(await stream(port, owner, endless));
    await waitUntil(
      "bytes of each, some spliced",
      async () => own.every(({ count }) => count > 0) && (await splicedBytes(forwarder)) > 0,
    );
    forwarder.process.kill("SIGTERM");
    const all = [...own, ...server.receipts.values()];
    await waitUntil("every end", () => all.every(({ end }) => end !== null));
    for (const { count, foreignAt, end } of all)
      expect({ isWhole: count === endless, foreignAt, end }).toEqual({ isWhole: false, foreignAt: -1, end: "reset" });
    await forwarder.process.exited;
  },
  120_000,
);

/** Each has been sent `first`, all of them together, before any is sent the rest. */
async function manyAtOnce(
  sessions: number,
  first: number,
  rest: number,
  sections: (port: number, server: number) => string,
  global: string,
): Promise<void> {
  const sockets = new Map<number, Socket>();
  await using server = await serve((socket) => {
    socket.once("readable", () => {
      const owner = (socket.read(4) as Buffer).readUInt32LE();
      sockets.set(owner, socket);
      socket.resume();
      void pour(socket, owner + answering, 0, first, false);
    });
  });
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port, server.port), { global });
  const own: Receipt[] = [];
  const worker = async (): Promise<void> => {
    while (own.length < sessions) {
      const owner = own.length;
      const place = own.push(null as unknown as Receipt) - 1;
      own[place] = await stream(port, owner, 0);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  await waitUntil("the first part of each", () => own.every(({ count }) => count >= first), 90_000);
  expect(await forwarder.sessions()).toBe(sessions);
  for (const [owner, socket] of sockets) void pour(socket, owner + answering, first, rest, true);
  await waitUntil("every end", () => own.every(({ end }) => end !== null), 90_000);
  const wrong = own.filter(({ count, foreignAt, end }) => count !== first + rest || foreignAt >= 0 || end !== "fin");
  expect(wrong.map(({ owner, count, foreignAt, end }) => ({ owner, count, foreignAt, end }))).toEqual([]);
  const bytes = await splicedBytes(forwarder);
  console.log(`${sessions} at once: ${Math.round((bytes * 100) / (sessions * (first + rest)))} % spliced`);
  expect(bytes).toBeGreaterThan((sessions * rest) / 4);
  for (const { socket } of own) socket.end();
  await forwarder.expectQuiet();
}

testWith(
  ["fairlead", "curl"],
  "2,000 sessions that are promoted at once",
  () =>
    manyAtOnce(
      2000,
      320 * 1024,
      96 * 1024,
      (port, server) => sectionsFor(port, server, "    option splice-auto\n    maxconn 2500\n"),
      "    maxconn 2500\n",
    ),
  300_000,
);

testWith(
  ["root", "fairlead", "curl"],
  "500 streams of a user whose pipes are few",
  () =>
    manyAtOnce(
      500,
      (isSoak ? 16 : 0.5) * mebibyte,
      (isSoak ? 16 : 0.5) * mebibyte,
      (port, server) => sectionsFor(port, server, "    option splice-auto\n    maxconn 1000\n"),
      "    maxconn 1000\n    user nobody\n    group nogroup\n",
    ),
  300_000,
);
