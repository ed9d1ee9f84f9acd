/** What TLS takes in the whole process, and what it may take. */
import { Rate } from "../../time/rate.ts";
import { OpenConnections } from "./open-connections.ts";

/** Handshakes of one side that have succeeded. */
export class HandshakeCounts {
  /** Those that made new keys. */
  readonly keys = new Rate();
  /** Those that took a former session up again. */
  readonly resumed = new Rate();

  add(isResumed: boolean, now: number): void {
    (isResumed ? this.resumed : this.keys).add(now);
  }
}

/** One per process. */
export class TlsUse {
  /** `maxsslconn`: connections in TLS at once, of clients and servers; 0: no limit. */
  maxconn = 0;
  /** `maxsslrate`, or what an operator made of it: clients of TLS a second; 0: no limit. */
  maxRate = 0;
  /** Clients of listeners that speak TLS, from the accept on. */
  clientsNow = 0;
  /** Servers' connections. */
  readonly open = new OpenConnections();
  /** Of both sides since the start. */
  total = 0;
  /** Clients taken where TLS is spoken. */
  readonly rate = new Rate();
  readonly clients = new HandshakeCounts();
  readonly servers = new HandshakeCounts();

  /** Connections in TLS now. */
  get current(): number {
    return this.clientsNow + this.open.count;
  }

  /** One more would be too many. */
  get isFull(): boolean {
    const { maxconn } = this;
    return maxconn > 0 && this.clientsNow + this.open.most >= maxconn && this.current >= maxconn;
  }

  /** A client is taken where TLS is spoken. */
  enter(now: number): void {
    this.clientsNow += 1;
    this.total += 1;
    this.rate.add(now);
  }

  leave(): void {
    this.clientsNow -= 1;
  }

  /** A server's connection is spoken TLS over. */
  connected(connection: { readonly closed: boolean }, isResumed: boolean, now: number): void {
    this.total += 1;
    this.open.add(connection);
    this.servers.add(isResumed, now);
  }

  /** `clear counters`. */
  clearMax(): void {
    for (const rate of [this.rate, this.clients.keys, this.servers.keys]) rate.clearMax();
  }

  /** Of clients' handshakes in the last second, those that were resumed, per cent. */
  reusePercent(now: number): number {
    const keys = this.clients.keys.read(now);
    const all = keys + this.clients.resumed.read(now);
    return all === 0 ? 0 : Math.round((100 * (all - keys)) / all);
  }
}
