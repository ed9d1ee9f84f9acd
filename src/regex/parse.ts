/** Reads a regular expression as PCRE2 reads HAProxy's: bytes, the C locale, no UTF. */
import {
  allButNewline,
  anything,
  blanks,
  type ByteSet,
  byteSet,
  bytesFrom,
  complement,
  digits,
  lineEnds,
  nothing,
  only,
  posixClasses,
  spaces,
  union,
  withBothCases,
  wordBytes,
} from "./bytes.ts";
import { wordTable } from "../word-table.ts";
import { empty, type Node, widthOf } from "./node.ts";

/** What keeps an expression from being compiled; the message says it without naming the expression. */
export class RegexError extends Error {
  override readonly name = "RegexError";
  /** How far the expression was read. */
  offset = 0;
}

/** Letters that hold: i, m, s and x as everywhere, n (only named groups are groups), U (lazy is greedy, and the other way round). */
type Flags = ReadonlySet<string>;

/** More than anybody nests on purpose, and far less than the stack takes. */
const maxDepth = 250;
/** PCRE2's. */
const maxRepeat = 65_535;

/**
 * Throws a RegexError in PCRE2's words for what is wrong, and for what is not to be had here (recursion, conditions, verbs, `\K`).
 *
 * Without `hasGroups` only named groups are groups, as in HAProxy where nobody asks for what they found: `(a)\1` is an error then.
 */
export function parseRegex(pattern: string, ignoreCase: boolean, hasGroups = true): Node {
  const parser = new Parser(pattern);
  try {
    return parser.parse(new Set((ignoreCase ? "i" : "") + (hasGroups ? "" : "n")));
  } catch (error) {
    if (error instanceof RegexError) error.offset = parser.offset;
    throw error;
  }
}

class Parser {
  #at = 0;
  #depth = 0;
  #groups = 0;
  #inQuote = false;
  /** Whether a quantifier may follow what was read last. */
  #isRepeatable = false;
  readonly #names = new Map<string, number>();
  readonly #references: { readonly name: string | number; readonly end: number }[] = [];

  constructor(private readonly text: string) {}

