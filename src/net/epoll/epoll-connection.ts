/** One connection of the epoll transport: nothing is read from it before somebody wants its bytes. */
import { clockMs } from "../../clock.ts";
import type { EpollContext } from "./epoll-context.ts";
import type { Unfinished } from "./epoll-loop.ts";
import type { RarelyWoken } from "./epoll-low-water.ts";
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLPRI, EPOLLRDHUP } from "../libc/epoll-calls.ts";
import { EAGAIN, ECONNRESET } from "../libc/errno.ts";
import { SO_ERROR, SOL_SOCKET } from "../libc/socket-calls.ts";
import { type AheadBytes, aheadBytes, type AheadReader } from "./turn/ahead-bytes.ts";
import { EpollSocket } from "./epoll-socket.ts";
import { readBuffer, roomOf, roomToRead } from "./read-buffer.ts";
import { bulkBytes } from "../relay/promotion.ts";
import type { Stretch } from "../relay/stretch.ts";
import { systemError } from "../system-error.ts";
import type { Connection } from "../transport.ts";
import type { SocketAddress } from "../../address.ts";

/** What one connection may read in a turn before the others have theirs, in buffers. */
const turnReads = 2;

/** A Connection that owns a descriptor. A relay takes it over by setting `owner`. */
export class EpollConnection extends EpollSocket implements Connection, RarelyWoken, AheadReader, Unfinished {
  /** Somebody wants what comes. */
  #isWanted = false;
  /** Something may be there to be read: the kernel tells so once, and no more until everything has been read. */
  #isReadable = false;
  /** The peer's end has come, too: behind a short read there is nothing but that. */
  #isEnding = false;
  endFollows = false;
  /** An error was told, behind what there is to be read: the kernel tells once, and after an end no read meets it. */
  #hasFailed = false;
  /** A short read need not be the last: it is read until the kernel says so. */
  #isThorough = false;
  /** Read already, and not looked at yet. */
  #ahead: AheadBytes | null = null;
  /** More has come at a time than is worth reading ahead. */
  #isLarge = false;
  /** From its first bulk on. */
  #stretch: Stretch<RarelyWoken> | null = null;

  /** Owns `fd` from here on. `place`: where the loop has it already; -1: nowhere. `local` null: the socket is asked for it. */
  constructor(context: EpollContext, fd: number, place: number, remote: SocketAddress, local: SocketAddress | null) {
    super(context, fd, remote, local);
    // What comes with descriptors or credentials ends a read.
    this.#isThorough = remote.kind !== "tcp";
    this.enter(place);
  }

  present(limit: number): Uint8Array {
    const room = Math.min(limit, readBuffer.length) - this.held.length;
    if (room > 0 && !this.ended && !this.closed) {
      const count = this.#recv(roomOf(room));
      if (count > 0) this.hold(readBuffer.slice(0, count));
      else if (count === 0) this.ended = true;
      else if (count !== -EAGAIN) this.failLater(-count);
    }
    return this.held.length > limit ? this.held.subarray(0, limit) : this.held;
  }

  override unread(limit: number): number {
    return this.present(limit).length;
  }

  mayDetach(): boolean {
    this.out.sendWaiting();
    return !this.isFull && this.#ahead === null;
  }

  pause(): void {
    this.#isWanted = false;
  }

  protected want(): void {
    this.resume();
  }

  protected unwant(): void {
    this.pause();
  }

  /** Nobody wants what comes. */
  get isPaused(): boolean {
    return !this.#isWanted;
  }

