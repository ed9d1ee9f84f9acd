/** What master and worker say to each other: JSON messages, each with descriptors if need be, in packets over one socket. */
import { type EpollLoop, connectionEvents, type Unfinished } from "../../net/epoll/epoll-loop.ts";
import type { Watched } from "../../net/epoll/turn/places.ts";
import { type MessageCalls, packetBytes, packetDescriptors } from "../../net/libc/descriptor-messages.ts";
import { EAGAIN, ECONNRESET } from "../../net/libc/errno.ts";
import type { SocketCalls } from "../../net/libc/socket-calls.ts";

/** What a channel needs of the system. */
export interface ChannelSystem {
  readonly calls: SocketCalls;
  readonly messages: MessageCalls;
  readonly loop: EpollLoop;
}

/** Who hears of it. */
export interface ChannelHandler {
  /** `message`: any JSON whatsoever. The handler owns `fds`, which are close-on-exec. */
  heard(message: unknown, fds: readonly number[]): void;
  /** The other side has gone, or what it says makes no sense; `reason` says which. Nothing comes after it. */
  ended(reason: string): void;
}

/** First byte of a packet: more of the same message follows, or this was the last of it. */
const more = 0;
const last = 1;
const partBytes = packetBytes - 1;
/** The longest message: a Plan comes in pieces of some hundred kB, unless one of its strings is longer. */
const longestBytes = 64 * 1024 * 1024;
/** Descriptors that one message may bring. */
const messageDescriptors = packetDescriptors;
/** Packets taken in a turn before others have theirs. */
const turnPackets = 8;
/** From so much on, whoever sends waits until it has left. */
const roomBytes = 512 * 1024;

const goneText = "the other side has gone";

interface Waiting {
  readonly bytes: Uint8Array;
  readonly fds: readonly number[];
}

/**
 * One end. Owns its descriptor. Messages come whole and in the order in which they were sent, as long as both live.
 *
 * Descriptors that are sent are the channel's from the call on, and closed once they have left or never will.
 */
export class Channel implements Watched, Unfinished {
  readonly #system: ChannelSystem;
  readonly #fd: number;
  readonly #handler: ChannelHandler;
  readonly #limitBytes: number;
  #place: number;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #parts: Uint8Array[] = [];
  #partsBytes = 0;
  #fds: number[] = [];
  #isOpen = true;
  #room: (() => void)[] = [];

  /** `limitBytes`: the longest message that is taken. */
  constructor(system: ChannelSystem, fd: number, handler: ChannelHandler, limitBytes = longestBytes) {
    this.#system = system;
    this.#limitBytes = limitBytes;
    this.#fd = fd;
    this.#handler = handler;
    this.#place = system.loop.register(fd, connectionEvents, this);
    if (this.#place < 0) throw new Error("the event loop does not take the channel");
    // What came before it was watched is told by no event.
    system.loop.later(this);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Sends a message; resolves when there is room for the next, or nobody to take it. Never throws for an end that has gone. */
  send(message: object, fds: readonly number[] = []): Promise<void> {
    if (fds.length > messageDescriptors) throw new RangeError("too many descriptors in one message");
    if (!this.#isOpen) {
      this.#close(fds);
      return Promise.resolve();
    }
    const bytes = new TextEncoder().encode(JSON.stringify(message));
    for (let at = 0; at < bytes.length; at += partBytes) {
      const part = bytes.subarray(at, at + partBytes);
      const isLast = at + partBytes >= bytes.length;
      const packet = new Uint8Array(part.length + 1);
      packet[0] = isLast ? last : more;
      packet.set(part, 1);
      this.#waiting.push({ bytes: packet, fds: isLast ? fds : [] });
      this.#waitingBytes += packet.length;
    }
    this.#flush();
    if (this.#waitingBytes <= roomBytes) return Promise.resolve();
    return new Promise((resolve) => this.#room.push(resolve));
  }

  #flush(): void {
    while (this.#isOpen && this.#waiting.length > 0) {
      const { bytes, fds } = this.#waiting[0] as Waiting;
      const result = this.#system.messages.send(this.#fd, bytes, fds);
      if (result === -EAGAIN) break;
      if (result < 0) {
        // What it has said before it went counts.
        this.hearRest();
        return this.#end(goneText);
      }
      this.#waiting.shift();
      this.#waitingBytes -= bytes.length;
      this.#close(fds);
    }
    if (this.#waitingBytes <= roomBytes) for (const resolve of this.#room.splice(0)) resolve();
  }

  ready(): void {
    this.#flush();
    this.again();
  }

  again(): void {
    for (let count = 0; count < turnPackets; count++) if (!this.#hearOne()) return;
    this.#system.loop.later(this);
  }

  /** Hears all that has come, however much: the other side has ended, and says no more. */
  hearRest(): void {
    while (this.#hearOne());
  }

  /** False: nothing more is there now, or ever. */
  #hearOne(): boolean {
    if (!this.#isOpen) return false;
    const packet = this.#system.messages.receive(this.#fd);
    if (packet === -EAGAIN) return false;
    // It has gone without having heard everything, which the kernel tells once, ahead of what it has said.
    if (packet === -ECONNRESET) return true;
    if (typeof packet === "number") this.#end(`a packet could not be taken (errno ${-packet})`);
    else if (packet.bytes.length > 0) this.#take(packet.bytes, packet.fds);
    else {
      this.#close(packet.fds);
      this.#end(goneText);
    }
    return this.#isOpen;
  }

  #take(bytes: Uint8Array, fds: readonly number[]): void {
    this.#fds.push(...fds);
    this.#parts.push(bytes.subarray(1));
    this.#partsBytes += bytes.length - 1;
    if (bytes[0] === more && this.#partsBytes <= this.#limitBytes && this.#fds.length <= messageDescriptors) return;
    if (bytes[0] !== last || this.#partsBytes > this.#limitBytes || this.#fds.length > messageDescriptors)
      return this.#end("a packet made no sense");
    const text = new TextDecoder().decode(this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts));
    const brought = this.#fds;
    this.#parts = [];
    this.#partsBytes = 0;
    this.#fds = [];
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      this.#close(brought);
      return this.#end("a message made no sense");
    }
    this.#handler.heard(message, brought);
  }

  #end(reason: string): void {
    if (!this.#isOpen) return;
    this.close();
    this.#handler.ended(reason);
  }

  /** Ends it without a word to the handler. What has not left never will. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#system.loop.forget(this.#place);
    this.#system.calls.close(this.#fd);
    for (const { fds } of this.#waiting.splice(0)) this.#close(fds);
    this.#close(this.#fds.splice(0));
    this.#waitingBytes = 0;
    for (const resolve of this.#room.splice(0)) resolve();
  }

  #close(fds: readonly number[]): void {
    for (const fd of fds) this.#system.calls.close(fd);
  }
}
