/** A client's connection in `mode http` as an operator sees it: what it says of itself is what its exchange does. */
import type { SocketAddress } from "../address.ts";
import type { Server } from "../proxy/backend/server.ts";
import type { Frontend } from "../proxy/frontend/frontend.ts";
import type { Exchange } from "./exchange/exchange.ts";

/** The passive half of an `HttpSession`. */
export abstract class ShownSession {
  abstract readonly front: Frontend;
  /** The one under way, the one to come while it has no byte yet, or the last. */
  protected abstract exchange: Exchange;
  /** Its head comes, or it runs. */
  protected abstract isBusy: boolean;

  get isIdle(): boolean {
    return !this.isBusy;
  }

  get sessionId(): number {
    return this.exchange.sessionId;
  }

  get frontend(): string {
    return this.front.plan.name;
  }

  get backend(): string | null {
    return this.isBusy ? this.exchange.backend : null;
  }

  get server(): string | null {
    return this.isBusy ? this.exchange.server : null;
  }

  get target(): Server | null {
    return this.isBusy ? this.exchange.target : null;
  }

  get source(): SocketAddress {
    return this.exchange.source;
  }

  get destination(): SocketAddress {
    return this.exchange.destination;
  }

  get serverSide(): { readonly source: SocketAddress; readonly destination: SocketAddress } | null {
    return this.isBusy ? this.exchange.serverSide : null;
  }

  get acceptedAt(): number {
    return this.exchange.acceptedAt;
  }

  get startedAt(): number {
    return this.exchange.startedAt;
  }

  get state(): "rules" | "queued" | "connecting" | "relaying" {
    return this.isBusy ? this.exchange.state : "rules";
  }

  get bytesIn(): number {
    return this.exchange.bytesIn;
  }

  get bytesOut(): number {
    return this.exchange.bytesOut;
  }

  get uncountedBytes(): number {
    return this.exchange.uncountedBytes;
  }
}
