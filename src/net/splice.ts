/** The zero-copy transport: pairs of sockets are handed to worker threads that move their bytes by splice(2). */
import { descriptorLimits } from "./libc.ts";
import { socketCalls } from "./libc-socket.ts";
import { rawConnect } from "./raw-connect.ts";
import type { RawSurroundings } from "./raw-connection.ts";
import { RawConnection } from "./raw-connection.ts";
import { RawListener } from "./raw-listener.ts";
import { EBADF, loadSpliceCalls } from "./splice-calls.ts";
import { systemError } from "./system-error.ts";
import { type SpliceNotice, SpliceWorker } from "./splice-plane.ts";
import { pipeCapacity } from "./splice-memory.ts";
import { handOver } from "./splice-handover.ts";
import type { Connection, Transport } from "./transport.ts";

/** What a connection must offer so that a worker can have its socket. */
export interface Detachable extends Connection {
  /** Bytes read and not consumed: they go first. */
  readonly unread: Uint8Array;
  /** Bytes that `write` could not give to the kernel yet; whoever detaches the socket has to send them. */
  readonly unsent: Uint8Array;
  /** Lets the socket go without a word on the wire; returns a descriptor of it that the caller owns, or -1 if it is lost. */
  detach(): number;
}

/**
 * Puts the zero-copy relay over a transport whose connections are `Detachable`.
 *
 * Listeners and connections opened with `splice` are bare descriptors from the start, which spares the runtime's event
 * loop all work for them; others are taken out of it when their relay asks for splicing. Throws where FFI cannot run or
 * the system is not Linux; the caller then uses `base` alone and says so once.
 */
export function spliceTransport(base: Transport, threads: number, notice: SpliceNotice): Transport {
  const calls = loadSpliceCalls();
  // Where the call is allowed it fails for its arguments' sake; a seccomp filter or an old kernel gives another reason.
  if (calls.splice(-1, -1, 1) < 0 && calls.errno() !== EBADF) throw systemError(calls.errno(), "splice");
  const sockets = socketCalls();
  if (sockets === null) throw new Error("libc's socket calls are not available");
  const around: RawSurroundings = { calls, sockets };
  const pipes = pipesEach(descriptorLimits()?.soft ?? Infinity, threads);
  const workers = Array.from({ length: threads }, () => new SpliceWorker(calls, pipes, notice));
  const idlest = (): SpliceWorker => workers.reduce((best, one) => (one.load < best.load ? one : best));
  return {
    name: "splice",
    relayDescriptors: pipes * threads * 2,
    async listen(options, accept) {
      const { splice = false, address } = options;
      if (!splice || address.kind === "unix" || address.kind === "abstract") return base.listen(options, accept);
      const listener = await base.listen(options, (client) => client.reset());
      listener.pause();
      return new RawListener(around, idlest(), listener, options.keepAlive, options.transparent, accept);
    },
    connect: (options) => (options.splice ? rawConnect(around, idlest(), options) : base.connect(options)),
    probe: (options) => base.probe(options),
    relay(client, server, limits, tap) {
      if (
        client instanceof RawConnection ||
        server instanceof RawConnection ||
        limits.splice.request ||
        limits.splice.response
      )
        return handOver(calls, idlest(), client as Detachable, server as Detachable, limits, tap);
      return base.relay(client, server, limits, tap);
    },
  };
}

/** Pipes of all workers together: enough for what is under way at once. Whoever finds none copies. */
const pipesInAll = 512;

/** Pipes that each worker may have. HAProxy allows one for four sessions, which is a fifth of its descriptors, two a pipe. */
function pipesEach(limit: number, threads: number): number {
  return Math.min(pipeCapacity, Math.floor(Math.min(pipesInAll, limit / 10) / threads));
}
