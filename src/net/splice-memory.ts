/** The memory that the control thread shares with one splice worker: sessions by slot, and a ring each way. */

/** Relays and watched descriptors that one worker can hold. Memory that no slot has used yet is never touched. */
export const slotCount = 65_536;

const ringLength = slotCount * 2;
/** More pipes than this no worker has: who finds none copies. */
export const pipeCapacity = 1024;

/** Indexes into `control`. */
export const control = {
  sleeping: 0,
  commandHead: 1,
  commandTail: 2,
  messageHead: 3,
  messageTail: 4,
  told: 5,
  wakeFd: 6,
  epollFd: 7,
  tapHead: 8,
  tapTail: 9,
  /** Pipes that the worker may have open, set before it starts. */
  pipeLimit: 10,
};

/** What a ring entry says in its high bits; the low bits are the slot. */
export const command = { start: 0, kill: 1 << 24, watch: 2 << 24, release: 3 << 24 };
/** Copies for taps: so many records of so many bytes wait for the control thread; a tap that finds none free sees no more. */
export const tapRecords = 256;
export const tapBytes = 4096;
/** What the worker says of a slot: its relay ended, its watched descriptor is ready, it is free of the descriptor. */
export const message = { ended: 0, ready: 1 << 24, released: 2 << 24 };
export const slotMask = (1 << 24) - 1;

/** Bits of `options`. */
export const option = {
  spliceRequest: 1,
  spliceResponse: 2,
  clientNoLinger: 4,
  serverNoLinger: 8,
  /** Cleared by whichever thread has seen enough of that direction. */
  tapRequest: 16,
  tapResponse: 32,
};

/** How a relay ended, as one number: `by` times 4 plus `how`. */
export const endBy = ["client", "server", "proxy"] as const;
export const endHow = ["fin", "reset", "timeout", "killed"] as const;

/**
 * Views over one SharedArrayBuffer.
 *
 * The control thread owns a slot from the moment it takes it from its free list until it has read `ended` or `released`
 * of it; the worker owns the descriptors of a relay from `start` on, and only looks at those it watches. At most two
 * entries a slot stand in each ring (start and kill, watch and release; ready and released), so that neither overflows.
 */
export interface SpliceMemory {
  readonly buffer: SharedArrayBuffer;
  readonly control: Int32Array;
  readonly commands: Int32Array;
  readonly messages: Int32Array;
  /** Of a relay that ended: `by * 4 + how`; of a watched descriptor: 1 from `ready` until the control thread has looked. */
  readonly result: Int32Array;
  /** Two a slot: client, server, -1 once the worker has closed them; or one watched descriptor. */
  readonly fds: Int32Array;
  readonly options: Int32Array;
  /** Two a pipe, so that the control thread can close them when a worker dies. */
  readonly pipes: Int32Array;
  /** Five a slot, in ms: client, server, tunnel, client-fin, server-fin. */
  readonly limits: Float64Array;
  /** Two a record: the direction (slot * 2 + side) and how many bytes of it stand in `tapped`. */
  readonly tapHeads: Int32Array;
  readonly tapped: Uint8Array;
  /** Two a slot: bytes taken from the client and from the server. One writer, whole numbers below 2^53. */
  readonly counts: Float64Array;
}

/** Lays the views over `buffer`, or over new memory. */
export function spliceMemory(buffer?: SharedArrayBuffer): SpliceMemory {
  const doubles = slotCount * 7;
  const ints = 16 + ringLength * 2 + slotCount * 4 + pipeCapacity * 2 + tapRecords * 2;
  const shared = buffer ?? new SharedArrayBuffer(doubles * 8 + ints * 4 + tapRecords * tapBytes);
  let offset = 0;
  const float64 = (length: number): Float64Array => {
    const view = new Float64Array(shared, offset, length);
    offset += length * 8;
    return view;
  };
  const int32 = (length: number): Int32Array => {
    const view = new Int32Array(shared, offset, length);
    offset += length * 4;
    return view;
  };
  return {
    buffer: shared,
    limits: float64(slotCount * 5),
    counts: float64(slotCount * 2),
    control: int32(16),
    commands: int32(ringLength),
    messages: int32(ringLength),
    result: int32(slotCount),
    fds: int32(slotCount * 2),
    options: int32(slotCount),
    pipes: int32(pipeCapacity * 2),
    tapHeads: int32(tapRecords * 2),
    tapped: new Uint8Array(shared, shared.byteLength - tapRecords * tapBytes),
  };
}

/** Appends to a ring of a power-of-two length; the reader sees the entry before the new head. */
export function push(memory: SpliceMemory, ring: Int32Array, head: number, entry: number): void {
  const at = Atomics.load(memory.control, head);
  Atomics.store(ring, at & (ring.length - 1), entry);
  Atomics.store(memory.control, head, (at + 1) | 0);
}

/** Takes the oldest entry, or -1. */
export function shift(memory: SpliceMemory, ring: Int32Array, head: number, tail: number): number {
  const at = Atomics.load(memory.control, tail);
  if (at === Atomics.load(memory.control, head)) return -1;
  const entry = Atomics.load(ring, at & (ring.length - 1));
  Atomics.store(memory.control, tail, (at + 1) | 0);
  return entry;
}

/** Puts a copy of `bytes` where the control thread finds it; false when there is no room for all of it, and then none is kept. */
export function pushTapped(memory: SpliceMemory, direction: number, bytes: Uint8Array): boolean {
  const head = Atomics.load(memory.control, control.tapHead);
  const used = (head - Atomics.load(memory.control, control.tapTail)) | 0;
  const records = Math.ceil(bytes.length / tapBytes);
  if (used + records > tapRecords) return false;
  for (let at = 0; at < records; at++) {
    const record = (head + at) & (tapRecords - 1);
    const part = bytes.subarray(at * tapBytes, (at + 1) * tapBytes);
    memory.tapped.set(part, record * tapBytes);
    memory.tapHeads[record * 2] = direction;
    memory.tapHeads[record * 2 + 1] = part.length;
  }
  Atomics.store(memory.control, control.tapHead, (head + records) | 0);
  return true;
}

/** Hands every copy to `take`, which must not keep the bytes. */
export function drainTapped(memory: SpliceMemory, take: (direction: number, bytes: Uint8Array) => void): void {
  let tail = Atomics.load(memory.control, control.tapTail);
  while (tail !== Atomics.load(memory.control, control.tapHead)) {
    const record = tail & (tapRecords - 1);
    const start = record * tapBytes;
    const end = start + (memory.tapHeads[record * 2 + 1] as number);
    take(memory.tapHeads[record * 2] as number, memory.tapped.subarray(start, end));
    tail = (tail + 1) | 0;
    Atomics.store(memory.control, control.tapTail, tail);
  }
}