  resume(): void {
    this.#goOn();
    if (this.#isReadable) this.context.loop.later(this);
  }

  readOn(): void {
    this.#goOn();
    if (this.#isReadable) this.#pull();
  }

  #goOn(): void {
    this.#isWanted = true;
    if (this.#stretch !== null) this.context.lowWater.goOn(this.#stretch, clockMs());
  }

  endStretch(): boolean {
    if (this.#stretch?.isRaised !== true) return false;
    this.context.lowWater.end(this.#stretch);
    this.catchUp();
    return true;
  }

  /** Reads what has come though nobody has told of it; nothing while nobody wants it. */
  catchUp(): void {
    if (this.closed || this.ended || !this.#isWanted) return;
    this.#isReadable = true;
    this.#pull();
  }

  ready(events: number): void {
    if ((events & EPOLLOUT) !== 0 && this.isFull && this.failure === null) this.#drain();
    if (this.closed || (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) === 0) return;
    const hasFailed = (events & EPOLLERR) !== 0;
    if (this.ended) {
      if (hasFailed) this.#fail(this.#error());
      return;
    }
    if (hasFailed) this.#hasFailed = true;
    this.#isReadable = true;
    if ((events & (EPOLLRDHUP | EPOLLHUP)) !== 0) this.#isEnding = true;
    // Before an error all bytes are to be had; urgent ones end a read.
    if ((events & (EPOLLERR | EPOLLPRI)) !== 0) this.#isThorough = true;
    if (this.#isWanted) this.#pull();
    else if (hasFailed) this.#lose();
  }

  again(): void {
    if (this.closed) return;
    if (this.#isWanted && this.#isReadable) this.#pull();
    else if (this.failure !== null) this.#lose();
  }

  /** It is lost while nobody reads it: told at once, or once somebody has read what there is. */
  #lose(): void {
    const waits = this.owner?.hearsOut === true && !this.#isWanted && !this.ended;
    // Whoever is given the descriptor meets the error there.
    if (waits && (this.#ahead !== null || this.context.calls.hasUnread(this.fd)))
      this.#isThorough = this.#isReadable = true;
    else this.#fail(this.failure ?? this.#error());
  }

  /** Watched. */
  get reader(): AheadReader {
    return this;
  }

  get aheadFd(): number {
    const isFit = this.owner !== null && this.#isWanted && !this.ended && !this.#isThorough;
    return isFit && this.#stretch === null && this.#ahead === null && !this.#isLarge ? this.fd : -1;
  }

  tookAhead(bytes: AheadBytes): void {
    this.#ahead = bytes;
    this.#isLarge = bytes.isCut;
  }

  keepAhead(): void {
    if (this.#ahead !== null) this.#ahead = this.#ahead.kept();
  }

  /** As SocketCalls.recv. */
  #recv(buffer: Uint8Array): number {
    const ahead = this.#ahead;
    if (ahead === null) return this.context.calls.recv(this.fd, buffer);
    const count = ahead.take(buffer);
    if (ahead.isTaken) this.#ahead = null;
    return count;
  }

  /** Reads what there is, as far as it is wanted and a turn allows. */
  #pull(): void {
    const { loop } = this.context;
    for (let left = turnReads; left > 0; left--) {
      const buffer = this.#room();
      const isCut = this.#ahead?.isCut === true;
      const count = this.#recv(buffer);
      if (count <= 0) {
        this.#isReadable = false;
        if (this.failure !== null) this.#fail(this.failure);
        else if (count === 0) this.#end();
        else if (count !== -EAGAIN) this.#fail(-count);
        return;
      }
      const isLast = count < buffer.length && !isCut && !this.#isThorough;
      if (isLast && count < aheadBytes) this.#isLarge = false;
      // What comes from now on is told anew.
      if (isLast) this.#isReadable = this.#isEnding;
      this.endFollows = isLast && this.#isEnding;
      const goesOn = this.#take(buffer, count);
      this.endFollows = false;
      if (!goesOn) {
        if (this.failure !== null && !this.closed) loop.later(this);
        return;
      }
      if (isLast) return this.#isEnding ? this.#end() : undefined;
    }
    loop.later(this);
  }

  /** Where the next bytes go: no more are taken out of the kernel than `peek` has asked for. */
  #room(): Uint8Array {
    if (this.owner !== null || !this.isAwaited) return roomToRead();
    return readBuffer.subarray(0, Math.max(1, this.room));
  }

  /** `length` bytes of `buffer` have come. True when more is wanted. */
  #take(buffer: Uint8Array, length: number): boolean {
    if (this.owner !== null) {
      const goesOn = this.owner.data(this, buffer, length);
      if (this.closed) return false;
      if (this.#stretch !== null || length >= bulkBytes) this.#moved(length);
      return goesOn && this.#isWanted;
    }
    if (this.isLeaving) return true;
    this.hold(buffer.slice(0, length));
    return this.#isWanted;
  }

  #moved(length: number): void {
    const { lowWater } = this.context;
    const now = clockMs();
    this.#stretch ??= lowWater.begin(this, now);
    lowWater.moved(this.#stretch, length, now);
  }

  /** The peer's FIN. */
  #end(): void {
    this.ended = true;
    this.info?.ask();
    this.#isReadable = false;
    if (this.owner !== null) this.owner.end(this);
    else if (!this.isLeaving) this.answer("end");
    else if (this.isLingering) this.release();
    if (this.#hasFailed && !this.closed) this.failLater(this.#error());
  }

  #drain(): void {
    const isHeard = this.out.drain();
    if (typeof isHeard === "number") return this.failLater(-isHeard);
    if (this.owner === null) {
      if (this.isLeaving) this.finish();
    } else if (isHeard) this.owner.drained(this, !this.isFull);
  }

  /** Why the kernel gave the socket up; telling it clears it. */
  #error(): number {
    const errno = this.context.calls.getOption(this.fd, SOL_SOCKET, SO_ERROR);
    return errno > 0 ? errno : ECONNRESET;
  }

  failLater(errno: number): void {
    this.failure ??= errno;
    this.#isThorough = this.#isReadable = true;
    this.context.loop.later(this);
  }

  #fail(errno: number): void {
    this.lostCode = systemError(errno).code;
    this.release();
    if (this.owner !== null) return this.owner.closed(this, this.lostCode);
    if (this.isLeaving) return;
    this.answer("lost");
    this.tellLost();
  }

  protected stopReading(isClosed: boolean): void {
    this.#ahead = null;
    if (this.#stretch === null) return;
    if (isClosed) this.context.lowWater.forget(this.#stretch);
    else this.context.lowWater.end(this.#stretch);
  }

  protected finish(): void {
    this.out.sendWaiting();
    if (this.isFull) return;
    if (!this.isLingering) {
      this.#discard();
      this.release();
      return;
    }
    this.shutdown();
    if (this.ended) this.release();
    else this.resume();
  }

  /** Reads what has come and nobody wants: close(2) would answer it with RST, and the last bytes sent could be lost. */
  #discard(): void {
    if (this.remote.kind !== "tcp") return;
    for (let left = turnReads; left > 0 && this.#recv(readBuffer) > 0; left--);
  }
}
