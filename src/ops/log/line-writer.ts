/** Lines to a descriptor, buffered and bounded, so that a slow or dead reader never holds up the proxy. */
import { write } from "node:fs";

/** One descriptor that takes lines. The descriptor is not ours and is never closed. */
export interface LineWriter {
  /** Takes a whole line; drops it when too much is waiting or the reader is gone. */
  write(line: Uint8Array): void;
  readonly dropped: number;
  /** Settles when everything taken so far has left, or never will. */
  flushed(): Promise<void>;
}

/** Bytes that may wait for a slow reader. */
const waitingLimitBytes = 4 * 1024 * 1024;
const retryMs = 10;

/** `fail` hears of each error that lost lines (EPIPE, EBADF, ENOSPC, …), in words. */
export function openLineWriter(fd: number, fail: (reason: string) => void): LineWriter {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let running: Promise<void> | null = null;
  let isGone = false;
  let dropped = 0;

  async function drain(): Promise<void> {
    // Lines of one turn of the event loop leave in one write.
    await Promise.resolve();
    while (waiting.length > 0 && !isGone) {
      const lines = waiting;
      const chunk = concatenate(lines, waitingBytes);
      waiting = [];
      const error = await writeAll(fd, chunk);
      waitingBytes -= chunk.length;
      if (error === null) continue;
      dropped += lines.length;
      fail(error.message);
      if (error.code === "EPIPE" || error.code === "EBADF") isGone = true;
    }
    dropped += waiting.length;
    waiting = [];
    running = null;
  }

  return {
    write(line) {
      if (isGone || waitingBytes + line.length > waitingLimitBytes) {
        dropped++;
        return;
      }
      waiting.push(line);
      waitingBytes += line.length;
      running ??= drain();
    },
    get dropped() {
      return dropped;
    },
    flushed: () => running ?? Promise.resolve(),
  };
}

/** Writes every byte, waiting where the descriptor is non-blocking and full. */
async function writeAll(fd: number, bytes: Uint8Array): Promise<NodeJS.ErrnoException | null> {
  let offset = 0;
  while (offset < bytes.length) {
    const result = await new Promise<number | NodeJS.ErrnoException>((resolve) => {
      write(fd, bytes, offset, bytes.length - offset, null, (error, written) => resolve(error ?? written));
    });
    if (typeof result === "number") offset += result;
    else if (result.code === "EAGAIN") await new Promise((resolve) => setTimeout(resolve, retryMs));
    else if (result.code !== "EINTR") return result;
  }
  return null;
}

function concatenate(parts: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}
