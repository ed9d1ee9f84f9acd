/** Conditions of `.if` lines and `-cc`: predicates, `!`, `&&`, `||`, parentheses. */
import { Complaint } from "../complaint.ts";
import { ArgumentComplaint, takeArguments } from "../arguments.ts";
import { isSpace, lexLine } from "../lexer.ts";
import type { Environment } from "../statement.ts";
import { tlsLibrary } from "./tls-library.ts";

/** Thrown for a condition that cannot be parsed; `at` is the index in it that is to blame. */
export class ConditionError extends Complaint {
  readonly at: number;

  constructor(text: string, at: number) {
    super(text);
    this.at = at;
  }
}

/** The version of HAProxy whose language this is, for `version_atleast` and `version_before`. */
export const languageVersion = "2.6.12";

/** What `feature(X)` is true for, of the names HAProxy's `-vv` lists, plus our own. */
export const features: ReadonlySet<string> = new Set([
  "FAIRLEAD",
  "GETADDRINFO",
  "OPENSSL",
  "POLL",
  "SYSTEMD",
  "THREAD",
  "TFO",
  ...(process.platform === "linux"
    ? ["ACCEPT4", "EPOLL", "LINUX_SPLICE", "LINUX_TPROXY", "NETFILTER", "NS", "TPROXY"]
    : []),
  ...(process.platform === "freebsd" ? ["ACCEPT4", "KQUEUE"] : []),
]);

/** What `enabled(X)` is true for (HAProxy from 2.9 on): run-time facilities that can be switched off there. */
const facilities = new Set(["GETADDRINFO", "POLL", "REUSEPORT", "FAST-FORWARD", "SPLICE", "EPOLL"]);

/**
 * The value of a condition whose quotes and variables have been worked off already; "" is false.
 *
 * Throws a ConditionError. As in HAProxy, the right side of `&&` or `||` has to be a condition even where it does not matter.
 */
export function evaluateCondition(text: string, environment: Environment): boolean {
  if (text === "") return false;
  const parser: Parser = { text, at: 0, environment, depth: 0 };
  const value = disjunction(parser);
  skipSpace(parser);
  if (parser.at < text.length) {
    const rest = text[parser.at] as string;
    throw new ConditionError(
      `unexpected character '${rest}' at the end of conditional expression '${text}'`,
      parser.at,
    );
  }
  return value;
}

/**
 * `-cc TEXT`: 0 when true, 1 when false, 2 with HAProxy's message when it cannot be parsed.
 *
 * The text is taken apart like a line of a file first, so `"$VAR"` works in it.
 */
export function checkCondition(
  text: string,
  environment: Environment,
): { readonly status: 0 | 1 } | { readonly status: 2; readonly message: string } {
  const lexed = lexLine(text, { file: "-cc", line: 1, section: "" }, environment);
  if (!lexed.ok) {
    const reason = "error" in lexed ? lexed.error.text : "too many words";
    return { status: 2, message: `Syntax Error in condition: ${reason[0]?.toUpperCase()}${reason.slice(1)}.` };
  }
  try {
    if (text !== "" && lexed.words.length === 0) {
      throw new Complaint(`unparsable conditional sub-expression '${text}'`);
    }
    const merged = lexed.words.map((word) => word.text).join(" ");
    return { status: evaluateCondition(merged, environment) ? 0 : 1 };
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    return { status: 2, message: `Failed to evaluate condition: ${error.message}` };
  }
}

interface Parser {
  readonly text: string;
  at: number;
  readonly environment: Environment;
  /** Parentheses open, for a bound on recursion. */
  depth: number;
}

function skipSpace(parser: Parser): void {
  while (parser.at < parser.text.length && isSpace(parser.text[parser.at] as string)) parser.at += 1;
}

function disjunction(parser: Parser): boolean {
  let value = conjunction(parser);
  while (takeOperator(parser, "||")) {
    const right = conjunction(parser);
    value = value || right;
  }
  return value;
}

function conjunction(parser: Parser): boolean {
  let value = term(parser);
  while (takeOperator(parser, "&&")) {
    const right = term(parser);
    value = value && right;
  }
  return value;
}

function takeOperator(parser: Parser, operator: string): boolean {
  const before = parser.at;
  skipSpace(parser);
  if (parser.text.startsWith(operator, parser.at)) {
    parser.at += 2;
    skipSpace(parser);
    return true;
  }
  parser.at = before;
  return false;
}

const maxDepth = 64;

