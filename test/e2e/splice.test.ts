/** The zero-copy plane in the built binary: whose bytes, how they move, and that nothing of it stays behind. `make soak` runs it longer. */
import { expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { startForwarder } from "./forwarder.ts";
import { freePort, scratch, start, testWith, waitUntil } from "./harness.ts";
import { spliceOnce, splicedBytes } from "./splicing.ts";
import { open, readAll, readBytes, serve } from "./sockets.ts";

const isSoak = process.env["SOAK"] === "1";
const mebibyte = 1024 * 1024;
const stoppedClients = isSoak ? 5000 : 300;

function spliced(port: number, server: number): string {
  return `listen in\n    option splice-auto\n    bind 127.0.0.1:${port}\n    server one 127.0.0.1:${server}\n`;
}

function copied(port: number, server: number): string {
  return spliced(port, server).replace("option splice-auto", "no option splice-auto");
}

/** A small generator of numbers below 2^32, the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** The byte at `position` of what `owner` sends: no two owners agree for long. */
function byteOf(owner: number, position: number): number {
  return (owner * 37 + position * 11 + (position >>> 8) * 7) & 255;
}

function contentOf(owner: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at++) bytes[at] = byteOf(owner, at);
  return bytes;
}

/** The first position at which `bytes` are not `owner`'s, or -1. */
function firstForeign(bytes: Buffer, owner: number): number {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== byteOf(owner, at)) return at;
  return -1;
}

testWith(
  ["curl"],
  `64 sessions at once: random sizes, stalls and half-closes, every byte its owner's`,
  async () => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 1e9);
    console.log(`seed ${seed}`);
    const random = numbers(seed);
    await using server = await serve((socket) => {
      const chunks: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      // The answer begins only when the question has ended: a half-closed session carries it.
      socket.on("end", () => socket.end(Buffer.concat(chunks)));
    });
    const port = await freePort();
    await using forwarder = await startForwarder(spliced(port, server.port));
    const until = performance.now() + (isSoak ? 60_000 : 2000);
    let sessions = 0;
    const worker = async (first: number): Promise<void> => {
      for (let owner = first; performance.now() < until; owner += 64) {
        const sent = contentOf(owner, 1 + (random() % (random() % 4 === 0 ? 2 * mebibyte : 20_000)));
        const client = await open(port);
        const reading = readAll(client);
        const cut = random() % sent.length;
        client.write(sent.subarray(0, cut));
        if (random() % 3 === 0) {
          client.pause();
          await Bun.sleep(random() % 200);
          client.resume();
        }
        client.end(sent.subarray(cut));
        const { bytes, end } = await reading;
        expect({ owner, length: bytes.length, end, foreign: firstForeign(bytes, owner) }).toEqual({
          owner,
          length: sent.length,
          end: "fin",
          foreign: -1,
        });
        sessions++;
      }
    };
    await Promise.all(Array.from({ length: 64 }, (_, index) => worker(index + 1)));
    expect(sessions).toBeGreaterThan(64);
    await forwarder.expectQuiet();
  },
  180_000,
);

testWith(
  ["curl"],
  "connections opened and closed, a third of them reset, leave no descriptor and no pipe",
  async () => {
    await using server = await serve((socket) => {
      socket.on("data", (chunk: Buffer) => socket.write(chunk));
      socket.on("end", () => socket.end());
    });
    const port = await freePort();
    await using forwarder = await startForwarder(spliced(port, server.port));
    const rounds = isSoak ? 20_000 : 3000;
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < rounds) {
        const round = next++;
        const client = await open(port);
        client.write("x");
        await readBytes(client, 1);
        if (round % 3 === 0) client.resetAndDestroy();
        else {
          const end = readAll(client);
          client.end();
          await end;
          client.destroy();
        }
      }
    };
    await Promise.all(Array.from({ length: 32 }, worker));
    await forwarder.expectQuiet();
    expect(pipesOf(forwarder.pid)).toBeLessThanOrEqual(4);
  },
  240_000,
);

/** Pipes that a process holds open, but for its own standard streams. */
function pipesOf(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  let pipes = 0;
  for (const name of readdirSync(folder)) {
    if (Number(name) < 3) continue;
    try {
      if (
        readFileSync(`/proc/${pid}/fdinfo/${name}`, "latin1").includes("flags:\t02004") &&
        isPipe(`${folder}/${name}`)
      )
        pipes++;
    } catch {
      // Closed between listing and looking.
    }
  }
  return pipes;
}

function isPipe(path: string): boolean {
  return Bun.spawnSync(["readlink", path]).stdout.toString().startsWith("pipe:");
}

testWith(
  ["curl"],
  // HAProxy CVE-2024-45506: forwarding without copies went round in circles where nothing could be moved.
  "HAProxy CVE-2024-45506: a stalled reader makes nobody spin, holds no more than a bound, and gets everything when it goes on",
  async () => {
    const total = (isSoak ? 1024 : 256) * mebibyte;
    const block = Buffer.alloc(mebibyte, 42);
    await using server = await serve((socket) => {
      let left = total;
      const pour = (): void => {
        while (left > 0) {
          left -= block.length;
          if (!socket.write(block)) return;
        }
        socket.end();
      };
      socket.on("drain", pour);
      pour();
    });
    const port = await freePort();
    await using forwarder = await startForwarder(spliced(port, server.port));
    const before = rssOf(forwarder.pid);
    const client = await open(port);
    client.pause();
    await waitUntil(
      "the server is held back",
      () => server.connections.length === 1 && (server.connections[0] as Socket).writableNeedDrain,
    );
    const busy = cpuTicksOf(forwarder.pid);
    await Bun.sleep(500);
    // Of a second's 100: one that spins takes 50 and more.
    expect(cpuTicksOf(forwarder.pid) - busy).toBeLessThan(25);
    expect(rssOf(forwarder.pid) - before).toBeLessThan(32 * mebibyte);
    let got = 0;
    let wrong = 0;
    client.on("data", (chunk: Buffer) => {
      got += chunk.length;
      if (!chunk.equals(block.subarray(0, chunk.length))) wrong++;
    });
    const ended = new Promise((resolve) => client.once("end", resolve));
    client.resume();
    await ended;
    client.end();
    expect({ got, wrong }).toEqual({ got: total, wrong: 0 });
    await forwarder.expectQuiet();
  },
  180_000,
);

