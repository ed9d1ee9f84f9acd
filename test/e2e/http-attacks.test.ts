/** What hostile, broken and many clients do to `mode http`. */
import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import { type Random, seededRandom } from "../property/seed.ts";
import { residentBytes, startForwarder } from "./forwarder.ts";
import { commandPath, freePort, must, scratch, start, testWith, waitUntil } from "./harness.ts";
import { open, readAll, serve } from "./sockets.ts";

const mebibyte = 1024 * 1024;
const isSoak = process.env["SOAK"] === "1";

function sections(port: number, server: number, more = ""): string {
  return `listen web
    mode http
    option httplog
    bind 127.0.0.1:${port}
${more}    server s 127.0.0.1:${server}
`;
}

/** A head as it is written to servers: what is left of a method may be a method. */
const written = /^\S+ \/(?:first|second|third) HTTP\/1\.[01]\r\nhost: a\r\n/;
const behind = "GET /second HTTP/1.1\r\nHost: a\r\n\r\nGET /third HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const seeds = [
  "GET /first HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n",
  "POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\nGET /x HTTP/",
  "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nGET /\r\n1a;x=y\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nX: y\r\n\r\n",
  "POST /first HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\n   ",
  "HEAD /first HTTP/1.1\r\nHost: a\r\nConnection: x, content-length\r\nContent-Length: 12\r\n\r\nGET /x HTTP/",
  "PUT /first HTTP/1.1\r\nHost: a\r\nConnection: transfer-encoding\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n5;a=b\r\nGET /\r\n0\r\nContent-Length: 1\r\n\r\n",
];
const bits = [
  "\r",
  "\n",
  "\0",
  " ",
  "\t",
  ":",
  ",",
  ";",
  "0",
  "f",
  "\xe4",
  "\r\n",
  "chunked",
  "Content-Length: 1\r\n",
  "\r\n\r\n",
  "+",
  "\x0b",
  "\x7f",
  "\r\n ",
  "Transfer-Encoding: chunked\r\n",
  "Content-Length: 12\r\n",
  "Connection: close, host\r\n",
  "Upgrade: x\r\n",
];

/** Bytes of a seed changed, put in, taken out, behind its method: node knows no others than the usual. */
function mutated(random: Random): string {
  let text = random.pick(seeds);
  for (let count = random.between(1, 3); count > 0; count--) {
    const at = random.between(5, text.length - 1);
    const bit = random.between(1, 5) === 1 ? "" : random.pick(bits);
    text = text.slice(0, at) + bit + text.slice(at + random.between(0, 1));
  }
  return text;
}

/** What a client gets for bytes in these pieces: the statuses. */
async function statuses(port: number, pieces: readonly string[]): Promise<string> {
  const client = await open(port);
  const all = readAll(client);
  for (const piece of pieces) {
    client.write(Buffer.from(piece, "latin1"));
    if (pieces.length > 1) await Bun.sleep(1);
  }
  client.end();
  const { bytes } = await all;
  client.destroy();
  return [...bytes.toString("latin1").matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => status).join();
}