function term(parser: Parser): boolean {
  skipSpace(parser);
  let negated = false;
  while (parser.text[parser.at] === "!") {
    negated = !negated;
    parser.at += 1;
    skipSpace(parser);
  }
  if (parser.text[parser.at] !== "(") return leaf(parser) !== negated;
  const open = parser.at;
  if (parser.depth >= maxDepth) throw unparsable(parser, open);
  parser.depth += 1;
  parser.at += 1;
  skipSpace(parser);
  const value = disjunction(parser);
  skipSpace(parser);
  if (parser.text[parser.at] !== ")") {
    throw new ConditionError(`expected ')' after conditional expression '${parser.text.slice(open)}'`, parser.at);
  }
  parser.at += 1;
  parser.depth -= 1;
  return value !== negated;
}

function unparsable(parser: Parser, at: number): ConditionError {
  return new ConditionError(`unparsable conditional expression '${parser.text.slice(at)}'`, at);
}

/** An integer, or a predicate with its arguments. */
function leaf(parser: Parser): boolean {
  const rest = parser.text.slice(parser.at);
  const number = /^(?:0[xX][0-9a-fA-F]+|[+-]?[0-9]+)/.exec(rest)?.[0];
  if (number !== undefined) {
    parser.at += number.length;
    return !/^[+-]?0*$/.test(number) && !/^0[xX]0*$/.test(number);
  }
  const name = /^[A-Za-z_]+/.exec(rest)?.[0] ?? "";
  const predicate = predicates.get(name);
  if (predicate === undefined) throw unparsable(parser, parser.at);
  const start = parser.at;
  parser.at += name.length;
  try {
    const taken = takeArguments(parser.text.slice(parser.at), predicate.arguments, predicate.required);
    parser.at += taken.length;
    return predicate.test(taken.values, parser.environment);
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    const where = `in argument 1 of predicate '${name}' used in conditional expression`;
    const at = error instanceof ArgumentComplaint ? parser.at + error.offset : start;
    throw new ConditionError(`${error.message} ${where}`, at);
  }
}

interface Predicate {
  readonly arguments: readonly string[];
  readonly required: number;
  readonly test: (values: readonly string[], environment: Environment) => boolean;
}

function one(test: (value: string, environment: Environment) => boolean): Predicate {
  return { arguments: ["string"], required: 1, test: ([value = ""], environment) => test(value, environment) };
}

function two(test: (left: string, right: string) => boolean): Predicate {
  return { arguments: ["string", "string"], required: 2, test: ([left = "", right = ""]) => test(left, right) };
}

/** What asks for libraries of TLS that no runtime has is false. */
const never = one(() => false);

const predicates: ReadonlyMap<string, Predicate> = new Map([
  ["defined", one((name, environment) => environment.has(name))],
  ["feature", one((name) => name === "" || features.has(name))],
  ["enabled", one((name) => facilities.has(name))],
  ["streq", two((left, right) => left === right)],
  ["strneq", two((left, right) => left !== right)],
  ["strstr", two((left, right) => left.includes(right))],
  ["version_atleast", one((version) => compareVersions(languageVersion, version) >= 0)],
  ["version_before", one((version) => compareVersions(languageVersion, version) < 0)],
  ["ssllib_name_startswith", one((name) => tlsLibrary.name.startsWith(name))],
  ["openssl_version_atleast", one((version) => compareVersions(tlsLibrary.version, version) >= 0)],
  ["openssl_version_before", one((version) => compareVersions(tlsLibrary.version, version) < 0)],
  ["awslc_api_atleast", never],
  ["awslc_api_before", never],
  ["fips_mode", never],
]);

/** Compares versions as HAProxy does: numbers by value, a `-dev` or `-rc` before its release, letters after all numbers. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [versionKey(left), versionKey(right)];
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0 && !Number.isNaN(difference)) return difference;
  }
  return 0;
}

function versionKey(version: string): number[] {
  const [release = "", ...suffix] = version.split("-");
  const numbers = release.split(".").map((part) => (/^[0-9]+$/.test(part) ? Number(part) : part === "" ? 0 : Infinity));
  while (numbers.length < 4) numbers.push(0);
  const tag = /^(dev|rc)([0-9]*)/.exec(suffix.join("-"));
  if (tag === null) return [...numbers, suffix.length === 0 ? 0 : 1];
  return [...numbers, tag[1] === "dev" ? -2 : -1, Number(tag[2] ?? 0)];
}
