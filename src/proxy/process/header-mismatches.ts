/** What is set wrongly about PROXY headers on one side of a connection: counted by place, and told of each at most once a minute. */
import { clockMs } from "../../clock.ts";

/**
 * How it shows. `refused`: a server takes its header for a line of SSH; `ended`: a server ends sessions behind its header, before keys
 * are exchanged; `silent`: one that gets no header says nothing; `unexpected`: clients send one where none is asked for; `missing`:
 * they send none where one is.
 */
export type HeaderMismatch = "refused" | "ended" | "silent" | "unexpected" | "missing";

/** One mismatch at one server (of a backend) or bind line (of a frontend). */
export interface CountedMismatch {
  readonly side: "server" | "listener";
  readonly proxy: string;
  readonly name: string;
  readonly mismatch: HeaderMismatch;
  readonly count: number;
}

/** A server or a bind line. */
interface Place extends Pick<CountedMismatch, "side" | "proxy" | "name"> {
  readonly counts: Map<HeaderMismatch, number>;
  toldAt: number;
}

const pauseMs = 60_000;
/** Names come from the configuration and from operators, who may give many in the course of time: the oldest go. */
const mostPlaces = 1024;

/** One per process: reloads do not begin anew. */
export class HeaderMismatches {
  readonly #places = new Map<string, Place>();

  /** Counts one; whether it is to be told. */
  note(side: CountedMismatch["side"], proxy: string, name: string, mismatch: HeaderMismatch): boolean {
    const now = clockMs();
    const place = this.#place(side, proxy, name);
    place.counts.set(mismatch, (place.counts.get(mismatch) ?? 0) + 1);
    if (now - place.toldAt < pauseMs) return false;
    place.toldAt = now;
    return true;
  }

  #place(side: CountedMismatch["side"], proxy: string, name: string): Place {
    const key = `${side} ${proxy}/${name}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      if (this.#places.size >= mostPlaces) this.#places.delete([...this.#places.keys()][0] ?? "");
      this.#places.set(key, (place = { side, proxy, name, counts: new Map(), toldAt: -Infinity }));
    }
    return place;
  }

  /** Since the start of the process. */
  *all(): Iterable<CountedMismatch> {
    for (const { side, proxy, name, counts } of this.#places.values()) {
      for (const [mismatch, count] of counts) yield { side, proxy, name, mismatch, count };
    }
  }
}