for (const [plane, configuration] of [
  ["spliced", spliced],
  ["copied", copied],
] as const)
  testWith(
    ["fairlead", "curl"],
    `${stoppedClients} clients that stop reading cost the process little memory (${plane})`,
    async () => {
      const block = Buffer.alloc(mebibyte, 42);
      const blocks = 4;
      await using server = await serve((socket) => {
        for (let sent = 0; sent < blocks; sent++) socket.write(block);
      });
      const port = await freePort();
      const room = "    maxconn 6000\n";
      await using forwarder = await startForwarder(`${configuration(port, server.port)}${room}`, { global: room });
      const clients: Socket[] = [];
      try {
        const worker = async (): Promise<void> => {
          while (clients.length < stoppedClients) {
            const place = clients.length;
            clients.length++;
            const client = (clients[place] = await open(port));
            // Enough to be taken for bulk; then never a byte more.
            await readBytes(client, mebibyte);
            client.pause();
          }
        };
        await Promise.all(Array.from({ length: 32 }, worker));
        expect(await forwarder.sessions()).toBe(stoppedClients);
        let highest = 0;
        let moved = -1;
        await waitUntil(
          "nothing moves any more",
          async () => {
            highest = Math.max(highest, rssOf(forwarder.pid));
            const before = moved;
            moved = server.connections.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
            await Bun.sleep(500);
            return before === moved;
          },
          60_000,
        );
        console.log(
          `${stoppedClients} stopped clients, ${plane}: ${Math.round(highest / mebibyte)} MiB in the process`,
        );
        expect(highest).toBeLessThan(400 * mebibyte);
      } finally {
        for (const client of clients) client?.destroy();
      }
      await forwarder.expectQuiet();
    },
    300_000,
  );

/** Processor time of all threads so far, in hundredths of a second. */
function cpuTicksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\) /, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

function rssOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) * 1024;
}

testWith(["fairlead", "curl"], "SIGUSR1 lets a spliced session finish, then ends the process", async () => {
  await using server = await serve((socket) => socket.pipe(socket));
  const port = await freePort();
  await using forwarder = await startForwarder(spliced(port, server.port));
  const client = await open(port);
  client.write("before");
  await readBytes(client, 6);
  forwarder.process.kill("SIGUSR1");
  await waitUntil("the port is closed", () =>
    open(port).then(
      (late) => (late.destroy(), false),
      () => true,
    ),
  );
  client.write("after");
  expect((await readBytes(client, 5)).toString()).toBe("after");
  client.end();
  expect(await forwarder.process.exited).toBe(0);
});

testWith(
  ["fairlead", "curl", "strace", "libc's sockets: Bun's own are never spliced"],
  "bulk bytes are never read into user space",
  async () => {
    const total = 256 * mebibyte;
    await using server = await serve((socket) => {
      socket.once("data", (bytes: Buffer) => {
        if (bytes.toString() === "go") return socket.end(Buffer.alloc(total, 7));
        socket.write(bytes);
        return socket.pipe(socket);
      });
    });
    const port = await freePort();
    await using forwarder = await startForwarder(spliced(port, server.port));
    await spliceOnce(forwarder, port);
    const before = await splicedBytes(forwarder);
    using folder = scratch();
    const trace = folder.file("trace");
    const calls = "trace=splice,read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg";
    const tracer = start(["strace", "-f", "-e", calls, "-e", "signal=none", "-o", trace, "-p", String(forwarder.pid)]);
    await tracer.stderr.find(/attached/);
    const client = await open(port);
    client.write("go");
    expect((await readBytes(client, total)).length).toBe(total);
    client.end();
    await forwarder.line(new RegExp(` in in/one .* ${total} -- `));
    tracer.kill("SIGINT");
    await tracer.exited;
    const moved = { splice: 0, copied: 0 };
    for (const line of readFileSync(trace, "latin1").split("\n")) {
      const call = /(\w+)\(.*= (\d+)$/.exec(line) ?? /<\.\.\. (\w+) resumed>.*= (\d+)$/.exec(line);
      if (call === null) continue;
      if (call[1] === "splice") moved.splice += Number(call[2]);
      else moved.copied += Number(call[2]);
    }
    console.log(`strace: ${moved.splice} bytes by splice (in and out), ${moved.copied} by all other reads and writes`);
    expect(moved.splice).toBeGreaterThan(1.9 * total);
    expect(moved.copied).toBeLessThan(2 * mebibyte);
    // What the process tells of itself is the same.
    expect(((await splicedBytes(forwarder)) - before) * 2).toBe(moved.splice);
    const { body } = await forwarder.page("/metrics");
    const told = (name: string): number => Number(new RegExp(`^haproxy_process_${name} (\\d+)$`, "m").exec(body)?.[1]);
    expect(told("max_pipes")).toBeGreaterThan(0);
    expect(told("pipes_used_total") + told("pipes_free_total")).toBe(pipesOf(forwarder.pid) / 2);
  },
  120_000,
);
