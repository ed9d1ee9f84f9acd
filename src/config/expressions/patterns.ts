/** Patterns of ACLs: words and files to what values are compared with. */
import type { Position } from "../../plan/position.ts";
import type { AclTest, PatternEntryPlan } from "../../plan/rules/acl.ts";
import { hexComplaint } from "../../rules/samples/argument-checks.ts";
import { Complaint } from "../text/complaint.ts";
import { isNetwork } from "../text/ip-text.ts";
import { patternLines, shownRange, splitMapLine } from "../draft/pattern-lists.ts";
import { regexComplaint } from "./regex-notices.ts";
import type { ProxyScope } from "../draft/proxy-scope.ts";
import type { Word } from "../text/statement.ts";

/** Flags of an ACL that change how patterns are read. */
export interface PatternFlags {
  /** `-i`. */
  ignoreCase: boolean;
  /** `-n`: names are not resolved. */
  noNames: boolean;
  /** `-M`: files are maps, whose keys count. */
  isMap: boolean;
}

/** How the patterns will be compared. */
export interface PatternUse {
  readonly match: AclTest["match"];
  /** TLS versions: `3.1` is a number then. */
  readonly isDotted: boolean;
}

/**
 * Patterns of the line itself. Of numbers, an operator counts for all that follow it and is put before each (`gt 3`).
 *
 * Networks come out with all four numbers, names as their addresses. Throws a Complaint.
 */
export function readPatterns(
  words: readonly Word[],
  use: PatternUse,
  flags: PatternFlags,
  scope: ProxyScope,
): PatternEntryPlan[] {
  const entries: PatternEntryPlan[] = [];
  let operator = "";
  for (const word of words) {
    if (word.text === "") break;
    if ((use.match === "int" || use.match === "len") && operators.has(word.text)) {
      operator = word.text === "eq" ? "" : `${word.text} `;
      continue;
    }
    try {
      const compared = readPattern(word.text, use, flags, scope).map((pattern) => operator + pattern);
      entries.push({ key: shownRange(operator + word.text), value: null, compared });
    } catch (error) {
      throw error instanceof Complaint ? new Complaint(error.message, word) : error;
    }
  }
  return entries;
}

const operators = new Set(["eq", "gt", "ge", "lt", "le"]);

/** Patterns of a file, one a line; of a map (`-M`), its keys. `word` gets the blame. Throws a Complaint. */
export function readPatternFile(
  file: string,
  use: PatternUse,
  flags: PatternFlags,
  scope: ProxyScope,
  word: Word | null,
  position: Position,
): string[] {
  const text = file === "" ? null : scope.readFile(file);
  if (text === null) throw new Complaint(`failed to open pattern file <${file}>`, word);
  const lines = patternLines(text);
  const list = scope.patternLists.useFile(
    file,
    lines,
    flags.isMap,
    { match: use.match, ignoreCase: flags.ignoreCase, output: null },
    position,
  );
  return lines.flatMap((line, index) => {
    const pattern = flags.isMap ? splitMapLine(line).key : line;
    try {
      const compared = readPattern(pattern, use, flags, scope);
      const entry = list.entries[index];
      if (use.match === "ip" && entry !== undefined) entry.compared = compared;
      return compared;
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      const number = text.split("\n").findIndex((one) => one.trim() === line.trim()) + 1;
      throw new Complaint(`${error.message} at line ${number} of file '${file}'`, word);
    }
  });
}

/** What is wrong with a pattern that the admin socket gives; null when nothing is. Names are not looked up there. */
export function addedKeyComplaint(
  key: string,
  { match, ignoreCase }: { readonly match: string; readonly ignoreCase: boolean },
): string | null {
  if (match === "ip")
    return isNetwork(key) && fullNetwork(key) === key ? null : `'${key}' is not a valid IPv4 or IPv6 address`;
  return complaintAbout(key, { match, isDotted: false }, { ignoreCase, noNames: true, isMap: false });
}

