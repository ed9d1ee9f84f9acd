/** `balance first`: the first server, in order of `id`, that still has a slot. */
import type { Balancer, Candidate } from "./balancer.ts";

export class First<T extends Candidate> implements Balancer<T> {
  #servers: T[] = [];

  update(servers: readonly T[]): void {
    this.#servers = servers.toSorted((one, other) => one.id - other.id);
  }

  pick(_hash: number | null, avoid: T | null): T | null {
    let avoided: T | null = null;
    for (const server of this.#servers) {
      if (!server.hasSlot) continue;
      if (server !== avoid) return server;
      avoided = server;
    }
    return avoided;
  }

  moved(_server: T): void {}
}
