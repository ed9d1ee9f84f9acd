/** Lists of patterns at work: what the admin socket changes, and the comparisons that follow the changes. */
import type { AclTest, PatternEntryPlan, PatternListPlan, PatternUse } from "../plan.ts";
import type { Sample } from "./context.ts";
import { compileSearch, type MatchKind, type Pattern } from "./match.ts";
import { ownText } from "./own.ts";
import { cast, str } from "./sample.ts";

/** One pattern of a list. */
export interface PatternEntry {
  /** A number of its own in this process, for `#<ref>`. */
  readonly reference: number;
  readonly key: string;
  readonly value: string | null;
  readonly compared: readonly string[];
  readonly version: number;
}

/** The pattern that matched a text, as `get acl` shows it; no entry: the comparison needs none (`-m bool`). */
export interface PatternMatch {
  readonly isMatch: boolean;
  readonly entry: PatternEntry | null;
}

let lastReference = 0;
/** How many entries one step of `fill` takes. */
const filledAtOnce = 64;

/** The patterns of a file or of an ACL line, in versions of which one is in force. */
export class PatternList {
  readonly id: number;
  readonly file: string | null;
  readonly isAcl: boolean;
  readonly isMap: boolean;
  readonly description: string;
  readonly uses: readonly PatternUse[];
  currentVersion = 0;
  /** The highest that `prepare` gave. */
  nextVersion = 0;
  /** Entries by version, each by its reference, in the order in which they came. */
  readonly #versions = new Map<number, Map<number, PatternEntry>>();
  readonly #followers: (() => void)[] = [];

  /** Empty: `fill` puts the plan's entries in. */
  constructor(plan: PatternListPlan) {
    this.id = plan.id;
    this.file = plan.file;
    this.isAcl = plan.isAcl;
    this.isMap = plan.isMap;
    this.description = plan.description;
    this.uses = plan.uses;
  }

  /** Takes the entries of its plan; yields how many it took now and then. */
  *fill(entries: readonly PatternEntryPlan[]): Generator<number, void, undefined> {
    for (const [at, entry] of entries.entries()) {
      this.#append(entryOf(entry, 0));
      if (at % filledAtOnce === filledAtOnce - 1) yield filledAtOnce;
    }
  }

  /** How many are in force. */
  get size(): number {
    return this.#inForce?.size ?? 0;
  }

  get #inForce(): Map<number, PatternEntry> | undefined {
    return this.#versions.get(this.currentVersion);
  }

  /** Those in force. */
  inForce(): Iterable<PatternEntry> {
    return this.#inForce?.values() ?? [];
  }

  /**
   * Those of one version, by default the one in force: as many as there are at first, as far as they are still there when they
   * are come to.
   */
  *entries(version: number = this.currentVersion): Iterable<PatternEntry> {
    const entries = this.#versions.get(version);
    let left = entries?.size ?? 0;
    if (entries === undefined || left === 0) return;
    for (const entry of entries.values()) {
      if (this.#versions.get(version) !== entries) return;
      yield entry;
      left -= 1;
      if (left === 0) return;
    }
  }

  /** Appends; a key may be there several times. */
  add(key: string, value: string | null, version: number = this.currentVersion): void {
    const own = ownText(key);
    this.#append(entryOf({ key: own, value: value === null ? null : ownText(value), compared: [own] }, version));
    if (version === this.currentVersion) this.#changed();
  }

  /** Gives those of the version in force that `isChosen` a value; how many there are. */
  set(isChosen: (entry: PatternEntry) => boolean, value: string): number {
    const own = ownText(value);
    return this.#change(isChosen, (entries, entry) => entries.set(entry.reference, { ...entry, value: own }));
  }

  /** Takes those of the version in force that `isChosen` away; how many there were. */
  remove(isChosen: (entry: PatternEntry) => boolean): number {
    return this.#change(isChosen, (entries, entry) => entries.delete(entry.reference));
  }

  /** Empties one version, by default the one in force. */
  clear(version: number = this.currentVersion): void {
    this.#versions.delete(version);
    if (version === this.currentVersion) this.#changed();
  }

  /** A new, empty version to fill. */
  prepare(): number {
    this.nextVersion += 1;
    return this.nextVersion;
  }

  /** Puts a prepared version in force; older ones are gone. False when the version is older or was never prepared. */
  commit(version: number): boolean {
    if (version <= this.currentVersion || version > this.nextVersion) return false;
    this.currentVersion = version;
    for (const older of this.#versions.keys()) if (older < version) this.#versions.delete(older);
    this.#changed();
    return true;
  }

  /** Calls `changed` whenever the patterns in force are others, as long as the list lives. */
  follow(changed: () => void): void {
    this.#followers.push(changed);
  }

  /** Compares a text as a session's sample would be. */
  find({ match, ignoreCase }: PatternUse, text: string): PatternMatch {
    const sample = sampleFor(match, text);
    if (match === "found" || match === "bool") {
      return { isMatch: match === "bool" && sample?.type === "bool" && sample.value, entry: null };
    }
    const entry = sample && compileSearch(match, patternsOf(this, match), ignoreCase)(sample);
    return { isMatch: entry !== undefined, entry: entry ?? null };
  }

  #append(entry: PatternEntry): void {
    const entries = this.#versions.get(entry.version);
    if (entries === undefined) this.#versions.set(entry.version, new Map([[entry.reference, entry]]));
    else entries.set(entry.reference, entry);
  }

  #change(
    isChosen: (entry: PatternEntry) => boolean,
    change: (entries: Map<number, PatternEntry>, entry: PatternEntry) => void,
  ): number {
    const entries = this.#inForce;
    let count = 0;
    for (const entry of entries?.values() ?? []) {
      if (entries === undefined || !isChosen(entry)) continue;
      count += 1;
      change(entries, entry);
    }
    if (count > 0) this.#changed();
    return count;
  }

  #changed(): void {
    for (const changed of this.#followers) changed();
  }
}

