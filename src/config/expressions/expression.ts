/** Sample expressions: words like `src,ipmask(24)` to a checked SampleExpression. */
import type { SampleArgument, SampleExpression } from "../../plan/rules/sample.ts";
import type { PatternUse } from "../../plan/rules/acl.ts";
import { argumentValue } from "./argument-values.ts";
import { ArgumentComplaint, takeArguments } from "../text/arguments.ts";
import { complain, Complaint, shortPlace } from "../text/complaint.ts";
import { converters } from "../../rules/converters/converters.ts";
import { fetches, fetchNames } from "../../rules/fetches/fetches.ts";
import { refusedConverters, refusedFetches } from "../../rules/samples/refused.ts";
import type { ConverterRow, MapUse } from "../../rules/samples/rows.ts";
import { type ArgumentType, shownType, type Signature } from "../../rules/samples/signature.ts";
import { firstMoment, isAvailable, type Site, sourceName } from "../../rules/samples/sites.ts";
import { canCast, type SampleType } from "../../rules/value/sample.ts";
import { patternLines, splitMapLine } from "../draft/pattern-lists.ts";
import { addedKeyComplaint, valueComplaint } from "./patterns.ts";
import { noteBacktracking, regexComplaint } from "./regex-notices.ts";
import { peek, textAt, type Cursor } from "../text/cursor.ts";
import type { ProxyScope } from "../draft/proxy-scope.ts";
import type { Word } from "../text/statement.ts";
import { nearest } from "../text/suggestion.ts";

/** Who asks for an expression: decides which fetches are available and what messages call it. */
export interface ExpressionUse {
  /** Where it will be evaluated; null when the caller judges that itself (ACLs are only warned about). */
  readonly site: Site | readonly Site[] | null;
  /** How messages about names call the place, e.g. `tracking rule`; null: `ACL keyword`. */
  readonly where: string | null;
  /** True in an ACL: the expression is one word, and messages end in ` in ACL expression '…'`. */
  readonly isAcl?: boolean;
  /** True where an expression ends at the first thing that cannot belong to it (inside `%[…]`). */
  readonly isOpenEnded?: boolean;
  /** Another fetch meant by a name (ACL keywords such as `payload`); null: none. */
  readonly rename?: (name: string) => string | null;
}

/** An expression with the type of what it gives, for those who compare it. */
export interface TypedExpression {
  readonly expression: SampleExpression;
  readonly type: SampleType;
}

/** Takes an expression from the cursor (it may go on over several words). Throws a Complaint; references go to `scope.references`. */
export function parseExpression(cursor: Cursor, scope: ProxyScope, use: ExpressionUse): SampleExpression {
  return parseTypedExpression(cursor, scope, use).expression;
}

/** As `parseExpression`, with the result's type. */
export function parseTypedExpression(cursor: Cursor, scope: ProxyScope, use: ExpressionUse): TypedExpression {
  const word = peek(cursor);
  const text = textAt(cursor);
  try {
    return takeFromLine(cursor, scope, use);
  } catch (error) {
    if (!(error instanceof Complaint) || error.word !== null) throw error;
    const suffix = use.isAcl === true ? ` in ACL expression '${text}'` : "";
    throw new Complaint(error.message + suffix, word, error.advice, error.where);
  }
}

/** HAProxy's words for where the expression takes its value from when none of the sites has that; else null. */
export function unavailableSource(expression: SampleExpression, site: Site | readonly Site[]): string | null {
  const source = fetches.get(expression.fetch)?.source;
  const sites = typeof site === "string" ? [site] : site;
  if (source === undefined || sites.some((one) => isAvailable(source, one))) return null;
  return sourceName(source);
}

