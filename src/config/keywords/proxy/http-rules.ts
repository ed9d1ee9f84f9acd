/** Rules of HTTP and what they are told of: `http-request`, `redirect`, `capture`, `monitor-uri` (manual, 4.2). */
import { Complaint, sentence, shortPlace } from "../../text/complaint.ts";
import type { HttpRules } from "../../draft/draft.ts";
import type { HttpRulesDraft } from "../../draft/http.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { parseCondition } from "../../lines/acl.ts";
import { unexpectedHttpAction } from "../../lines/rules/http-actions.ts";
import { parseHttpRule, parseRedirectRule } from "../../lines/rules/rule.ts";
import { noteRuleOrder } from "../../lines/rules/rule-order.ts";
import type { Rule } from "../../../plan/rules/rule.ts";
import { type Line, type Row, warn } from "../../row/row.ts";
import { anyWords, readInteger, text, words } from "../../row/value.ts";
import type { Word } from "../../text/statement.ts";
import { httpRow } from "./http-row.ts";

const lists: { readonly [Name in HttpRules]: keyof HttpRulesDraft & `${string}Rules` } = {
  "http-request": "requestRules",
  "http-response": "responseRules",
  "http-after-response": "afterResponseRules",
};

const help: { readonly [Name in HttpRules]: string } = {
  "http-request": "A rule about an HTTP request.",
  "http-response": "A rule about a server's answer.",
  "http-after-response": "A rule about any answer, the proxy's own as well.",
};

const ruleRows: readonly Row<ProxySection>[] = (
  ["http-request", "http-response", "http-after-response"] as const satisfies readonly HttpRules[]
).map((name) =>
  httpRow(name, {
    where: "DFLB",
    usage: "<action> [if|unless <condition>]",
    tier: "B",
    help: help[name],
    words: anyWords(),
    land(target, [action = ""], line) {
      if (target.kind === "defaults" && target.scope.name === "") {
        throw new Complaint(`'${name}' not allowed in anonymous 'defaults' section.`, line.keyword);
      }
      target.settings.httpOnly.add(name);
      const rules = (target.proxy ?? target.rules).http[lists[name]];
      if (isLast(rules.at(-1))) {
        const said = `previous '${name}' action is final and has no condition attached, further entries are NOOP.`;
        warn(line, said, line.words[0], shortPlace);
      }
      const complaint = unexpectedHttpAction(name, action);
      if (complaint !== null) throw new Complaint(complaint, line.words[0] ?? line.keyword, null, shortPlace);
      const captures = target.kind === "backend" ? null : (target.proxy ?? target.rules).http.requestCaptures;
      const rule = parseHttpRule(line.statement, target.scope, captures);
      rules.push(rule);
      if (target.proxy !== null && name === "http-request") noteRuleOrder(target.proxy, line, name);
    },
  }),
);

const finalActions: ReadonlySet<string> = new Set(["allow", "auth", "deny", "redirect", "return", "tarpit"]);

/** Nothing comes behind such a rule. */
function isLast(rule: Rule | undefined): boolean {
  return rule !== undefined && rule.condition === null && finalActions.has(rule.action.kind);
}

const monitorRows: readonly Row<ProxySection>[] = [
  httpRow("monitor-uri", {
    where: "DFL",
    usage: "<uri>",
    tier: "C",
    help: "A target that is answered at once, with 200 or 503: the proxy's own health.",
    needs: "frontend",
    words: words("monitor-uri", [text("'monitor-uri' expects an URI.")]),
    land({ settings }, [uri]) {
      settings.http.monitorUri = uri;
      settings.httpOnly.add("monitor-uri");
    },
  }),
  httpRow("monitor", {
    where: "FL",
    usage: "fail if|unless <condition>",
    tier: "C",
    help: "When `monitor-uri` is answered with 503.",
    needs: "frontend",
    words: anyWords(),
    land(target, [what], line) {
      if (what !== "fail") throw new Complaint("'monitor' only supports 'fail'.", line.words[0] ?? line.keyword);
      const word = line.words[1];
      if (word?.text !== "if" && word?.text !== "unless") {
        const said = "'monitor fail' requires either 'if' or 'unless' followed by a condition.";
        throw new Complaint(said, word ?? line.keyword);
      }
      const cursor = { statement: line.statement, index: line.start + 1 };
      const condition = sentence("error detected while parsing a 'monitor fail' condition : ", () =>
        parseCondition(cursor, target.scope, "frontend http-request header rule", null),
      );
      if (target.proxy === null) return;
      if (condition !== null) target.proxy.http.monitorFail.push(condition);
      noteRuleOrder(target.proxy, line, "monitor");
    },
  }),
];

