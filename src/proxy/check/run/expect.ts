/** What `tcp-check expect` and `http-check expect` look for, and what they say when it is not there. */
import { latin1 } from "../../../wire/latin1.ts";
import type { CheckStep, HeaderPattern } from "../../../plan/check.ts";
import type { LogFormat } from "../../../plan/rules/log-format.ts";
import { compileRegex, type Regex } from "../../../regex/compile.ts";
import { hexBytes, hexText } from "./check-bytes.ts";
import { headerValues, parseHttpAnswer } from "./http-answer.ts";
import type { HttpAnswer } from "./http-answer.ts";

type TcpExpect = Extract<CheckStep, { kind: "expect" }>;
type HttpExpect = Extract<CheckStep, { kind: "http-expect" }>;

/** A look at the answer: what was asked for is there, is not there, or may still come. */
export type Look = "fits" | "fails" | "wait";

/** The expressions of the plan's steps, compiled when they are first needed. */
const compiled = new WeakMap<object, Regex>();

function regexOf(owner: object, pattern: string, ignoreCase = false): Regex {
  let regex = compiled.get(owner);
  if (regex === undefined) compiled.set(owner, (regex = compileRegex(pattern, { ignoreCase })));
  return regex;
}

/** Turns a pattern that may be a format into its text for this check. */
export type Render = (format: LogFormat) => string;

/**
 * Looks for a tcp-check's pattern.
 *
 * Without `min-recv` a missing pattern may still come, so only the end of the answer decides (for `!` too); with it, what came
 * first decides. Never called with nothing but an end: that is an empty response.
 */
export function lookForTcp(step: TcpExpect, render: Render, answer: Uint8Array, final: boolean): Look {
  if (!final && answer.length < (step.minRecv ?? 0)) return "wait";
  const found = tcpMatch(step, render, answer);
  if (!found && !final && step.minRecv === null) return "wait";
  return found !== step.negate ? "fits" : "fails";
}

function tcpMatch(step: TcpExpect, render: Render, answer: Uint8Array): boolean {
  const { pattern } = step;
  if (pattern instanceof Uint8Array) return latin1(answer).includes(latin1(pattern));
  if (typeof pattern === "string") {
    return regexOf(step, pattern).test(step.match === "rbinary" ? hexText(answer) : latin1(answer));
  }
  const text = render(pattern);
  if (step.match !== "binary-lf") return latin1(answer).includes(text);
  const bytes = hexBytes(text);
  return bytes !== null && latin1(answer).includes(latin1(bytes));
}

/** What a failed connection or a time-out says it was waiting for. */
export function expectedText(step: TcpExpect): string {
  switch (step.match) {
    case "string":
      return `expect string '${patternText(step)}'`;
    case "binary":
      return `expect binary '${printableBytes(patternText(step))}'`;
    case "rstring":
      return "expect regex";
    case "rbinary":
      return "expect binary regex";
    case "string-lf":
      return "expect log-format string";
    case "binary-lf":
      return "expect log-format binary";
  }
}

/** The complaint of an expect without an `on-error` of its own. */
export function unmetText(step: TcpExpect): string {
  const what: Record<TcpExpect["match"], string> = {
    string: `'${patternText(step)}'`,
    binary: "(binary)",
    rstring: "(regex)",
    rbinary: "(binary regex)",
    "string-lf": "(log-format string)",
    "binary-lf": "(log-format binary)",
  };
  const verb = step.negate ? "TCPCHK matched unwanted content" : "TCPCHK did not match content";
  return `${verb} ${what[step.match]} at step ${step.number}`;
}

function patternText(step: TcpExpect): string {
  return step.pattern instanceof Uint8Array ? latin1(step.pattern) : "";
}

function printableBytes(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, ".");
}

/** How an http-check's expect turned out; `info` is what HAProxy says of it without `on-error`. */
export type HttpLook =
  | { readonly look: "fits"; readonly answer: HttpAnswer }
  | {
      readonly look: "fails";
      readonly answer: HttpAnswer | null;
      readonly status: string;
      readonly info: string | null;
    };

/** Looks for an http-check's pattern. The head must be whole; a body's absence counts once the body has ended. */
export function lookForHttp(step: HttpExpect, render: Render, bytes: Uint8Array, final: boolean): HttpLook | "wait" {
  if (!final && bytes.length < (step.minRecv ?? 0)) return "wait";
  const answer = parseHttpAnswer(bytes, final);
  if (answer === "wait") return "wait";
  if (answer === "invalid") return { look: "fails", answer: null, status: "L7RSP", info: null };
  if (step.match === "status" || step.match === "rstatus" || step.match === "header") {
    const found = headMatch(step, render, answer);
    if (found !== step.negate) return { look: "fits", answer };
    return { look: "fails", answer, status: "L7STS", info: answer.reason || null };
  }
  return lookAtBody(step, render, answer);
}

function lookAtBody(step: HttpExpect, render: Render, answer: HttpAnswer): HttpLook | "wait" {
  const fails = (info: string): HttpLook => ({ look: "fails", answer, status: "L7RSP", info });
  if (answer.body === "") {
    return answer.bodyEnded ? fails("HTTP content check could not find a response body") : "wait";
  }
  const pattern = typeof step.pattern === "string" ? step.pattern : render(step.pattern);
  const found = step.match === "rstring" ? regexOf(step, pattern).test(answer.body) : answer.body.includes(pattern);
  if (!found && !answer.bodyEnded && step.minRecv === null) return "wait";
  if (found !== step.negate) return { look: "fits", answer };
  return fails(step.negate ? "HTTP check matched unwanted content" : "HTTP content check did not match");
}

function headMatch(step: HttpExpect, render: Render, answer: HttpAnswer): boolean {
  const pattern = typeof step.pattern === "string" ? step.pattern : render(step.pattern);
  if (step.match === "rstatus") return regexOf(step, pattern).test(String(answer.status));
  if (step.match === "status") {
    return pattern.split(",").some((range) => {
      const [low = "", high = low] = range.trim().split("-");
      return answer.status >= Number(low) && answer.status <= Number(high);
    });
  }
  const { header } = step;
  if (header === null) return false;
  for (const [name, values] of headerValues(answer, header.full)) {
    if (!patternMatch(header.name, render, name, true)) continue;
    const { value } = header;
    if (value === null) return true;
    if (values.some((one) => patternMatch(value, render, one, false))) return true;
  }
  return false;
}

function patternMatch(pattern: HeaderPattern, render: Render, subject: string, ignoreCase: boolean): boolean {
  const written = typeof pattern.text === "string" ? pattern.text : render(pattern.text);
  if (pattern.match === "reg") return regexOf(pattern, written, ignoreCase).test(subject);
  const text = ignoreCase ? written.toLowerCase() : written;
  switch (pattern.match) {
    case "str":
      return subject === text;
    case "beg":
      return subject.startsWith(text);
    case "end":
      return subject.endsWith(text);
    case "sub":
      return subject.includes(text);
  }
}
