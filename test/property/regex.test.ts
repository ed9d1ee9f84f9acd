// Generated expressions: engines agree, and what counts as cheap is cheap, by a count of the steps that a backtracking engine takes.
import { expect, setDefaultTimeout, test } from "bun:test";
import { RE2JSSyntaxException } from "re2js";
import { has } from "../../src/regex/bytes.ts";
import { isCheap, isPeculiar, settle } from "../../src/regex/cost.ts";
import { LinearRegex } from "../../src/regex/linear.ts";
import { NativeRegex } from "../../src/regex/native.ts";
import type { Node } from "../../src/regex/node.ts";
import { RegexError } from "../../src/regex/cursor.ts";
import { parseRegex } from "../../src/regex/parse.ts";
import { NotLinear, writeLinear } from "../../src/regex/write.ts";
import { seededRandom } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("regex");
const atoms = "a|b|c|.|\\w|\\s|[ab]|[^a]|[^b]|[^ab]|[bc]|x|\\n|A|\\.|[[:alpha:]]".split("|");
const places = "^|$|\\b|\\B|\\A|\\Z|\\z".split("|");
const counts = "*|+|?|{2}|{1,3}|*?|+?|??|{2,}|{0,20}|*+|++|{0,2}?".split("|");

/** An expression; `depth`: groups in groups. */
function expression(depth: number): string {
  let text = "";
  for (let count = random.between(1, 4); count > 0; count--) {
    const choice = random.next();
    if (choice < 0.1) text += random.pick(places);
    else text += choice < 0.4 && depth > 0 ? group(depth - 1) : random.pick(atoms);
    if (choice >= 0.1 && random.next() < 0.45) text += random.pick(counts);
  }
  return random.next() < 0.15 ? `${text}|${expression(Math.max(0, depth - 1))}` : text;
}

function group(depth: number): string {
  const inner = expression(depth);
  const kinds = [`(${inner})`, `(?:${inner}|${expression(depth)})`, `(?:${inner})`, `(?>${inner})`, `(?=${inner})`];
  return random.pick([...kinds, `(?!${inner})`, `(?i:${inner})`]);
}

function parsed(): { readonly pattern: string; readonly node: Node } {
  for (;;) {
    const pattern = (random.next() < 0.4 ? "^" : "") + expression(2);
    try {
      return { pattern, node: settle(parseRegex(pattern, random.next() < 0.2)) };
    } catch (error) {
      // A quantifier behind `(?i)` and the like.
      if (!(error instanceof RegexError)) throw error;
    }
  }
}

function subject(): string {
  const letters = "a|b|c|A|B| |\n|x|1|\xe9|.|_|\t".split("|");
  return Array.from({ length: random.between(0, 10) }, () => random.pick(letters)).join("");
}

test("RE2 and the runtime's engine find the same", () => {
  let compared = 0;
  for (let round = 0; round < 600; round++) {
    const { pattern, node } = parsed();
    if (isPeculiar(node, true)) continue;
    const linear = linearOf(node);
    if (linear === null) continue;
    const native = new NativeRegex(node, false);
    for (let count = 0; count < 5; count++) {
      const text = subject();
      expect([pattern, text, linear.exec(text)]).toEqual([pattern, text, native.exec(text)]);
      expect([pattern, text, linear.test(text)]).toEqual([pattern, text, native.test(text)]);
      compared += 1;
    }
  }
  expect(compared).toBeGreaterThan(300);
});

function linearOf(node: Node): LinearRegex | null {
  try {
    return new LinearRegex(writeLinear(node), false);
  } catch (error) {
    // What it cannot express, or what is too large for it.
    if (error instanceof NotLinear || error instanceof RE2JSSyntaxException) return null;
    throw error;
  }
}

/** A backtracking engine as they all are, which counts what it does: each byte, place and choice that it looks at. */
class Backtracker {
  steps = 0;

  constructor(
    private readonly text: string,
    private readonly maxSteps: number,
  ) {}

