/** Log-format strings: `%ci`, `%[src]`, `%{+Q}o` to a LogFormat, and HAProxy's own formats. */
import type { LogFormat, LogFormatPart } from "../../plan/rules/log-format.ts";
import { Complaint, latePlace } from "../text/complaint.ts";
import { momentOf, takeExpressionText, unavailableSource } from "./expression.ts";
import { aliases, httpAliases } from "../../rules/format/log-alias.ts";
import type { Site } from "../../rules/samples/sites.ts";
import { peek, textAt, type Cursor } from "../text/cursor.ts";
import type { ProxyScope } from "../draft/proxy-scope.ts";
import type { Word } from "../text/statement.ts";
import { nearest } from "../text/suggestion.ts";
import { wordTable } from "../../word-table.ts";

/** Lines whose messages HAProxy begins with `failed to parse …`; and what they call themselves in messages about names. */
const options = wordTable<{ readonly shown: string; readonly where: string }>({
  "log-format": { shown: "log-format", where: "log-format string" },
  "log-format-sd": { shown: "log-format-sd", where: "log-format-sd string" },
  "error-log-format": { shown: "error-log-format", where: "error-log-format string" },
  "ssh-error": { shown: "ssh-error", where: "ssh-error text" },
  "unique-id-format": { shown: "unique-id", where: "unique-id-format string" },
});

/**
 * Takes one word as a log-format string. `option` is HAProxy's name for the line (`log-format`, `unique-id-format`, …).
 *
 * Throws a Complaint: for those four lines a whole message, for others without any prefix (`option` then stands in
 * messages about names: `… in OPTION in proxy 'fe'`).
 */
export function parseLogFormat(cursor: Cursor, scope: ProxyScope, site: Site, option: string): LogFormat {
  const known = options.get(option);
  if (known === undefined) return parseFormat(cursor, scope, site, option);
  try {
    return parseFormat(cursor, scope, site, known.where);
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    const text = `failed to parse ${known.shown} : ${error.message}.`;
    throw new Complaint(text, error.word, error.advice, latePlace);
  }
}

/** A format of the program's own, such as `tcpLogFormat`. */
export function ownLogFormat(text: string, scope: ProxyScope): LogFormat {
  const word: Word = { text, column: 1, length: 1, quoted: true };
  return parseFormat(
    { statement: { file: "", line: 0, source: text, words: [word] }, index: 0 },
    scope,
    "logs",
    "log-format string",
  );
}

/**
 * Takes one word as a log-format string. `keepsSpaces`: it is for a message of HTTP, in which all spaces count. Throws a Complaint
 * without any prefix.
 */
export function parseFormat(
  cursor: Cursor,
  scope: ProxyScope,
  site: Site | readonly Site[],
  where: string,
  keepsSpaces = false,
): LogFormat {
  const word = peek(cursor);
  const parser: Parser = {
    text: textAt(cursor),
    at: 0,
    cursor,
    scope,
    site,
    where,
    parts: [],
    flags: { quote: false, hex: false, escape: false },
    encoding: "text",
    keepsSpaces,
    isAfterSpace: true,
  };
  try {
    while (parser.at < parser.text.length) {
      if (parser.text[parser.at] === "%") takeItem(parser);
      else takeText(parser);
    }
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    throw new Complaint(error.message, word, error.advice, error.where);
  }
  cursor.index += 1;
  return { text: parser.text, encoding: parser.encoding, parts: parser.parts };
}

type Flags = LogFormatPart["flags"];

interface Parser {
  readonly text: string;
  at: number;
  readonly cursor: Cursor;
  readonly scope: ProxyScope;
  readonly site: Site | readonly Site[];
  readonly where: string;
  readonly parts: LogFormatPart[];
  /** What `%{…}o` set for all that follows. */
  flags: Flags;
  encoding: LogFormat["encoding"];
  readonly keepsSpaces: boolean;
  /** Spaces at the start, and after another space, are left out, as in HAProxy. */
  isAfterSpace: boolean;
}

const noFlags: Flags = { quote: false, hex: false, escape: false };

function addText(parser: Parser, text: string): void {
  let kept = "";
  for (const character of text) {
    if (character === " " && parser.isAfterSpace && !parser.keepsSpaces) continue;
    kept += character;
    parser.isAfterSpace = character === " ";
  }
  const last = parser.parts.at(-1);
  if (kept === "") return;
  if (last?.kind === "text") parser.parts[parser.parts.length - 1] = { ...last, text: last.text + kept };
  else parser.parts.push({ kind: "text", text: kept, flags: noFlags, name: null });
}

function takeText(parser: Parser): void {
  const end = parser.text.indexOf("%", parser.at);
  addText(parser, parser.text.slice(parser.at, end === -1 ? undefined : end));
  parser.at = end === -1 ? parser.text.length : end;
}

