/** A transport without sockets, for tests of what a proxy does with them: clients are made by calls, servers answer nothing. */
import type {
  Connecting,
  Connection,
  ConnectOptions,
  Listener,
  ListenOptions,
  Peeked,
  Relay,
  Relayed,
  Transport,
} from "../../src/net/transport.ts";
import type { SocketAddress } from "../../src/address.ts";
import { TransportError } from "../../src/net/transport.ts";

/** A socket that listens. */
export interface OpenListener {
  /** What it goes by now. */
  options: ListenOptions;
  isPaused: boolean;
  readonly accept: (client: Connection) => void;
}

/** One session's two ends. */
export interface Joined {
  readonly client: FakeConnection;
  readonly server: FakeConnection;
  /** Both sides have finished. */
  end(): void;
}

/** As a kernel would: an abstract name is free or taken, other addresses are shared. */
export class LooplessTransport implements Transport {
  readonly name = "loopless";
  readonly listeners = new Set<OpenListener>();
  readonly relays = new Set<Joined>();
  /** Where sessions were connected to, in order. */
  readonly connects: ConnectOptions[] = [];

  listen(options: ListenOptions, accept: (client: Connection) => void): Promise<Listener> {
    const isTaken = [...this.listeners].some(
      ({ options: { address } }) =>
        address.kind === "abstract" && options.address.kind === "abstract" && address.name === options.address.name,
    );
    if (isTaken) return Promise.reject(new TransportError("EADDRINUSE", "Address already in use"));
    const open: OpenListener = { options, isPaused: false, accept };
    this.listeners.add(open);
    return Promise.resolve({
      address: options.address as SocketAddress,
      fd: -1,
      pause: () => void (open.isPaused = true),
      resume: () => void (open.isPaused = false),
      change: (change) => void (open.options = { ...open.options, ...change }),
      keep: () => {},
      retire: (gone) => {
        this.listeners.delete(open);
        gone();
      },
      close: () => void this.listeners.delete(open),
    });
  }

  /** A client of an address; null when nobody takes clients there. */
  open(address: SocketAddress, source: SocketAddress): FakeConnection | null {
    for (const { options, isPaused, accept } of this.listeners) {
      if (isPaused || JSON.stringify(options.address) !== JSON.stringify(address)) continue;
      const client = new FakeConnection(source, address);
      accept(client);
      return client;
    }
    return null;
  }

  connect(options: ConnectOptions): Connecting {
    this.connects.push(options);
    const connection = new FakeConnection(options.address, { kind: "tcp", host: "127.0.0.1", port: 1 });
    return {
      done: Promise.resolve(connection),
      whenDone: (handler) => queueMicrotask(() => handler.connected(connection)),
      cancel: () => {},
    };
  }

  relay(client: FakeConnection, server: FakeConnection): Relay {
    let settle!: (relayed: Relayed) => void;
    const ended = new Promise<Relayed>((resolve) => (settle = resolve));
    const finish = (by: Relayed["by"], how: Relayed["how"]): void => {
      this.relays.delete(joined);
      client.isOver = server.isOver = true;
      settle({ by, how, bytesIn: 0, bytesOut: 0 });
    };
    const joined = { client, server, end: () => finish("client", "fin") };
    this.relays.add(joined);
    return {
      ended,
      whenEnded: (handler) => void ended.then((relayed) => handler.relayed(relayed)),
      counts: () => ({ bytesIn: 0, bytesOut: 0 }),
      kill: () => finish("proxy", "killed"),
    };
  }

  /** A server that takes its time: no check ever ends. */
  probe(): { cancel(): void } {
    return { cancel: () => {} };
  }
}

/** An end of a connection at which nothing ever comes. */
export class FakeConnection implements Connection {
  readonly fd = -1;
  owner = null;
  held = new Uint8Array(0);
  readonly ended = false;
  readonly closed = false;
  readonly lostCode = null;
  readonly isFull = false;
  onLost: ((code: string) => void) | null = null;
  isOver = false;

  constructor(
    readonly remote: SocketAddress,
    readonly local: SocketAddress,
  ) {}

  peek(): Promise<Peeked> {
    return new Promise(() => {});
  }

  whenPeeked(): void {}

  present(): Uint8Array {
    return new Uint8Array(0);
  }

  unread(): number {
    return 0;
  }

  consume(): void {}

  write(): void {}

  send(): boolean {
    return true;
  }

  pause(): void {}

  resume(): void {}

  readOn(): void {}

  shutdown(): void {}

  hangUp(): void {}

  terminate(): void {}

  close(): void {
    this.isOver = true;
  }

  reset(): void {
    this.isOver = true;
  }

  closeWith(): void {
    this.isOver = true;
  }
}
