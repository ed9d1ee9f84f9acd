/** Bytes put together that came apart. */

/** None, for all who hold nothing. */
export const noBytes = new Uint8Array(0);

/** Buffers of `appended`: nobody else writes into what room they have. */
const roomy = new WeakSet<ArrayBufferLike>();

/** Both, in the first one's buffer where there is room behind it: bytes that come one by one are not copied each time. */
export function appended(first: Uint8Array, second: Uint8Array): Uint8Array {
  const length = first.length + second.length;
  const { buffer, byteOffset } = first;
  if (roomy.has(buffer) && byteOffset + length <= buffer.byteLength) {
    const whole = new Uint8Array(buffer, byteOffset, length);
    whole.set(second, first.length);
    return whole;
  }
  const whole = new Uint8Array(2 * length);
  roomy.add(whole.buffer);
  whole.set(first);
  whole.set(second, first.length);
  return whole.subarray(0, length);
}

/** Copies of both, in a buffer of their length. */
export function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
