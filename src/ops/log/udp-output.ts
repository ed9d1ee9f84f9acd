/** One UDP receiver of log lines, with a socket of its own: what one receiver does is no other's loss. */
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** Takes lines for one receiver; never throws, never blocks. */
export interface UdpOutput {
  send(line: Uint8Array): void;
  /** Lines given up. */
  readonly dropped: number;
  /** Settles when what was taken so far has left, or never will. */
  flushed(): Promise<void>;
  close(): void;
}

/** Datagrams to one receiver that may be on their way at once. */
const pendingLimit = 4096;

/** Opens nothing yet. `fail` hears of each lost line, in words. */
export function openUdpOutput(host: string, port: number, fail: (reason: string) => void): UdpOutput {
  let socket: Socket | null = null;
  // A name is looked up once, as HAProxy does: a log line must not wait for a name server each time.
  let address: Promise<string> | null = null;
  const pending = new Set<Promise<void>>();
  let dropped = 0;

  function lost(error: unknown): void {
    dropped++;
    fail(error instanceof Error ? error.message : String(error));
  }

  function open(family: "udp4" | "udp6"): Socket {
    const made = createSocket(family);
    // That nobody listens there is told of an earlier line.
    made.on("error", (error) => {
      lost(error);
      if (socket !== made) return;
      socket = null;
      made.close();
    });
    made.unref();
    return (socket = made);
  }

  /** Null: it is on its way. */
  function sendOnce(to: string, line: Uint8Array): Promise<Error | null> {
    const from = socket ?? open(isIP(to) === 6 ? "udp6" : "udp4");
    return new Promise((resolve) => from.send(line, port, to, (error) => resolve(error)));
  }

  async function sendTo(wanted: Promise<string>, line: Uint8Array): Promise<void> {
    try {
      const to = await wanted;
      const error = await sendOnce(to, line);
      if (error !== null) lost(error);
      // What is refused is the line before; this one was not sent.
      if ((error as NodeJS.ErrnoException | null)?.code !== "ECONNREFUSED") return;
      const again = await sendOnce(to, line);
      if (again !== null) lost(again);
    } catch (error) {
      address = null;
      lost(error);
    }
  }

  return {
    send(line) {
      if (pending.size >= pendingLimit) return lost("too many lines are waiting");
      address ??= isIP(host) > 0 ? Promise.resolve(host) : lookup(host).then((found) => found.address);
      const sent: Promise<void> = sendTo(address, line).finally(() => pending.delete(sent));
      pending.add(sent);
    },
    get dropped() {
      return dropped;
    },
    flushed: () => Promise.all(pending).then(() => undefined),
    close() {
      socket?.close();
      socket = null;
    },
  };
}
