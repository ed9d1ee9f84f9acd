/** The far ends of a contract test: plain sockets that keep what they got and do what they are told. */
import {
  connectSocket,
  listenSockets,
  type PeerSocket,
  type PeerTls,
  type Place,
  type SocketEvents,
} from "./peer-socket.ts";

const waitMs = 20_000;

/** One far end. `log` holds what happened to it besides data: "fin", "closed" or an error's code. */
export class Peer implements SocketEvents {
  readonly log: string[] = [];
  /** Bytes received; their contents too while there are fewer than 64 KiB. */
  count = 0;
  text = "";
  /** How many bytes of each value came. */
  readonly histogram = new Float64Array(256);
  socket!: PeerSocket;
  #unsent: Uint8Array[] = [];
  #finAfter = false;
  #waiting: { test: () => boolean; resolve: () => void }[] = [];

  /** Sends everything in order, as the other side takes it. */
  send(bytes: Uint8Array | string): void {
    this.#unsent.push(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    this.#flush();
  }

  /** FIN after everything sent. */
  finish(): void {
    this.#finAfter = true;
    this.#flush();
  }

  /** RST. */
  reset(): void {
    this.socket.terminate();
  }

  get unsentBytes(): number {
    let bytes = 0;
    for (const chunk of this.#unsent) bytes += chunk.length;
    return bytes;
  }

  get isOver(): boolean {
    return this.log.some((event) => event !== "fin");
  }

  /** Waits for a condition that only this peer's events change. */
  until(what: string, test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${what}: not within ${waitMs} ms; ${this.count} bytes, ${this.log.join(" ")}`)),
        waitMs,
      );
      const entry = {
        test,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiting.push(entry);
    });
  }

  event(name: string): void {
    this.log.push(name);
    this.changed();
  }

  changed(): void {
    const ready = this.#waiting.filter(({ test }) => test());
    if (ready.length === 0) return;
    this.#waiting = this.#waiting.filter((entry) => !ready.includes(entry));
    for (const { resolve } of ready) resolve();
  }

  take(bytes: Uint8Array): void {
    this.count += bytes.length;
    if (this.count < 65_536) this.text += Buffer.from(bytes).toString("latin1");
    const { histogram } = this;
    // Mostly all are one value, which the runtime sees far faster: each byte is like the one before.
    const areAlike = bytes.length > 0 && Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;
    if (areAlike) histogram[bytes[0] as number]! += bytes.length;
    else for (let at = 0; at < bytes.length; at++) histogram[bytes[at] as number]!++;
    this.changed();
  }

  flush(): void {
    this.#flush();
  }

  #flush(): void {
    while (this.#unsent.length > 0) {
      const chunk = this.#unsent[0] as Uint8Array;
      const taken = this.socket.write(chunk);
      if (taken < 0) return;
      if (taken < chunk.length) {
        this.#unsent[0] = chunk.subarray(taken);
        return;
      }
      this.#unsent.shift();
      this.changed();
    }
    if (this.#finAfter) this.socket.shutdown();
    this.#finAfter = false;
  }
}

/** Connects a peer. */
export async function connectPeer(place: Place, tls?: PeerTls): Promise<Peer> {
  const peer = new Peer();
  peer.socket = await connectSocket(place, peer, tls);
  return peer;
}

/** A listening socket whose clients are peers. */
export interface PeerListener {
  readonly port: number;
  readonly peers: Peer[];
  /** The `index`th client, as soon as it is there. */
  peer(index: number): Promise<Peer>;
  close(): void;
}

/** Listens with peers; `greet` runs as soon as one has connected. */
export async function listenPeers(place: Place, greet?: (peer: Peer) => void, tls?: PeerTls): Promise<PeerListener> {
  const peers: Peer[] = [];
  const arrived = new Peer();
  const accept = (socket: PeerSocket): Peer => {
    const peer = new Peer();
    peer.socket = socket;
    peers.push(peer);
    greet?.(peer);
    arrived.changed();
    return peer;
  };
  const listener = await listenSockets(place, accept, tls);
  return {
    port: listener.port,
    peers,
    async peer(index) {
      await arrived.until(`client ${index} of a peer's listener`, () => peers.length > index);
      return peers[index] as Peer;
    },
    close: () => listener.close(),
  };
}