/** As addedKeyComplaint, of a map's value by the type of the map's values. */
export function addedValueComplaint(
  value: string,
  { output }: { readonly output: "str" | "int" | "ip" | null },
): string | null {
  return output === "ip" && value.includes("/") ? unparsed(value) : valueComplaint(value, { output });
}

/** As addedValueComplaint, of a value in a file: there HAProxy takes networks for addresses. */
export function valueComplaint(
  value: string,
  { output }: { readonly output: "str" | "int" | "ip" | null },
): string | null {
  const isRight = output === "int" ? /^-?[0-9]+$/.test(value) : output !== "ip" || isNetwork(value);
  return isRight ? null : unparsed(value);
}

function unparsed(value: string): string {
  return `unable to parse '${value}'`;
}

/** One pattern to what is compared; a name may have several addresses. */
function readPattern(pattern: string, use: PatternUse, flags: PatternFlags, scope: ProxyScope): readonly string[] {
  if (use.match === "ip") return readAddress(pattern, flags, scope);
  const wrong = complaintAbout(pattern, use, flags);
  if (wrong !== null) throw new Complaint(wrong);
  return [pattern];
}

function complaintAbout(
  pattern: string,
  use: { readonly match: string; readonly isDotted: boolean },
  flags: PatternFlags,
): string | null {
  switch (use.match) {
    case "int":
    case "len":
      return numberComplaint(pattern, use.isDotted);
    case "bin":
      return hexComplaint(pattern);
    case "reg":
      return regexComplaint(pattern, { ignoreCase: flags.ignoreCase });
    default:
      return null;
  }
}

function readAddress(pattern: string, flags: PatternFlags, scope: ProxyScope): readonly string[] {
  const full = fullNetwork(pattern);
  if (isNetwork(full)) return [full];
  const found = flags.noNames ? [] : scope.hosts.addressesOf(pattern);
  if (found.length > 0) return found;
  const advice = /^[a-z0-9.-]+$/i.test(pattern) ? "Names are looked up in /etc/hosts only." : null;
  throw new Complaint(`'${pattern}' is not a valid IPv4 or IPv6 address`, null, advice);
}

/** `10.1/16` is `10.1.0.0/16`; a bare `10.1` is `10.0.0.1`, as inet_aton() has it. */
function fullNetwork(pattern: string): string {
  if (/^[0-9]{4,}$/.test(pattern) && Number(pattern) < 2 ** 32) return dotted(Number(pattern));
  const short = /^([0-9]{1,3}(?:\.[0-9]{1,3}){0,2})(\/.*)?$/.exec(pattern);
  if (short === null) return pattern;
  const [, address = "", mask] = short;
  const numbers = address.split(".");
  const zeros = Array.from({ length: 4 - numbers.length }, () => "0");
  if (mask !== undefined) return [...numbers, ...zeros].join(".") + mask;
  return [...numbers.slice(0, -1), ...zeros, ...numbers.slice(-1)].join(".");
}

/** A number as the address it is. */
function dotted(number: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join(".");
}

const rangePattern = /^(?:-?[0-9]+|([0-9]+):([0-9]+)|[0-9]+:|:[0-9]+)$/;
const dottedPattern = /^[0-9]+(?:\.[0-9]+)?(?::(?:[0-9]+(?:\.[0-9]+)?)?)?$/;

function numberComplaint(pattern: string, isDotted: boolean): string | null {
  if (isDotted && dottedPattern.test(pattern)) return null;
  const range = rangePattern.exec(pattern);
  if (range === null) {
    return /^-?[0-9]*:/.test(pattern) ? `'${pattern}' is not a valid number range` : `'${pattern}' is not a number`;
  }
  const [, low, high] = range;
  if (low === undefined || high === undefined || BigInt(low) <= BigInt(high)) return null;
  return `'${pattern}' is not a valid number range`;
}
