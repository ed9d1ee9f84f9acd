/** A backend's statistics as others read them: live, each worked out when it is read. */
import type { BackendPlan } from "../../plan/proxy.ts";
import type { Backend } from "../backend/backend.ts";
import type { Server } from "../backend/server.ts";
import { shownWeight } from "../process/weight.ts";
import type { BackendStats, HttpStats } from "../public.ts";
import { LiveServer } from "./live-server.ts";
import { LiveServing } from "./live-serving.ts";

/** For as long as anybody holds them. */
export class LiveBackend extends LiveServing implements BackendStats {
  readonly kind = "backend";
  readonly #one: Backend;
  #serversOf: readonly Server[] = [];
  #servers: readonly LiveServer[] = [];

  constructor(backend: Backend) {
    super(backend);
    this.#one = backend;
  }

  get #plan(): BackendPlan {
    return this.#one.plan;
  }
  get weight(): number {
    return shownWeight(this.#one.totalWeight);
  }
  get isListen(): boolean {
    return this.#plan.isListen;
  }
  get algorithm(): string {
    return this.#plan.balance.algorithm;
  }
  get state(): "UP" | "DOWN" {
    return this.#one.isUp ? "UP" : "DOWN";
  }
  get maintenance(): BackendStats["maintenance"] {
    return this.#one.process.maintenance.of(this.#plan.name);
  }
  get limit(): number {
    return this.#one.fullconn;
  }
  get activeServers(): number {
    return this.#one.activeServers;
  }
  get backupServers(): number {
    return this.#one.backupServers;
  }
  get activeUserWeight(): number {
    return this.#one.activeUserWeight;
  }
  get http(): HttpStats | null {
    return this.httpStats(this.#plan.http !== null);
  }
  get cookie(): string | null {
    return this.#plan.http?.cookie?.name ?? null;
  }
  get startups(): BackendStats["startups"] {
    return this.#one.limitsStartups ? { ...this.#one.heldUp } : null;
  }
  get deniedRequests(): number {
    return this.#one.deniedRequests;
  }
  /** A reload gives the backend another list, so that an answer under way goes on through the one that it began. */
  get servers(): readonly LiveServer[] {
    const { servers } = this.#one;
    if (this.#serversOf !== servers) {
      this.#serversOf = servers;
      this.#servers = servers.map((one) => new LiveServer(one));
    }
    return this.#servers;
  }
}
