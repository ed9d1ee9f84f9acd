/** Takes one line of a configuration file apart into words: quotes, escapes, variables, comments. */
import type { Environment, Word } from "./statement.ts";
import { wordTable } from "../../word-table.ts";

/** What the pseudo variables `.FILE`, `.LINE` and `.SECTION` stand for on this line. */
export interface LineOrigin {
  readonly file: string;
  readonly line: number;
  /** Name of the section the line stands in; "" before the first. */
  readonly section: string;
}

/** Why a line could not be taken apart. `position` counts from 1 in the line. */
export interface LexError {
  readonly text: string;
  readonly position: number;
}

/** Words; or why there are none: an error, or more words than a line may have, with what stood last. */
export type LexResult =
  | { readonly ok: true; readonly words: readonly Word[] }
  | { readonly ok: false; readonly error: LexError }
  | { readonly ok: false; readonly tooMany: { readonly position: number; readonly last: string } };

/** More words than this on one line are an error in HAProxy (MAX_LINE_ARGS). */
export const maxWords = 64;

/** Characters that a backslash makes ordinary, outside single quotes. */
const escapable = " \\\"'#";
const named = wordTable<string>({ n: "\n", r: "\r", t: "\t" });

/**
 * Takes a line apart; `source` comes without its LF. Text is latin1, one character a byte.
 *
 * Rules (manual, section 2.2): words end at white space; `#` outside quotes starts a comment, even inside a word;
 * `"…"` expands variables, `'…'` is literal; quotes join with what stands beside them.
 */
export function lexLine(source: string, origin: LineOrigin, environment: Environment): LexResult {
  const lexer: Lexer = { source, at: 0, words: [], text: "", start: -1, quoted: false };
  let quote: { readonly kind: '"' | "'"; readonly at: number } | null = null;
  while (lexer.at < source.length) {
    const character = source[lexer.at] as string;
    let error: LexError | null = null;
    if (quote === null && (character === "#" || character === "\n" || character === "\r")) break;
    if (quote === null && isSpace(character)) {
      endWord(lexer);
      lexer.at += 1;
    } else if ((character === '"' || character === "'") && (quote === null || quote.kind === character)) {
      quote = quote === null ? { kind: character, at: lexer.at } : null;
      startWord(lexer);
      lexer.quoted = true;
      lexer.at += 1;
    } else if (character === "\\" && quote?.kind !== "'") {
      error = takeEscape(lexer, quote !== null);
    } else if (character === "$" && quote?.kind === '"') {
      error = takeVariable(lexer, origin, environment);
    } else {
      takePlain(lexer, quote?.kind ?? null);
    }
    if (error !== null) return { ok: false, error };
  }
  if (quote !== null) return { ok: false, error: { text: "unmatched quote", position: quote.at + 1 } };
  endWord(lexer);
  return checkCount(lexer.words);
}

interface Lexer {
  readonly source: string;
  at: number;
  readonly words: Word[];
  text: string;
  /** Index where the word under way began; -1 between words. */
  start: number;
  quoted: boolean;
}

function startWord(lexer: Lexer): void {
  if (lexer.start === -1) lexer.start = lexer.at;
}

function endWord(lexer: Lexer): void {
  if (lexer.start === -1) return;
  const { start, quoted } = lexer;
  // HAProxy's words end at a NUL, which `\x00` can make.
  const nul = lexer.text.indexOf("\0");
  const text = nul === -1 ? lexer.text : lexer.text.slice(0, nul);
  lexer.words.push({ text, column: start + 1, length: Math.max(1, lexer.at - start), quoted });
  lexer.text = "";
  lexer.start = -1;
  lexer.quoted = false;
}

/** What stands for itself, up to where something may mean more; the first character does in any case. */
function takePlain(lexer: Lexer, quote: '"' | "'" | null): void {
  startWord(lexer);
  const special = quote === null ? outside : quote === '"' ? weak : strong;
  special.lastIndex = lexer.at + 1;
  const end = special.exec(lexer.source)?.index ?? lexer.source.length;
  lexer.text += lexer.source.slice(lexer.at, end);
  lexer.at = end;
}

