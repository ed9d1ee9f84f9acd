/** Names that rules ask a `resolvers` section for, once each: `do-resolve`. */
import type { ResolversPlan } from "../../plan/resolvers.ts";
import { isDnsName } from "../../wire/dns.ts";
import type { NameQuestion } from "./name-resolver.ts";
import { askRound, type Questioned } from "./round.ts";

/** Told once: an address, or null where the name has none or nobody said so in time. */
type Answered = (host: string | null) => void;

/** One question on its way, and who waits for the answer. */
interface Asked {
  readonly waiting: Set<Answered>;
  readonly round: AbortController;
}

/** Questions of rules that are on their way. Who asks the same meanwhile gets the same answer; nothing is kept beyond that. */
export class Lookups {
  readonly #asked = new Map<string, Asked>();

  constructor(
    private readonly plan: ResolversPlan,
    private readonly nameservers: readonly Questioned[],
  ) {}

  /** Calls `answered` once, and later; within what `resolve_retries` and `timeout retry` allow. The result gives the question up. */
  ask({ name, prefers }: NameQuestion, answered: Answered): () => void {
    const question = { name: name.toLowerCase(), prefers };
    const key = `${prefers} ${question.name}`;
    const asked = this.#asked.get(key) ?? { waiting: new Set(), round: new AbortController() };
    asked.waiting.add(answered);
    if (!this.#asked.has(key)) {
      this.#asked.set(key, asked);
      void this.#resolve(key, question, asked);
    }
    return () => {
      if (!asked.waiting.delete(answered) || asked.waiting.size > 0) return;
      this.#forget(key, asked);
      asked.round.abort();
    };
  }

  async #resolve(key: string, { name, prefers }: NameQuestion, asked: Asked): Promise<void> {
    const types = prefers === 4 ? (["A", "AAAA"] as const) : (["AAAA", "A"] as const);
    let host: string | null = null;
    if (isDnsName(name)) {
      const { records } = await askRound(this.plan, name, types, asked.round.signal, this.nameservers);
      const first = records.find(({ type }) => type === "A" || type === "AAAA");
      if (first?.type === "A" || first?.type === "AAAA") host = first.host;
    } else await Promise.resolve();
    this.#forget(key, asked);
    for (const answered of asked.waiting) answered(host);
  }

  #forget(key: string, asked: Asked): void {
    if (this.#asked.get(key) === asked) this.#asked.delete(key);
  }

  /** Nobody is asked any more: whoever waits gets no address. */
  stop(): void {
    for (const { round } of this.#asked.values()) round.abort();
  }
}
