/** What both sides of SSH send first, mutated and in any pieces: nothing throws, nothing is read beyond the bound, and what is found depends on the bytes alone. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { SshSide } from "../../src/ssh-facts.ts";
import { readMostBytes } from "../../src/wire/ssh/direction.ts";
import { formatSshDisconnect } from "../../src/wire/ssh/disconnect.ts";
import { formatSshPacket } from "../../src/wire/ssh/packet.ts";
import { SshReader } from "../../src/wire/ssh/reader.ts";
import { bytes, dropbear, joined, kexInit, openSsh7, openSsh10 } from "../unit/wire/ssh/bytes.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("ssh");
const rounds = 800;

const ignored = (length: number): Uint8Array => formatSshPacket(joined(Uint8Array.of(2), random.bytes(length)));

const starts: readonly (() => Uint8Array)[] = [
  () => joined(bytes("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"), kexInit(openSsh7.client)),
  () => joined(bytes("SSH-2.0-OpenSSH_10.0p2\r\n"), kexInit(openSsh10.client)),
  () => joined(bytes("SSH-2.0-OpenSSH_10.0p2\n"), ignored(random.between(0, 40)), kexInit(openSsh10.server)),
  () => joined(bytes("SSH-2.0-dropbear_2022.83\r\n"), kexInit(dropbear), random.bytes(random.between(0, 60))),
  () => joined(bytes("Authorized\r\nuse only\r\nSSH-1.99-Cisco-1.25\n"), kexInit(openSsh7.server)),
  () => joined(bytes("SSH-2.0-x\r\n"), formatSshDisconnect(12, "too many")),
  () => joined(bytes("SSH-2.0-x\r\nInvalid SSH identification string.\r\n")),
  () => joined(bytes(`SSH-2.0-${"y".repeat(random.between(1, 8300))}\r\n`), kexInit(openSsh10.client)),
  () => joined(bytes("hello\r\n".repeat(random.between(0, 1200))), bytes("SSH-2.0-x\r\n"), kexInit(dropbear)),
  () => joined(bytes("SSH-2.0-x\r\n"), ignored(random.between(0, 34_000)), ignored(9000), kexInit(dropbear)),
  () => random.bytes(random.between(0, 60)),
];

/** Changes, drops, doubles or adds some bytes, most of them where it tells: at the beginning. */
function mutated(whole: Uint8Array): Uint8Array {
  let changed = whole;
  for (let count = random.between(0, 4); count > 0; count--) {
    const at = random.between(0, random.next() < 0.5 ? Math.min(80, changed.length) : changed.length);
    const [front, length] = [changed.subarray(0, at), random.between(1, 8)];
    const kind = random.between(0, 3);
    if (kind === 0) changed = joined(front, random.bytes(1), changed.subarray(at + 1));
    else if (kind === 1) changed = joined(front, changed.subarray(at + length));
    else if (kind === 2) changed = joined(front, changed.subarray(at, at + length), changed.subarray(at));
    else changed = joined(front, random.bytes(length), changed.subarray(at));
  }
  return changed;
}

interface Seen {
  readonly facts: unknown;
  /** Bytes that were taken before no more were wanted, the last piece included. */
  readonly taken: { client: number; server: number };
}

function side({ identification, offer }: SshSide): unknown {
  return { identification, offer: offer === null ? null : { ...offer, chosenWith: null, hassh: offer.hassh } };
}

/** One side after the other, each in pieces of at most so many bytes; what is given is gone afterwards. */
function play(client: Uint8Array, server: Uint8Array, mostBytes: number): Seen {
  const reader = new SshReader(0);
  const taken = { client: 0, server: 0 };
  for (const [from, whole] of [
    ["client", client],
    ["server", server],
  ] as const) {
    for (let at = 0; at < whole.length;) {
      const piece = whole.slice(at, mostBytes === Infinity ? whole.length : at + random.between(1, mostBytes));
      at += piece.length;
      taken[from] = at;
      const wantsMore = reader.take(from, piece, 5);
      piece.fill(0xff);
      if (!wantsMore) break;
    }
  }
  const { choice, foreign, isDone, timeToIdentMs } = reader;
  return {
    facts: { client: side(reader.client), server: side(reader.server), choice, foreign, isDone, timeToIdentMs },
    taken,
  };
}

test("any split of the same bytes, well-formed or not, tells the same", () => {
  const read = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const [client, server] = [mutated(random.pick(starts)()), mutated(random.pick(starts)())];
    const whole = play(client, server, Infinity);
    for (const mostBytes of [random.between(1, 9), random.between(10, 3000)]) {
      const pieces = play(client, server, mostBytes);
      expect(pieces.facts).toEqual(whole.facts);
      // Once enough has come no piece more is wanted.
      expect(Math.max(pieces.taken.client, pieces.taken.server)).toBeLessThan(readMostBytes + mostBytes);
    }
    const { choice, foreign } = whole.facts as { choice: unknown; foreign: string | null };
    const kind = choice !== null ? "choice" : (foreign ?? "neither");
    read.set(kind, (read.get(kind) ?? 0) + 1);
  }
  // Not all are foreign, nor all well.
  for (const kind of ["choice", "client", "server", "neither"])
    expect(read.get(kind) ?? 0).toBeGreaterThan(rounds / 100);
});

test("what is well-formed is read to its end whoever was met before", () => {
  for (let round = 0; round < 300; round++) {
    const client = random.pick([openSsh7.client, openSsh10.client, dropbear]);
    const own = { ...client, kex: `${Buffer.from(random.bytes(8)).toString("hex")},${client.kex}` };
    const reader = new SshReader(0);
    reader.take("client", joined(bytes("SSH-2.0-x_1\r\n"), kexInit(round % 2 === 0 ? own : client)), 1);
    reader.take("server", joined(bytes("SSH-2.0-x_1\r\n"), kexInit(openSsh10.server)), 1);
    expect(reader.client.offer?.keyExchange.join(",")).toBe((round % 2 === 0 ? own : client).kex);
    expect(reader.choice?.hostKey).toBe("ssh-ed25519");
  }
});
