/**
 * Bodies through `mode http`: whatever their length and coding, byte for byte, and with no more memory for the longer ones.
 *
 * SOAK=1 sends 1 GiB in place of 100 MiB.
 */
import { expect } from "bun:test";
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { request } from "node:http";
import { residentBytes, startForwarder } from "./forwarder.ts";
import { freePort, testWith, waitUntil } from "./harness.ts";

const mebibyte = 1024 * 1024;
const large = process.env["SOAK"] === "1" ? 1024 : 100;

/** Bytes that are different everywhere, and always the same. */
function pattern(at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index + 4 <= length; index += 4) bytes.writeUInt32LE(((at + index) * 2654435761) >>> 0, index);
  return bytes;
}

function digestOf(total: number): string {
  const hash = createHash("sha256");
  for (let at = 0; at < total; at += mebibyte) hash.update(pattern(at, Math.min(mebibyte, total - at)));
  return hash.digest("hex");
}

/** A server that says the digest of what it is sent, and sends `GET /BYTES` of the pattern, with a length or in chunks. */
async function origin(): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer((incoming: IncomingMessage, answer: ServerResponse) => {
    const hash = createHash("sha256");
    incoming.on("data", (bytes: Buffer) => hash.update(bytes));
    incoming.on("end", () => {
      const [, coding = "", count = "0"] = /^\/(\w+)\/(\d+)/.exec(incoming.url ?? "") ?? [];
      const total = Number(count);
      if (coding === "length") answer.setHeader("content-length", total);
      answer.setHeader("x-digest", hash.digest("hex"));
      void send(answer, total);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function send(stream: NodeJS.WritableStream, total: number): Promise<void> {
  for (let at = 0; at < total; at += mebibyte) {
    const isTaken = stream.write(pattern(at, Math.min(mebibyte, total - at)));
    if (!isTaken) await new Promise((resolve) => stream.once("drain", resolve));
  }
  stream.end();
}

interface Got {
  readonly status: number;
  /** Of the request's body, as the server saw it. */
  readonly sent: string;
  /** Of the answer's, as the client did. */
  readonly received: string;
}

/** One exchange: so many bytes there and so many back. */
function exchange(port: number, coding: "length" | "chunked", up: number, down: number): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string> = coding === "length" ? { "content-length": String(up) } : {};
    const outgoing = request(
      { port, host: "127.0.0.1", method: "POST", path: `/${coding}/${down}`, headers },
      (answer) => {
        const hash = createHash("sha256");
        answer.on("data", (bytes: Buffer) => hash.update(bytes));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            sent: String(answer.headers["x-digest"]),
            received: hash.digest("hex"),
          }),
        );
      },
    );
    outgoing.on("error", reject);
    void send(outgoing, up);
  });
}

function sections(port: number, server: number): string {
  return `listen web
    mode http
    option httplog
    bind 127.0.0.1:${port}
    server s 127.0.0.1:${server}
`;
}

testWith(
  ["curl"],
  `bodies of ${large} MiB go both ways, with a length and in chunks`,
  async () => {
    await using server = await origin();
    const port = await freePort();
    await using forwarder = await startForwarder(sections(port, server.port));
    const total = large * mebibyte;
    const digest = digestOf(total);
    await exchange(port, "length", mebibyte, mebibyte);
    const before = residentBytes(forwarder.pid);
    for (const coding of ["length", "chunked"] as const) {
      expect(await exchange(port, coding, total, total)).toEqual({ status: 200, sent: digest, received: digest });
    }
    expect(residentBytes(forwarder.pid) - before).toBeLessThan(64 * mebibyte);
    await forwarder.expectQuiet();
  },
  600_000,
);

testWith(
  ["curl"],
  "bodies of every small length, and around the sizes of buffers, go both ways",
  async () => {
    await using server = await origin();
    const port = await freePort();
    await using forwarder = await startForwarder(sections(port, server.port));
    const lengths = [
      0, 1, 2, 3, 15, 16, 17, 1023, 4096, 15_359, 15_360, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 524_288,
      524_289,
    ];
    for (const coding of ["length", "chunked"] as const) {
      for (const length of lengths) {
        const digest = digestOf(length);
        expect([length, await exchange(port, coding, length, length)]).toEqual([
          length,
          { status: 200, sent: digest, received: digest },
        ]);
      }
    }
    await waitUntil("all are told", () => forwarder.process.stdout.all.length >= 2 * lengths.length);
    await forwarder.expectQuiet();
  },
  120_000,
);
