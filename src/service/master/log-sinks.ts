/** Log sockets of a worker: in its own root folder where there are any, as HAProxy's; else those that the master connects. */
import { type DatagramSocket, openDatagramSocket } from "../../net/libc/process-calls.ts";
import { EAGAIN } from "../../net/libc/errno.ts";

/** Lines that wait for one socket to be connected. */
const waitingLines = 1000;
/** The master is asked again no sooner, after it could not. */
const againMs = 1000;

interface Sink {
  socket: DatagramSocket | null;
  /** Lines on their way until the master has answered; null: it is not asked. */
  waiting: Uint8Array[] | null;
  failedAt: number;
}

/**
 * Sends datagrams by path, never waiting: see `Runtime.sendUnix`. `ask` connects a socket with the master's rights, and
 * `wrap` makes one of its descriptor.
 */
export function openLogSinks(
  ask: (path: string) => Promise<number>,
  wrap: (fd: number) => DatagramSocket,
): (path: string, bytes: Uint8Array) => boolean {
  const sinks = new Map<string, Sink>();

  async function connect(path: string, sink: Sink, first: Uint8Array): Promise<void> {
    const waiting = [first];
    sink.waiting = waiting;
    try {
      sink.socket = wrap(await ask(path));
      for (const line of waiting) sink.socket.send(line);
    } catch {
      sink.failedAt = performance.now();
    }
    sink.waiting = null;
  }

  /** False: there is none that takes it. */
  function sendNow(path: string, sink: Sink, bytes: Uint8Array): boolean | null {
    try {
      sink.socket ??= openDatagramSocket(path);
    } catch {
      return null;
    }
    const errno = sink.socket.send(bytes);
    if (errno === 0 || errno === EAGAIN) return errno === 0;
    // Whoever read there was started anew.
    sink.socket.close();
    sink.socket = null;
    return null;
  }

  return (path, bytes) => {
    let sink = sinks.get(path);
    if (sink === undefined) sinks.set(path, (sink = { socket: null, waiting: null, failedAt: -Infinity }));
    if (sink.waiting !== null) return sink.waiting.length < waitingLines && sink.waiting.push(bytes.slice()) > 0;
    const sent = sendNow(path, sink, bytes) ?? sendNow(path, sink, bytes);
    if (sent !== null) return sent;
    if (performance.now() - sink.failedAt < againMs) return false;
    void connect(path, sink, bytes.slice());
    return true;
  };
}
