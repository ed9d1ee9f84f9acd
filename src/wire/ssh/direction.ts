/** One direction's bytes as far as SSH speaks in clear text: lines, the identification among them, then packets up to KEXINIT. */
import type { SshIdentification, SshSide } from "../../ssh-facts.ts";
import { latin1 } from "../latin1.ts";
import { readSshIdentification, speaksSsh2, sshLinesMostBytes } from "./identification.ts";
import { type KexInit, kexInitListsAt, readKexInit } from "./kexinit.ts";
import { sshMessageAt, sshMessages, sshPacketEnd, sshPacketMostBytes } from "./packet.ts";
import { Remembered } from "./remembered.ts";

/** Bytes that one direction may have until its KEXINIT is whole: lines, and packets that stand in front of it included. */
export const readMostBytes = sshLinesMostBytes + 4 + sshPacketMostBytes;

const identifications = new Remembered<SshIdentification>({ entries: 256, longest: 255 });
const offers = {
  client: new Remembered<KexInit>({ entries: 256, longest: 4096 }),
  server: new Remembered<KexInit>({ entries: 128, longest: 4096 }),
};
/** Names in lists that are remembered, at most: several times OpenSSH's, for each takes more room than its bytes. */
const rememberedNames = 512;
const none = new Uint8Array(0);
const lineFeed = 0x0a;
const sshSign = [0x53, 0x53, 0x48, 0x2d];

/** Reads on as bytes come, and holds those that are not whole yet. What it finds depends on the bytes alone, not on their pieces. */
export class SshDirection implements SshSide {
  identification: SshIdentification | null = null;
  offer: KexInit | null = null;
  /** The offer will come back to whoever sends the same. */
  isRemembered = false;
  /** "foreign": it is not SSH. */
  state: "reading" | "read" | "foreign" = "reading";
  /** Bytes read through before those that are held. */
  #passed = 0;
  #held = none;
  #heldBytes = 0;
  /** How many must be held for there to be more to find. */
  #wanted = 0;

  constructor(readonly from: "client" | "server") {}

  /** Gives the state that these bytes lead to. */
  take(bytes: Uint8Array): SshDirection["state"] {
    const searched = this.#heldBytes;
    if (searched === 0) this.#read(bytes, bytes.length, 0);
    else {
      this.#hold(bytes);
      if (this.#heldBytes >= this.#wanted) this.#read(this.#held, this.#heldBytes, searched);
    }
    return this.state;
  }

  /** No more is read, and what is held is given back. */
  letGo(state: "read" | "foreign"): void {
    this.state = state;
    this.#held = none;
    this.#heldBytes = 0;
  }

  /** `bytes` begin where those end that are passed; no line ends before `searched`. */
  #read(bytes: Uint8Array, end: number, searched: number): void {
    let at = 0;
    for (let next = 0; next >= 0;) {
      at = next;
      if (this.state !== "reading") return;
      next =
        this.identification === null
          ? this.#readLine(bytes, at, end, Math.max(at, searched))
          : this.#readPacket(bytes, at, end);
    }
    if (this.state === "reading") this.#keepFrom(bytes, at, end);
  }

  /** Where the next line begins; -1: this one is not whole, or there is no need to read on. */
  #readLine(bytes: Uint8Array, at: number, end: number, searched: number): number {
    const isSsh = startsWithSsh(bytes, at, end);
    if (isSsh === false && this.from === "client") return this.#end("foreign");
    const most = Math.min(end, sshLinesMostBytes - this.#passed);
    const feed = most <= searched ? -1 : bytes.subarray(searched, most).indexOf(lineFeed);
    if (feed < 0) {
      const isTooMuch = end >= sshLinesMostBytes - this.#passed;
      return isTooMuch || hasNul(bytes, searched, end) ? this.#end("foreign") : -1;
    }
    const lineEnd = searched + feed;
    if (isSsh !== true) return hasNul(bytes, at, lineEnd) ? this.#end("foreign") : lineEnd + 1;
    this.identification = findIdentification(bytes, at, lineEnd);
    if (this.identification === null) return this.#end("foreign");
    return speaksSsh2(this.identification.protocol) ? lineEnd + 1 : this.#end("read");
  }

