/** Which server: who names one, whom balancing picks, and whether it may be another. */
import type { Backend } from "../../backend/backend.ts";
import type { RdpAddress } from "../../backend/backend-rules.ts";
import type { CookieTerms } from "../../backend/cookies/cookie-persistence.ts";
import type { Server } from "../../backend/server.ts";
import type { StickStore } from "../../backend/sticking.ts";
import type { Cause, Phase, Seeker } from "./seeker.ts";

/** The passive half of a `ServerSearch`: it chooses, the search goes there. */
export abstract class ServerChoice {
  /** The server chosen, whether or not a slot there is taken. */
  server: Server | null = null;
  /** The server was named: by a rule, a cookie or a table. Not once another had to be looked for. */
  isDirect = false;
  /** `force-persist`: goes to its server even when that is down. */
  isForced = false;
  /** `ignore-persist`: cookies lead nowhere. */
  isIgnored = false;
  // What the log tells.
  retries = 0;
  isRedispatched = false;
  /** Where the server is to be remembered; null without stick rules. */
  stores: StickStore[] | null = null;
  /** Where the last attempt has failed. */
  protected previous: Server | null = null;
  #hash: number | null = null;

  constructor(
    protected readonly seeker: Seeker,
    protected readonly backend: Backend,
  ) {}

  /** What a cookie of the seeker's may lead to by now; see `Seeker.serverByCookie`. */
  get cookieTerms(): CookieTerms<Server> {
    const { servers, plan } = this.backend;
    const isIgnored = this.isIgnored || this.server !== null;
    return { servers: plan.disabled ? [] : servers, takesDown: this.isForced || plan.persist, isIgnored };
  }

  /** Persistence: force-persist and ignore-persist, use-server, cookies of HTTP and RDP, stick tables. */
  protected prefer(): void {
    const seeker = this.seeker;
    const backend = this.backend;
    const { rules } = backend;
    if (rules.persistence !== null) {
      const word = rules.persistence(seeker);
      this.isForced = word === "force";
      this.isIgnored = word === "ignore";
    }
    if (rules.useServer !== null) this.#takeNamed(rules.useServer(seeker));
    const byCookie = seeker.serverByCookie?.(this) ?? null;
    if (byCookie !== null) this.#take(byCookie);
    if (rules.rdpAddress !== null && this.server === null) this.#takeAt(rules.rdpAddress(seeker));
    if (rules.sticking !== null) {
      this.stores = [];
      const named = rules.sticking.match(seeker, this.stores);
      // Who was named before is remembered as well.
      if (this.server === null) this.#takeNamed(named);
    }
    if (this.server === null) this.#goBack();
    if (this.server === null && backend.rules.hash !== null) this.#hash = backend.rules.hash(seeker);
  }

  /** Takes the server that a rule or a table names, if it may be used. */
  #takeNamed(name: string | null): void {
    const { backend } = this;
    const server = name === null ? null : backend.findServing(name);
    if (server === null || !(server.isReachable || this.isForced || backend.plan.persist)) return;
    this.#take(server);
  }

  /** Takes the server that an RDP cookie says is there. */
  #takeAt(place: RdpAddress | null): void {
    const { servers, plan } = this.backend;
    if (place === null || plan.disabled) return;
    const server = servers.find(({ address, isReachable }) => {
      if (address === null || address.kind !== "tcp") return false;
      return address.host === place.host && address.port === place.port && (isReachable || plan.persist);
    });
    if (server !== undefined) this.#take(server);
  }

  #take(server: Server): void {
    this.server = server;
    this.isDirect = true;
  }

  /** Goes where its client's last request went, if that is asked for and may be. */
  #goBack(): void {
    const { backend } = this;
    const last = this.seeker.lastServer ?? null;
    if (last === null || last.backend !== backend || !last.isUsable) return;
    const most = backend.plan.http?.maxKeepAliveQueue ?? -1;
    if (last.hasSlot || most < 0 || last.queue.length < most) this.server = last;
  }

  /** False: there is none, and the search is over. `server` null afterwards: all are saturated. */
  protected choose(): boolean {
    const { backend } = this;
    if (backend.direct !== null) {
      this.server = backend.direct;
      return true;
    }
    if (!backend.hasServer) {
      backend.counters.connectErrors += 1;
      this.seeker.abandon("S", "C");
      return false;
    }
    // Whoever comes after those who wait must wait as well, even if a limit has risen meanwhile.
    const isBehind = backend.isInOrder && backend.queue.length > 0 && backend.queue.length !== backend.counters.current;
    const server = isBehind ? null : backend.pick(this.#hash, this.previous);
    this.server = server;
    const previous = this.previous;
    if (server === null) return true;
    if (server === previous) {
      // The same again after all.
      server.counters.retries += 1;
      backend.counters.retries += 1;
      return true;
    }
    server.counters.picked += 1;
    backend.counters.picked += 1;
    if (previous !== null) {
      this.isRedispatched = true;
      previous.counters.redispatches += 1;
      backend.counters.redispatches += 1;
    }
    return true;
  }

  /** The server cannot be used at all: counted against it. */
  protected failed(cause: Cause, phase: Phase): void {
    if (this.server !== null) this.server.counters.connectErrors += 1;
    this.backend.counters.connectErrors += 1;
    this.seeker.abandon(cause, phase);
  }

  /** Whether the next attempt may go to another server (manual, `option redispatch`). */
  protected maySwitch(server: Server): boolean {
    const { backend } = this;
    const { redispatch, retries } = backend.plan;
    if (redispatch === 0 || this.isForced) return false;
    if (!server.isReachable) return true;
    if (this.retries % (redispatch > 0 ? redispatch : retries) === 0) return true;
    return !this.isDirect && backend.activeServers > 1 && backend.isTakingTurns;
  }
}
