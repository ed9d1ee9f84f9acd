/** Regular expressions as HAProxy's users write them (PCRE, POSIX classes) as JavaScript's, over text of one character per byte. */
import { wordTable } from "./word-table.ts";

const posixClasses = wordTable<string>({
  alnum: "A-Za-z0-9",
  alpha: "A-Za-z",
  blank: " \\t",
  cntrl: "\\x00-\\x1f\\x7f",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: " \\t\\n\\r\\f\\v",
  upper: "A-Z",
  word: "\\w",
  xdigit: "0-9A-Fa-f",
});

/**
 * Compiles a pattern; throws a SyntaxError for what JavaScript's engine cannot do (recursion, atomic groups).
 *
 * Understood beyond JavaScript's own: `[[:alpha:]]`, `(?i)` and `(?s)` at the start, `\A`, `\z`, `\Z`, `\h`, `\e`, `\a`, a `]` that
 * stands first in a class, `\Q…\E`, and `a++`, which gives back what it took as `a+` does. `.` does not match LF only, as in PCRE.
 */
export function compileRegex(pattern: string, ignoreCase = false, everywhere = false): RegExp {
  const inline = /^\(\?([is]+)\)/.exec(pattern);
  const options = inline?.[1] ?? "";
  const source = translate(inline === null ? pattern : pattern.slice(inline[0].length), options.includes("s"));
  const flags = (ignoreCase || options.includes("i") ? "i" : "") + (everywhere ? "g" : "");
  return new RegExp(source, flags);
}

function translate(pattern: string, dotAll: boolean): string {
  let source = "";
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    if (pattern.startsWith("\\Q", at)) {
      const end = pattern.indexOf("\\E", at);
      const literal = pattern.slice(at + 2, end === -1 ? undefined : end);
      source += literal.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
      at = end === -1 ? pattern.length : end + 1;
    } else if (character === "\\") {
      source += translateEscape(pattern[++at] ?? "\\");
    } else if (character === "[") {
      const end = endOfClass(pattern, at);
      source += translateClass(pattern.slice(at + 1, end));
      at = end;
    } else if (character === "+" && /(?:^|[^\\])[*+?}]$/.test(pattern.slice(0, at))) {
      continue;
    } else if (character === ".") {
      source += dotAll ? "[^]" : "[^\\n]";
    } else {
      source += character;
    }
  }
  return source;
}

function translateEscape(letter: string): string {
  if (letter === "A") return "(?<![^])";
  if (letter === "z") return "(?![^])";
  if (letter === "Z") return "(?=\\n?(?![^]))";
  if (letter === "h") return "[ \\t\\xa0]";
  if (letter === "a") return "\\x07";
  if (letter === "e") return "\\x1b";
  return `\\${letter}`;
}

/** Where the class that begins at `start` ends: the index of its `]`, or the last of the text. */
function endOfClass(pattern: string, start: number): number {
  let at = start + 1;
  if (pattern[at] === "^") at++;
  if (pattern[at] === "]") at++;
  while (at < pattern.length && pattern[at] !== "]") {
    if (pattern[at] === "\\") at++;
    else if (pattern.startsWith("[:", at)) at = Math.max(at, pattern.indexOf(":]", at) + 1);
    at++;
  }
  return at;
}

function translateClass(inside: string): string {
  const negated = inside.startsWith("^");
  let body = negated ? inside.slice(1) : inside;
  if (body.startsWith("]")) body = `\\]${body.slice(1)}`;
  body = body.replaceAll(/\[:(\^?)([a-z]+):\]/g, (whole, not: string, name: string) =>
    not === "" ? (posixClasses.get(name) ?? whole) : whole,
  );
  return `[${negated ? "^" : ""}${body}]`;
}

/** Puts what a match found into a replacement text: `\0` is all of it, `\1` to `\9` its groups. */
export function expandReferences(replacement: string, match: readonly (string | undefined)[]): string {
  return replacement.replaceAll(/\\([0-9])/g, (_, digit: string) => match[Number(digit)] ?? "");
}
