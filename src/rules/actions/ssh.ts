/** Actions on clients of SSH, which HAProxy does not know. */
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
      return (context, effects) => {
        effects.setLastWord(write(context.recordSoFar?.() ?? null, context), code);
        return "reject";
      };
    },
  ),
  action("ssh-tarpit", ["connection", "content"], [{ word: "ssh-tarpit", takes: "nothing" }], () => () => "tarpit"),
];