/** Throws when the expression is not available at a site; `called` is how HAProxy names it there. */
export function requireAvailable(
  expression: SampleExpression,
  site: Site | readonly Site[],
  called = expression.fetch,
): void {
  const source = unavailableSource(expression, site);
  if (source === null) return;
  const text = `fetch method '${called}' extracts information from '${source}', none of which is available here`;
  throw new Complaint(text, null, momentOf(expression));
}

/** When it is there first, where an administrator of HAProxy cannot know; null: of all that HAProxy has. */
export function momentOf({ fetch }: SampleExpression): string | null {
  const source = fetches.get(fetch)?.source;
  return source === undefined ? null : firstMoment(source);
}

/** Throws where the section's proxy speaks no SSH; what `defaults` say of it is for those that do. */
function noteSsh(name: string, { scope }: Taker): void {
  scope.global.asksSsh = true;
  if (!scope.isHttp || scope.kind === "defaults") return;
  throw new Complaint(`fetch method '${name}' needs 'mode tcp': SSH is not spoken in 'mode http'`);
}

interface Taker {
  readonly scope: ProxyScope;
  readonly use: ExpressionUse;
  readonly cursor: Cursor;
  readonly word: Word | null;
  /** What is left of the word under way. */
  rest: string;
  /** Goes on to the next word of the line; false where an expression may not reach beyond its word. */
  readonly advance: () => boolean;
}

/** An expression over the words of a line. */
function takeFromLine(cursor: Cursor, scope: ProxyScope, use: ExpressionUse): TypedExpression {
  const start = cursor.index;
  const taker: Taker = {
    scope,
    use,
    cursor,
    word: peek(cursor),
    rest: textAt(cursor),
    advance: () => {
      cursor.index += 1;
      taker.rest = textAt(cursor);
      return true;
    },
  };
  const taken = takeExpression(taker);
  if (use.isAcl === true) cursor.index += 1;
  const words = cursor.statement.words.slice(start, Math.max(cursor.index, start + 1));
  return { ...taken, expression: { ...taken.expression, text: words.map((word) => word.text).join(" ") } };
}

/**
 * Takes an expression off the beginning of a text, as inside `%[…]`: it ends where no converter follows.
 *
 * `cursor` tells the line for messages and is not moved. Throws a Complaint.
 */
export function takeExpressionText(
  text: string,
  cursor: Cursor,
  scope: ProxyScope,
  use: ExpressionUse,
): TypedExpression & { readonly rest: string } {
  const taker: Taker = { scope, use, cursor, word: peek(cursor), rest: text, advance: () => false };
  const taken = takeExpression(taker);
  const written = text.slice(0, text.length - taker.rest.length);
  return { ...taken, expression: { ...taken.expression, text: written }, rest: taker.rest };
}

function takeExpression(taker: Taker): TypedExpression {
  const written = takeName(taker);
  if (written === "") throw new Complaint("missing fetch method");
  const name = taker.use.rename?.(written) ?? written;
  const row = fetches.get(name);
  if (row === undefined) throw unknownFetch(written);
  if (firstMoment(row.source) !== null) noteSsh(written, taker);
  const by = taker.use.where === null ? `ACL keyword '${written}'` : `sample fetch keyword '${written}'`;
  const values = takeValues(taker, row, by, () => `fetch method '${written}' : `);
  const wrong = row.check(values);
  if (wrong !== null) throw new Complaint(`invalid args in fetch method '${written}' : ${wrong}`);
  const chain: { name: string; arguments: readonly SampleArgument[] }[] = [];
  let type: SampleType = row.result;
  let last = `fetch keyword '${written}'`;
  for (;;) {
    const isEnded = taker.rest !== "" && !taker.rest.startsWith(",");
    if (isEnded && taker.use.isOpenEnded === true) break;
    if (isEnded) throw new Complaint(`missing comma after ${last}`);
    if (taker.rest.replace(/^,+/, "") === "" && taker.use.isAcl === true) break;
    if (taker.rest === "" && taker.use.isOpenEnded === true) break;
    const taken = takeConverter(taker, by, type);
    if (taken === null) break;
    const { name: converter, result } = taken.row;
    chain.push({ name: converter, arguments: taken.values });
    type = result;
    last = `conv keyword '${converter}'`;
  }
  const expression = { fetch: name, arguments: values, converters: chain, text: "" };
  if (taker.use.site !== null) requireAvailable(expression, taker.use.site);
  return { expression, type };
}

