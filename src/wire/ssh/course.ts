/** How far one direction of SSH has come: its line, packets in clear text up to NEWKEYS, and how many bytes have followed that nobody can read. */
import { speaksSsh2, sshLinesMostBytes } from "./identification.ts";
import { sshMessageAt, sshMessages, sshPacketEnd } from "./packet.ts";

/** Of a key exchange's own messages, whichever it is (RFC 4250, section 4.1.2): 30 to 49. */
const firstOfMethod = 30;
const lastOfMethod = 49;
/** So much of a line tells the protocol, and of a packet how long it is and what it carries: it is longer than that. */
const headBytes = 8;
const lineFeed = 0x0a;

/**
 * Follows bytes in any pieces, and holds eight of them at most. Never throws, whatever comes.
 *
 * `stage`: "lines" up to the identification, "clear" up to NEWKEYS, "encrypted" behind it; "broken": what came in clear text were no packets, so that
 * nothing can follow; "untold": it is SSH 1, or no SSH at all.
 */
export class SshCourse {
  stage: "lines" | "clear" | "encrypted" | "broken" | "untold" = "lines";
  /** Its KEXINIT has come, or has begun to. */
  hasOffered = false;
  /** Packets of the key exchange itself, between KEXINIT and NEWKEYS. */
  methodPackets = 0;
  /** Behind NEWKEYS. */
  encryptedBytes = 0;
  readonly #head = new Uint8Array(headBytes);
  /** Bytes of the line or packet that have come. */
  #at = 0;
  /** Of the packet that has begun; 0: not known yet. */
  #packetBytes = 0;
  #isNewKeys = false;
  #lineBytes = 0;

  /** Gives where in these bytes those begin that nobody can read; their length: not in here. */
  take(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.stage === "lines") at = this.#takeLine(bytes, at);
      else if (this.stage === "clear") at = this.#takePacket(bytes, at);
      else {
        if (this.stage !== "encrypted") break;
        this.encryptedBytes += bytes.length - at;
        return at;
      }
    }
    return bytes.length;
  }

  /** Takes what there is of a line; gives where the next begins. */
  #takeLine(bytes: Uint8Array, at: number): number {
    const feed = bytes.indexOf(lineFeed, at);
    const end = feed < 0 ? bytes.length : feed + 1;
    this.#hold(bytes, at, end);
    this.#at += end - at;
    this.#lineBytes += end - at;
    if (feed >= 0) {
      const head = String.fromCharCode(...this.#head.subarray(0, Math.min(this.#at, headBytes)));
      if (head.startsWith("SSH-")) this.stage = speaksSsh2(head.slice(4)) ? "clear" : "untold";
      this.#at = 0;
    }
    if (this.stage === "lines" && this.#lineBytes >= sshLinesMostBytes) this.stage = "untold";
    return end;
  }

  /** The same of a packet, which is longer than what is held of it. */
  #takePacket(bytes: Uint8Array, at: number): number {
    const isBegun = this.#packetBytes > 0;
    const end = Math.min(bytes.length, at + (isBegun ? this.#packetBytes : headBytes) - this.#at);
    this.#hold(bytes, at, end);
    this.#at += end - at;
    if (!isBegun) this.#begin();
    else if (this.#at === this.#packetBytes) this.#end();
    return end;
  }

  #begin(): void {
    const message = sshMessageAt(this.#head, 0, this.#at);
    if (message === -1) return;
    if (message === -2) {
      this.stage = "broken";
      return;
    }
    this.#packetBytes = sshPacketEnd(this.#head, 0);
    if (message === sshMessages.kexInit) this.hasOffered = true;
    else if (message >= firstOfMethod && message <= lastOfMethod) this.methodPackets += 1;
    this.#isNewKeys = message === sshMessages.newKeys;
  }

  #end(): void {
    if (this.#isNewKeys) this.stage = "encrypted";
    this.#at = this.#packetBytes = 0;
  }

  #hold(bytes: Uint8Array, at: number, end: number): void {
    if (this.#at < headBytes) this.#head.set(bytes.subarray(at, Math.min(end, at + headBytes - this.#at)), this.#at);
  }
}
