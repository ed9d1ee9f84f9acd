/** One UDP receiver of log lines, with a socket of its own: what one receiver does is no other's loss. */
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** Takes lines for one receiver; never throws, never blocks. */
export interface UdpOutput {
  /** The line's bytes are the caller's again at once. */
  send(line: Uint8Array): void;
  /** Lines given up. */
  readonly dropped: number;
  /** Settles when what was taken so far has left, or never will. */
  flushed(): Promise<void>;
  close(): void;
}

/** A socket of the system's own, which sends what it has taken at once or not at all. */
export interface DirectSocket {
  /** Takes a copy of a line. False: those taken have to be sent first. */
  add(line: Uint8Array): boolean;
  /** Sends those taken. `lost` hears of each that is not sent why, by the system's name. */
  flush(lost: (code: string) => void): void;
  close(): void;
}

/** Opens one to a literal address; or why there is none. */
export type OpenDirect = (host: string, port: number) => DirectSocket | string;

/** Datagrams to one receiver that may be on their way at once. */
const pendingLimit = 4096;

/** Opens nothing yet. `fail` hears of each lost line, in words. `direct`: what is cheaper than the runtime's sockets; null: nothing is. */
export function openUdpOutput(
  host: string,
  port: number,
  fail: (reason: string) => void,
  direct: OpenDirect | null = null,
): UdpOutput {
  return direct !== null && isIP(host) > 0
    ? new DirectReceiver(host, port, fail, direct)
    : new UdpReceiver(host, port, fail);
}

/** Lines of one turn of the event loop leave together, at its end: each for itself would wake its receiver, which costs more than the line. */
class DirectReceiver implements UdpOutput {
  dropped = 0;
  #socket: DirectSocket | null = null;
  #isDue = false;
  readonly #where: string;

  constructor(
    readonly host: string,
    readonly port: number,
    readonly fail: (reason: string) => void,
    readonly direct: OpenDirect,
  ) {
    this.#where = `${host}:${port}`;
  }

  send(line: Uint8Array): void {
    if (this.#socket === null) {
      const opened = this.direct(this.host, this.port);
      if (typeof opened === "string") return this.#lost(opened);
      this.#socket = opened;
    }
    if (!this.#socket.add(line)) {
      this.#socket.flush(this.#lost);
      this.#socket.add(line);
    }
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(this.#flush);
  }

  readonly #flush = (): void => {
    this.#isDue = false;
    this.#socket?.flush(this.#lost);
  };

  readonly #lost = (code: string): void => {
    this.dropped++;
    this.fail(`send ${code} ${this.#where}`);
  };

  flushed(): Promise<void> {
    this.#flush();
    return Promise.resolve();
  }

  close(): void {
    this.#flush();
    this.#socket?.close();
    this.#socket = null;
  }
}

class UdpReceiver implements UdpOutput {
  dropped = 0;
  readonly #host: string;
  readonly #port: number;
  readonly #fail: (reason: string) => void;
  readonly #pending = new Set<Promise<void>>();
  #socket: Socket | null = null;
  /** A name is looked up once, as HAProxy does: a log line must not wait for a name server each time. */
  #address: Promise<string> | null = null;

  constructor(host: string, port: number, fail: (reason: string) => void) {
    this.#host = host;
    this.#port = port;
    this.#fail = fail;
  }

  send(line: Uint8Array): void {
    if (this.#pending.size >= pendingLimit) return this.#lost("too many lines are waiting");
    const host = this.#host;
    this.#address ??= isIP(host) > 0 ? Promise.resolve(host) : lookup(host).then((found) => found.address);
    const sent: Promise<void> = this.#sendTo(this.#address, new Uint8Array(line)).finally(() =>
      this.#pending.delete(sent),
    );
    this.#pending.add(sent);
  }

  async flushed(): Promise<void> {
    await Promise.all(this.#pending);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = null;
  }

  async #sendTo(wanted: Promise<string>, line: Uint8Array): Promise<void> {
    try {
      const to = await wanted;
      const error = await this.#sendOnce(to, line);
      if (error !== null) this.#lost(error);
      // What is refused is the line before; this one was not sent.
      if ((error as NodeJS.ErrnoException | null)?.code !== "ECONNREFUSED") return;
      const again = await this.#sendOnce(to, line);
      if (again !== null) this.#lost(again);
    } catch (error) {
      this.#address = null;
      this.#lost(error);
    }
  }

  /** Null: it is on its way. */
  #sendOnce(to: string, line: Uint8Array): Promise<Error | null> {
    const from = this.#socket ?? this.#open(isIP(to) === 6 ? "udp6" : "udp4");
    return new Promise((resolve) => from.send(line, this.#port, to, (error) => resolve(error)));
  }

  #open(family: "udp4" | "udp6"): Socket {
    const made = createSocket(family);
    // That nobody listens there is told of an earlier line.
    made.on("error", (error) => {
      this.#lost(error);
      if (this.#socket !== made) return;
      this.#socket = null;
      made.close();
    });
    made.unref();
    return (this.#socket = made);
  }

  #lost(error: unknown): void {
    this.dropped++;
    this.#fail(error instanceof Error ? error.message : String(error));
  }
}
