/**
 * What reading a session's SSH costs by itself: two identifications, two KEXINITs of OpenSSH's size, and, where all is asked for, what
 * both choose and both HASSHs. `node_modules/.bin/bun test/bench/ssh-reader.ts` prints medians for sessions that were never met and for
 * those of a fleet, which repeats itself but for cookies: each message at once, in pieces of 1448 bytes, and byte by byte. `make bench`
 * asks for the figures of messages at once.
 */
import { formatSshPacket } from "../../src/wire/ssh/packet.ts";
import { SshReader } from "../../src/wire/ssh/reader.ts";
import { bytes, kexInitPayload, type Lists, openSsh10 } from "../unit/wire/ssh/bytes.ts";

/** What each side sends, in the pieces that it comes in. */
interface Session {
  readonly client: readonly Uint8Array[];
  readonly server: readonly Uint8Array[];
  /** Where its own word stands. */
  readonly words: readonly Uint8Array[];
}

/** How many different clients and servers the fleet has. */
const kinds = 20;
const rounds = 400;
/** It takes the place of a name as long. */
const blank = "_".repeat("curve25519-sha256".length);

function session(pieceBytes: number): Session {
  const own = (lists: Lists): Lists => ({ ...lists, kex: lists.kex.replace("curve25519-sha256", blank) });
  const client = [bytes(`SSH-2.0-OpenSSH_10.0p2 ${blank}\r\n`), formatSshPacket(kexInitPayload(own(openSsh10.client)))];
  const server = [bytes(`SSH-2.0-OpenSSH_9.9p1 ${blank}\r\n`), formatSshPacket(kexInitPayload(own(openSsh10.server)))];
  const cut = (whole: Uint8Array): readonly Uint8Array[] =>
    Array.from({ length: Math.ceil(whole.length / pieceBytes) }, (_, index) =>
      whole.subarray(index * pieceBytes, (index + 1) * pieceBytes),
    );
  const words = [...client, ...server].map((whole) => {
    const at = Buffer.from(whole).indexOf(blank);
    return whole.subarray(at, at + blank.length);
  });
  return { client: client.flatMap(cut), server: server.flatMap(cut), words };
}

function name({ words }: Session, kind: number): void {
  for (const word of words) word.set(bytes(String(kind).padStart(blank.length, "0")));
}

let asked = 0;

type Play = (session: Session) => void;

/** Reads it. */
function read({ client, server }: Session): SshReader {
  const reader = new SshReader(0);
  for (const piece of client) reader.take("client", piece, 1);
  for (const piece of server) reader.take("server", piece, 1);
  if (!reader.isDone) throw new Error("not read");
  return reader;
}

/** Reads it, and asks for all that it tells. */
function ask(session: Session): void {
  const reader = read(session);
  const { choice } = reader;
  if (choice === null) throw new Error("nothing is chosen");
  for (const { identification, offer } of [reader.client, reader.server])
    asked += (identification?.version.length ?? 0) + (offer?.hassh.length ?? 0) + (offer?.macsToClient.length ?? 0);
  asked += choice.keyExchange.length;
}

/** Microseconds a session, of each round the middle one. */
function median(sessions: readonly Session[], play: Play, kind: (round: number, index: number) => number): number {
  const costs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [index, one] of sessions.entries()) name(one, kind(round, index));
    const start = performance.now();
    for (const one of sessions) play(one);
    costs.push(((performance.now() - start) * 1000) / sessions.length);
  }
  return costs.toSorted((a, b) => a - b)[rounds / 2] ?? Number.NaN;
}

let strangers = 0;

/** Of sessions never met, and of those met before: the third time, when code is compiled and the fleet is known. */
function measure(pieceBytes: number, play: Play): readonly [number, number] {
  const sessions = Array.from({ length: kinds }, () => session(pieceBytes));
  const never = [1, 2, 3].map(() => median(sessions, play, () => 1_000_000 + strangers++));
  const met = [1, 2, 3].map(() => median(sessions, play, (_, index) => index));
  return [never.at(-1) ?? Number.NaN, met.at(-1) ?? Number.NaN];
}

if (process.argv[2] === "figures") console.log([...measure(1 << 20, read), ...measure(1 << 20, ask)].join(" "));
else
  for (const [title, pieceBytes] of [
    ["at once", 1 << 20],
    ["1448 bytes", 1448],
    ["1 byte", 1],
  ] as const) {
    for (const [what, play] of [
      ["read", read],
      ["all asked for", ask],
    ] as const) {
      const [never, met] = measure(pieceBytes, play);
      const costs = `never met ${never.toFixed(2)} µs, met before ${met.toFixed(2)} µs`;
      console.log(`${title.padEnd(10)}  ${what.padEnd(13)}  ${costs}`);
    }
  }
if (asked === 0) throw new Error("nothing was asked for");