  /** Whether it is found anywhere; null: not within the steps. */
  search(node: Node): boolean | null {
    try {
      for (let at = 0; at <= this.text.length; at++) if (this.#match(node, at, () => true)) return true;
      return false;
    } catch (error) {
      if (error === tooMany) return null;
      throw error;
    }
  }

  #match(node: Node, at: number, rest: (at: number) => boolean): boolean {
    if (++this.steps > this.maxSteps) throw tooMany;
    switch (node.kind) {
      case "set":
        return at < this.text.length && has(node.set, this.text.charCodeAt(at)) && rest(at + 1);
      case "sequence":
        return this.#sequence(node.items, 0, at, rest);
      case "choice":
        return node.items.some((item) => this.#match(item, at, rest));
      case "group":
        return this.#match(node.item, at, rest);
      case "repeat":
        if (node.mode === "possessive") return this.#once({ ...node, mode: "greedy" }, at, rest);
        return node.item.kind === "set" ? this.#run(node, node.item, at, rest) : this.#repeat(node, 0, at, rest);
      case "place":
        return isAtPlace(this.text, node.place, at) && rest(at);
      case "look":
        return this.#match(node.item, at, () => true) !== node.isNegative && rest(at);
      case "atomic":
        return this.#once(node.item, at, rest);
      default:
        throw new Error(`${node.kind} is not reckoned with`);
    }
  }

  #sequence(items: readonly Node[], index: number, at: number, rest: (at: number) => boolean): boolean {
    const item = items[index];
    if (item === undefined) return rest(at);
    return this.#match(item, at, (next) => this.#sequence(items, index + 1, next, rest));
  }

  #once(item: Node, at: number, rest: (at: number) => boolean): boolean {
    let end = -1;
    this.#match(item, at, (found) => {
      end = found;
      return true;
    });
    return end >= 0 && rest(end);
  }

  /** Without a call for each byte, for the stack's sake. */
  #run(
    node: Node & { kind: "repeat" },
    item: Node & { kind: "set" },
    at: number,
    rest: (at: number) => boolean,
  ): boolean {
    let most = at;
    while (most - at < node.max && most < this.text.length && has(item.set, this.text.charCodeAt(most))) most += 1;
    this.steps += node.mode === "greedy" ? most - at : 0;
    for (let count = 0; count <= most - at - node.min; count++) {
      if (++this.steps > this.maxSteps) throw tooMany;
      if (rest(node.mode === "greedy" ? most - count : at + node.min + count)) return true;
    }
    return false;
  }

  #repeat(node: Node & { kind: "repeat" }, done: number, at: number, rest: (at: number) => boolean): boolean {
    const more = (): boolean =>
      done < node.max &&
      this.#match(node.item, at, (next) => (next > at || done < node.min) && this.#repeat(node, done + 1, next, rest));
    const enough = (): boolean => done >= node.min && rest(at);
    return node.mode === "lazy" ? enough() || more() : more() || enough();
  }
}

const tooMany = Symbol("too many steps");

function isAtPlace(text: string, place: (Node & { kind: "place" })["place"], at: number): boolean {
  const isWord = (index: number): boolean => /\w/.test(text[index] ?? "");
  switch (place) {
    case "start":
      return at === 0;
    case "end":
      return at === text.length || (at === text.length - 1 && text[at] === "\n");
    case "very-end":
      return at === text.length;
    case "word":
      return isWord(at - 1) !== isWord(at);
    case "not-word":
      return isWord(at - 1) === isWord(at);
    default:
      throw new Error(`${place} is not reckoned with`);
  }
}

test("what counts as cheap takes no more steps than are promised, whatever the text", () => {
  const units = "a|b|x|ab|ba|aab|abc|c\n|\n|a\n|xa|cab|aaaaaaab|a ".split("|");
  const length = 400;
  let cheap = 0;
  let dear = 0;
  for (let round = 0; round < 700; round++) {
    const { pattern, node } = parsed();
    if (!isCheap(node, false)) {
      dear += 1;
      continue;
    }
    cheap += 1;
    const native = new NativeRegex(node, false);
    for (let count = 0; count < 4; count++) {
      const text = random.pick(units).repeat(length).slice(0, length) + random.pick(["", "!", "\n!", "b", "\n"]);
      const promised = 256 * text.length + 100_000;
      const engine = new Backtracker(text, promised);
      const found = engine.search(node);
      expect([pattern, text.slice(0, 9), found === null]).toEqual([pattern, text.slice(0, 9), false]);
      if (!isPeculiar(node, false)) expect([pattern, text, found]).toEqual([pattern, text, native.test(text)]);
    }
  }
  expect(Math.min(cheap, dear)).toBeGreaterThan(100);
});
