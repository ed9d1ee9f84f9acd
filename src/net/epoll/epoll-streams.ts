/** The copying relay's streams: connections of the epoll transport that bring much at a time. */
import type { EpollConnection } from "./epoll-connection.ts";
import type { EpollLoop } from "./epoll-loop.ts";
import type { SocketCalls } from "../libc/socket-calls.ts";
import { lowerMark, raiseMark } from "../libc/low-water.ts";
import { type StreamRule, Streams } from "../relay/stretch.ts";

/** Streams that `loop` looks at. */
export function streamsIn(loop: EpollLoop, calls: SocketCalls, rule: StreamRule): Streams<EpollConnection> {
  const streams = new Streams<EpollConnection>(rule, {
    raise(connection, bytes) {
      loop.stay();
      return raiseMark(calls, connection.fd, bytes);
    },
    lower: (connection) => lowerMark(calls, connection.fd),
    isHeld: (connection) => connection.isPaused,
  });
  loop.attend({
    get lookAt() {
      return streams.lookAt;
    },
    look: (now) => streams.look(now, catchUp),
  });
  return streams;
}

function catchUp(connection: EpollConnection): void {
  connection.catchUp();
}
