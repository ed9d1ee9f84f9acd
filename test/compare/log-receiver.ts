/** Receives log lines over UDP. */

/** Where one forwarder's lines come in. Given back with the block that took it. */
export interface LogReceiver extends Disposable {
  readonly address: string;
  readonly lines: readonly string[];
}

interface Receiver {
  readonly port: number;
  lines: string[];
}

/** Those that no run uses. */
const idle: Receiver[] = [];

async function open(): Promise<Receiver> {
  const receiver: { port: number; lines: string[] } = { port: 0, lines: [] };
  const socket = await Bun.udpSocket({
    hostname: "127.0.0.1",
    socket: { data: (_, bytes) => void receiver.lines.push(bytes.toString("latin1")) },
  });
  socket.unref();
  receiver.port = socket.port;
  return receiver;
}

/** A receiver that has no lines yet. Give it back only when the forwarder that sends there has ended. */
export async function takeReceiver(): Promise<LogReceiver> {
  const receiver = idle.shift() ?? (await open());
  const lines: string[] = [];
  receiver.lines = lines;
  return {
    address: `127.0.0.1:${receiver.port}`,
    lines,
    [Symbol.dispose]: () => void idle.push(receiver),
  };
}
