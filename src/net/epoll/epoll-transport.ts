/** Linux's transport: sockets by libc, in an epoll of our own within Bun's event loop. */
import { epollConnect, epollProbe } from "./epoll-connect.ts";
import type { EpollContext } from "./epoll-context.ts";
import { epollListen } from "./epoll-listener.ts";
import { openEpollLoop } from "./epoll-loop.ts";
import { lowWaterIn } from "./epoll-low-water.ts";
import { socketCalls } from "../libc/socket-calls.ts";
import { copyingRelay } from "../relay/copying-relay.ts";
import { relayShares, shareOf, type LowWaterRule, lowWaterRule } from "../relay/stretch.ts";
import type { Transport } from "../transport.ts";

/**
 * Opens it. Rejects, with the reason, where it cannot run: without FFI, without /proc, on other systems. `rule`: which
 * directions are streams, and how many of those that are relayed here are woken rarely.
 */
export async function openEpollTransport(rule: LowWaterRule = shareOf(lowWaterRule, relayShares)): Promise<Transport> {
  const loop = await openEpollLoop();
  const calls = socketCalls();
  if (calls === null) throw new Error("libc cannot be called here");
  const context: EpollContext = { calls, loop, lowWater: lowWaterIn(loop, calls, rule) };
  return {
    name: "epoll",
    listen: (options, accept) => epollListen(context, options, accept),
    connect: (options) => epollConnect(context, options),
    relay: copyingRelay,
    hidesProbes: true,
    probe: (options, handler) => epollProbe(context, options, handler),
  };
}