const outside = /[\s#"'\\]/g;
const weak = /["\\$]/g;
const strong = /'/g;

/** A backslash: `\\`, `\ `, `\#`, `\'`, `\"`, `\n`, `\r`, `\t`, `\xHH`, and `\$` inside double quotes. Others stay as they are. */
function takeEscape(lexer: Lexer, isQuoted: boolean): LexError | null {
  const next = lexer.source[lexer.at + 1] ?? "";
  if (next === "x") {
    const digits = /^[0-9a-fA-F]{2}/.exec(lexer.source.slice(lexer.at + 2, lexer.at + 4));
    if (digits === null) return { text: "truncated or invalid hexadecimal sequence", position: lexer.at + 1 };
    startWord(lexer);
    lexer.text += String.fromCharCode(Number.parseInt(digits[0], 16));
    lexer.at += 4;
    return null;
  }
  startWord(lexer);
  const plain = next !== "" && (escapable.includes(next) || (isQuoted && next === "$")) ? next : named.get(next);
  lexer.text += plain ?? "\\";
  lexer.at += plain === undefined ? 1 : 2;
  return null;
}

const variableName = /(?:[A-Za-z_][A-Za-z0-9_]*|\.(?:FILE|LINE|SECTION)(?![A-Za-z0-9_]))/y;

/** `$NAME`, `${NAME}`, `${NAME-default}`, `${NAME[*]}` and the pseudo variables, inside double quotes. */
function takeVariable(lexer: Lexer, origin: LineOrigin, environment: Environment): LexError | null {
  const { source } = lexer;
  const brace = source[lexer.at + 1] === "{" ? lexer.at + 1 : null;
  const nameAt = lexer.at + (brace === null ? 1 : 2);
  variableName.lastIndex = nameAt;
  const name = variableName.exec(source)?.[0];
  if (name === undefined) return { text: "forbidden first char in environment variable name", position: nameAt + 1 };
  let end = nameAt + name.length;
  let value = name.startsWith(".") ? pseudo(name, origin) : environment.get(name);
  let splits = false;
  if (brace !== null) {
    if (source[end] === "[") {
      if (!source.startsWith("[*]", end)) {
        return { text: "truncated or invalid word expansion sequence", position: end + 1 };
      }
      splits = true;
      end += 3;
    }
    if (source[end] === "-") {
      const close = source.indexOf("}", end);
      value ??= source.slice(end + 1, close === -1 ? source.length : close);
      end = close === -1 ? source.length : close;
    }
    if (source[end] !== "}") return { text: "unmatched brace in environment variable name", position: brace + 1 };
    end += 1;
  }
  startWord(lexer);
  insertValue(lexer, value ?? "", splits);
  lexer.at = end;
  return null;
}

/** Puts a variable's value into the word; with `[*]`, white space in it begins new words (empty ones too, as HAProxy does). */
function insertValue(lexer: Lexer, value: string, splits: boolean): void {
  if (!splits) {
    lexer.text += value;
    return;
  }
  const [first = "", ...rest] = value.split(/[ \t\n\v\f\r]+/);
  lexer.text += first;
  for (const text of rest) {
    const { start } = lexer;
    endWord(lexer);
    lexer.start = start;
    lexer.quoted = true;
    lexer.text = text;
  }
}

function pseudo(name: string, origin: LineOrigin): string {
  if (name === ".FILE") return origin.file;
  return name === ".LINE" ? String(origin.line) : origin.section;
}

/** Counts words, and tells where HAProxy's output buffer would have the last one it can take. */
function checkCount(words: readonly Word[]): LexResult {
  if (words.length <= maxWords) return { ok: true, words };
  const before = words.slice(0, maxWords - 1).reduce((sum, word) => sum + word.text.length + 1, 0);
  return { ok: false, tooMany: { position: before + 1, last: words[maxWords - 1]?.text ?? "" } };
}

/** White space as C's isspace() has it. */
export function isSpace(character: string): boolean {
  return character === " " || (character >= "\t" && character <= "\r");
}

/** Quotes words so that lexing the line gives them back: the reverse of `lexLine`. */
export function quoteWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w.:/@,=+*()-]+$/.test(word) ? word : weakly(word))).join(" ");
}

function weakly(word: string): string {
  const escaped = word.replaceAll(/[\\"$]/g, "\\$&");
  return `"${escaped.replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\0", "\\x00")}"`;
}

/**
 * The part of a line that HAProxy shows under a message, and a caret: at most 80 columns around `offset` (from 0).
 *
 * White space becomes spaces and what cannot be printed `?`.
 */
export function excerpt(line: string, offset: number): string {
  const width = 80;
  const shown = line.replaceAll(/\s/g, " ").replaceAll(/[^\x20-\x7e]/g, "?");
  if (offset < width) return `  ${shown.slice(0, width)}\n  ${" ".repeat(offset)}^`;
  const half = width / 2;
  const window = shown.slice(offset - half + 3, offset + half - 3);
  return `  ...${window}...\n  ${" ".repeat(half)}^`;
}
