/** What every balancing algorithm is: servers in, one server out; no sockets, no clock. */

/** A server as an algorithm sees it. `slot` belongs to the algorithm. */
export interface Candidate {
  /** The position in the backend, from 0; the same order for every equal plan. */
  readonly index: number;
  /** `id`, the basis of consistent hashing. */
  readonly id: number;
  /** Effective weight in sixteenths of the configured one (slow start moves in steps); 0: takes nothing. */
  weight: number;
  /** Connections held plus sessions in its queue. */
  readonly load: number;
  /** Whether a slot is free and nobody waits for it. */
  readonly hasSlot: boolean;
  /** Whether a slot is free or its queue may still grow. */
  readonly hasRoom: boolean;
  /** Whether adding one connection keeps it under hash-balance-factor; see `Backend`. */
  readonly isOverloaded: boolean;
}

/**
 * Chooses among the servers that take sessions now.
 *
 * `update` gets the whole set whenever membership or a weight changed, `pick` is free of allocation. `avoid` is the
 * server that just failed: it is chosen only when nothing else has a slot. Null: all are saturated (or there is none).
 */
export interface Balancer<T extends Candidate = Candidate> {
  update(servers: readonly T[]): void;
  /** `hash`: what the session's key hashes to; null when the algorithm has no key or the session lacks it. */
  pick(hash: number | null, avoid: T | null): T | null;
  /** A connection came or went: leastconn keeps its order by it. */
  moved(server: T): void;
}
