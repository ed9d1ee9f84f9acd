/** What every contract test needs: default options, a session through the transport, and a count of descriptors. */
import type { Gate } from "../../src/net/gate.ts";
import type {
  Connection,
  ConnectOptions,
  Listener,
  ListenOptions,
  Relay,
  RelayLimits,
  Tap,
  Transport,
} from "../../src/net/transport.ts";
import { listeningDefaults } from "../../src/plan/socket.ts";
import { test } from "bun:test";
import { descriptorCount } from "./kernel.ts";
import { connectPeer, listenPeers, type Peer, type PeerListener } from "./peer.ts";
import type { PeerTls } from "./peer-socket.ts";

export const listenDefaults: Omit<ListenOptions, "address"> = listeningDefaults;

export const connectDefaults: Omit<ConnectOptions, "address"> = {
  source: null,
  interface: null,
  transparent: false,
  keepAlive: null,
  buffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
  userTimeoutMs: null,
  fastOpen: false,
  congestion: null,
  quickAck: true,
  mark: null,
  timeoutMs: 5000,
};

export const noLimits: RelayLimits = {
  clientMs: 0,
  serverMs: 0,
  tunnelMs: 0,
  clientFinMs: 0,
  serverFinMs: 0,
  splice: { request: true, response: true },
  clientIndependent: false,
  serverIndependent: false,
  clientNoLinger: false,
  serverNoLinger: false,
};

/** What far ends have to speak with a transport whose streams are of TLS; no entry: nothing. */
export const peerTls = new WeakMap<Transport, { readonly client?: PeerTls; readonly server?: PeerTls }>();

/** One session: client peer, relay, server peer. */
export interface Session {
  readonly client: Peer;
  readonly server: Peer;
  readonly relay: Relay;
  /** The instant from which its limits run. */
  readonly begunAt: number;
}

/** A listener of the transport under test whose clients are handed out one by one. */
export class Door {
  readonly listener: Listener;
  readonly #arrived: Connection[] = [];
  #wanted: ((connection: Connection) => void)[] = [];

  private constructor(listener: Listener, arrived: Connection[]) {
    this.listener = listener;
    this.#arrived = arrived;
  }

  static async open(transport: Transport, options: Partial<ListenOptions> = {}): Promise<Door> {
    const early: Connection[] = [];
    let door: Door | null = null;
    const listener = await transport.listen(
      { address: { kind: "tcp", host: "127.0.0.1", port: 0 }, ...listenDefaults, ...options },
      (client) => {
        const wanted = door === null ? undefined : door.#wanted.shift();
        if (wanted === undefined) early.push(client);
        else wanted(client);
      },
    );
    door = new Door(listener, early);
    return door;
  }

  /** The port, of a TCP listener. */
  get port(): number {
    return this.listener.address.kind === "tcp" ? this.listener.address.port : 0;
  }

  /** Connections that nobody has asked for yet. */
  get waiting(): number {
    return this.#arrived.length;
  }

  next(): Promise<Connection> {
    const there = this.#arrived.shift();
    return there === undefined ? new Promise((resolve) => this.#wanted.push(resolve)) : Promise.resolve(there);
  }
}

/** A listener of the transport, a server of peers, and sessions between them. Closed by `using`. */
export class Stage implements Disposable {
  readonly transport: Transport;
  readonly door: Door;
  readonly servers: PeerListener;
  readonly #clients: Peer[] = [];

  private constructor(transport: Transport, door: Door, servers: PeerListener) {
    this.transport = transport;
    this.door = door;
    this.servers = servers;
  }

  static async set(
    transport: Transport,
    greet?: (peer: Peer) => void,
    options: Partial<ListenOptions> = {},
  ): Promise<Stage> {
    return new Stage(
      transport,
      await Door.open(transport, options),
      await listenPeers({ hostname: "127.0.0.1", port: 0 }, greet, peerTls.get(transport)?.server),
    );
  }

  /** A client and what the transport accepted of it. */
  async client(): Promise<{ peer: Peer; connection: Connection }> {
    const place = { hostname: "127.0.0.1", port: this.door.port };
    const [peer, connection] = await Promise.all([
      connectPeer(place, peerTls.get(this.transport)?.client),
      this.door.next(),
    ]);
    this.#clients.push(peer);
    return { peer, connection };
  }

  /** A connection of the transport and the server's end of it. */
  async server(options: Partial<ConnectOptions> = {}): Promise<{ peer: Peer; connection: Connection }> {
    const index = this.servers.peers.length;
    const address = { kind: "tcp", host: "127.0.0.1", port: this.servers.port } as const;
    const connection = await this.transport.connect({ address, ...connectDefaults, ...options }).done;
    return { peer: await this.servers.peer(index), connection };
  }

  async session(limits: Partial<RelayLimits> = {}, tap?: Tap, gate?: Gate): Promise<Session> {
    const client = await this.client();
    const server = await this.server();
    const begunAt = performance.now();
    const relay = this.transport.relay(
      client.connection,
      server.connection,
      { ...noLimits, ...limits },
      tap && [tap],
      gate,
    );
    return { client: client.peer, server: server.peer, relay, begunAt };
  }

  [Symbol.dispose](): void {
    this.door.listener.close();
    this.servers.close();
    for (const peer of this.#clients) if (!peer.isOver) peer.reset();
  }
}

/** `test` for what this transport can do by its nature; what it cannot is not part of its contract. */
export function testWhere(isPossible: boolean): (name: string, body: () => Promise<void>) => void {
  return isPossible ? test : () => undefined;
}

/** Waits until the process has no more descriptors than before; fails with the numbers otherwise. */
export async function descriptorsBackTo(before: number): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (descriptorCount() > before) {
    if (performance.now() > deadline)
      throw new Error(`${descriptorCount()} descriptors are open, ${before} were before`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Has a plane's first worker started, which takes its time: moves bytes from servers until some are spliced. */
export async function warmUp(plane: Transport): Promise<void> {
  using stage = await Stage.set(plane);
  const { client, server, relay } = await stage.session(noLimits);
  const deadline = performance.now() + 30_000;
  for (let sent = 0; (plane.splicing?.().bytes ?? 0) === 0;) {
    if (performance.now() > deadline) throw new Error("nothing is spliced");
    sent += 256 * 1024;
    server.send(filled(256 * 1024, 1));
    await client.until("the bytes", () => client.count === sent);
  }
  client.reset();
  await relay.ended;
}

/** A promise that is settled from outside. Node 20 has no Promise.withResolvers. */
export function deferred<Value>(): { readonly promise: Promise<Value>; readonly resolve: (value: Value) => void } {
  let resolve!: (value: Value) => void;
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** `length` bytes of one value. */
export function filled(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** More than all the buffers on the way hold. Made once: a session's limits run while it is made. */
export const flood = filled(64 * 1024 * 1024, 1);