  get offset(): number {
    return Math.min(this.#at, this.text.length);
  }

  parse(flags: Flags): Node {
    const parsed = this.#choice(flags);
    if (this.#at < this.text.length) throw new RegexError("unmatched closing parenthesis");
    for (const { name, end } of this.#references) {
      const isThere = typeof name === "string" ? this.#names.has(name) : name <= this.#groups;
      if (!isThere) this.#fail("reference to non-existent subpattern", end - 1);
    }
    return this.#names.size > 0 ? this.#named(parsed) : parsed;
  }

  /** Names in references are known once all has been read; until then their number is their place in the list, below 0. */
  #named(node: Node): Node {
    if (node.kind === "reference" && node.index < 0) {
      const name = this.#references[-node.index - 1]?.name ?? "";
      return { ...node, index: typeof name === "string" ? (this.#names.get(name) ?? 0) : name };
    }
    if ("items" in node) return { ...node, items: node.items.map((item) => this.#named(item)) };
    return "item" in node ? { ...node, item: this.#named(node.item) } : node;
  }

  #fail(message: string, offset: number): never {
    this.#at = offset;
    throw new RegexError(message);
  }

  #take(text: string): boolean {
    if (!this.text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** What the sticky pattern finds here; null: nothing. */
  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found !== null) this.#at = pattern.lastIndex;
    return found;
  }

  #choice(flags: Flags): Node {
    if (++this.#depth > maxDepth) throw new RegexError("parentheses are too deeply nested");
    let present = flags;
    const choices: Node[] = [];
    let items: Node[] = [];
    this.#isRepeatable = false;
    while (this.#at < this.text.length) {
      if (!this.#inQuote && this.#take("|")) {
        choices.push(sequenceOf(items));
        items = [];
        this.#isRepeatable = false;
      } else if (!this.#inQuote && this.text[this.#at] === ")") break;
      else {
        const next = this.#item(present, items);
        if (next !== null) present = next;
      }
    }
    this.#depth -= 1;
    choices.push(sequenceOf(items));
    return choices.length === 1 ? (choices[0] as Node) : { kind: "choice", items: choices };
  }

  /** Reads one item or quantifier into `items`; flags that hold from here on, or null. */
  #item(flags: Flags, items: Node[]): Flags | null {
    if (this.#inQuote) {
      if (this.#take("\\E")) this.#inQuote = false;
      else items.push(this.#literal(this.text.charCodeAt(this.#at++), flags));
      this.#isRepeatable = true;
      return null;
    }
    if (this.#take("\\E")) return null;
    if (this.#take("\\Q")) {
      this.#inQuote = true;
      return null;
    }
    if (flags.has("x") && this.#match(/[ \t\n\v\f\r]+|#[^\n]*\n?/y) !== null) return null;
    if (this.#match(/\(\?#[^)]*\)/y) !== null) return null;
    const setting = this.#match(/\(\?(\^?[imsxnUJ]*)(?:-([imsxnUJ]*))?\)/y);
    if (setting !== null) {
      this.#isRepeatable = false;
      return changed(flags, setting[1], setting[2]);
    }
    const quantifier = this.#match(/(?:[*+?]|\{([0-9]+)(,?)([0-9]*)\})(?:\+|\?)?/y);
    const item = quantifier !== null && this.#isRepeatable ? items.pop() : undefined;
    if (quantifier === null) {
      const isGroup = this.text[this.#at] === "(";
      const atom = this.#atom(flags);
      this.#isRepeatable = isGroup || atom.kind !== "place";
      items.push(atom);
      return null;
    }
    if (item === undefined) {
      // PCRE2 points at its last character, without what follows it.
      const suffix = quantifier[0].length - quantifier[0].replace(/(?<=.)[+?]$/, "").length;
      this.#fail("quantifier does not follow a repeatable item", this.#at - suffix - 1);
    }
    this.#isRepeatable = false;
    const wrong = countComplaint(quantifier);
    if (wrong !== null) this.#fail(wrong, this.#at - 1);
    items.push(repeated(item, quantifier, flags.has("U")));
    return null;
  }

  #literal(byte: number, flags: Flags): Node {
    if (byte > 0xff) throw new RegexError("character code point value in \\x{} or \\o{} is too large");
    return { kind: "set", set: flags.has("i") ? withBothCases(only(byte)) : only(byte) };
  }

  #atom(flags: Flags): Node {
    const character = this.text[this.#at++] as string;
    switch (character) {
      case "(":
        return this.#group(flags);
      case "[":
        return this.#class(flags);
      case ".":
        return { kind: "set", set: flags.has("s") ? anything : allButNewline };
      case "^":
        return { kind: "place", place: flags.has("m") ? "line-start" : "start" };
      case "$":
        return { kind: "place", place: flags.has("m") ? "line-end" : "end" };
      case "\\":
        return this.#escape(flags);
      default:
        return this.#literal(character.charCodeAt(0), flags);
    }
  }

  /** Behind the `(`. */
  #group(flags: Flags): Node {
    if (this.text[this.#at] === "*") throw new RegexError("verbs are not supported here");
    if (!this.#take("?")) return flags.has("n") ? this.#closed(flags) : this.#capture(flags, null);
    const named = this.#match(/P?<([A-Za-z_][A-Za-z0-9_]*)>|'([A-Za-z_][A-Za-z0-9_]*)'/y);
    if (named !== null) return this.#capture(flags, named[1] ?? named[2] ?? "");
    const back = this.#match(/P=([A-Za-z_][A-Za-z0-9_]*)\)/y);
    if (back !== null) return this.#reference(back[1] ?? "", flags);
    const look = this.#match(/(<?)([=!])/y);
    if (look !== null) {
      const start = this.#at - look[0].length - 2;
      const item = this.#closed(flags);
      if (look[1] !== "" && isVarying(item)) this.#fail("lookbehind assertion is not fixed length", start);
      return { kind: "look", item, isAhead: look[1] === "", isNegative: look[2] === "!" };
    }
    if (this.#take(">")) return { kind: "atomic", item: this.#closed(flags) };
    const inner = this.#match(/(\^?[imsxnUJ]*)(?:-([imsxnUJ]*))?:/y);
    if (inner !== null) return this.#closed(changed(flags, inner[1], inner[2]));
    if (this.#match(/[R0-9&+(|C-]|P>/y) !== null) {
      throw new RegexError("recursion, conditions, branch resets and callouts are not supported here");
    }
    if (this.#match(/\^?[imsxnUJ-]*$/y) !== null) throw new RegexError("missing closing parenthesis");
    throw new RegexError("unrecognized character after (? or (?-");
  }

  #capture(flags: Flags, name: string | null): Node {
    const index = ++this.#groups;
    if (name !== null) {
      if (this.#names.has(name))
        throw new RegexError("two named subpatterns have the same name (PCRE2_DUPNAMES not set)");
      this.#names.set(name, index);
    }
    return { kind: "group", index, item: this.#closed(flags) };
  }

  #closed(flags: Flags): Node {
    const node = this.#choice(flags);
    if (!this.#take(")")) throw new RegexError("missing closing parenthesis");
    return node;
  }

  #reference(name: string | number, flags: Flags): Node {
    const place = this.#references.push({ name, end: this.#at });
    return { kind: "reference", index: typeof name === "number" ? name : -place, ignoreCase: flags.has("i") };
  }

  /** Behind the `\`. */
  #escape(flags: Flags): Node {
    const letter = this.text[this.#at];
    if (letter === undefined) throw new RegexError("\\ at end of pattern");
    const back = this.#match(/g\{?([1-9][0-9]*)\}?|[gk](?:\{(\w+)\}|<(\w+)>|'(\w+)')|([1-9])(?![0-9])/y);
    if (back !== null) {
      const number = back[1] ?? back[5];
      const name = back[2] ?? back[3] ?? back[4] ?? "";
      return this.#reference(number === undefined ? name : Number(number), flags);
    }
    const many = /[1-9][0-9]+/y;
    many.lastIndex = this.#at;
    const number = many.exec(this.text)?.[0];
    // More than nine and not so many groups so far: an octal number.
    if (number !== undefined && (Number(number) <= this.#groups || /^[89]/.test(number))) {
      this.#at += number.length;
      return this.#reference(Number(number), flags);
    }
    const place = places.get(letter);
    if (place !== undefined) {
      this.#at += 1;
      return { kind: "place", place };
    }
    if (this.#take("R")) return anyLineEnd;
    if (this.#take("N")) return { kind: "set", set: allButNewline };
    if (this.#take("C")) return { kind: "set", set: anything };
    const set = this.#escapedSet();
    return set === null ? this.#literal(this.#escapedByte(), flags) : { kind: "set", set };
  }

  /** `\d` and its like, in classes and outside. */
  #escapedSet(): ByteSet | null {
    const property = this.#match(/([pP])(?:([A-Z])|\{(\^?)(\w+)\})/y);
    if (property !== null) return propertySet(property);
    const letter = this.text[this.#at] ?? "";
    const set = classLetters.get(letter.toLowerCase());
    if (set === undefined) return null;
    this.#at += 1;
    return letter === letter.toLowerCase() ? set : complement(set);
  }

  /** Of an escape that stands for one byte. */
  #escapedByte(): number {
    const hex = this.#match(/x(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{0,2}))/y);
    if (hex !== null) return Number.parseInt(hex[1] ?? `0${hex[2] ?? ""}`, 16);
    const octal = this.#match(/o\{([0-7]+)\}|([0-7]{1,3})/y);
    if (octal !== null) return Number.parseInt(octal[1] ?? octal[2] ?? "0", 8);
    const control = this.#match(/c([ -~])/y);
    if (control !== null) return (control[1] as string).toUpperCase().charCodeAt(0) ^ 0x40;
    const letter = this.text[this.#at++] ?? "";
    const code = controls.get(letter);
    if (code !== undefined) return code;
    if (letter === "p" || letter === "P") throw new RegexError("malformed \\P or \\p sequence");
    if (letter === "c") throw new RegexError("\\c at end of pattern");
    if (letter === "K" || letter === "X") throw new RegexError(`\\${letter} is not supported here`);
    if (/[a-zA-Z0-9]/.test(letter)) this.#fail("unrecognized character follows \\", this.#at - 1);
    return letter.charCodeAt(0);
  }

  /** Behind the `[`. */
  #class(flags: Flags): Node {
    const isNegative = this.#take("^");
    let set = nothing;
    let isFirst = true;
    let isQuoted = false;
    for (; ; isFirst = false) {
      if (this.#at >= this.text.length) throw new RegexError("missing terminating ] for character class");
      if (isQuoted && this.#take("\\E")) isQuoted = false;
      else if (!isQuoted && this.#take("\\Q")) isQuoted = true;
      else if (!isQuoted && this.#take("\\E")) continue;
      else if (!isQuoted && !isFirst && this.#take("]")) break;
      else set = union(set, this.#member(isQuoted));
    }
    if (flags.has("i")) set = withBothCases(set);
    return { kind: "set", set: isNegative ? complement(set) : set };
  }

  /** One byte, a range, an escape or a POSIX class. */
  #member(isQuoted: boolean): ByteSet {
    if (isQuoted) return only(this.#classByte(true));
    const posix = this.#match(/\[:(\^?)([a-z]*):\]/y);
    if (posix !== null) {
      const found = posixClasses.get(posix[2] ?? "");
      if (found === undefined) this.#fail("unknown POSIX class name", this.#at - posix[0].length + 2);
      return this.#withoutRange(posix[1] === "" ? found : complement(found));
    }
    if (this.#match(/\[[.=][^\]]*[.=]\]/y) !== null) throw new RegexError("POSIX collating elements are not supported");
    const set = this.#classSet();
    if (set !== null) return this.#withoutRange(set);
    const first = this.#classByte(false);
    const next = this.text[this.#at + 1];
    if (this.text[this.#at] !== "-" || next === undefined || next === "]") return only(first);
    this.#at += 1;
    if (this.#match(/\[:\^?[a-z]*:\]/y) !== null || this.#classSet() !== null) throw new RegexError(invalidRange);
    const last = this.#classByte(false);
    if (last < first) this.#fail("range out of order in character class", this.#at - 1);
    return bytesFrom(first, last);
  }

  /** No range begins with a set. */
  #withoutRange(set: ByteSet): ByteSet {
    const next = this.text[this.#at + 1];
    if (this.text[this.#at] === "-" && next !== undefined && next !== "]") throw new RegexError(invalidRange);
    return set;
  }

  #classSet(): ByteSet | null {
    const before = this.#at;
    if (!this.#take("\\")) return null;
    if (this.#match(/[BRX]/y) !== null) this.#fail("escape sequence is invalid in character class", this.#at - 1);
    const set = this.#escapedSet();
    if (set === null) this.#at = before;
    return set;
  }

  #classByte(isQuoted: boolean): number {
    if (isQuoted || !this.#take("\\")) {
      const byte = this.text.charCodeAt(this.#at++);
      if (byte > 0xff) throw new RegexError("character code point value in \\x{} or \\o{} is too large");
      return byte;
    }
    if (this.#at >= this.text.length) throw new RegexError("missing terminating ] for character class");
    return this.#take("b") ? 8 : this.#escapedByte();
  }
}

const places = wordTable<(Node & { kind: "place" })["place"]>({
  A: "start",
  G: "start",
  Z: "end",
  z: "very-end",
  b: "word",
  B: "not-word",
});

const controls = wordTable({ a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 });

const invalidRange = "invalid range in character class";

/** Of a byte as the character of that number. */
function propertySet([, letter, short, not, long]: RegExpExecArray): ByteSet {
  let pattern: RegExp;
  try {
    pattern = new RegExp(`\\p{${short ?? long ?? ""}}`, "u");
  } catch {
    throw new RegexError("unknown property name after \\P or \\p");
  }
  const set = byteSet((byte) => pattern.test(String.fromCharCode(byte)));
  return (letter === "P") !== (not === "^") ? complement(set) : set;
}

const classLetters: ReadonlyMap<string, ByteSet> = new Map([
  ["d", digits],
  ["w", wordBytes],
  ["s", spaces],
  ["h", blanks],
  ["v", lineEnds],
]);

const anyLineEnd: Node = {
  kind: "atomic",
  item: {
    kind: "choice",
    items: [
      {
        kind: "sequence",
        items: [
          { kind: "set", set: only(13) },
          { kind: "set", set: only(10) },
        ],
      },
      { kind: "set", set: lineEnds },
    ],
  },
};

function sequenceOf(items: readonly Node[]): Node {
  if (items.length === 0) return empty;
  return items.length === 1 ? (items[0] as Node) : { kind: "sequence", items };
}

function changed(flags: Flags, on = "", off = ""): Flags {
  const isReset = on.startsWith("^");
  const present = new Set(isReset ? [...flags].filter((letter) => letter === "U") : flags);
  for (const letter of on.replace("^", "")) present.add(letter);
  for (const letter of off) present.delete(letter);
  return present;
}

function countComplaint([, least, , most]: RegExpExecArray): string | null {
  const counts = [least, most].filter((one) => one !== undefined && one !== "").map(Number);
  if (counts.some((one) => one > maxRepeat)) return "number too big in {} quantifier";
  return counts[0]! > counts[1]! ? "numbers out of order in {} quantifier" : null;
}

function repeated(item: Node, quantifier: RegExpExecArray, isUngreedy: boolean): Node {
  const [text, least, comma, most] = quantifier;
  const kind = text[0];
  const min = least === undefined ? (kind === "+" ? 1 : 0) : Number(least);
  let max = kind === "?" ? 1 : Number.POSITIVE_INFINITY;
  if (least !== undefined) max = comma === "" ? min : most === "" || most === undefined ? max : Number(most);
  const suffix = least === undefined ? text[1] : /\}(.)$/.exec(text)?.[1];
  const isLazy = (suffix === "?") !== isUngreedy;
  const mode = suffix === "+" ? "possessive" : isLazy ? "lazy" : "greedy";
  return { kind: "repeat", item, min, max, mode };
}

/** Each choice of a lookbehind has a width of its own. */
function isVarying(node: Node): boolean {
  const choices = node.kind === "choice" ? node.items : [node];
  return choices.some((one) => widthOf(one).min !== widthOf(one).max);
}
