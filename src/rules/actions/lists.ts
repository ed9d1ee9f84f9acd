/** Actions on the patterns of files: what the admin socket's `add acl`, `del acl`, `set map` and `del map` do. */
import type { PatternUse } from "../../plan/rules/acl.ts";
import type { LogFormat } from "../../plan/rules/log-format.ts";
import { compileRegex } from "../../regex/compile.ts";
import { parseNetwork } from "../match/network.ts";
import type { PatternList } from "../match/patterns.ts";
import { hexComplaint } from "../samples/argument-checks.ts";
import type { CompileContext } from "../samples/rows.ts";
import { action, type ActionRow, always, type RuleLayer, type RunAction } from "./row.ts";
import { compileText } from "./http/message-text.ts";

const layers: readonly RuleLayer[] = ["http-request", "http-response"];

/** What is done with the list of a file, where there is one. */
function withKey(
  file: string,
  key: LogFormat,
  within: CompileContext,
  act: (list: PatternList, key: string) => unknown,
): RunAction {
  const text = compileText(key, within);
  const list = within.tables.patterns.file(file);
  return always((context) => (list === undefined ? undefined : act(list, text(context))));
}

/** Goes through work in steps at once: a rule's next one may ask. */
function finish(steps: Generator<number, number, undefined>): number {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Whether a key can be compared in all ways in which the list is: what cannot is not added. */
function isComparable(list: PatternList, key: string): boolean {
  return list.uses.every(({ match, ignoreCase }) => {
    switch (match) {
      case "ip":
        return parseNetwork(key) !== null;
      case "int":
      case "len":
        return /^(?:-?[0-9]+|[0-9]+:[0-9]*|:[0-9]+)$/.test(key);
      case "bin":
        return hexComplaint(key) === null;
      case "reg":
        return isRegex(key, ignoreCase);
      default:
        return true;
    }
  });
}

function isRegex(text: string, ignoreCase: boolean): boolean {
  try {
    compileRegex(text, { ignoreCase });
    return true;
  } catch {
    return false;
  }
}

/** Whether it can be a value of the map in all ways in which that is used. */
function isValue(list: PatternList, value: string): boolean {
  const fits = ({ output }: PatternUse): boolean =>
    output === "int"
      ? /^-?[0-9]+$/.test(value)
      : output !== "ip" || (parseNetwork(value) !== null && !value.includes("/"));
  return list.uses.every(fits);
}

const remove = (list: PatternList, key: string): number => finish(list.remove({ key }));

/** The actions of this file. */
export const listActions: readonly ActionRow[] = [
  action("add-acl", layers, [{ word: "add-acl", takes: "list key", isPrefix: true }], ({ file, key }, within) =>
    withKey(file, key, within, (list, text) => {
      if (!list.has(text) && isComparable(list, text)) list.add(text, list.isMap ? "" : null);
    }),
  ),
  action("del-acl", layers, [{ word: "del-acl", takes: "list key", isPrefix: true }], ({ file, key }, within) =>
    withKey(file, key, within, remove),
  ),
  action("del-map", layers, [{ word: "del-map", takes: "list key", isPrefix: true }], ({ file, key }, within) =>
    withKey(file, key, within, remove),
  ),
  action(
    "set-map",
    layers,
    [{ word: "set-map", takes: "list entry", isPrefix: true }],
    ({ file, key, value }, within) => {
      const keyText = compileText(key, within);
      const valueText = compileText(value, within);
      const list = within.tables.patterns.file(file);
      return always((context) => {
        if (list === undefined) return;
        const [given, made] = [keyText(context), valueText(context)];
        if (!isValue(list, made)) return;
        if (finish(list.set({ key: given }, made)) === 0 && isComparable(list, given)) list.add(given, made);
      });
    },
  ),
];