/** A name of a fetch or converter: letters, digits and `.:_-+`. */
function takeName(taker: Taker): string {
  const name = /^[A-Za-z0-9_.:+-]*/.exec(taker.rest)?.[0] ?? "";
  taker.rest = taker.rest.slice(name.length);
  return name;
}

/** The next converter: after a comma, or as a word of its own whose name is one. Null when there is none. */
function takeConverter(
  taker: Taker,
  by: string,
  from: SampleType,
): { readonly row: ConverterRow; readonly values: SampleArgument[] } | null {
  // HAProxy takes several commas for one.
  taker.rest = taker.rest.replace(/^,+/, "");
  const isNewWord = taker.rest === "" && taker.advance();
  const name = takeName(taker);
  const row = converters.get(name);
  if (row === undefined) {
    if (!isNewWord || refusedConverters.has(name)) throw unknownConverter(name);
    taker.rest = "";
    return null;
  }
  if (!canCast(from, row.input)) throw new Complaint(`converter '${name}' cannot be applied`);
  const conversion = `conversion keyword '${name}' for ${by}`;
  const prefix = (index: number): string => `invalid arg ${index + 1} in converter '${name}' : `;
  const values = takeValues(taker, row, conversion, prefix);
  const wrong = row.check(values);
  if (wrong !== null) throw new Complaint(`invalid args in converter '${name}' : ${wrong}`);
  checkRegexArguments(taker, row, values, conversion);
  return { row, values };
}

/** Takes and reads the arguments of a fetch or converter; `prefix` is HAProxy's for the argument that is wrong. */
function takeValues(
  taker: Taker,
  signature: Signature,
  by: string,
  prefix: (index: number) => string,
): SampleArgument[] {
  try {
    const taken = takeArguments(taker.rest, signature.arguments.map(shownType), signature.required);
    taker.rest = taker.rest.slice(taken.length);
    return taken.values.map((text, index) => {
      const type = signature.arguments[index] ?? "string";
      try {
        return readValue(taker, signature, text, type, index, by);
      } catch (error) {
        if (!(error instanceof Complaint)) throw error;
        // What is wrong with a file is said of all arguments together, as HAProxy finds it later.
        if (type === "map file")
          throw new Complaint(`invalid args in converter '${signature.name}' : ${error.message}`);
        throw new ArgumentComplaint(error.message, index);
      }
    });
  } catch (error) {
    if (!(error instanceof ArgumentComplaint)) throw error;
    // So is a number that may be a variable.
    const start = error.message.startsWith("expects an integer or");
    throw new Complaint(
      (start ? `invalid args in converter '${signature.name}' : ` : prefix(error.index)) + error.message,
    );
  }
}

/** References lead to proxies not known yet: they are noted, and a name left out becomes the proxy's own. */
function readValue(
  taker: Taker,
  signature: Signature,
  text: string,
  type: ArgumentType,
  index: number,
  by: string,
): SampleArgument {
  const { scope, use } = taker;
  if (type === "map file") return readMapFile(text, taker, signature.name);
  const kind = type === "user list" ? "userlist" : type;
  if (kind !== "table" && kind !== "frontend" && kind !== "backend" && kind !== "server" && kind !== "userlist") {
    return argumentValue(text, type, index);
  }
  if (text === "" && index >= signature.required) return null;
  const { statement } = taker.cursor;
  scope.references.push({
    kind,
    name: text === "" ? null : text,
    proxy: scope.name,
    argument: index + 1,
    by: use.where === null ? by : `${by} in ${use.where}`,
    rule: null,
    position: { file: statement.file, line: statement.line },
    statement,
    word: taker.word,
  });
  if (text === "") return scope.kind === "defaults" || scope.kind === "global" ? null : scope.name;
  return type === "server" && !text.includes("/") ? `${scope.name}/${text}` : text;
}

