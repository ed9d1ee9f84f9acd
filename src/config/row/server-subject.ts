/** What the options of a `server` line act on. */
import type { LogFormat } from "../../plan/log-format.ts";
import type { ServerSettings } from "../draft/draft.ts";
import type { OptionLine } from "./line-options.ts";
import type { Word } from "../text/statement.ts";

export interface ServerTarget {
  readonly settings: ServerSettings;
  readonly isDefault: boolean;
  /** Null until `id` is given. */
  id: number | null;
  /** The word that names the resolvers section, for messages. */
  resolversWord: Word | null;
  /** Reads the word after the option as a format evaluated per session. */
  readonly parseFormat: (line: OptionLine, option: string) => LogFormat;
}
