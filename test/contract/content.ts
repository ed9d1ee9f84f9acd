/** Bytes that say whose they are: a stream of its own for each sender, so that a byte of another, or one lost or twice, is seen. */

/** A prime: positions in it come round at no power of two, which sizes of buffers are. */
const period = 1_048_573;

/** The same for every run: what a sender sends is a matter of its number alone. Twice, so that a chunk never wraps. */
const block = made();

function made(): Uint8Array {
  const bytes = new Uint8Array(2 * period);
  let state = 0x2545f491;
  for (let at = 0; at < period; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = state;
  }
  bytes.copyWithin(period, 0, period);
  return bytes;
}

function placeOf(owner: number, position: number): number {
  return (owner * 15_485_863 + position) % period;
}

/** What `owner` sends at `position`, as views of at most a MiB that nobody may write to. */
export function* contentOf(owner: number, position: number, length: number): Iterable<Uint8Array> {
  for (let done = 0; done < length;) {
    const place = placeOf(owner, position + done);
    const chunk = Math.min(length - done, period);
    yield block.subarray(place, place + chunk);
    done += chunk;
  }
}

/** Whether `bytes` are what `owner` sends at `position`. */
export function isContentOf(owner: number, position: number, bytes: Uint8Array): boolean {
  for (let done = 0; done < bytes.length;) {
    const place = placeOf(owner, position + done);
    const chunk = bytes.subarray(done, done + period);
    if (Buffer.compare(chunk, block.subarray(place, place + chunk.length)) !== 0) return false;
    done += chunk.length;
  }
  return true;
}
