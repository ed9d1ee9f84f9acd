/** Lists of patterns at work: what the admin socket changes, and the comparisons that follow the changes. */
import type { AclTest, PatternEntryPlan, PatternListPlan, PatternUse } from "../../plan/rules/acl.ts";
import { Buckets } from "./buckets.ts";
import { ownText } from "../value/own.ts";
import { openIndex, TextIndex, type IndexKind, type PatternIndex } from "./pattern-index.ts";
import { type Sample, cast, str } from "../value/sample.ts";

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
/** How many entries one step takes that goes through many; a regular expression costs about as much as so many other entries. */
const filledAtOnce = 64;
const regexUnits = 16;

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
  /** The ways in which it is compared. */
  readonly #searches: Search[] = [];

  /** Empty: `fill` puts the plan's entries in. */
  constructor(plan: PatternListPlan) {
    this.id = plan.id;
    this.file = plan.file;
    this.isAcl = plan.isAcl;
    this.isMap = plan.isMap;
    this.description = plan.description;
    this.uses = plan.uses;
    for (const { match, ignoreCase } of plan.uses)
      if (match !== "found" && match !== "bool") this.search(match, ignoreCase);
  }

  /** Takes the entries of its plan; yields how many it took now and then. */
  *fill(entries: readonly PatternEntryPlan[]): Generator<number, void, undefined> {
    const units = this.#searches.some(({ kind }) => kind === "reg") ? regexUnits : 1;
    let done = 0;
    for (const entry of entries) {
      this.#append(entryOf(entry, 0));
      done += units;
      if (done < filledAtOnce) continue;
      yield done;
      done = 0;
    }
  }

  /** How many are in force. */
  get size(): number {
    return this.#inForce?.size ?? 0;
  }

  get #inForce(): PatternVersion | undefined {
    return this.#versions.get(this.currentVersion);
  }

  /** Whether one of those in force says so. */
  has(key: string): boolean {
    for (const _ of this.#inForce?.find({ key }) ?? []) return true;
    return false;
  }

  /** Those in force. */
  inForce(): Iterable<PatternEntry> {
    return this.#inForce?.all.values() ?? [];
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
    if (version === this.currentVersion) this.#switch();
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
    this.#switch();
    return true;
  }

  /** A search of those in force, whichever these are when it is asked. */
  search(kind: IndexKind, ignoreCase: boolean): (sample: Sample) => PatternEntry | undefined {
    const search = this.#searches.find((one) => one.kind === kind && one.ignoreCase === ignoreCase);
    const own = search ?? this.#newSearch(kind, ignoreCase);
    return (sample) => own.index?.find(sample);
  }

  #newSearch(kind: IndexKind, ignoreCase: boolean): Search {
    const search = { kind, ignoreCase, index: null };
    this.#searches.push(search);
    for (const entries of this.#versions.values()) entries.index(search);
    this.#switch();
    return search;
  }

  /** Compares a text as a session's sample would be. */
  find(use: PatternUse, text: string): PatternMatch {
    const { match } = use;
    const sample = sampleFor(match, text);
    if (match === "found" || match === "bool") {
      return { isMatch: match === "bool" && sample?.type === "bool" && sample.value, entry: null };
    }
    const entry = sample && this.search(match, use.ignoreCase)(sample);
    return { isMatch: entry !== undefined, entry: entry ?? null };
  }

  #append(entry: PatternEntry): void {
    let entries = this.#versions.get(entry.version);
    if (entries === undefined) {
      entries = new PatternVersion(this.#searches);
      this.#versions.set(entry.version, entries);
      if (entry.version === this.currentVersion) this.#switch();
    }
    entries.put(entry);
  }

  *#change(
    choice: PatternChoice,
    change: (entries: PatternVersion, entry: PatternEntry) => void,
  ): Generator<number, number, undefined> {
    const entries = this.#inForce;
    if (entries === undefined) return 0;
    let count = 0;
    for (const entry of entries.find(choice)) {
      change(entries, entry);
      count += 1;
      if (count % filledAtOnce === 0) yield filledAtOnce;
    }
    return count;
  }

  /** Lets searches ask the version in force. */
  #switch(): void {
    for (const search of this.#searches) search.index = this.#inForce?.index(search) ?? null;
  }
}

/** One way in which a list is compared, and the index of the version in force; null: there is nothing in it. */
interface Search {
  readonly kind: IndexKind;
  readonly ignoreCase: boolean;
  index: PatternIndex<PatternEntry> | null;
}

/** Entries of one version, in the order in which they came, and their indexes. */
class PatternVersion {
  /** By their references. */
  readonly all = new Map<number, PatternEntry>();
  /** By what they say. */
  readonly #byKey = new Buckets<string, PatternEntry>();
  readonly #indexes = new Map<Search, PatternIndex<PatternEntry>>();

  constructor(searches: readonly Search[]) {
    for (const search of searches) this.index(search);
  }

  get size(): number {
    return this.all.size;
  }

  /** The index for a search; made of what is there already if need be. */
  index(search: Search): PatternIndex<PatternEntry> {
    const { kind, ignoreCase } = search;
    let index = this.#indexes.get(search);
    if (index !== undefined) return index;
    const isByKey = kind === "str" && !ignoreCase;
    index = isByKey ? new TextIndex(this.#byKey, false) : openIndex(kind, ignoreCase);
    if (!isByKey)
      for (const entry of this.all.values()) for (const text of textsOf(entry, kind)) index.put(text, entry);
    this.#indexes.set(search, index);
    return index;
  }

  /** Adds an entry, or puts it in the place of the one with its reference. */
  put(entry: PatternEntry): void {
    for (const [{ kind }, index] of this.#indexes) for (const text of textsOf(entry, kind)) index.put(text, entry);
    this.#byKey.put(entry.key, entry);
    this.all.set(entry.reference, entry);
  }

  remove(entry: PatternEntry): void {
    for (const [{ kind }, index] of this.#indexes) for (const text of textsOf(entry, kind)) index.remove(text, entry);
    this.#byKey.remove(entry.key, entry);
    this.all.delete(entry.reference);
  }

  /** Those that are chosen. */
  find(choice: PatternChoice): Iterable<PatternEntry> {
    if ("key" in choice) return this.#byKey.all(choice.key);
    const one = this.all.get(choice.reference);
    return one === undefined ? [] : [one];
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
const hasOwnText: ReadonlySet<IndexKind> = new Set(["int", "ver", "len", "ip"]);

function textsOf(entry: PatternEntry, kind: IndexKind): readonly string[] {
  return hasOwnText.has(kind) ? entry.compared : [entry.key];
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
