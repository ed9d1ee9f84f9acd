/** Connections of the epoll transport that bring much at a time, and are woken rarely for it. */
import type { EpollLoop } from "./epoll-loop.ts";
import type { SocketCalls } from "../libc/socket-calls.ts";
import { lowerMark, raiseMark } from "../libc/low-water.ts";
import { type LowWaterRule, LowWater } from "../relay/stretch.ts";

/** What is asked of a connection that brings much at a time. */
export interface RarelyWoken {
  readonly fd: number;
  /** Nobody wants what comes. */
  readonly isPaused: boolean;
  /** Reads what has come though nobody has told of it; nothing while nobody wants it. */
  catchUp(): void;
}

/** Those that `loop` looks at. */
export function lowWaterIn(loop: EpollLoop, calls: SocketCalls, rule: LowWaterRule): LowWater<RarelyWoken> {
  const lowWater = new LowWater<RarelyWoken>(rule, {
    raise(connection, bytes) {
      loop.stay();
      return raiseMark(calls, connection.fd, bytes);
    },
    lower: (connection) => lowerMark(calls, connection.fd),
    isHeld: (connection) => connection.isPaused,
  });
  loop.attend({
    get lookAt() {
      return lowWater.lookAt;
    },
    look: (now) => lowWater.look(now, catchUp),
  });
  return lowWater;
}

function catchUp(connection: RarelyWoken): void {
  connection.catchUp();
}