function entryOf(entry: PatternEntryPlan, version: number): PatternEntry {
  lastReference += 1;
  return { reference: lastReference, key: entry.key, value: entry.value, compared: entry.compared, version };
}

function sampleFor(match: AclTest["match"], text: string): Sample | undefined {
  switch (match) {
    case "ip":
      return cast(str(text), "addr");
    case "int":
      return cast(str(text), "sint");
    case "bool":
      return cast(str(text), "bool");
    default:
      return str(text);
  }
}

/** Whether what is compared may be written otherwise than the key: `gt 5`, `10.1.0.0/16`. */
const hasOwnText: ReadonlySet<MatchKind> = new Set(["int", "ver", "len", "ip"]);

/** A list's entries in force as patterns to search. */
export function patternsOf(list: PatternList, match: MatchKind): Pattern<PatternEntry>[] {
  const patterns: Pattern<PatternEntry>[] = [];
  for (const value of list.inForce()) {
    if (!hasOwnText.has(match)) patterns.push({ text: value.key, value });
    else for (const text of value.compared) patterns.push({ text, value });
  }
  return patterns;
}

/** All lists of the plan that runs. A reload reads them anew, as HAProxy's new process does: changes are lost. */
export class Patterns {
  readonly #plans = new Map<PatternListPlan, PatternList>();
  readonly #files = new Map<string, PatternList>();

  /** Takes a plan's lists, in steps; to be called before rules that use them are compiled. */
  *take(plans: readonly PatternListPlan[]): Generator<number, void, undefined> {
    for (const plan of plans) {
      const list = new PatternList(plan);
      yield* list.fill(plan.entries);
      this.#plans.set(plan, list);
      if (list.file !== null) this.#files.set(list.file, list);
      yield 1;
    }
  }

  /** In the order of their numbers. */
  all(): Iterable<PatternList> {
    return this.#plans.values();
  }

  file(name: string): PatternList | undefined {
    return this.#files.get(name);
  }

  /** The lists of an ACL's line, its files' first; null when they are of another plan than the one that runs. */
  of(test: AclTest): readonly PatternList[] | null {
    const own = test.own === null ? undefined : this.#plans.get(test.own);
    const lists = [...test.files.map((file) => this.#files.get(file)), own];
    return lists.every((list) => list !== undefined) ? lists : null;
  }
}

/** A function that is compiled anew, at its next call, after one of the lists has changed. */
export function following<Argument, Result>(
  lists: readonly PatternList[],
  compile: () => (argument: Argument) => Result,
): (argument: Argument) => Result {
  let run = compile();
  const compileFirst = (argument: Argument): Result => {
    run = compile();
    return run(argument);
  };
  for (const list of lists) {
    list.follow(() => {
      run = compileFirst;
    });
  }
  return (argument) => run(argument);
}
