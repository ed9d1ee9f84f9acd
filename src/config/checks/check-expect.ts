/** `tcp-check expect` and `http-check expect`: what a check's answer has to look like. */
import {
  type CheckStep,
  type ExpectDetails,
  expectDefaults,
  type HeaderExpect,
  type HeaderPattern,
} from "../../plan/check.ts";
import type { LogFormat } from "../../plan/rules/log-format.ts";
import { binary, type CheckLine, checkExpression, checkFormat, commentAt, evenHex, stepBase } from "./check-line.ts";
import type { CheckRule } from "../draft/check-lists.ts";
import { Complaint } from "../text/complaint.ts";
import { noteBacktracking, regexComplaint } from "../expressions/regex-notices.ts";

type Match = Extract<CheckStep, { kind: "expect" | "http-expect" }>["match"];

interface Expectation {
  match: Match;
  negate: boolean;
  pattern: Uint8Array | string | LogFormat;
  header: HeaderExpect | null;
}

const tcpMatches = ["string", "rstring", "string-lf", "binary", "rbinary", "binary-lf"];
const httpMatches = ["string", "rstring", "string-lf", "status", "rstatus", "hdr", "fhdr"];

const supported = {
  tcp: "'only supports min-recv, '[!]binary', '[!]string', '[!]rstring', '[!]string-lf''[!]rbinary', '[!]binary-lf' or comment but got",
  http: "'only supports min-recv, [!]string', '[!]rstring', '[!]string-lf', '[!]status', '[!]rstatus', [!]hdr, [!]fhdr or comment but got",
};

const statuses = {
  "ok-status": { known: ["L7OK", "L7OKC", "L6OK", "L4OK"], list: "'L4OK', 'L6OK', 'L7OK' or 'L7OKC'" },
  "error-status": { known: ["L7RSP", "L7STS", "L6RSP", "L4CON"], list: "'L4CON', 'L6RSP', 'L7RSP' or 'L7STS'" },
  "tout-status": { known: ["L7TOUT", "L6TOUT", "L4TOUT"], list: "'L4TOUT', 'L6TOUT' or 'L7TOUT'" },
} as const;

interface Details extends Mutable<ExpectDetails> {
  comment: string | null;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Reads the words after `expect`. Throws a Complaint without a prefix. */
export function parseExpect(check: CheckLine): CheckRule {
  if (check.words.length === 0) {
    throw new Complaint("expects at least a matching pattern as arguments.", check.line.keyword);
  }
  const details: Details = { comment: null, ...expectDefaults };
  let found: Expectation | null = null;
  for (let index = 0; index < check.words.length;) {
    const taken = takeDetail(check, index, details);
    if (taken > 0) {
      index += taken;
      continue;
    }
    const match = takeMatch(check, index, found !== null);
    found = match.expectation;
    index += match.taken;
  }
  if (found === null) throw new Complaint("pattern not found.", check.line.keyword);
  const { comment, ...rest } = details;
  const base = stepBase(check, comment);
  const { match, negate, pattern, header } = found;
  if (check.family === "http") {
    return { ...base, kind: "http-expect", match, negate, pattern, header, ...rest } as CheckRule;
  }
  return { ...base, kind: "expect", match, negate, pattern, ...rest } as CheckRule;
}

/** Takes one of the words that say more about the expectation; returns how many words it took, 0 when it is none. */
function takeDetail(check: CheckLine, index: number, details: Details): number {
  const word = check.words[index];
  const value = check.words[index + 1]?.text ?? "";
  const need = (what: string): void => {
    if (value === "") throw new Complaint(`'${word?.text}' expects ${what} as argument.`, word ?? null);
  };
  switch (word?.text) {
    case "comment":
      details.comment = commentAt(check, index);
      return 2;
    case "min-recv":
      need("a integer");
      if (!/^-?\d+$/.test(value) || Number(value) < -1) {
        throw new Complaint("'min-recv' expects -1 or an integer from 0 to INT_MAX.", check.words[index + 1] ?? null);
      }
      details.minRecv = Number(value) < 0 ? null : Number(value);
      return 2;
    case "ok-status":
    case "error-status":
    case "tout-status": {
      need("a string");
      const { known, list } = statuses[word.text];
      if (!known.some((one) => one === value)) {
        throw new Complaint(
          `'${word.text}' only supports ${list} status (got '${value}')..`,
          check.words[index + 1] ?? null,
        );
      }
      const field = { "ok-status": "okStatus", "error-status": "errorStatus", "tout-status": "timeoutStatus" } as const;
      details[field[word.text]] = value;
      return 2;
    }
    case "on-success":
      need("a string");
      details.onSuccess = checkFormat(check, index + 1);
      return 2;
    case "on-error":
      need("a string");
      details.onError = checkFormat(check, index + 1);
      return 2;
    case "status-code":
      need("an expression");
      details.statusCode = checkExpression(check, index + 1, "status-code");
      return 2;
    default:
      return 0;
  }
}

function takeMatch(check: CheckLine, start: number, isSecond: boolean): { expectation: Expectation; taken: number } {
  let index = start;
  let negate = false;
  let word = check.words[index];
  while (word?.text === "!") {
    negate = !negate;
    word = check.words[++index];
  }
  let name = word?.text ?? "";
  if (name.startsWith("!")) [negate, name] = [!negate, name.slice(1)];
  const known = check.family === "tcp" ? tcpMatches : httpMatches;
  if (!known.includes(name)) {
    throw new Complaint(`${supported[check.family]} '${word?.text ?? ""}' as argument..`, word ?? check.line.keyword);
  }
  if (isSecond) throw new Complaint("only on pattern expected.", word);
  if (name === "hdr" || name === "fhdr") {
    const { header, taken } = takeHeader(check, index, name);
    return { expectation: { match: "header", negate, pattern: "", header }, taken: index - start + taken };
  }
  const pattern = check.words[index + 1];
  if (pattern === undefined || pattern.text === "") {
    throw new Complaint(`'${name}' expects a <pattern> as argument.`, word);
  }
  return {
    expectation: { match: name as Match, negate, pattern: readPattern(check, index + 1, name), header: null },
    taken: index - start + 2,
  };
}

function readPattern(check: CheckLine, index: number, match: string): Expectation["pattern"] {
  const word = check.words[index];
  const text = word?.text ?? "";
  if (match.endsWith("-lf")) return checkFormat(check, index);
  if (match === "binary") return binary(text, () => new Complaint(`invalid binary string (${evenHex}).`, word));
  if (match === "status") checkStatusList(check, index);
  if (match === "rstring" || match === "rbinary" || match === "rstatus") checkRegex(check, index);
  if (match === "string" && check.family === "tcp") return new Uint8Array(Buffer.from(text, "latin1"));
  return text;
}

function checkStatusList(check: CheckLine, index: number): void {
  const word = check.words[index];
  for (const part of (word?.text ?? "").split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) {
      const character = /[^\d-]/.exec(part)?.[0] ?? part;
      throw new Complaint(`invalid character '${character}' in the list of status codes.`, word);
    }
    if (match[2] !== undefined && Number(match[2]) < Number(match[1])) {
      throw new Complaint(`invalid range of status codes '${part}'.`, word);
    }
  }
}

