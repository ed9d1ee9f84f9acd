/** A connection to a server, from its opening to its end: used by one exchange after the other, idle in between. */
import type { Connection, Stream, StreamOwner } from "../../net/transport.ts";
import type { Server } from "../../proxy/backend/server.ts";
import { Inbox } from "../bytes/inbox.ts";
import type { Idle } from "./idle-list.ts";

/** The exchange that uses a connection. Nothing that it does may throw. */
export interface ServerUser {
  /** More has come: it is in the connection's inbox. False when nothing more is to be read for now. */
  answerCame(): boolean;
  /** What waited to be sent has gone. */
  serverDrained(isAll: boolean): void;
  /** The server has finished. */
  serverEnded(): void;
  /** The connection is gone; it must not be used again. */
  serverLost(code: string | null): void;
  /** What its connection was asked for threw. */
  fail(error: unknown): void;
}

/** Where idle ones are kept. */
export interface IdlePlace {
  remove(connection: ServerConnection): void;
}

export class ServerConnection implements StreamOwner, Idle<ServerConnection> {
  readonly inbox = new Inbox();
  readonly hearsOut = true;
  /** Exchanges that it has been used by, with the present one. */
  uses = 1;
  /** Null while it is idle. */
  user: ServerUser | null;
  /** Nobody else's exchanges may use it. */
  isPrivate = false;
  /** Where it is idle; null: its client has it. */
  place: IdlePlace | null = null;
  isGone = false;
  // Idle.
  idleBefore: ServerConnection | null = null;
  idleBehind: ServerConnection | null = null;
  isListed = false;
  readonly #of: number;

  constructor(
    readonly stream: Connection,
    readonly server: Server,
    user: ServerUser,
    /** See `routeOf`. */
    readonly route: string | null,
    /** Whom the server was asked for in TLS; null: nobody. */
    readonly serverName: string | null,
  ) {
    this.user = user;
    stream.owner = this;
    this.#of = server.connectionsOf;
  }

  /** A new one would go the same way. */
  get isCurrent(): boolean {
    return this.#of === this.server.connectionsOf;
  }

  /** Another exchange uses it from now on. */
  use(user: ServerUser): void {
    this.user = user;
    this.place = null;
    this.uses += 1;
  }

  /** Its exchange has done with it, and nothing of that is left. It reads on, for a server that has something to say now has gone wrong or goes. */
  rest(place: IdlePlace | null): void {
    this.user = null;
    this.place = place;
    this.stream.resume();
  }

  /** Closes it, idle or not. */
  discard(): void {
    this.#letGo(close);
  }

  /** Closes it while it is idle. Never throws. */
  dismiss(): void {
    try {
      this.discard();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** RST: what was on its way is void. */
  cut(): void {
    this.#letGo(reset);
  }

  /** Ends it in one way; where that throws, its descriptor is given back all the same. */
  #letGo(end: (stream: Connection) => void): void {
    if (this.isGone) return;
    this.#leave();
    const { stream } = this;
    if (stream.closed) return;
    stream.owner = null;
    try {
      end(stream);
    } catch (error) {
      stream.terminate();
      throw error;
    }
  }

  /** The stream is another's, with what came and was not taken. */
  release(): Connection {
    this.#leave();
    this.inbox.keep();
    this.stream.owner = null;
    if (this.inbox.length > 0) this.stream.held = this.inbox.copy();
    return this.stream;
  }

  #leave(): void {
    this.isGone = true;
    this.user = null;
    this.place?.remove(this);
    this.place = null;
  }

  data(_: Stream, buffer: Uint8Array, length: number): boolean {
    try {
      return this.#data(buffer, length);
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #data(buffer: Uint8Array, length: number): boolean {
    const { user } = this;
    if (user === null) {
      this.cut();
      return false;
    }
    this.inbox.give(buffer, length);
    const goesOn = user.answerCame();
    this.inbox.keep();
    // It may be another's by now, or idle.
    if (!goesOn && !this.isGone && this.user === user) this.stream.pause();
    return goesOn && !this.isGone;
  }

  drained(_: Stream, isAll: boolean): void {
    this.user?.serverDrained(isAll);
  }

  end(): void {
    if (this.user === null) this.dismiss();
    else this.user.serverEnded();
  }

  #fail(error: unknown): void {
    if (this.user !== null) return this.user.fail(error);
    this.server.backend.process.faults.note(error, "in an idle connection to a server, which was ended");
    try {
      this.cut();
    } catch {
      // It is closed all the same.
    }
  }

  closed(_: Stream, code: string | null): void {
    const { user } = this;
    this.#leave();
    user?.serverLost(code);
  }
}

function close(stream: Connection): void {
  stream.close();
}

function reset(stream: Connection): void {
  stream.reset();
}
