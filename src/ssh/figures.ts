/** What is counted of sessions whose SSH was read, from the start of the process on. */
import type { SshChoice, SshFacts } from "../ssh-facts.ts";
import type { SshChosenKind, SshCounts } from "./public.ts";
import { sshAlgorithmLabel, type SshListKind } from "../wire/ssh/algorithms.ts";
import { sshFamily } from "../wire/ssh/families.ts";
import { type Label, LabelCounts, Labels, otherLabel } from "./label-counts.ts";

/** Frontends that are told apart: reloads may bring ever others. */
const mostFrontends = 4096;

/** Fields of a choice that name an algorithm. */
type ChosenField = Exclude<keyof SshChoice, "isPostQuantum" | "postQuantumOffered" | "isStrict" | "isTerrapin">;

/** As samples name what is chosen. */
const kinds: readonly (readonly [field: ChosenField, kind: SshChosenKind, table: SshListKind])[] = [
  ["keyExchange", "kex", "keyExchange"],
  ["hostKey", "hostkey_alg", "hostKey"],
  ["cipherToServer", "cipher.c2s", "cipher"],
  ["cipherToClient", "cipher.s2c", "cipher"],
  ["macToServer", "mac.c2s", "mac"],
  ["macToClient", "mac.s2c", "mac"],
  ["compressionToServer", "compression.c2s", "compression"],
  ["compressionToClient", "compression.s2c", "compression"],
];

/** Software of one frontend's sessions. */
interface Speakers {
  readonly client: LabelCounts;
  readonly server: LabelCounts;
}

class Chosen {
  readonly counts = new LabelCounts();
  readonly #labels: Labels;

  constructor(
    readonly field: ChosenField,
    readonly kind: SshChosenKind,
    table: SshListKind,
  ) {
    this.#labels = new Labels(
      (name) => sshAlgorithmLabel(table, name),
      (from, to) => this.counts.fold(from, to),
    );
  }

  add(choice: SshChoice): void {
    const name = choice[this.field];
    if (name !== "") this.counts.add(this.#labels.take(name));
  }
}

/** One per process; reloads leave it as it is. Costs well below a microsecond a session whose names are known. */
export class Figures implements SshCounts {
  timeToIdentMs = 0;
  timesToIdent = 0;
  /** Raised where it turns out, which may be before a session has a server. */
  readonly foreign = { client: 0, server: 0 };
  readonly strict = { yes: 0, no: 0 };
  terrapin = 0;
  readonly #postQuantum = { both: { yes: 0, no: 0 }, client: 0, server: 0, none: 0 };
  readonly #frontends = new Map<string, Speakers>();
  readonly #software = new Labels(
    (software) => sshFamily({ software }),
    (from, to) => this.#fold(from, to),
  );
  readonly #chosen = kinds.map(([field, kind, table]) => new Chosen(field, kind, table));

  /** A session is over. */
  note(facts: SshFacts, frontend: string): void {
    const { client, server, choice, timeToIdentMs } = facts;
    if (client.identification !== null || server.identification !== null) {
      const speakers = this.#speakersOf(frontend);
      if (client.identification !== null) speakers.client.add(this.#software.take(client.identification.software));
      if (server.identification !== null) speakers.server.add(this.#software.take(server.identification.software));
    }
    if (timeToIdentMs >= 0) {
      this.timeToIdentMs += timeToIdentMs;
      this.timesToIdent += 1;
    }
    if (choice !== null) this.#noteChoice(choice);
  }

  #noteChoice(choice: SshChoice): void {
    for (const one of this.#chosen) one.add(choice);
    this.strict[choice.isStrict ? "yes" : "no"] += 1;
    if (choice.isTerrapin) this.terrapin += 1;
    const { postQuantumOffered: offered } = choice;
    if (offered === "both") this.#postQuantum.both[choice.isPostQuantum ? "yes" : "no"] += 1;
    else this.#postQuantum[offered] += 1;
  }

  #speakersOf(frontend: string): Speakers {
    const known = this.#frontends.get(frontend);
    if (known !== undefined) return known;
    if (this.#frontends.size >= mostFrontends && frontend !== otherLabel) return this.#speakersOf(otherLabel);
    const speakers = { client: new LabelCounts(), server: new LabelCounts() };
    this.#frontends.set(frontend, speakers);
    return speakers;
  }

  #fold(from: Label, to: Label): void {
    for (const { client, server } of this.#frontends.values()) {
      client.fold(from, to);
      server.fold(from, to);
    }
  }

  *sessions(): ReturnType<SshCounts["sessions"]> {
    for (const [frontend, speakers] of this.#frontends)
      for (const side of ["client", "server"] as const)
        for (const [software, count] of speakers[side].all()) yield { frontend, side, software, count };
  }

  *chosen(): ReturnType<SshCounts["chosen"]> {
    for (const { kind, counts } of this.#chosen)
      for (const [algorithm, count] of counts.all()) yield { kind, algorithm, count };
  }

  get postQuantum(): SshCounts["postQuantum"] {
    const { both, client, server, none } = this.#postQuantum;
    return [
      { offered: "both", chosen: "yes", count: both.yes },
      { offered: "both", chosen: "no", count: both.no },
      { offered: "client", chosen: "no", count: client },
      { offered: "server", chosen: "no", count: server },
      { offered: "none", chosen: "no", count: none },
    ];
  }
}
