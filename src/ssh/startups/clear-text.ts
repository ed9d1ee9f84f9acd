/** One direction's bytes as long as they are in the clear: lines, the identification last, then packets up to NEWKEYS. */
import { sshMessageAt, sshPacketEnd } from "../../wire/ssh/packet.ts";

const newKeys = 21;
const lineFeed = 0x0a;
const sign = [0x53, 0x53, 0x48, 0x2d] as const;
/** A packet's head: so much shows what it carries. */
const headBytes = 6;

/** Looks for the end of one direction's clear text. Bytes may come in any pieces; it keeps six of them. */
export class ClearText {
  /** "lost": this is no SSH, so the end will not be found. */
  state: "lines" | "packets" | "over" | "lost" = "lines";
  /** Of the line under way, as far as that may be an identification; -1: it is another. */
  #signed = 0;
  /** Of the packet under way. */
  #leftBytes = 0;
  readonly #head = new Uint8Array(headBytes);
  #headBytes = 0;
  #isLast = false;

  /** Where in these bytes those begin that are hidden; their length: not in here. */
  end(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && this.state === "lines") at = this.#line(bytes, at);
    while (at < bytes.length && this.state === "packets") at = this.#packet(bytes, at);
    return this.state === "lost" ? bytes.length : at;
  }

  #line(bytes: Uint8Array, from: number): number {
    let at = from;
    for (; this.#signed >= 0 && this.#signed < sign.length && at < bytes.length; at += 1) {
      if (bytes[at] === sign[this.#signed]) this.#signed += 1;
      else this.#signed = -1;
      if (this.#signed < 0) break;
    }
    const feed = bytes.indexOf(lineFeed, at);
    if (feed < 0) return bytes.length;
    if (this.#signed === sign.length) this.state = "packets";
    this.#signed = 0;
    return feed + 1;
  }

  #packet(bytes: Uint8Array, from: number): number {
    if (this.#leftBytes > 0) return this.#skip(bytes, from);
    let at = from;
    while (this.#headBytes < headBytes && at < bytes.length) {
      this.#head[this.#headBytes] = bytes[at] ?? 0;
      this.#headBytes += 1;
      at += 1;
    }
    const message = sshMessageAt(this.#head, 0, this.#headBytes);
    if (message === -1) return at;
    if (message === -2) {
      this.state = "lost";
      return at;
    }
    this.#isLast = message === newKeys;
    this.#leftBytes = sshPacketEnd(this.#head, 0) - headBytes;
    this.#headBytes = 0;
    return this.#skip(bytes, at);
  }

  #skip(bytes: Uint8Array, from: number): number {
    const skipped = Math.min(this.#leftBytes, bytes.length - from);
    this.#leftBytes -= skipped;
    if (this.#leftBytes === 0 && this.#isLast) this.state = "over";
    return from + skipped;
  }
}
