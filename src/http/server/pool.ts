/** Connections to servers that are kept for later requests: they hold no slot, but a descriptor each. */
import type { Server } from "../../proxy/backend/server.ts";
import { IdleList } from "./idle-list.ts";
import type { ServerConnection } from "./server-connection.ts";

/** Who may take what: see `http-reuse`. */
export type Reuse = "never" | "safe" | "aggressive" | "always";

/** The idle connections of one server that were opened for one name, the one used last at the end. */
class ServerPool {
  readonly idle: ServerConnection[] = [];
  /** The fewest that were idle since the last purge: so many nobody needed. */
  #spare = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(
    readonly server: Server,
    /** Whom the server was asked for in TLS; null: nobody. */
    readonly serverName: string | null,
    readonly emptied: (pool: ServerPool) => void,
  ) {}

  add(connection: ServerConnection): void {
    this.idle.push(connection);
    this.#count(connection, 1);
    if (this.#timer !== null) return;
    this.#timer = setInterval(() => this.#purge(), this.server.plan.http.poolPurgeMs);
    this.#timer.unref();
  }

  /** The one used last that is fit for it. */
  take(isFit: (connection: ServerConnection) => boolean): ServerConnection | null {
    for (let at = this.idle.length - 1; at >= 0; at--) {
      const connection = this.idle[at] as ServerConnection;
      if (!connection.isCurrent) {
        connection.dismiss();
        continue;
      }
      if (!isFit(connection)) continue;
      this.#removeAt(at);
      return connection;
    }
    return null;
  }

  remove(connection: ServerConnection): void {
    const at = this.idle.lastIndexOf(connection);
    if (at >= 0) this.#removeAt(at);
  }

  #count(connection: ServerConnection, by: 1 | -1): void {
    const { http } = this.server.counters;
    http.idle += by;
    if (!isProven(connection)) http.idleFresh += by;
  }

  #removeAt(at: number): void {
    this.#count(this.idle[at] as ServerConnection, -1);
    if (at === this.idle.length - 1) this.idle.length = at;
    else this.idle.splice(at, 1);
    if (this.idle.length < this.#spare) this.#spare = this.idle.length;
  }

  /** Half of those that nobody has needed since the last time. */
  #purge(): void {
    const count = Math.ceil(this.#spare / 2);
    for (const connection of this.idle.slice(0, count)) connection.dismiss();
    this.#spare = this.idle.length;
    if (this.idle.length > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.emptied(this);
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    for (const connection of this.idle.slice()) connection.dismiss();
  }
}

/** One for all servers of the process. */
export class Pools {
  readonly #byServer = new Map<Server, ServerPool>();
  /** Those of names that servers were asked for in TLS: nobody has one that was opened for another. */
  readonly #byName = new Map<Server, Map<string, ServerPool>>();
  readonly #idle = new IdleList<ServerConnection>();

  get idleCount(): number {
    return this.#idle.length;
  }

  /** Those of one server. */
  idleOf(server: Server): number {
    return server.counters.http.idle;
  }

  #poolOf(server: Server, serverName: string | null): ServerPool | undefined {
    return serverName === null ? this.#byServer.get(server) : this.#byName.get(server)?.get(serverName);
  }

  #openPool(server: Server, serverName: string | null): ServerPool {
    const pool = new ServerPool(server, serverName, (emptied) => this.#drop(emptied));
    if (serverName === null) this.#byServer.set(server, pool);
    else {
      const named = this.#byName.get(server) ?? new Map<string, ServerPool>();
      this.#byName.set(server, named.set(serverName, pool));
    }
    return pool;
  }

  #drop({ server, serverName }: ServerPool): void {
    if (serverName === null) this.#byServer.delete(server);
    else {
      const named = this.#byName.get(server);
      named?.delete(serverName);
      if (named?.size === 0) this.#byName.delete(server);
    }
  }

  /**
   * A connection for an exchange; null: a new one has to be opened. `isFirst`: its client has had no answer yet. `serverName`: whom it
   * asks for in TLS.
   */
  take(server: Server, reuse: Reuse, isFirst: boolean, serverName: string | null): ServerConnection | null {
    const pool = this.#poolOf(server, serverName);
    if (pool === undefined || reuse === "never") return null;
    // Of one that was used by others before, the server is known to let it be used again.
    const connection = isFirst && reuse !== "always" ? this.#takeProven(pool, reuse) : pool.take(isAny);
    if (connection !== null) this.#idle.remove(connection);
    return connection;
  }

  #takeProven(pool: ServerPool, reuse: Reuse): ServerConnection | null {
    return reuse === "aggressive" ? pool.take(isProven) : null;
  }

  /** Keeps a connection that its exchange has done with, as long as there is room. `mostInAll`: idle ones of all servers. */
  give(connection: ServerConnection, mostInAll: number): boolean {
    const { server } = connection;
    const { poolMax, poolPurgeMs } = server.plan.http;
    if (poolMax === 0 || poolPurgeMs === 0 || !server.isReachable) return false;
    if (poolMax > 0 && this.idleOf(server) >= poolMax) return false;
    this.makeRoom(mostInAll - 1);
    if (this.#idle.length >= mostInAll) return false;
    const { serverName } = connection;
    const pool = this.#poolOf(server, serverName) ?? this.#openPool(server, serverName);
    pool.add(connection);
    this.#idle.add(connection);
    return true;
  }

  /** Closes those that have been idle for longest until at most so many are. */
  makeRoom(most: number): void {
    let behind: ServerConnection | null;
    for (let one = this.#idle.first; one !== null && this.#idle.length > most; one = behind) {
      behind = one.idleBehind;
      one.dismiss();
    }
  }

  /** Closes those that no server of now has. */
  renew(): void {
    let behind: ServerConnection | null;
    for (let one = this.#idle.first; one !== null; one = behind) {
      behind = one.idleBehind;
      if (!one.isCurrent) one.dismiss();
    }
  }

  /** It is idle no more: closed, by whomever. */
  remove(connection: ServerConnection): void {
    if (!this.#idle.remove(connection)) return;
    this.#poolOf(connection.server, connection.serverName)?.remove(connection);
  }

  /** Closes all. */
  close(): void {
    for (const pool of this.#byServer.values()) pool.close();
    for (const named of this.#byName.values()) for (const pool of named.values()) pool.close();
    this.#byServer.clear();
    this.#byName.clear();
  }
}

function isAny(): boolean {
  return true;
}

function isProven(connection: ServerConnection): boolean {
  return connection.uses > 1;
}
