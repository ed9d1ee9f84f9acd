/** `unix-bind` of the global section: defaults for the files of unix sockets. */
import { Complaint } from "../text/complaint.ts";
import type { Draft } from "../draft/draft.ts";
import type { Line } from "../row/row.ts";

/** Reads the pairs after `unix-bind`. Throws a Complaint. */
export function parseUnixBind(draft: Draft, line: Line): void {
  const { unixBind } = draft.global;
  for (let index = 0; index < line.words.length; index += 2) {
    const name = line.words[index]?.text ?? "";
    const value = line.words[index + 1]?.text ?? "";
    const word = line.words[index + 1] ?? line.words[index] ?? null;
    switch (name) {
      case "prefix":
        if (value === "") throw new Complaint("unix_bind 'prefix' expects a path as an argument.", word);
        unixBind.prefix = value;
        break;
      case "mode":
        unixBind.mode = Number.parseInt(value, 8) || 0;
        break;
      case "uid":
      case "gid":
        unixBind[name] = Number.parseInt(value, 10) || 0;
        break;
      case "user":
        unixBind.uid = draft.context.accounts.user(value)?.uid ?? unknown(value, "user", word);
        break;
      case "group":
        unixBind.gid = draft.context.accounts.group(value) ?? unknown(value, "group", word);
        break;
      default:
        throw new Complaint(
          "'unix-bind' only supports the 'prefix', 'mode', 'uid', 'gid', 'user' and 'group' options.",
          line.words[index] ?? null,
        );
    }
  }
}

function unknown(value: string, kind: string, word: Line["words"][number] | null): never {
  throw new Complaint(`'unix-bind' : '${value}' unknown ${kind}.`, word);
}
