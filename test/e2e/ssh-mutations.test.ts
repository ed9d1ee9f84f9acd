/** First flights of SSH that somebody has bent, through the program: the same bytes come out, and nothing else comes of it. */
import { expect } from "bun:test";
import { ServerStart } from "../../src/wire/ssh/server-start.ts";
import type { Socket } from "node:net";
import { type Random, seededRandom } from "../property/seed.ts";
import { residentBytes, startForwarder } from "./forwarder.ts";
import { freePort, isAlive, scratch, testWith, waitUntil } from "./harness.ts";
import { command, open, readAll, serve } from "./sockets.ts";
import { firstFlight } from "./ssh-software/packets.ts";

const isSoak = process.env["SOAK"] === "1";
const flights = isSoak ? 3000 : 300;
const atOnce = 300;
const random = seededRandom("ssh mutations");

/** Both sides' first bytes, and the number that ends them: it says whose they are. */
interface Flight {
  readonly client: Buffer;
  readonly server: Buffer;
}

const markBytes = 4;

/** What is put into identification lines: all that could end a log line, a field or a quote, or be taken for a format. */
const nasty: readonly string[] = [
  ..."\r|\n|\r\n|\0|\u001b[2J|\u009b|\t|\u007f|\"|\\|\\n|'|`|{|}|%|%s|%n|%[src]|%{+Q}o|%%|$(id)|;|,|=|--|¤|\u00e9|\u00ff".split(
    "|",
  ),
  Buffer.from("\u2028é漢🚢", "utf8").toString("latin1"),
  "SSH-2.0-a\r\nfrontend forged 1/1/1 0 -- 1/1/1/1/1 0/0\r\n",
  "<script>alert(1)</script>&amp;",
  "PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n",
  "GET / HTTP/1.1\r\n\r\n",
  "__proto__",
  "constructor",
  "x".repeat(8192),
  "x".repeat(70_000),
];

function bent(flight: Buffer): Buffer {
  let bytes = flight;
  for (let times = random.between(0, 4); times > 0; times--) bytes = random.pick(benders)(bytes);
  return bytes;
}

function cut(bytes: Buffer, from: number, to: number, between: Uint8Array = Buffer.alloc(0)): Buffer {
  return Buffer.concat([bytes.subarray(0, from), between, bytes.subarray(to)]);
}

const somewhere = (bytes: Buffer): number => random.between(0, bytes.length);

const benders: readonly ((bytes: Buffer) => Buffer)[] = [
  // A byte turned.
  (bytes) => {
    const at = somewhere(bytes);
    return cut(bytes, at, at + 1, random.bytes(1));
  },
  // Something in the line.
  (bytes) => {
    const at = random.between(0, Math.min(40, bytes.length));
    return cut(bytes, at, at, Buffer.from(random.pick(nasty), "latin1"));
  },
  // Something anywhere.
  (bytes) => {
    const at = somewhere(bytes);
    return cut(bytes, at, at, Buffer.from(random.pick(nasty), "latin1"));
  },
  // A piece is missing.
  (bytes) => {
    const at = somewhere(bytes);
    return cut(bytes, at, at + random.between(1, 60));
  },
  // A piece comes twice.
  (bytes) => {
    const [from, to] = [somewhere(bytes), somewhere(bytes)];
    return cut(bytes, from, from, bytes.subarray(from, to));
  },
  // It ends early.
  (bytes) => bytes.subarray(0, somewhere(bytes)),
  // A length of nonsense, where the packet has its own.
  (bytes) => {
    const at = bytes.indexOf("\n") + 1 + random.pick([0, 4, 22, 26]);
    return cut(
      bytes,
      at,
      at + 4,
      Buffer.from(random.pick(["ffffffff", "00000000", "7fffffff", "80000000", "00008889"]), "hex"),
    );
  },
  // Only a line feed, or no line end at all.
  (bytes) => {
    const at = bytes.indexOf("\r\n");
    return at < 0 ? bytes : cut(bytes, at, at + random.pick([1, 2]));
  },
  // Lines before it.
  (bytes) => Buffer.concat([Buffer.from("before it\r\n".repeat(random.between(1, 900))), bytes]),
  // Another whole flight.
  (bytes) => Buffer.concat([bytes, bytes]),
  () => Buffer.from(random.bytes(random.between(0, 3000))),
];

function makeFlight(index: number): Flight {
  const mark = Buffer.alloc(markBytes);
  mark.writeUInt32BE(index, 0);
  const of = (ident: string): Buffer => Buffer.concat([bent(firstFlight(ident)), mark]);
  const server = of("SSH-2.0-dropbear_2022.83");
  // One that ends before it has said who it is turns its client down, which is sent to the next then.
  const isHeard = new ServerStart().take(server) === "heard";
  return {
    client: of("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10"),
    server: isHeard ? server : Buffer.concat([Buffer.from("SSH-2.0-dropbear\r\n"), server]),
  };
}