/** Most bytes of a slot. HAProxy takes what `atol` makes of any word. */
function slotLength(word: Word | undefined, keyword: string): number {
  const length = readInteger(word?.text ?? "");
  if (length !== null) return Math.max(0, length);
  throw new Complaint(`cannot parse '${keyword}' value '${word?.text ?? ""}', an integer is expected.`, word);
}

function capture(target: ProxySection, line: Line): void {
  const [kind, second] = line.words.map((word) => word.text);
  if (kind === "cookie") return captureCookie(target, line);
  if ((kind !== "request" && kind !== "response") || second !== "header") {
    throw new Complaint(
      "'capture' expects 'cookie' or 'request header' or 'response header'.",
      line.words[0] ?? line.keyword,
    );
  }
  const label = `capture ${kind}`;
  if (target.kind === "defaults") {
    throw new Complaint(`'${label}' not allowed in 'defaults' section.`, line.keyword);
  }
  const [, , name, len, count, extra] = line.words;
  if (extra !== undefined) throw new Complaint(`'${label}' cannot handle unexpected argument '${extra.text}'.`, extra);
  if (name === undefined || len?.text !== "len" || count === undefined) {
    throw new Complaint(`'${label}' expects 'header' <header_name> 'len' <len>.`, line.words[0] ?? line.keyword);
  }
  const slots = target.proxy?.http[kind === "request" ? "requestCaptures" : "responseCaptures"];
  slots?.push({ field: name.text, length: slotLength(count, label) });
  return undefined;
}

function captureCookie(target: ProxySection, line: Line): void {
  if (target.kind === "defaults") {
    throw new Complaint("'capture cookie' not allowed in 'defaults' section.", line.keyword);
  }
  // Whether the word before the number is `len` HAProxy does not look.
  const [, name, , count] = line.words;
  if (name === undefined || count === undefined) {
    throw new Complaint("'capture' expects 'cookie' <cookie_name> 'len' <len>.", line.words[0] ?? line.keyword);
  }
  target.settings.http.captureCookie = { start: name.text, length: slotLength(count, "capture cookie") };
  target.settings.httpOnly.add("capture");
}

function declareCapture(target: ProxySection, line: Line): void {
  if (target.kind === "defaults") throw new Complaint("'declare' not available in default section", line.keyword);
  if (target.kind === "backend") {
    throw new Complaint("'declare' only available in frontend or listen section", line.keyword);
  }
  const [direction, len, count] = line.words;
  const name = "'declare capture'";
  if (direction?.text !== "request" && direction?.text !== "response") {
    throw new Complaint(`${name} requires a direction ('request' or 'response')`, direction ?? line.keyword);
  }
  if (len?.text !== "len") throw new Complaint(`${name} requires a capture length ('len')`, len ?? direction);
  if (count === undefined) {
    throw new Complaint(`${name}: 'len' requires a numeric value that represents the capture length`, len);
  }
  const length = readInteger(count.text);
  if (length === null) throw new Complaint(`${name}: cannot parse the length 'len'.`, count);
  if (length <= 0) throw new Complaint("length must be > 0", count);
  const slots = target.proxy?.http[direction.text === "request" ? "requestCaptures" : "responseCaptures"];
  slots?.push({ field: null, length });
}

const captureRows: readonly Row<ProxySection>[] = [
  httpRow("redirect", {
    where: "FLB",
    usage: "location|prefix|scheme <value> [code <code>] [<option> …] [if|unless <condition>]",
    tier: "B",
    help: "Answers HTTP requests with a redirection.",
    words: anyWords(),
    land(target, _values, line) {
      target.settings.httpOnly.add("redirect");
      const rule = parseRedirectRule(line.statement, target.scope);
      if (target.proxy === null) return;
      target.proxy.http.redirectRules.push(rule);
      noteRuleOrder(target.proxy, line, "redirect");
    },
  }),
  httpRow("capture", {
    where: "DFL",
    usage: "cookie|request header|response header <name> len <length>",
    tier: "C",
    help: "Logs parts of HTTP messages.",
    needs: "frontend",
    words: anyWords(),
    land: (target, _values, line) => capture(target, line),
  }),
  httpRow("declare capture", {
    where: "DFLB",
    usage: "request|response len <length>",
    tier: "C",
    help: "Room for what rules capture.",
    words: anyWords(),
    land: (target, _values, line) => declareCapture(target, line),
  }),
];

export const httpRuleRows: readonly Row<ProxySection>[] = [...ruleRows, ...monitorRows, ...captureRows];
