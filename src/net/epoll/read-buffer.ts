/** Where the epoll transport's connections read to: what is read goes on in the same turn, so one buffer is enough for all. */

/** A large one: each call costs. */
export const readBuffer = new Uint8Array(new ArrayBuffer(512 * 1024));
/** What of a read the other side does not take is kept. Where that is much already, for all connections together, less is read at a time. */
const keptLimit = 32 * 1024 * 1024;
const frugalBuffer = readBuffer.subarray(0, 32 * 1024);
let keptBytes = 0;
/** What was asked for last: one connection after the other asks for the same. */
let lastRoom = frugalBuffer;

/** So much of the buffer, which is at most its length. */
export function roomOf(bytes: number): Uint8Array {
  return lastRoom.length === bytes ? lastRoom : (lastRoom = readBuffer.subarray(0, bytes));
}

/** As much of it as may be read now for a relay. */
export function roomToRead(): Uint8Array {
  return keptBytes > keptLimit ? frugalBuffer : readBuffer;
}

/** A connection keeps so many bytes more, or fewer. */
export function countKept(bytes: number): void {
  keptBytes += bytes;
}
