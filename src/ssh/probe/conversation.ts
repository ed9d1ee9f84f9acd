/** One connection to a server, as a client that never comes to keys: lines and packets, bounded in time and bytes. */
import { clockMs } from "../../clock.ts";
import type { Connection, Peeked } from "../../net/transport.ts";
import { latin1 } from "../../wire/latin1.ts";
import { formatSshDisconnect } from "../../wire/ssh/disconnect.ts";
import { readSshIdentification, speaksSsh2, sshLinesMostBytes } from "../../wire/ssh/identification.ts";
import { SshFieldReader } from "../../wire/ssh/kex/fields.ts";
import { formatSshPacket, sshMessageAt, sshMessages, sshPacketEnd, sshPacketMostBytes } from "../../wire/ssh/packet.ts";
import { sshRefusal } from "../../wire/ssh/refusal.ts";
import type { SshIdentification } from "../../ssh-facts.ts";

/** Why a server could not be asked further, in words for whoever runs it. The only error that comes out of here. */
export class ProbeFailure extends Error {
  override readonly name = "ProbeFailure";
}

/** What a server may send in all: its lines, and some packets of any size. */
const mostBytes = 256 * 1024;
const farewell = "probed by fairlead";
/** How long a server has to close once it has been told that we go. */
const partingMs = 1000;
const refusals = {
  "not-ssh": "the server could not read what it was sent first: does it expect a PROXY header, or expect none?",
  penalty: 'the server refuses this address for now ("Not allowed at this time"): sshd\'s PerSourcePenalties',
  full: 'the server has no room for more clients ("Exceeded MaxStartups")',
} as const;

/** Those that say that it is a server, which has no time for us. */
export const busyTexts: ReadonlySet<string> = new Set([refusals.penalty, refusals.full]);

/** Owns its connection. What is sent is little, so a kernel takes it at once. */
export class Conversation {
  #leftBytes = mostBytes;
  /** Whether there is somebody to say good-bye to: SSH is spoken, and the server has not ended it. */
  #isSsh = false;
  #isClosed = false;

  /** `deadlineAt`: by the monotonic clock, in ms. */
  constructor(
    readonly connection: Connection,
    readonly deadlineAt: number,
  ) {}

  send(bytes: Uint8Array): void {
    this.connection.write(bytes);
  }

  sendPayload(payload: Uint8Array): void {
    this.send(formatSshPacket(payload));
  }

  /** The server's line, and what it said before it. */
  async identification(): Promise<{ readonly line: SshIdentification; readonly preamble: readonly string[] }> {
    const preamble: string[] = [];
    for (let read = 0; ;) {
      const bytes = await this.#line(sshLinesMostBytes - read, preamble[0]);
      this.#consume(bytes.length + 1);
      read += bytes.length + 1;
      const text = latin1(bytes).replace(/\r$/, "");
      if (!text.startsWith("SSH-")) {
        preamble.push(text);
        continue;
      }
      const line = readSshIdentification(text);
      if (line === null) throw new ProbeFailure(`the server's identification says nothing: ${printable(text)}`);
      if (!speaksSsh2(line.protocol)) throw new ProbeFailure(`the server speaks SSH ${line.protocol} alone`);
      this.#isSsh = true;
      return { line, preamble };
    }
  }

  /** The next message that is not to be passed over. */
  async payload(): Promise<Uint8Array> {
    for (;;) {
      const start = await this.#atLeast(6, "a message");
      const message = sshMessageAt(start, 0, start.length);
      if (message < 0) throw new ProbeFailure(refusalText(start) ?? "the server sends no packets of SSH");
      const end = sshPacketEnd(start, 0);
      const packet = await this.#atLeast(end, "the rest of a message");
      const payload = packet.slice(5, end - (packet[4] ?? 0));
      this.#consume(end);
      if (message === sshMessages.disconnect) throw this.#disconnected(payload);
      if (message !== sshMessages.ignore && message !== sshMessages.debug) return payload;
    }
  }

  /** Says that we go (RFC 4250: 11, by application) to whom that says something, and closes once the server has, or after a second. */
  async end(): Promise<void> {
    if (this.#isClosed) return;
    if (!this.#isSsh) return this.#close();
    this.#isSsh = false;
    this.send(formatSshDisconnect(11, farewell));
    const until = clockMs() + partingMs;
    let state: Peeked["state"] = "open";
    while (state === "open" && this.#leftBytes > 0) {
      const peeked = await this.connection.peek(1, sshPacketMostBytes, Math.max(1, until - clockMs()));
      this.#consume(peeked.bytes.length);
      state = peeked.state;
    }
    this.#close();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.connection.close();
  }

  /** Ends it at once, with no more than the word that we go; who waits here is told that it is lost. No effect once it is closed. */
  abort(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isSsh) this.connection.write(formatSshDisconnect(11, farewell));
    this.connection.reset();
  }

  /** A line without its LF; at most `limit` bytes of it are waited for. `before`: what the server has said first, for who asks why there is no more. */
  async #line(limit: number, before = ""): Promise<Uint8Array> {
    let bytes: Uint8Array = new Uint8Array(0);
    while (bytes.length < limit) {
      const have = bytes.length;
      bytes = (await this.#atLeast(have + 1, "its identification", limit, before)).subarray(0, limit);
      // What comes behind an identification is told when it is read.
      const refusal = bytes[0] === 0x53 ? null : refusalText(bytes);
      if (refusal !== null) throw new ProbeFailure(refusal);
      const end = bytes.indexOf(0x0a, have);
      if (end >= 0) return bytes.subarray(0, end);
    }
    throw new ProbeFailure(`no identification in the server's first ${sshLinesMostBytes} bytes`);
  }

  /** What has come and is not consumed, once it is that much. `what` has not come where it does not. */
  async #atLeast(count: number, what: string, limit = count + sshPacketMostBytes, before = ""): Promise<Uint8Array> {
    if (count > this.#leftBytes) throw new ProbeFailure(`the server sends more than ${mostBytes} bytes`);
    const { bytes, state } = await this.connection.peek(count, limit, Math.max(1, this.deadlineAt - clockMs()));
    if (bytes.length >= count) return bytes;
    if (state !== "timeout") this.#isSsh = false;
    const refusal = refusalText(bytes);
    if (refusal !== null) throw new ProbeFailure(refusal);
    if (state === "timeout") throw new ProbeFailure(`time is up, and the server has not sent ${what}`);
    const how = state === "lost" ? "resets the connection" : "closes the connection";
    const last = before === "" ? latin1(bytes.subarray(0, 80)) : before.slice(0, 80);
    const said = last === "" ? "" : ` after ${printable(last)}`;
    throw new ProbeFailure(`the server ${how} instead of sending ${what}${said}`);
  }

  #disconnected(payload: Uint8Array): ProbeFailure {
    this.#isSsh = false;
    const fields = new SshFieldReader(payload, 1);
    const [reason, text] = [fields.uint32(), fields.text()];
    return new ProbeFailure(`the server disconnects (reason ${reason}): ${printable(text.slice(0, 400))}`);
  }

  #consume(count: number): void {
    this.#leftBytes -= count;
    if (!this.#isClosed) this.connection.consume(count);
  }
}

function refusalText(bytes: Uint8Array): string | null {
  const refusal = sshRefusal(bytes);
  return refusal === null ? null : refusals[refusal];
}

/** A server's text, fit for a terminal and for a log: what is no printable ASCII as \xNN. */
export function printable(text: string): string {
  return text.replaceAll(
    /[^ -~]/g,
    (character) => `\\x${(character.charCodeAt(0) & 255).toString(16).padStart(2, "0")}`,
  );
}
