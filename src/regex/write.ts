/** Writes an expression as JavaScript's engine reads it, or as RE2 does, which lacks look-around, references and atomic groups. */
import { anything, type ByteSet, complement, runsOf } from "./bytes.ts";
import { includes, type Node } from "./node.ts";

/** An expression written anew; `groups[n]` is the number there of the group that the operator counts as `n`. */
export interface WrittenRegex {
  readonly source: string;
  readonly groups: readonly number[];
}

/** As WrittenRegex; `ends`: groups that took the newline which `$` only looks at, so that it is no part of what was found. */
export interface WrittenLinear extends WrittenRegex {
  readonly ends: readonly number[];
}

/** For `new RegExp(source)`, over one character per byte. Flag `i` where `needsIgnoreCase` says so. */
export function writeNative(node: Node): WrittenRegex {
  const groups = [0];
  // References may come before what they refer to.
  number(node, groups, { last: 0 });
  const source = native(node, groups, { last: 0 });
  return { source, groups };
}

/** Letters are written in both cases, all but those that a reference repeats. */
export function needsIgnoreCase(node: Node): boolean {
  return includes(node, (one) => one.kind === "reference" && one.ignoreCase);
}

interface Counter {
  last: number;
}

/** Numbers groups as `native` writes them: what is atomic is written with one of its own. */
function number(node: Node, groups: number[], counter: Counter): void {
  const isAtomic = node.kind === "atomic" || (node.kind === "repeat" && node.mode === "possessive");
  if (isAtomic || node.kind === "group") counter.last += 1;
  if (node.kind === "group") groups[node.index] = counter.last;
  if ("items" in node) for (const item of node.items) number(item, groups, counter);
  else if ("item" in node) number(node.item, groups, counter);
}

function native(node: Node, groups: readonly number[], counter: Counter): string {
  switch (node.kind) {
    case "set":
      return setText(node.set, "[^]");
    case "sequence":
      return node.items.map((item) => inSequence(item, native(item, groups, counter))).join("");
    case "choice":
      return node.items.map((item) => native(item, groups, counter)).join("|");
    case "repeat":
      if (node.mode === "possessive") {
        return native({ kind: "atomic", item: { ...node, mode: "greedy" } }, groups, counter);
      }
      return repeatText(node, native(node.item, groups, counter));
    case "group":
      counter.last += 1;
      return `(${native(node.item, groups, counter)})`;
    case "atomic": {
      // What a look ahead has found is not looked for again, and the reference takes it.
      const own = ++counter.last;
      return `(?:(?=(${native(node.item, groups, counter)}))\\${own})`;
    }
    case "look": {
      const direction = node.isAhead ? "" : "<";
      return `(?${direction}${node.isNegative ? "!" : "="}${native(node.item, groups, counter)})`;
    }
    case "reference":
      return `(?:\\${groups[node.index] ?? 0})`;
    case "place":
      return nativePlaces[node.place];
  }
}

const nativePlaces = {
  start: "^",
  end: "(?=\\n?$)",
  "very-end": "$",
  word: "\\b",
  "not-word": "\\B",
  "line-start": "(?:^|(?<=\\n)(?!$))",
  "line-end": "(?=\\n|$)",
} as const;

/** Why RE2 cannot be told: the reason in the operator's terms. */
export class NotLinear extends Error {
  override readonly name = "NotLinear";
}

/** For RE2. Throws NotLinear. */
export function writeLinear(node: Node): WrittenLinear {
  const writer = new LinearWriter();
  const source = writer.write(node, true);
  return { source, groups: writer.groups, ends: writer.ends };
}

class LinearWriter {
  readonly groups: number[] = [0];
  readonly ends: number[] = [];
  #last = 0;

  /** `isLast`: nothing that takes bytes can follow. */
  write(node: Node, isLast: boolean): string {
    switch (node.kind) {
      case "set":
        return setText(node.set, "(?s:.)");
      case "sequence":
        return node.items
          .map((item, index) => inSequence(item, this.write(item, isLast && index === node.items.length - 1)))
          .join("");
      case "choice":
        return node.items.map((item) => this.write(item, isLast)).join("|");
      case "repeat":
        if (node.mode === "possessive") throw new NotLinear("possessive quantifiers");
        return repeatText(node, this.write(node.item, isLast && node.max <= 1));
      case "group":
        this.groups[node.index] = ++this.#last;
        return `(${this.write(node.item, isLast)})`;
      case "atomic":
        throw new NotLinear("atomic groups");
      case "look":
        throw new NotLinear(node.isAhead ? "look-ahead" : "look-behind");
      case "reference":
        throw new NotLinear("references to groups");
      case "place":
        return this.#place(node.place, isLast);
    }
  }

  #place(place: (Node & { kind: "place" })["place"], isLast: boolean): string {
    switch (place) {
      case "start":
        return "\\A";
      case "very-end":
        return "\\z";
      case "word":
        return "\\b";
      case "not-word":
        return "\\B";
      case "end":
        if (!isLast) throw new NotLinear("'$' before other things");
        this.ends.push(++this.#last);
        return "(?:(\\n?)\\z)";
      default:
        throw new NotLinear("anchors of lines");
    }
  }
}

/** A choice beside other items needs brackets. */
function inSequence(item: Node, text: string): string {
  return item.kind === "choice" ? `(?:${text})` : text;
}

function repeatText({ item, min, max, mode }: Node & { kind: "repeat" }, text: string): string {
  const isAtom = item.kind === "set" || item.kind === "group";
  const lazy = mode === "lazy" ? "?" : "";
  return `${isAtom ? text : `(?:${text})`}${countText(min, max)}${lazy}`;
}

function countText(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === 0 && max === 1) return "?";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function setText(set: ByteSet, all: string): string {
  const runs = runsOf(set);
  const [only] = runs;
  if (runs.length === 1 && only !== undefined) {
    if (only[1] - only[0] === 255) return all;
    if (only[0] === only[1]) return byteText(only[0]);
  }
  // One that takes nothing: what is not any byte.
  if (only === undefined) return setComplementText(anything);
  const others = runs.length < 2 ? runs : runsOf(complement(set));
  return others.length < runs.length ? classText("^", others) : classText("", runs);
}

function setComplementText(set: ByteSet): string {
  return classText("^", runsOf(set));
}

function classText(sign: string, runs: readonly (readonly [number, number])[]): string {
  return `[${sign}${runs.map(runText).join("")}]`;
}

function runText([first, last]: readonly [number, number]): string {
  return first === last ? byteText(first) : `${byteText(first)}-${byteText(last)}`;
}

function byteText(byte: number): string {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9 _/,:;@~=!<>"'%&#]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, "0")}`;
}