  /** Where the next packet begins, or -1. */
  #readPacket(bytes: Uint8Array, at: number, end: number): number {
    const message = sshMessageAt(bytes, at, end);
    this.#wanted = 6;
    if (message === -1) return -1;
    if (message === sshMessages.disconnect) return this.#end("read");
    if (message !== sshMessages.kexInit && !mayComeFirst(message)) return this.#end("foreign");
    const packetEnd = sshPacketEnd(bytes, at);
    if (this.#passed + packetEnd > readMostBytes) return this.#end("foreign");
    this.#wanted = packetEnd - at;
    if (packetEnd > end) return -1;
    if (message !== sshMessages.kexInit) return packetEnd;
    // Padding stands behind the payload, and its length in front of it.
    this.#findOffer(bytes, at + 5 + kexInitListsAt, packetEnd - (bytes[at + 4] ?? 0));
    return this.#end(this.offer === null ? "foreign" : "read");
  }

  #findOffer(bytes: Uint8Array, at: number, end: number): void {
    const remembered = offers[this.from];
    this.offer = remembered.find(bytes, at, end) ?? null;
    this.isRemembered = this.offer !== null;
    if (this.offer !== null) return;
    this.offer = readKexInit(this.from, bytes, at, end);
    if (this.offer !== null && this.offer.size <= rememberedNames)
      this.isRemembered = remembered.keep(bytes, at, end, this.offer);
  }

  #end(state: "read" | "foreign"): -1 {
    this.letGo(state);
    return -1;
  }

  /** Holds what is not read through. */
  #keepFrom(bytes: Uint8Array, at: number, end: number): void {
    this.#passed += at;
    const isHeld = bytes === this.#held;
    if (isHeld) {
      this.#held.copyWithin(0, at, end);
      this.#heldBytes = end - at;
    } else if (at < end) this.#hold(bytes.subarray(at, end));
  }

  /** Its room grows with what has come, not with what a packet says of its length. */
  #hold(bytes: Uint8Array): void {
    const length = Math.min(this.#heldBytes + bytes.length, readMostBytes - this.#passed);
    if (length > this.#held.length) {
      const room = new Uint8Array(Math.min(Math.max(length, 2 * this.#held.length, 256), readMostBytes));
      room.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = room;
    }
    this.#held.set(bytes.subarray(0, length - this.#heldBytes), this.#heldBytes);
    this.#heldBytes = length;
  }
}

/** Whether `SSH-` stands at `at`; null: too few bytes to tell. */
function startsWithSsh(bytes: Uint8Array, at: number, end: number): boolean | null {
  for (let index = 0; index < 4; index++) {
    if (at + index >= end) return null;
    if (bytes[at + index] !== sshSign[index]) return false;
  }
  return true;
}

/** No line has a NUL in it: OpenSSH takes none. */
function hasNul(bytes: Uint8Array, from: number, to: number): boolean {
  return bytes.subarray(from, to).includes(0);
}

/** Of a line that begins so; null: it says nothing that can be read. */
function findIdentification(bytes: Uint8Array, at: number, lineEnd: number): SshIdentification | null {
  const end = lineEnd > at && bytes[lineEnd - 1] === 0x0d ? lineEnd - 1 : lineEnd;
  const known = identifications.find(bytes, at, end);
  if (known !== undefined) return known;
  if (hasNul(bytes, at, end)) return null;
  const identification = readSshIdentification(latin1(bytes.subarray(at, end)));
  if (identification !== null) identifications.keep(bytes, at, end, identification);
  return identification;
}

/** What RFC 4253 lets a side send at any time. */
function mayComeFirst(message: number): boolean {
  return message === sshMessages.ignore || message === sshMessages.debug || message === sshMessages.unimplemented;
}
