/**
 * The lines of a backend's check in the order they run, and which lists of them count.
 *
 * Every section has a list of its own for `tcp-check` and one for `http-check`; those of `defaults` are not added to but
 * replaced, as soon as the section has a line of the kind or says `option httpchk` again. `option httpchk` puts a request in
 * front of its list that the first `http-check send` is laid over.
 */
import { type CheckStep, expectDefaults } from "../../plan/check.ts";
import { Complaint } from "../text/complaint.ts";
import type { CheckRule, HttpRequest } from "../draft/check-lists.ts";
import type { CheckChoice, Settings } from "../draft/draft.ts";
import type { Word } from "../text/statement.ts";

type SendRule = Extract<CheckRule, { kind: "http-send" }>;

const connectFirst =
  "first step MUST also be a 'connect', optionally preceded by a 'set-var', an 'unset-var' or a 'comment', when there is a 'connect' step in the tcp-check ruleset.";

function isVariable(rule: CheckRule): boolean {
  return rule.kind === "set-var" || rule.kind === "unset-var";
}

function first(list: readonly CheckRule[]): CheckRule | undefined {
  return list.find((rule) => !isVariable(rule));
}

function isImplicit(rule: CheckRule | undefined): rule is SendRule {
  return rule?.kind === "http-send" && rule.isImplicit;
}

/** Adds a line to the section's own list of its family, which counts from now on if the check is of that family. */
export function addCheckRule(family: "tcp" | "http", settings: Settings, rule: CheckRule, keyword: Word): void {
  const list = settings.checkLists[family];
  const counts = settings.check.kind === family;
  if (rule.kind === "connect") {
    const before = list.find((one) => !isVariable(one) && !isImplicit(one));
    if (before !== undefined && before.kind !== "connect") throw new Complaint(connectFirst, keyword);
  }
  if (family === "http" && counts) addHttpRule(list, rule, keyword);
  else list.push(rule);
  countOwn(family, settings);
}

/** The section has a line of its own (a `comment` is one): its list counts if the check is of that family. */
export function countOwn(family: "tcp" | "http", settings: Settings): void {
  const { checkLists: lists, check } = settings;
  if (check.kind === family) settings.check = { kind: family, rules: lists[family] };
  else lists.unused.add(family);
}

/** An `http-check` line of a check that is HTTP: only the order in which a dialogue can go is taken. */
function addHttpRule(list: CheckRule[], added: CheckRule, keyword: Word): void {
  if (isVariable(added)) {
    list.push(added);
    return;
  }
  let rule = added;
  const front = rule.kind === "http-send" ? first(list) : undefined;
  if (rule.kind === "http-send" && isImplicit(front)) {
    list.splice(list.indexOf(front), 1);
    rule = { ...rule, request: laidOver(front.request, rule.request) };
  }
  const last = list.findLast((one) => !isVariable(one));
  const missing = last === undefined ? null : missingBefore(rule, last);
  if (missing !== null) {
    const name = rule.kind === "http-send" ? "send" : rule.kind === "http-expect" ? "expect" : rule.kind;
    const text = `unable to add http-check ${name} rule at step ${rule.number} (missing ${missing} rule)..`;
    throw new Complaint(text, keyword);
  }
  list.push(rule);
}

function missingBefore(rule: CheckRule, last: CheckRule): string | null {
  switch (rule.kind) {
    case "connect":
      return last.kind === "http-expect" || isImplicit(last) ? null : "expect";
    case "http-send":
      return last.kind === "connect" ? null : "connect";
    case "http-expect":
      return last.kind === "connect" ? "send" : null;
    default:
      return null;
  }
}

/** `option httpchk`: the section's own list, with the option's request in front or laid over the first that was said. */
export function chooseHttp(settings: Settings, request: HttpRequest): CheckChoice {
  const list = settings.checkLists.http;
  const front = first(list);
  const at = front === undefined ? -1 : list.indexOf(front);
  const sendAt = front?.kind === "connect" ? list.findIndex((rule, index) => index > at && !isVariable(rule)) : at;
  const send = list[sendAt];
  if (send?.kind === "http-send" && !send.isImplicit) {
    list[sendAt] = { ...send, request: laidOver(send.request, request) };
  } else {
    if (isImplicit(send)) list.splice(sendAt, 1);
    list.unshift({ ...unwritten, kind: "http-send", request, isImplicit: true });
  }
  settings.checkLists.unused.clear();
  return { kind: "http", rules: list };
}

/** `option tcp-check`: what counts already, the section's own lines, or else those of its `defaults`. */
export function chooseTcp(settings: Settings): CheckChoice {
  const { check, checkLists: lists } = settings;
  if (check.kind === "tcp") return check;
  const isOwn = lists.unused.has("tcp") || lists.formerTcp.length === 0;
  lists.unused.clear();
  return { kind: "tcp", rules: isOwn ? lists.tcp : [...lists.formerTcp] };
}

/** `over` where it says something, else `under`; headers are taken all or none. */
function laidOver(under: HttpRequest, over: HttpRequest): HttpRequest {
  return {
    method: over.method ?? under.method,
    uri: over.uri ?? under.uri,
    version: over.version ?? under.version,
    headers: over.headers.length > 0 ? over.headers : under.headers,
    body: over.body ?? under.body,
  };
}

/** Steps that nobody wrote have no number. */
const unwritten = { comment: null, number: 0, position: { file: "", line: 0 } } as const;

/** The steps of a check, with whatever nobody wrote filled in: a request's parts, and what its answer has to be. */
export function checkSteps(rules: readonly CheckRule[]): CheckStep[] {
  const ordered = [...rules];
  const [front] = ordered;
  const connectAt = ordered.findIndex((rule) => !isVariable(rule) && !isImplicit(rule));
  if (isImplicit(front) && ordered[connectAt]?.kind === "connect") {
    ordered.splice(connectAt + 1, 0, front);
    ordered.shift();
  }
  const steps = ordered.map(stepOf);
  if (steps.at(-1)?.kind === "http-send") steps.push(anySuccess);
  return steps;
}

function stepOf(rule: CheckRule): CheckStep {
  if (rule.kind !== "http-send") return rule;
  const { request, isImplicit: _, ...base } = rule;
  const { method, uri, version, headers, body } = request;
  return { ...base, method: method ?? "OPTIONS", uri: uri ?? "/", version: version ?? "HTTP/1.0", headers, body };
}

const anySuccess: CheckStep = {
  ...unwritten,
  kind: "http-expect",
  match: "status",
  negate: false,
  pattern: "200-399",
  header: null,
  ...expectDefaults,
};
