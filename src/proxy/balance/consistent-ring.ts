/** Consistent hashing: `hash-type consistent`, and `balance random`, which draws points on the same ring. */
import type { Balancer, Candidate } from "./balancer.ts";
import { avalanche } from "../../rules/value/hash.ts";

/** Points of one server are numbered from `id` times this. */
const pointsPerId = 4096;
/** More than any backend has. */
const mostServers = 2 ** 20;

/** Sorted points on a circle of 2^32; each server has as many as its effective weight. */
class Ring<T extends Candidate> {
  #keys = new Uint32Array(0);
  #owners: T[] = [];

  update(servers: readonly T[]): void {
    let count = 0;
    for (const owner of servers) count += owner.weight;
    // A point's key and its owner's index in one number, in the order of points: 32 bits and 20, exact in a double.
    const points = new Float64Array(count);
    let at = 0;
    for (const [index, owner] of servers.entries()) {
      for (let point = 0; point < owner.weight; point += 1) {
        points[at++] = avalanche(Math.imul(owner.id, pointsPerId) + point) * mostServers + index;
      }
    }
    points.sort();
    this.#keys = Uint32Array.from(points, (point) => Math.floor(point / mostServers));
    this.#owners = Array.from(points, (point) => servers[point % mostServers] as T);
  }

  get size(): number {
    return this.#owners.length;
  }

  owner(at: number): T {
    return this.#owners[at] as T;
  }

  /** Index of the first point at or after `hash`, wrapped. */
  after(hash: number): number {
    const keys = this.#keys;
    let low = 0;
    let high = keys.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((keys[middle] as number) < hash) low = middle + 1;
      else high = middle;
    }
    return low === keys.length ? 0 : low;
  }

  /** Index of the point nearest to `hash`, the former one when both are as near. */
  nearest(hash: number): number {
    const next = this.after(hash);
    const former = next === 0 ? this.size - 1 : next - 1;
    const back = (hash - (this.#keys[former] as number)) >>> 0;
    const forth = ((this.#keys[next] as number) - hash) >>> 0;
    return back <= forth ? former : next;
  }
}

/** `hash-type consistent`: the server nearest on the ring; the next one on it when that one is avoided or overloaded. */
export class ConsistentHash<T extends Candidate> implements Balancer<T> {
  readonly #ring = new Ring<T>();
  /** Where the last one without a key was put. */
  #turn = -1;

  update(servers: readonly T[]): void {
    this.#ring.update(servers);
  }

  pick(hash: number | null, avoid: T | null): T | null {
    const ring = this.#ring;
    if (ring.size === 0) return null;
    if (hash === null) return this.#inTurn(avoid);
    const start = ring.nearest(hash);
    for (let step = 0; step < ring.size; step += 1) {
      const server = ring.owner((start + step) % ring.size);
      if (server !== avoid && !server.isOverloaded) return server;
    }
    return ring.owner(start);
  }

  /** Without a key: along the ring. */
  #inTurn(avoid: T | null): T | null {
    const ring = this.#ring;
    let avoided: T | null = null;
    for (let step = 0; step < ring.size; step += 1) {
      this.#turn = (this.#turn + 1) % ring.size;
      const server = ring.owner(this.#turn);
      if (!server.hasSlot) continue;
      if (server !== avoid) return server;
      avoided = server;
    }
    return avoided;
  }

  moved(_server: T): void {}
}

/** `balance random(draws)`: of `draws` points on the ring the one whose server is least loaded for its weight. */
export class RandomDraws<T extends Candidate> implements Balancer<T> {
  readonly #ring = new Ring<T>();

  constructor(
    readonly draws: number,
    /** Uniform in [0, 1). */
    readonly random: () => number,
  ) {}

  update(servers: readonly T[]): void {
    this.#ring.update(servers);
  }

  pick(_hash: number | null, avoid: T | null): T | null {
    const ring = this.#ring;
    if (ring.size === 0) return null;
    let best: T | null = null;
    for (let draw = 0; draw < this.draws; draw += 1) {
      const server = this.#draw(avoid);
      if (server === null) continue;
      if (best === null || best === avoid || server.load * best.weight < best.load * server.weight) best = server;
    }
    return best !== null && best.hasRoom ? best : null;
  }

  #draw(avoid: T | null): T | null {
    const ring = this.#ring;
    const start = ring.after(Math.floor(this.random() * 0x1_0000_0000));
    let avoided: T | null = null;
    for (let step = 0; step < ring.size; step += 1) {
      const server = ring.owner((start + step) % ring.size);
      if (server.isOverloaded || !server.hasRoom) continue;
      if (server !== avoid) return server;
      avoided = server;
    }
    return avoided;
  }

  moved(_server: T): void {}
}