/** `%%`, or `%`, then `(name)` and `{flags}`, then an alias or `[expression]`. */
function takeItem(parser: Parser): void {
  const { text } = parser;
  const start = parser.at;
  parser.at += 1;
  const name = takeName(parser);
  const written = takeFlags(parser);
  const next = text[parser.at];
  if (written !== null && next === undefined) {
    throw new Complaint(`parse argument modifier without variable name near '%{${written}}'`);
  }
  if (next === undefined) throw new Complaint("truncated line after '%'");
  if (next === "[") {
    takeSample(parser, name, written);
  } else if (/[A-Za-z]/.test(next)) {
    takeAlias(parser, name, written);
  } else if (written !== null) {
    throw new Complaint(`parse argument modifier without variable name near '%{${written}}'`);
  } else if (next === "%" || next === "-") {
    addText(parser, next);
    parser.at += 1;
  } else {
    const advice = "Maybe you want to write a single '%', use the syntax '%%'";
    throw new Complaint(`unexpected variable name near '${next}' at position ${start + 1} line : '${text}'. ${advice}`);
  }
}

/** `(name)` or `(name:type)`: the key in JSON. HAProxy has it from 3.0 on. */
function takeName(parser: Parser): string | null {
  if (parser.text[parser.at] !== "(") return null;
  const end = parser.text.indexOf(")", parser.at);
  if (end === -1) throw new Complaint(`truncated line after '${parser.text.slice(parser.at + 1)}'`);
  const name = parser.text.slice(parser.at + 1, end).split(":", 1)[0] ?? "";
  parser.at = end + 1;
  return name === "" ? null : name;
}

/** What stands in `{…}`; null when there is none. */
function takeFlags(parser: Parser): string | null {
  if (parser.text[parser.at] !== "{") return null;
  const end = parser.text.indexOf("}", parser.at);
  if (end === -1) throw new Complaint(`truncated line after '${parser.text.slice(parser.at + 1)}'`);
  const written = parser.text.slice(parser.at + 1, end);
  parser.at = end + 1;
  return written;
}

/** The flags in force for one item: the global ones, changed by its own. */
function changeFlags(flags: Flags, written: string | null): Flags {
  const changed = { ...flags };
  for (const one of (written ?? "").split(",")) {
    const flag = one.trim();
    const isOn = !flag.startsWith("-");
    const letter = flag.replace(/^[+-]/, "");
    if (letter === "Q") changed.quote = isOn;
    if (letter === "X") changed.hex = isOn;
    if (letter === "E") changed.escape = isOn;
  }
  return changed;
}

function takeAlias(parser: Parser, name: string | null, written: string | null): void {
  const alias = /^[A-Za-z0-9]+/.exec(parser.text.slice(parser.at))?.[0] ?? "";
  parser.at += alias.length;
  if (alias === "o") {
    parser.flags = changeFlags(parser.flags, written);
    const encoding = /\+(json|cbor)\b/.exec(written ?? "")?.[1];
    if (encoding === "json" || encoding === "cbor") parser.encoding = encoding;
    return;
  }
  if (httpAliases.has(alias) && !parser.scope.isHttp)
    throw new Complaint(`format variable '${alias}' is reserved for HTTP mode`);
  if (!aliases.has(alias)) {
    const near = nearest(alias, aliases.keys());
    const hint = "If you wanted to emit the '%' character verbatim, you need to use '%%'";
    throw new Complaint(
      `no such format variable '${alias}'. ${hint}`,
      null,
      near === null ? null : `Did you mean '%${near}'?`,
    );
  }
  parser.parts.push({ kind: "alias", alias, name, flags: changeFlags(parser.flags, written) });
  parser.isAfterSpace = false;
}

function takeSample(parser: Parser, name: string | null, written: string | null): void {
  const rest = parser.text.slice(parser.at + 1);
  const { cursor, scope, site, where } = parser;
  let taken;
  try {
    taken = takeExpressionText(rest, cursor, scope, { site: null, where, isOpenEnded: true });
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    throw new Complaint(`failed to parse sample expression <${rest}> : ${error.message}`, null, error.advice);
  }
  const source = unavailableSource(taken.expression, site);
  if (source !== null) {
    const reason = `because it needs '${source}' which is not available here`;
    const text = `sample fetch <${rest}> may not be reliably used here ${reason}`;
    throw new Complaint(text, null, momentOf(taken.expression));
  }
  const after = taken.rest[0];
  if (after === undefined) throw new Complaint(`missing ']' after '${taken.expression.text}'`);
  if (after !== "]") throw new Complaint(`expected ']' after '${taken.expression.text}', but found '${after}'`);
  parser.at = parser.text.length - taken.rest.length + 1;
  const flags = changeFlags(parser.flags, written);
  parser.parts.push({ kind: "sample", expression: taken.expression, name, flags });
  parser.isAfterSpace = false;
}
