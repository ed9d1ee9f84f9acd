/** Servers that turn sessions down before they say who they are: counted by server and reason, and told of each at most once a minute. */
import { clockMs } from "../../clock.ts";
import type { ServerRefusal } from "../../ssh-facts.ts";

/** How often one server has done so for one reason. */
export interface CountedRefusal {
  readonly backend: string;
  readonly server: string;
  readonly refusal: ServerRefusal;
  readonly count: number;
}

interface Place extends Pick<CountedRefusal, "backend" | "server"> {
  readonly counts: Map<ServerRefusal, number>;
  toldAt: number;
}

const pauseMs = 60_000;
/** Names come from the configuration and from operators, who may give many in the course of time: the oldest go. */
const mostPlaces = 1024;

/** One per process: reloads do not begin anew. */
export class ServerRefusals {
  readonly #places = new Map<string, Place>();

  /** Counts one; whether it is to be told. */
  note(backend: string, server: string, refusal: ServerRefusal): boolean {
    const now = clockMs();
    const place = this.#place(backend, server);
    place.counts.set(refusal, (place.counts.get(refusal) ?? 0) + 1);
    if (now - place.toldAt < pauseMs) return false;
    place.toldAt = now;
    return true;
  }

  #place(backend: string, server: string): Place {
    const key = `${backend}/${server}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      if (this.#places.size >= mostPlaces) this.#places.delete([...this.#places.keys()][0] ?? "");
      this.#places.set(key, (place = { backend, server, counts: new Map(), toldAt: -Infinity }));
    }
    return place;
  }

  /** Since the start of the process. */
  *all(): Iterable<CountedRefusal> {
    for (const { backend, server, counts } of this.#places.values())
      for (const [refusal, count] of counts) yield { backend, server, refusal, count };
  }
}

/** What a refusal means, and what may be done about it. */
const words: Readonly<Record<ServerRefusal, string>> = {
  full: "it has as many connections as it takes that have not logged in yet (Exceeded MaxStartups): raise MaxStartups there",
  "not-allowed":
    "it takes no connections from this machine for now (Not allowed at this time), as sshd says of too many and of penalties: raise MaxStartups there, and name this machine in PerSourcePenaltyExemptList",
  closed: "it closes connections before it says who it is",
};

/** What is told of a server in the log and on the status page. */
export function refusalWords(refusal: ServerRefusal): string {
  return `turns sessions down: ${words[refusal]}`;
}
