/** The actions of HTTP rules, known by name so that a mistyped one is told from one that only HTTP has a use for. */
import { wordList } from "../../row/value.ts";
import { nearest } from "../../text/suggestion.ts";
import type { HttpRules } from "../../draft/draft.ts";
import { actionWord } from "../../../rules/actions/actions.ts";
import type { RuleLayer } from "../../../rules/actions/row.ts";

const actions: Record<HttpRules, readonly string[]> = {
  "http-request": wordList(`
    wait-for-handshake ot-group set-log-level set-nice use-service sc-inc-gpc(*) sc-inc-gpc0(*)
    sc-inc-gpc1(*) sc-set-gpt(*) sc-set-gpt0(*) send-spoe-group do-resolve(*) cache-use add-acl(*)
    add-header allow auth capture del-acl(*) del-header del-map(*) deny disable-l7-retry early-hint
    normalize-uri redirect reject replace-header replace-path replace-pathq replace-uri
    replace-value return set-header set-map(*) set-method set-path set-pathq set-query set-uri
    strict-mode tarpit track-sc(*) set-timeout wait-for-body set-var-fmt(*) set-var(*) unset-var(*)
    set-dst set-dst-port set-mark set-src set-src-port set-tos silent-drop set-priority-class
    set-priority-offset
  `),
  "http-response": wordList(`
    ot-group set-log-level set-nice sc-inc-gpc(*) sc-inc-gpc0(*) sc-inc-gpc1(*) sc-set-gpt(*)
    sc-set-gpt0(*) send-spoe-group cache-store add-acl(*) add-header allow capture del-acl(*)
    del-header del-map(*) deny redirect replace-header replace-value return set-header set-map(*)
    set-status strict-mode track-sc(*) wait-for-body set-var-fmt(*) set-var(*) unset-var(*) set-mark
    set-tos silent-drop
  `),
  "http-after-response": wordList(`
    ot-group add-header allow capture del-header replace-header replace-value set-header set-status
    strict-mode set-var-fmt(*) set-var(*) unset-var(*)
  `),
};

/** What is said of an action that HAProxy does not have where it cannot stand: HAProxy's list of what it expects would not help. */
export function misplacedAction(line: string, written: string, layer: RuleLayer): string | null {
  const row = actionWord(written)?.row;
  if (row === undefined || !row.kind.startsWith("ssh-") || row.layers.includes(layer)) return null;
  const places = row.layers.map((one) => `'tcp-request ${one}'`).join(" and ");
  return `'${line} ${row.kind}' is not possible: '${row.kind}' is for ${places} rules in 'mode tcp'.`;
}

/** HAProxy's complaint about an action that it does not know, or null. `(*)` stands for an argument or more letters. */
export function unexpectedHttpAction(rules: HttpRules, action: string): string | null {
  const known = actions[rules].some((name) =>
    name.endsWith("(*)") ? action.startsWith(name.slice(0, -3)) : action === name,
  );
  if (known && action !== "") return null;
  const misplaced = misplacedAction(rules, action, rules);
  if (misplaced !== null) return misplaced;
  const list = actions[rules].map((name) => `'${name}'`).join(", ");
  const text = `'${rules}' expects ${list}, but got '${action}'`;
  if (action === "") return `${text} (missing argument).`;
  const near = nearest(
    action,
    actions[rules].map((name) => name.replace("(*)", "")),
  );
  return near === null ? `${text}.` : `${text}. Did you mean '${near}' maybe ?`;
}