/** Sends in pieces, now and then with the loop's other work between them, and ends. */
async function sendInPieces(socket: Socket, bytes: Buffer, pieces: Random): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const end = pieces.next() < 0.3 ? bytes.length : at + pieces.between(1, 1 + (bytes.length >> 2));
    socket.write(bytes.subarray(at, end));
    at = end;
    if (pieces.next() < 0.5) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
}

/** UTF-8 may stand there as it is, but nothing that moves a terminal's cursor or ends a line for anybody. Long lines are cut. */
function isWell(line: string): boolean {
  return /^told [^\p{C}\p{Zl}\p{Zp}]*$/u.test(line) && (line.endsWith(" end --") || line.length > 1000);
}

/** Of the start, or of a client that begins with a PROXY header. */
function isNotice(line: string): boolean {
  return line.startsWith("[NOTICE] ") || line.includes(" : Bind line 127.0.0.1:");
}

async function mutate(option: string): Promise<void> {
  const made = Array.from({ length: flights }, (_, index) => makeFlight(index));
  const arrived = new Map<number, Buffer>();
  let turn = 0;
  // Which client it is shows at its end alone: servers' flights go out in their own order.
  await using server = await serve((socket) => {
    const flight = made[turn++];
    void sendInPieces(socket, flight?.server ?? Buffer.alloc(0), random);
    void readAll(socket).then(({ bytes }) => arrived.set(bytes.readUInt32BE(bytes.length - markBytes), bytes));
  });
  const port = await freePort();
  using folder = scratch();
  await using forwarder = await startForwarder(
    `listen in
    bind 127.0.0.1:${port}
    option ssh
${option}    log-format "told %[ssh.client.ident] %[ssh.server.ident] %[ssh.client.software] %[ssh.server.version] %[ssh.client.hassh_string] %[ssh.kex] end %ts"
    server one 127.0.0.1:${server.port}
`,
    { global: `    stats socket ${folder.file("admin")} level admin\n` },
  );
  const came = new Set<number>();
  const before = residentBytes(forwarder.pid);
  for (let first = 0; first < flights; first += atOnce) {
    await Promise.all(
      made.slice(first, first + atOnce).map(async ({ client }) => {
        const socket = await open(port);
        const read = readAll(socket);
        await sendInPieces(socket, client, random);
        const { bytes, end } = await read;
        expect(end).toBe("fin");
        const index = bytes.readUInt32BE(bytes.length - markBytes);
        expect(came.has(index)).toBe(false);
        came.add(index);
        expect(bytes.equals(made[index]?.server ?? Buffer.alloc(0))).toBe(true);
      }),
    );
  }
  await waitUntil("all have arrived", () => arrived.size === flights);
  expect([...arrived.keys()].toSorted((one, other) => one - other)).toEqual(made.map((_, index) => index));
  for (const [index, bytes] of arrived) expect(bytes.equals(made[index]?.client ?? Buffer.alloc(0))).toBe(true);
  await forwarder.expectQuiet();
  const lines = forwarder.process.stdout.text.split("\n").filter(Boolean);
  expect(lines.filter((line) => line.startsWith("told ")).length).toBe(flights);
  // One that begins with a PROXY header is spoken of.
  expect(lines.filter((line) => !isWell(line) && !line.startsWith("Bind line 127.0.0.1:"))).toEqual([]);
  const ask = (words: string): Promise<string> => command(folder.file("admin"), `show ssh report ${words}\n`);
  const told = [...(await ask("")).split("\n"), ...(await forwarder.page("/metrics")).body.split("\n")];
  expect(told.filter((line) => /[\p{C}\p{Zl}\p{Zp}]/u.test(line))).toEqual([]);
  expect(told.join("\n")).toMatch(/^Clients of in, /m);
  expect(JSON.parse(await ask("json"))).toBeObject();
  expect(isAlive(forwarder.pid)).toBe(true);
  expect(forwarder.process.stderr.all.filter((line) => !isNotice(line))).toEqual([]);
  // Three hundred sessions at once take their buffers; what they said is not kept.
  expect(residentBytes(forwarder.pid) - before).toBeLessThan(120 * 1024 * 1024);
}

for (const option of ["", "    option splice-auto\n"]) {
  testWith(
    ["curl", "fairlead"],
    `${option === "" ? "copied" : "spliced"}: whatever is said first arrives as it was sent`,
    () => mutate(option),
  );
}
