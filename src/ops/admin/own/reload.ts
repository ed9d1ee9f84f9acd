/** `reload` of the stats socket, which HAProxy has on its master socket alone. */
import type { LaterCommand } from "../command.ts";
import { err } from "../answer.ts";
import { reloadAnswer } from "../../answers/reload-outcome.ts";

/** The command. */
export const reloadCommands: readonly LaterCommand[] = [
  {
    words: ["reload"],
    usage: "reload",
    help: "read the configuration again; says what has changed, or why nothing has",
    level: "admin",
    later: async (args, { reload }, session) => {
      if (args.length > 0) return err("'reload' takes no words.\n");
      return reloadAnswer(await reload(`by command on ${session.origin ?? "a socket"}`));
    },
  },
];
