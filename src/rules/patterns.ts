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
/** How many entries one step takes that goes through many. */
const filledAtOnce = 64;

/** Which entries are meant: by `#<ref>` or by what they say. */
export type PatternChoice = { readonly reference: number } | { readonly key: string };

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
  readonly #versions = new Map<number, PatternVersion>();
  /** Some use compares whole texts as they are: then they are found by an index, whatever changes. */
  readonly #isIndexed: boolean;
  readonly #followers: (() => void)[] = [];
  readonly #searches = new Map<string, (sample: Sample) => PatternEntry | undefined>();

  /** Empty: `fill` puts the plan's entries in. */
  constructor(plan: PatternListPlan) {
    this.id = plan.id;
    this.file = plan.file;
    this.isAcl = plan.isAcl;
    this.isMap = plan.isMap;
    this.description = plan.description;
    this.uses = plan.uses;
    this.#isIndexed = plan.uses.some(({ match, ignoreCase }) => match === "str" && !ignoreCase);
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

  get #inForce(): PatternVersion | undefined {
    return this.#versions.get(this.currentVersion);
  }

  /** Those in force. */
  inForce(): Iterable<PatternEntry> {
    return this.#inForce?.all.values() ?? [];
  }

  /** The first in force that says this; null: there is no index to find it by. */
  first(key: string): PatternEntry | undefined | null {
    return this.#isIndexed ? this.#inForce?.first(key) : null;
  }

  /**
   * Those of one version, by default the one in force: as many as there are at first, as far as they are still there when they
   * are come to.
   */
  *entries(version: number = this.currentVersion): Iterable<PatternEntry> {
    const entries = this.#versions.get(version);
    let left = entries?.size ?? 0;
    if (entries === undefined || left === 0) return;
    for (const entry of entries.all.values()) {
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

  /** Gives those of the version in force that are chosen a value; how many there are. Yields how many it has looked at now and then; to be gone through. */
  set(choice: PatternChoice, value: string): Generator<number, number, undefined> {
    const own = ownText(value);
    return this.#change(choice, (entries, entry) => entries.put({ ...entry, value: own }));
  }

  /** Takes those of the version in force that are chosen away; how many there were. Yields how many it has looked at now and then; to be gone through. */
  remove(choice: PatternChoice): Generator<number, number, undefined> {
    return this.#change(choice, (entries, entry) => entries.remove(entry));
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
  find(use: PatternUse, text: string): PatternMatch {
    const { match } = use;
    const sample = sampleFor(match, text);
    if (match === "found" || match === "bool") {
      return { isMatch: match === "bool" && sample?.type === "bool" && sample.value, entry: null };
    }
    const entry = sample && this.#searchOf(match, use.ignoreCase)(sample);
    return { isMatch: entry !== undefined, entry: entry ?? null };
  }

  /** Kept from one question to the next. */
  #searchOf(
    match: Exclude<PatternUse["match"], "found" | "bool">,
    ignoreCase: boolean,
  ): (sample: Sample) => PatternEntry | undefined {
    const name = `${match} ${ignoreCase}`;
    let search = this.#searches.get(name);
    if (search === undefined) {
      search =
        exactSearch([this], match, ignoreCase) ??
        following([this], () => compileSearch(match, patternsOf(this, match), ignoreCase));
      this.#searches.set(name, search);
    }
    return search;
  }

  #append(entry: PatternEntry): void {
    let entries = this.#versions.get(entry.version);
    if (entries === undefined) this.#versions.set(entry.version, (entries = new PatternVersion(this.#isIndexed)));
    entries.put(entry);
  }

  *#change(
    choice: PatternChoice,
    change: (entries: PatternVersion, entry: PatternEntry) => void,
  ): Generator<number, number, undefined> {
    const entries = this.#inForce;
    if (entries === undefined) return 0;
    const isDirect = "reference" in choice || this.#isIndexed;
    let count = 0;
    let seen = 0;
    for (const entry of isDirect ? entries.find(choice) : this.entries()) {
      if ("reference" in choice || entry.key === choice.key) {
        count += 1;
        change(entries, entry);
      }
      if (++seen % filledAtOnce === 0) yield filledAtOnce;
    }
    if (count > 0) this.#changed();
    return count;
  }

  #changed(): void {
    for (const changed of this.#followers) changed();
  }
}

/** Entries of one version, in the order in which they came. */
class PatternVersion {
  /** By their references. */
  readonly all = new Map<number, PatternEntry>();
  /** By what they say, several by their references; null: not wanted. */
  readonly #byKey: Map<string, PatternEntry | Map<number, PatternEntry>> | null;

  constructor(isIndexed: boolean) {
    this.#byKey = isIndexed ? new Map() : null;
  }

  get size(): number {
    return this.all.size;
  }

  /** Adds an entry, or puts it in the place of the one with its reference. */
  put(entry: PatternEntry): void {
    const { reference, key } = entry;
    this.all.set(reference, entry);
    const same = this.#byKey?.get(key);
    if (same instanceof Map) same.set(reference, entry);
    else if (same === undefined || same.reference === reference) this.#byKey?.set(key, entry);
    else {
      this.#byKey?.set(
        key,
        new Map([
          [same.reference, same],
          [reference, entry],
        ]),
      );
    }
  }

  remove({ reference, key }: PatternEntry): void {
    this.all.delete(reference);
    const same = this.#byKey?.get(key);
    if (same instanceof Map && same.size > 1) same.delete(reference);
    else this.#byKey?.delete(key);
  }

  /** The first that says this, by the index. */
  first(key: string): PatternEntry | undefined {
    const same = this.#byKey?.get(key);
    return same instanceof Map ? same.values().next().value : same;
  }

  /** Those that are chosen, by the index. */
  find(choice: PatternChoice): Iterable<PatternEntry> {
    const one = "key" in choice ? this.#byKey?.get(choice.key) : this.all.get(choice.reference);
    if (one instanceof Map) return one.values();
    return one === undefined ? [] : [one];
  }
}

/** A search for whole texts as they are, by the lists' own index; null for any other. */
export function exactSearch(
  lists: readonly PatternList[],
  match: MatchKind,
  ignoreCase: boolean,
): ((sample: Sample) => PatternEntry | undefined) | null {
  if (match !== "str" || ignoreCase || lists.some((list) => list.first("") === null)) return null;
  return (sample) => {
    const text = sample.type === "str" ? sample : cast(sample, "str");
    if (text?.type !== "str") return undefined;
    for (const list of lists) {
      const entry = list.first(text.value);
      if (entry !== undefined && entry !== null) return entry;
    }
    return undefined;
  };
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