function readMapFile(file: string, { scope, cursor }: Taker, converter: string): SampleArgument {
  const text = file === "" ? null : scope.readFile(file);
  if (text === null) throw new Complaint(`failed to open pattern file <${file}>`);
  const use = converters.get(converter)?.map ?? null;
  if (use === null) throw new Error(`converter '${converter}' does not say how it compares`);
  const { match, ignoreCase, output } = use;
  if (match === "reg") checkMapKeys(text, file, use, scope, cursor);
  checkMap(text, file, use);
  const how = { match, ignoreCase, output };
  const { entries } = scope.patternLists.useFile(file, patternLines(text), true, how, cursor.statement);
  return { file, entries };
}

/** Throws a Complaint for the first line whose value is none of its type or whose key cannot be compared; expressions are left out. */
function checkMap(text: string, file: string, use: PatternUse): void {
  for (const [index, line] of text.split("\n").entries()) {
    const [content] = patternLines(line);
    if (content === undefined) continue;
    const { key, value } = splitMapLine(content);
    const wrong = valueComplaint(value, use) ?? (use.match === "reg" ? null : addedKeyComplaint(key, use));
    if (wrong !== null) throw new Complaint(`${wrong} at line ${index + 1} of file '${file}'`);
  }
}

/** Throws a Complaint for the first key that is no regular expression. */
function checkMapKeys(text: string, file: string, { hasGroups }: MapUse, scope: ProxyScope, cursor: Cursor): void {
  const use = { hasGroups };
  const keys: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const [, key = ""] = /^[ \t]*([^ \t\r]*)/.exec(line) ?? [];
    if (key === "" || key.startsWith("#")) continue;
    const wrong = regexComplaint(key, use);
    if (wrong !== null) throw new Complaint(`${wrong} at line ${index + 1} of file '${file}'`);
    keys.push(key);
  }
  noteBacktracking(keys, use, scope.diagnostics, cursor.statement, peek(cursor), file);
}

function checkRegexArguments(taker: Taker, row: ConverterRow, values: readonly SampleArgument[], by: string): void {
  const { scope, use, cursor, word } = taker;
  const regexUse = row.regexUse(values);
  for (const [index, value] of values.entries()) {
    if (row.arguments[index] !== "regex") continue;
    const pattern = String(value ?? "");
    const wrong = regexComplaint(pattern, regexUse);
    if (wrong === null) {
      noteBacktracking([pattern], regexUse, scope.diagnostics, cursor.statement, word);
      continue;
    }
    const who = use.where === null ? by : `${by} in ${use.where}`;
    const text = `error in regex '${pattern}' in arg ${index + 1} of ${who} in proxy '${scope.name}' : ${wrong}.`;
    complain(scope.diagnostics, "alert", cursor.statement, text, word, null, shortPlace);
  }
}

function unknownFetch(name: string): Complaint {
  const reason = refusedFetches.get(name);
  if (reason !== undefined) return new Complaint(`fetch method '${name}' is not supported (it needs ${reason})`);
  const near = nearest(name, fetchNames());
  return new Complaint(`unknown fetch method '${name}'`, null, near === null ? null : `Did you mean '${near}'?`);
}

function unknownConverter(name: string): Complaint {
  const reason = refusedConverters.get(name);
  if (reason !== undefined) return new Complaint(`converter '${name}' is not supported (it needs ${reason})`);
  const near = nearest(name, converters.keys());
  return new Complaint(`unknown converter '${name}'`, null, near === null ? null : `Did you mean '${near}'?`);
}
