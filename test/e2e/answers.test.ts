/** What is asked of a process costs its sessions nothing, however much it is and however slowly it is read. */
import { expect } from "bun:test";
import { connect, type Socket } from "node:net";
import { residentBytes, startForwarder, type Forwarder } from "./forwarder.ts";
import { freePort, scratch, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, readBytes } from "./sockets.ts";

const servers = 1000;

/** A forwarder with many servers, one session through it, and its stats socket. */
async function stage() {
  const folder = scratch();
  const echo = await echoServer();
  const port = await freePort();
  const socket = folder.file("stats");
  const many = Array.from({ length: servers }, (_, index) => `    server s${index} 127.0.0.1:9\n`).join("");
  const forwarder: Forwarder = await startForwarder(
    `listen ssh\n    bind 127.0.0.1:${port}\n    server one 127.0.0.1:${echo.port}\nbackend many\n${many}`,
    { global: `    stats socket ${socket} level admin\n    stats timeout 1m\n` },
  );
  const session = await open(port);
  return {
    forwarder,
    socket,
    async roundTrip(): Promise<void> {
      const back = readBytes(session, 1);
      session.write("x");
      await back;
    },
    async [Symbol.asyncDispose]() {
      session.destroy();
      await forwarder[Symbol.asyncDispose]();
      await echo[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** Sends a text; counts what comes until the end. */
function ask(socket: Socket, text: string): { readonly bytes: number; readonly isDone: boolean } {
  const answer = { bytes: 0, isDone: false };
  socket.on("data", (chunk: Buffer) => (answer.bytes += chunk.length));
  socket.on("error", () => {});
  socket.on("close", () => (answer.isDone = true));
  socket.write(text);
  return answer;
}

testWith(["fairlead", "curl"], "sessions have their turn many times while one long answer is made", async () => {
  await using place = await stage();
  const [host = "", port = ""] = place.forwarder.health.split(":");
  const questions: readonly (readonly [() => Socket, string, number])[] = [
    [() => connect(place.socket), `${"show stat;".repeat(49)}show stat\n`, 50 * servers * 100],
    [() => connect(place.socket), "show stat json\n", servers * 5000],
    [() => connect(Number(port), host), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", servers * 2000],
    [() => connect(Number(port), host), "GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n", servers * 1000],
  ];
  for (const [dial, text, least] of questions) {
    let trips = 0;
    const answer = ask(dial(), text);
    while (!answer.isDone) {
      await place.roundTrip();
      if (answer.bytes > 0) trips += 1;
    }
    expect(answer.bytes).toBeGreaterThan(least);
    // In one turn, or one a command, there would be hardly any.
    expect(trips).toBeGreaterThan(answer.bytes / 200_000);
  }
});

testWith(["fairlead", "curl"], "an answer of many megabytes that nobody reads is not in the memory", async () => {
  await using place = await stage();
  await place.roundTrip();
  const before = residentBytes(place.forwarder.process.pid);
  const readers = Array.from({ length: 5 }, () => connect(place.socket));
  for (const reader of readers) {
    reader.pause();
    reader.on("error", () => {});
    // 27 MB each.
    reader.write(`${"show stat;".repeat(149)}show stat\n`);
  }
  await waitUntil("they are asked", () => readers.every((one) => one.bytesWritten > 1000));
  for (let count = 0; count < 2000; count++) await place.roundTrip();
  expect(residentBytes(place.forwarder.process.pid) - before).toBeLessThan(60e6);
  for (const reader of readers) reader.destroy();
});
