/** The zero-copy transport: a session that turns out to carry bulk is handed to a worker thread, which moves its bytes by splice(2). */
import { clockMs } from "../../clock.ts";
import { copyingRelay } from "../relay/copying-relay.ts";
import { type PromotedSide, type Promotion, promotionRule, type PromotionRule } from "../relay/promotion.ts";
import { EndedRelay } from "../relay/relay-outcome.ts";
import { EBADF } from "../libc/errno.ts";
import { loadSpliceCalls, type SpliceCalls } from "./splice-calls.ts";
import { pipeCapacity } from "./splice-memory.ts";
import { type SpliceNotice, type SpliceSide, SpliceWorker } from "./splice-plane.ts";
import { systemError } from "../system-error.ts";
import { relayShares, shareOf, type LowWaterRule, lowWaterRule } from "../relay/stretch.ts";
import { openSpareThreads } from "../../system/spare-threads.ts";
import { pipesInAll, type Relay, type RelayLimits, type SpliceFigures, type Transport } from "../transport.ts";

/** What pipes there may be: their number in all, and their size. Null: chosen here. */
export interface PipeLimits {
  readonly count: number | null;
  readonly bytes: number | null;
}

/**
 * The epoll transport, which is `base`, with a relay that splices unless its limits refuse that.
 *
 * Sessions begin in the portable relay, which is cheaper for short ones: handing a session over costs two threads their
 * sleep. At most `threads` workers take over those that are bulk by `rule`. None of them is there before the first such
 * session; until it serves, and where it cannot be had, sessions stay where they are. Throws where FFI cannot run, where
 * splice(2) is refused, or where the system is not Linux; the caller then uses `base` alone.
 */
export function spliceTransport(
  base: Transport,
  threads: number,
  notice: SpliceNotice,
  pipes: PipeLimits = { count: null, bytes: null },
  rule: Partial<PromotionRule> = {},
  lowWater: LowWaterRule = shareOf(lowWaterRule, relayShares),
): Transport {
  const calls = permittedCalls();
  const room = openSpareThreads();
  const share = shareOf(lowWater, threads);
  const workers = shares(pipes.count ?? pipesInAll, threads).map(
    (count) => new SpliceWorker(calls, count, pipes.bytes ?? pipeBytes, notice, room, share),
  );
  const promotion: Promotion = {
    rule: { ...promotionRule, ...rule },
    take: (client, server, limits, ended) => handOver(calls, workers, client, server, limits, ended),
  };
  return {
    ...base,
    name: "splice",
    splicing: () => workers.map((one) => one.figures()).reduce(sumOf),
    allowPipes(count) {
      for (const [index, share] of shares(count, threads).entries()) workers[index]?.allowPipes(share);
    },
    relay(client, server, limits, taps, gate) {
      const { request, response } = limits.splice;
      if (request === false && response === false) return base.relay(client, server, limits, taps, gate);
      return copyingRelay(client, server, limits, taps, gate, promotion);
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

/** Gives a session's descriptors, where it has some, to the least busy worker; null when none takes it, and one is started where that helps. */
function handOver(
  calls: SpliceCalls,
  workers: readonly SpliceWorker[],
  client: PromotedSide,
  server: PromotedSide,
  limits: RelayLimits,
  ended: "client" | "server" | null,
): Relay | null {
  if (client.socket.detach === undefined || server.socket.detach === undefined) return null;
  const worker = leastBusy(workers);
  if (worker === null || worker.load > 0) workers.find((one) => !one.hasThread)?.want();
  if (worker === null || [client, server].some(({ socket }) => socket.mayDetach?.() === false)) return null;
  const clientFd = client.socket.detach();
  const serverFd = server.socket.detach();
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
  for (const one of workers) if (one.isOpen && (best === null || one.load < best.load)) best = one;
  return best;
}

/** What a pipe holds, where the system allows that. */
const pipeBytes = 1 << 20;

/** Pipes of each worker, of `wanted` in all. */
function shares(wanted: number, threads: number): number[] {
  return Array.from({ length: threads }, (_, index) => Math.min(pipeCapacity, Math.floor((wanted + index) / threads)));
}
