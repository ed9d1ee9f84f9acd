/** The memory that the control thread shares with one splice worker: sessions by slot, and a ring each way. */

/** Relays that one worker can hold. Memory that no slot has used yet is never touched. */
export const slotCount = 65_536;

const commandLength = slotCount * 2;
/** More pipes than this no worker has: who finds none copies. */
export const pipeCapacity = 1024;

const controlLength = 32;

/** Indexes into `control`. */
export const control = {
  sleeping: 0,
  commandHead: 1,
  commandTail: 2,
  endedHead: 3,
  endedTail: 4,
  told: 5,
  wakeFd: 6,
  epollFd: 7,
  /** Pipes that the worker may have open, set by the control thread at any time. */
  pipeLimit: 8,
  /** Bytes that each pipe should hold, set before it starts. */
  pipeBytes: 9,
  /** Pipes that are open and lent to nobody. */
  freePipes: 10,
  /** The worker's `LowWaterRule`, set before it starts. */
  streamAfter: 11,
  streamGrowth: 12,
  streamMark: 13,
  streamPauseMs: 14,
  streamLimit: 15,
  /** 1: no pipe was to be had when one was last looked for. */
  dry: 16,
};

/** What a command says in its high bits; the low bits are the slot. */
export const command = { start: 0, kill: 1 << 24 };
/** The bits of a command that are its slot. */
export const slotMask = (1 << 24) - 1;

/** Bits of `options`. */
export const option = {
  spliceRequest: 1,
  spliceResponse: 2,
  clientNoLinger: 4,
  serverNoLinger: 8,
  /** This side had sent FIN, and it had been passed on, before the worker got the session. */
  clientEnded: 16,
  serverEnded: 32,
  clientIndependent: 64,
  serverIndependent: 128,
};

/** Who ended a relay. With `endHow` one number: the place here times 4, plus the place there. */
export const endBy = ["client", "server", "proxy"] as const;
/** The other part of that number. */
export const endHow = ["fin", "reset", "timeout", "killed"] as const;

/**
 * Views over one SharedArrayBuffer.
 *
 * The control thread owns a slot from the moment it takes it from its free list until it has read the slot in `ended`; the
 * worker owns the descriptors in it from `start` on. So each ring can hold an entry for every slot (two for commands: a
 * start and a kill) and never overflows.
 */
export interface SpliceMemory {
  readonly buffer: SharedArrayBuffer;
  readonly control: Int32Array;
  readonly commands: Int32Array;
  readonly ended: Int32Array;
  /** Of a relay that ended: `by * 4 + how`. */
  readonly result: Int32Array;
  /** Two a slot: client, server; -1 once the worker has closed them. */
  readonly fds: Int32Array;
  readonly options: Int32Array;
  /** Two a pipe, so that the control thread can close them when a worker dies. */
  readonly pipes: Int32Array;
  /** Five a slot, in ms: client, server, tunnel, client-fin, server-fin. */
  readonly limits: Float64Array;
  /** Four a slot, in ms at its start: since the client was heard of and told something, then the server. */
  readonly ages: Float64Array;
  /** Two a slot: bytes taken from the client and from the server. One writer, whole numbers below 2^53. */
  readonly counts: Float64Array;
  /** One: bytes that left a pipe. */
  readonly spliced: Float64Array;
}

/** Lays the views over `buffer`, or over new memory. */
export function spliceMemory(buffer?: SharedArrayBuffer): SpliceMemory {
  const doubles = slotCount * 11 + 1;
  const ints = controlLength + commandLength + slotCount * 5 + pipeCapacity * 2;
  const shared = buffer ?? new SharedArrayBuffer(doubles * 8 + ints * 4);
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
    ages: float64(slotCount * 4),
    counts: float64(slotCount * 2),
    spliced: float64(1),
    control: int32(controlLength),
    commands: int32(commandLength),
    ended: int32(slotCount),
    result: int32(slotCount),
    fds: int32(slotCount * 2),
    options: int32(slotCount),
    pipes: int32(pipeCapacity * 2),
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
