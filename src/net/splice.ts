/** The zero-copy transport: a session that turns out to carry bulk is handed to a worker thread, which moves its bytes by splice(2). */
import { clockMs } from "../clock.ts";
import type { EpollConnection } from "./epoll-connection.ts";
import { own } from "./epoll.ts";
import { descriptorLimits } from "./libc.ts";
import { type PromotedSide, type Promotion, portableRelay } from "./portable-relay.ts";
import { EndedRelay } from "./relay-ending.ts";
import { EBADF, loadSpliceCalls, type SpliceCalls } from "./splice-calls.ts";
import { pipeCapacity } from "./splice-memory.ts";
import { type SpliceNotice, type SpliceSide, SpliceWorker } from "./splice-plane.ts";
import { systemError } from "./system-error.ts";
import { relayShares, shareOf, type StreamRule, streamRule } from "./stretch.ts";
import { threadRoom } from "./thread-room.ts";
import type { Relay, RelayLimits, SpliceFigures, Transport } from "./transport.ts";

/** What pipes there may be: their number in all, and their size. Null: chosen here. */
export interface PipeLimits {
  readonly count: number | null;
  readonly bytes: number | null;
}

/**
 * The epoll transport, which is `base`, with a relay that splices where its limits ask for it.
 *
 * Sessions begin in the portable relay, which is cheaper for short ones: handing a session over costs two threads their
 * sleep. `threads` workers take over those that have carried `afterBytes`. Throws where FFI cannot run, where splice(2) is refused, or
 * where the system is not Linux; the caller then uses `base` alone and says so once.
 */
export function spliceTransport(
  base: Transport,
  threads: number,
  notice: SpliceNotice,
  limits: PipeLimits = { count: null, bytes: null },
  afterBytes = bulkBytes,
  streams: StreamRule = shareOf(streamRule, relayShares),
): Transport {
  const calls = permittedCalls();
  const pipes = pipesOf(limits.count ?? Infinity, descriptorLimits()?.soft ?? Infinity, threads);
  const rule = shareOf(streams, threads);
  const workers = pipes.map(
    (count) => new SpliceWorker(calls, count, limits.bytes ?? pipeBytes, notice, threadRoom, rule),
  );
  return {
    ...base,
    name: "splice",
    splicing: () => workers.map((one) => one.figures()).reduce(sumOf),
    relay(client, server, limits, tap, gate) {
      if (!limits.splice.request && !limits.splice.response) return base.relay(client, server, limits, tap, gate);
      const take: Promotion["take"] = (one, other, ended) => handOver(calls, workers, one, other, limits, ended);
      return portableRelay(own(client), own(server), limits, tap, gate, { afterBytes, take });
    },
  };
}

function sumOf(one: SpliceFigures, other: SpliceFigures): SpliceFigures {
  return {
    pipesAllowed: one.pipesAllowed + other.pipesAllowed,
    pipesUsed: one.pipesUsed + other.pipesUsed,
    pipesFree: one.pipesFree + other.pipesFree,
    bytes: one.bytes + other.bytes,
  };
}

/** Why nothing can be spliced here; null where it can. */
export function spliceRefusal(): string | null {
  try {
    permittedCalls();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function permittedCalls(): SpliceCalls {
  const calls = loadSpliceCalls();
  // Where the call is allowed it fails for its arguments' sake; a seccomp filter or an old kernel gives another reason.
  if (calls.splice(-1, -1, 1) < 0 && calls.errno() !== EBADF) throw systemError(calls.errno(), "splice");
  return calls;
}

/** Gives a session's sockets to the least busy worker; null when none has room. */
function handOver(
  calls: SpliceCalls,
  workers: readonly SpliceWorker[],
  client: PromotedSide,
  server: PromotedSide,
  limits: RelayLimits,
  ended: "client" | "server" | null,
): Relay | null {
  const worker = leastBusy(workers);
  if (worker === null) return null;
  const clientFd = (client.socket as EpollConnection).detach();
  const serverFd = (server.socket as EpollConnection).detach();
  if (clientFd >= 0 && serverFd >= 0) {
    const now = clockMs();
    return worker.start(spliceSide(client, clientFd, now), spliceSide(server, serverFd, now), limits, ended);
  }
  if (clientFd >= 0) calls.abort(clientFd);
  if (serverFd >= 0) calls.abort(serverFd);
  return new EndedRelay({ by: clientFd < 0 ? "client" : "server", how: "reset", bytesIn: 0, bytesOut: 0 });
}

function spliceSide({ heardAt, toldAt }: PromotedSide, fd: number, now: number): SpliceSide {
  return { fd, heardMsAgo: now - heardAt, toldMsAgo: now - toldAt };
}

/** Of those that take more; null: none does. */
function leastBusy(workers: readonly SpliceWorker[]): SpliceWorker | null {
  let best: SpliceWorker | null = null;
  for (const one of workers) if (!one.isFull && (best === null || one.load < best.load)) best = one;
  return best;
}

/** What a session carries before it counts as bulk: below this, handing it over costs more than it spares. */
const bulkBytes = 256 * 1024;

/** Pipes of all workers together: enough for what is under way at once. Whoever finds none copies. */
const pipesInAll = 512;

/** What a pipe holds, where the system allows that. */
const pipeBytes = 1 << 20;

/**
 * Pipes that each worker may have, `wanted` in all if so many are possible. HAProxy allows one for four sessions, which is a
 * fifth of its descriptors, two a pipe.
 */
function pipesOf(wanted: number, descriptors: number, threads: number): number[] {
  const all = Math.floor(Math.min(wanted === Infinity ? pipesInAll : wanted, descriptors / 10));
  return Array.from({ length: threads }, (_, index) => Math.min(pipeCapacity, Math.floor((all + index) / threads)));
}