function checkRegex(check: CheckLine, index: number): void {
  const word = check.words[index];
  const text = word?.text ?? "";
  const wrong = regexComplaint(text, {});
  if (wrong !== null) throw new Complaint(`${wrong}.`, word);
  noteBacktracking([text], {}, check.target.scope.diagnostics, check.line.statement, word ?? null);
}

const headerMatches = ["str", "beg", "end", "sub", "reg"] as const;

function takeHeader(check: CheckLine, start: number, name: "hdr" | "fhdr"): { header: HeaderExpect; taken: number } {
  let index = start + 1;
  const first = check.words[index]?.text;
  if ((first !== "name" && first !== "name-lf") || check.words[index + 1] === undefined) {
    throw new Complaint(
      `'${name}' expects at the name keyword as first argument followed by a pattern.`,
      check.words[index] ?? check.words[start] ?? null,
    );
  }
  const nameField = takeHeaderPattern(check, index, name);
  index += nameField.taken;
  let value: HeaderPattern | null = null;
  const second = check.words[index]?.text;
  if (second === "value" || second === "value-lf") {
    const field = takeHeaderPattern(check, index, name);
    value = field.pattern;
    index += field.taken;
  }
  return { header: { full: name === "fhdr", name: nameField.pattern, value }, taken: index - start };
}

function takeHeaderPattern(
  check: CheckLine,
  start: number,
  keyword: string,
): { pattern: HeaderPattern; taken: number } {
  const isFormat = check.words[start]?.text.endsWith("-lf") === true;
  let index = start + 1;
  let match: HeaderPattern["match"] = "str";
  if (check.words[index]?.text === "-m") {
    const word = check.words[index + 1];
    if (word === undefined) {
      throw new Complaint(
        `'${keyword}' : '-m' expects at a matching pattern ('str', 'beg', 'end', 'sub' or 'reg').`,
        check.words[index] ?? null,
      );
    }
    const found = headerMatches.find((one) => one === word.text);
    if (found === undefined) {
      throw new Complaint(
        `'${keyword}' : '-m' only supports 'str', 'beg', 'end', 'sub' or 'reg' (got '${word.text}').`,
        word,
      );
    }
    match = found;
    index += 2;
  }
  if (isFormat && match === "reg") {
    throw new Complaint(
      `'${keyword}': log-format string is not supported with a regex matching method.`,
      check.words[start] ?? null,
    );
  }
  const word = check.words[index];
  if (word === undefined) {
    throw new Complaint(
      `'${keyword}' expects at the name keyword as first argument followed by a pattern.`,
      check.words[start] ?? null,
    );
  }
  if (match === "reg") checkRegex(check, index);
  return {
    pattern: { match, text: isFormat ? checkFormat(check, index) : word.text },
    taken: index - start + 1,
  };
}
