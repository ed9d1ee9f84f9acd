/** Reads a regular expression as PCRE2 reads HAProxy's: bytes, the C locale, no UTF. */
import { allButNewline, anything, lineEnds, only, withBothCases } from "./bytes.ts";
import { Cursor, RegexError } from "./cursor.ts";
import { classSet, escapedByte, escapedSet } from "./escapes.ts";
import { countComplaint, repeated } from "./quantifier.ts";
import { wordTable } from "../word-table.ts";
import { empty, type Node, widthOf } from "./node.ts";

/** Letters that hold: i, m, s and x as everywhere, n (only named groups are groups), U (lazy is greedy, and the other way round). */
type Flags = ReadonlySet<string>;

/** More than anybody nests on purpose, and far less than the stack takes. */
const maxDepth = 250;
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
  readonly #in: Cursor;
  #depth = 0;
  #groups = 0;
  #inQuote = false;
  /** Whether a quantifier may follow what was read last. */
  #isRepeatable = false;
  readonly #names = new Map<string, number>();
  readonly #references: { readonly name: string | number; readonly end: number }[] = [];

  constructor(text: string) {
    this.#in = new Cursor(text);
  }

  get offset(): number {
    return this.#in.offset;
  }

  parse(flags: Flags): Node {
    const parsed = this.#choice(flags);
    if (this.#in.at < this.#in.text.length) throw new RegexError("unmatched closing parenthesis");
    for (const { name, end } of this.#references) {
      const isThere = typeof name === "string" ? this.#names.has(name) : name <= this.#groups;
      if (!isThere) this.#in.fail("reference to non-existent subpattern", end - 1);
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

  #choice(flags: Flags): Node {
    if (++this.#depth > maxDepth) throw new RegexError("parentheses are too deeply nested");
    let present = flags;
    const choices: Node[] = [];
    let items: Node[] = [];
    this.#isRepeatable = false;
    while (this.#in.at < this.#in.text.length) {
      if (!this.#inQuote && this.#in.take("|")) {
        choices.push(sequenceOf(items));
        items = [];
        this.#isRepeatable = false;
      } else if (!this.#inQuote && this.#in.text[this.#in.at] === ")") break;
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
      if (this.#in.take("\\E")) this.#inQuote = false;
      else items.push(this.#literal(this.#in.text.charCodeAt(this.#in.at++), flags));
      this.#isRepeatable = true;
      return null;
    }
    if (this.#in.take("\\E")) return null;
    if (this.#in.take("\\Q")) {
      this.#inQuote = true;
      return null;
    }
    if (flags.has("x") && this.#in.match(/[ \t\n\v\f\r]+|#[^\n]*\n?/y) !== null) return null;
    if (this.#in.match(/\(\?#[^)]*\)/y) !== null) return null;
    const setting = this.#in.match(/\(\?(\^?[imsxnUJ]*)(?:-([imsxnUJ]*))?\)/y);
    if (setting !== null) {
      this.#isRepeatable = false;
      return changed(flags, setting[1], setting[2]);
    }
    const quantifier = this.#in.match(/(?:[*+?]|\{([0-9]+)(,?)([0-9]*)\})(?:\+|\?)?/y);
    const item = quantifier !== null && this.#isRepeatable ? items.pop() : undefined;
    if (quantifier === null) {
      const isGroup = this.#in.text[this.#in.at] === "(";
      const atom = this.#atom(flags);
      this.#isRepeatable = isGroup || atom.kind !== "place";
      items.push(atom);
      return null;
    }
    if (item === undefined) {
      // PCRE2 points at its last character, without what follows it.
      const suffix = quantifier[0].length - quantifier[0].replace(/(?<=.)[+?]$/, "").length;
      this.#in.fail("quantifier does not follow a repeatable item", this.#in.at - suffix - 1);
    }
    this.#isRepeatable = false;
    const wrong = countComplaint(quantifier);
    if (wrong !== null) this.#in.fail(wrong, this.#in.at - 1);
    items.push(repeated(item, quantifier, flags.has("U")));
    return null;
  }

  #literal(byte: number, flags: Flags): Node {
    if (byte > 0xff) throw new RegexError("character code point value in \\x{} or \\o{} is too large");
    return { kind: "set", set: flags.has("i") ? withBothCases(only(byte)) : only(byte) };
  }

  #atom(flags: Flags): Node {
    const character = this.#in.text[this.#in.at++] as string;
    switch (character) {
      case "(":
        return this.#group(flags);
      case "[":
        return { kind: "set", set: classSet(this.#in, flags.has("i")) };
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
    if (this.#in.text[this.#in.at] === "*") throw new RegexError("verbs are not supported here");
    if (!this.#in.take("?")) return flags.has("n") ? this.#closed(flags) : this.#capture(flags, null);
    const named = this.#in.match(/P?<([A-Za-z_][A-Za-z0-9_]*)>|'([A-Za-z_][A-Za-z0-9_]*)'/y);
    if (named !== null) return this.#capture(flags, named[1] ?? named[2] ?? "");
    const back = this.#in.match(/P=([A-Za-z_][A-Za-z0-9_]*)\)/y);
    if (back !== null) return this.#reference(back[1] ?? "", flags);
    const look = this.#in.match(/(<?)([=!])/y);
    if (look !== null) {
      const start = this.#in.at - look[0].length - 2;
      const item = this.#closed(flags);
      if (look[1] !== "" && isVarying(item)) this.#in.fail("lookbehind assertion is not fixed length", start);
      return { kind: "look", item, isAhead: look[1] === "", isNegative: look[2] === "!" };
    }
    if (this.#in.take(">")) return { kind: "atomic", item: this.#closed(flags) };
    const inner = this.#in.match(/(\^?[imsxnUJ]*)(?:-([imsxnUJ]*))?:/y);
    if (inner !== null) return this.#closed(changed(flags, inner[1], inner[2]));
    if (this.#in.match(/[R0-9&+(|C-]|P>/y) !== null) {
      throw new RegexError("recursion, conditions, branch resets and callouts are not supported here");
    }
    if (this.#in.match(/\^?[imsxnUJ-]*$/y) !== null) throw new RegexError("missing closing parenthesis");
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
    if (!this.#in.take(")")) throw new RegexError("missing closing parenthesis");
    return node;
  }

  #reference(name: string | number, flags: Flags): Node {
    const place = this.#references.push({ name, end: this.#in.at });
    return { kind: "reference", index: typeof name === "number" ? name : -place, ignoreCase: flags.has("i") };
  }

  /** Behind the `\`. */
  #escape(flags: Flags): Node {
    const letter = this.#in.text[this.#in.at];
    if (letter === undefined) throw new RegexError("\\ at end of pattern");
    const back = this.#in.match(/g\{?([1-9][0-9]*)\}?|[gk](?:\{(\w+)\}|<(\w+)>|'(\w+)')|([1-9])(?![0-9])/y);
    if (back !== null) {
      const number = back[1] ?? back[5];
      const name = back[2] ?? back[3] ?? back[4] ?? "";
      return this.#reference(number === undefined ? name : Number(number), flags);
    }
    const many = /[1-9][0-9]+/y;
    many.lastIndex = this.#in.at;
    const number = many.exec(this.#in.text)?.[0];
    // More than nine and not so many groups so far: an octal number.
    if (number !== undefined && (Number(number) <= this.#groups || /^[89]/.test(number))) {
      this.#in.at += number.length;
      return this.#reference(Number(number), flags);
    }
    const place = places.get(letter);
    if (place !== undefined) {
      this.#in.at += 1;
      return { kind: "place", place };
    }
    if (this.#in.take("R")) return anyLineEnd;
    if (this.#in.take("N")) return { kind: "set", set: allButNewline };
    if (this.#in.take("C")) return { kind: "set", set: anything };
    const set = escapedSet(this.#in);
    return set === null ? this.#literal(escapedByte(this.#in), flags) : { kind: "set", set };
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

/** Each choice of a lookbehind has a width of its own. */
function isVarying(node: Node): boolean {
  const choices = node.kind === "choice" ? node.items : [node];
  return choices.some((one) => widthOf(one).min !== widthOf(one).max);
}
