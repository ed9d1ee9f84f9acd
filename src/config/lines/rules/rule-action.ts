/** The actions of rules: which word is meant, and what HAProxy says of one that is none. */
import { proxyLabel } from "../../text/section-headers.ts";
import type { Action } from "../../../plan/rules/rule.ts";
import { actionWord } from "../../../rules/actions/actions.ts";
import { type HttpLayer, httpLayers, type RuleLayer } from "../../../rules/actions/row.ts";
import { Complaint, shortPlace, WholeComplaint } from "../../text/complaint.ts";
import { misplacedAction, unexpectedHttpAction } from "./http-actions.ts";
import type { ActionLine } from "./action-line.ts";
import { actionArguments, takeLayer4 } from "./rule-arguments.ts";
import { peek, textAt, type Cursor } from "../../text/cursor.ts";
import type { Word } from "../../text/statement.ts";
import { nearest } from "../../text/suggestion.ts";

/** Takes an action and its arguments; the cursor stands on its word. Throws a Complaint. */
export function takeAction(cursor: Cursor, line: ActionLine): Action {
  const written = peek(cursor);
  const name = /^[^(]*/.exec(written?.text ?? "")?.[0] ?? "";
  if (written !== null && refusedActions.get(name)?.includes(line.layer) === true)
    throw refused(name, cursor, written, line);
  const word = actionWord(name);
  if (word?.row.kind === "capture") checkCapture(cursor, line);
  const misplaced = misplacedAction(line.line, name, line.layer);
  if (misplaced !== null) throw new WholeComplaint(misplaced, written);
  if (written === null || word === undefined || !word.row.layers.includes(line.layer))
    throw unknownAction(written, line);
  cursor.index += 1;
  const taken = actionArguments[word.takes](cursor, line, written, word);
  // Its row says that a word of this form is of this kind.
  return { kind: word.row.kind, ...taken } as Action;
}

const requestLayers: readonly RuleLayer[] = ["connection", "session", "content"];
const streamLayers: readonly RuleLayer[] = ["content", "response", "http-request", "http-response"];

/** Actions that HAProxy knows (some only later than 2.6) and this program refuses. */
const refusedActions = new Map<string, readonly RuleLayer[]>([
  ["cache-store", ["http-response"]],
  ["cache-use", ["http-request"]],
  ["expect-netscaler-cip", requestLayers],
  ["ot-group", [...streamLayers, "http-after-response"]],
  ["send-spoe-group", streamLayers],
  ["set-bandwidth-limit", streamLayers],
  ["set-fc-mark", requestLayers],
  ["set-fc-tos", requestLayers],
  ["set-bc-mark", ["content"]],
  ["set-bc-tos", ["content"]],
  ["use-service", ["content"]],
  ["attach-srv", ["session"]],
]);

/** Before a session has content there is nothing to capture. */
function checkCapture(cursor: Cursor, { line, layer, scope }: ActionLine): void {
  if (layer !== "connection" && layer !== "session") return;
  const what = `'capture ${textAt(cursor, 1)}'`;
  throw new Complaint(`${what} is not allowed in '${line}' rules in ${proxyLabel(scope)}`, peek(cursor));
}

function refused(name: string, cursor: Cursor, word: Word, line: ActionLine): Complaint {
  if (name === "expect-netscaler-cip") {
    takeLayer4({ ...cursor, index: cursor.index + 1 }, line, name);
    return new Complaint(
      `'${name}' is not supported in ${proxyLabel(line.scope)}`,
      cursor.statement.words[cursor.index + 1],
    );
  }
  return new WholeComplaint(`'${line.line} ${name}' is not supported in ${proxyLabel(line.scope)}`, word);
}

const early =
  "accept reject capture expect-proxy expect-netscaler-cip track sc-inc-gpc(*) sc-inc-gpc0(*) sc-inc-gpc1(*) sc-set-gpt(*) " +
  "sc-set-gpt0(*) set-var-fmt(*) set-var(*) unset-var(*) set-dst set-dst-port set-mark set-src set-src-port set-tos silent-drop";

/** The actions that HAProxy 2.6 lists when it meets another, in its order. */
const expectedActions: Readonly<Record<Exclude<RuleLayer, HttpLayer>, string>> = {
  connection: early,
  session: early,
  content:
    "accept reject capture expect-proxy expect-netscaler-cip track ot-group set-log-level set-nice switch-mode use-service " +
    "sc-inc-gpc(*) sc-inc-gpc0(*) sc-inc-gpc1(*) sc-set-gpt(*) sc-set-gpt0(*) send-spoe-group do-resolve(*) set-var-fmt(*) " +
    "set-var(*) unset-var(*) set-src set-src-port set-dst set-dst-port set-mark set-tos silent-drop set-priority-class " +
    "set-priority-offset",
  response:
    "accept close reject ot-group set-log-level set-nice sc-inc-gpc(*) sc-inc-gpc0(*) sc-inc-gpc1(*) sc-set-gpt(*) " +
    "sc-set-gpt0(*) send-spoe-group set-var-fmt(*) set-var(*) unset-var(*) set-mark set-tos silent-drop",
};

function isHttp(layer: RuleLayer): layer is HttpLayer {
  return httpLayers.some((one) => one === layer);
}

function unknownAction(word: Word | null, line: ActionLine): Complaint {
  const { layer } = line;
  if (isHttp(layer)) {
    const text = unexpectedHttpAction(layer, word?.text ?? "") ?? `'${layer} ${word?.text}' is not supported`;
    return new WholeComplaint(text, word, null, shortPlace);
  }
  const names = expectedActions[layer].split(" ");
  const list = names
    .map((name) => (name === "track" ? `'track-sc0' ... 'track-sc${line.scope.stickCounters - 1}'` : `'${name}'`))
    .join(", ");
  const written = word?.text ?? "";
  const text = `'${line.line}' expects ${list} in ${proxyLabel(line.scope)} (got '${written}').`;
  const near = nearest(written, [...names.map((name) => name.replace("(*)", "")), "ssh-reject", "ssh-tarpit"]);
  return new Complaint(near === null ? text : `${text} Did you mean '${near}' maybe ?`, word);
}
