/** Actions on clients of SSH, which HAProxy does not know. */
import { isFinal } from "../context.ts";
import { compileExpression } from "../expression.ts";
import { compileFormat } from "../format/log-format.ts";
import { action, type ActionRow } from "./row.ts";

/** The actions of this file. */
export const sshActions: readonly ActionRow[] = [
  action(
    "ssh-reject",
    ["session", "content"],
    [{ word: "ssh-reject", takes: "last word" }],
    ({ text, code }, { tables, proxy }) => {
      const write = compileFormat(text, tables, proxy);
      const samples = text.parts.flatMap((part) =>
        part.kind === "sample" ? [compileExpression(part.expression, tables, proxy)] : [],
      );
      return (context, effects) => {
        if (!isFinal(context) && samples.some((evaluate) => evaluate(context) === "wait")) return "wait";
        effects.setLastWord(write(context.recordSoFar?.() ?? null, context), code);
        return "reject";
      };
    },
  ),
  action("ssh-tarpit", ["connection", "content"], [{ word: "ssh-tarpit", takes: "nothing" }], () => () => "tarpit"),
];
