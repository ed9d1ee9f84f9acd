/** Linux's transport: sockets by libc, in an epoll of our own within Bun's event loop. */
import { epollConnect, epollProbe } from "./epoll-connect.ts";
import type { Ground } from "./epoll-connection.ts";
import { epollListen } from "./epoll-listener.ts";
import { openEpollLoop } from "./epoll-loop.ts";
import { streamsIn } from "./epoll-streams.ts";
import { socketCalls } from "../libc/socket-calls.ts";
import { copyingRelay } from "../relay/copying-relay.ts";
import { relayShares, shareOf, type StreamRule, streamRule } from "../relay/stretch.ts";
import type { Transport } from "../transport.ts";

/**
 * Opens it. Rejects, with the reason, where it cannot run: without FFI, without /proc, on other systems. `rule`: which
 * directions are streams, and how many of those that are relayed here are woken rarely.
 */
export async function openEpollTransport(rule: StreamRule = shareOf(streamRule, relayShares)): Promise<Transport> {
  const loop = await openEpollLoop();
  const calls = socketCalls();
  if (calls === null) throw new Error("libc cannot be called here");
  const ground: Ground = { calls, loop, streams: streamsIn(loop, calls, rule) };
  return {
    name: "epoll",
    listen: (options, accept) => epollListen(ground, options, accept),
    connect: (options) => epollConnect(ground, options),
    relay: copyingRelay,
    probe: (options, hearer) => epollProbe(ground, options, hearer),
  };
}