testWith(
  ["curl"],
  "mutated requests in any pieces are the same requests, and node reads what comes of them as they do",
  async () => {
    const wrong: string[] = [];
    const targets: string[] = [];
    // What it cannot read, or reads as something else than was told, is a second reading.
    const server: Server = createServer({ requireHostHeader: false } as object, (incoming: IncomingMessage, answer) => {
      targets.push(incoming.url ?? "");
      incoming.on("error", () => undefined).resume();
      incoming.on("end", () => answer.end("ok"));
    });
    server.on("clientError", (error: Error & { code?: string; rawPacket?: Buffer }, socket) => {
      const { code, rawPacket } = error;
      const isUnknownMethod = code === "HPE_INVALID_METHOD" && written.test(String(rawPacket));
      // An upload that was cut off is none.
      if (!isUnknownMethod && code !== "ECONNRESET" && code !== "HPE_INVALID_EOF_STATE") {
        wrong.push(`${code} ${JSON.stringify(String(rawPacket))}`);
      }
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const port = await freePort();
    const more = "    timeout client 10s\n    timeout http-request 10s\n";
    await using forwarder = await startForwarder(sections(port, (server.address() as { port: number }).port, more), {});
    const random = seededRandom("http attacks");
    const rounds = isSoak ? 400 : 200;
    let before = 0;
    const one = async (): Promise<void> => {
      const text = mutated(random) + behind;
      const cuts = Array.from({ length: 4 }, () => random.between(1, text.length)).toSorted((a, b) => a - b);
      const pieces = [0, ...cuts].map((from, at) => text.slice(from, cuts[at] ?? text.length));
      const [whole, cut] = await Promise.all([statuses(port, [text]), statuses(port, pieces)]);
      if (whole !== cut) wrong.push(`${JSON.stringify(text)}: ${whole} and ${cut}`);
    };
    for (let round = 0; round < rounds; round += 20) {
      await Promise.all(Array.from({ length: 20 }, one));
      if (round === 100) before = residentBytes(forwarder.pid);
    }
    expect(wrong).toEqual([]);
    // Nothing of a body was ever taken for a request.
    expect(targets.filter((target) => target === "/x")).toEqual([]);
    expect(residentBytes(forwarder.pid) - before).toBeLessThan(16 * mebibyte);
    await forwarder.expectQuiet();
    server.closeAllConnections();
    server.close();
  },
  90_000,
);

testWith(
  ["haproxy", "socat"],
  "what comes of mutated requests HAProxy takes for requests, and for no others",
  async () => {
    const targets: string[] = [];
    const server: Server = createServer({ requireHostHeader: false } as object, (incoming: IncomingMessage, answer) => {
      targets.push(incoming.url ?? "");
      incoming.on("error", () => undefined).resume();
      incoming.on("end", () => answer.end("ok"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const [port, next] = [await freePort(), await freePort()];
    using folder = scratch();
    const admin = folder.file("admin");
    const limits = "    timeout connect 9s\n    timeout client 9s\n    timeout server 9s\n";
    const last = sections(next, (server.address() as { port: number }).port, limits);
    writeFileSync(folder.file("haproxy.cfg"), `global\n    stats socket ${admin}\n${last}`);
    await using _ = start([commandPath("haproxy"), "-db", "-f", folder.file("haproxy.cfg")]);
    const ask = (): Promise<string> => must(["socat", "-t5", "-", `UNIX-CONNECT:${admin}`], { input: "show errors\n" });
    await waitUntil("HAProxy serves", () => ask());
    await using forwarder = await startForwarder(sections(port, next, limits), {});
    const random = seededRandom("http attacks on HAProxy");
    for (let round = 0; round < (isSoak ? 300 : 160); round += 20) {
      await Promise.all(Array.from({ length: 20 }, () => statuses(port, [mutated(random) + behind])));
    }
    expect(await ask()).not.toContain("invalid request");
    expect(targets.filter((target) => target === "/x")).toEqual([]);
    expect(targets.length).toBeGreaterThan(50);
    await forwarder.expectQuiet();
    server.closeAllConnections();
    server.close();
  },
  90_000,
);

testWith(
  ["curl"],
  "1,000 clients go on side by side, and go at a soft stop",
  async () => {
    const server = await serve((socket) => {
      socket.on("data", () => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    });
    await using _ = server;
    const port = await freePort();
    await using forwarder = await startForwarder(sections(port, server.port));
    const clients: Socket[] = [];
    const answers = new Map<Socket, number>();
    let ended = 0;
    for (let count = 0; count < 1000; count += 50) {
      clients.push(...(await Promise.all(Array.from({ length: 50 }, () => open(port)))));
    }
    for (const client of clients) {
      answers.set(client, 0);
      client.on("data", () => void answers.set(client, (answers.get(client) ?? 0) + 1));
      client.on("end", () => {
        ended += 1;
        client.destroy();
      });
    }
    for (const count of [1, 2]) {
      for (const client of clients) client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await waitUntil("answers", () => clients.every((client) => (answers.get(client) ?? 0) >= count));
    }
    expect(ended).toBe(0);
    forwarder.process.kill("SIGUSR1");
    expect(await forwarder.process.exited).toBe(0);
    await waitUntil("all ends", () => ended === 1000);
  },
  60_000,
);
