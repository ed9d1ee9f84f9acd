/** What each connection and listener of the epoll transport needs of the process. */
import type { EpollLoop } from "./epoll-loop.ts";
import type { RarelyWoken } from "./epoll-low-water.ts";
import type { SocketCalls } from "../libc/socket-calls.ts";
import type { LowWater } from "../relay/stretch.ts";

/** One for all of them: libc, the loop, and which connections bring much at a time. */
export interface EpollContext {
  readonly calls: SocketCalls;
  readonly loop: EpollLoop;
  readonly lowWater: LowWater<RarelyWoken>;
}
