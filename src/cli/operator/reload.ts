/** `fairlead reload`: what is asked for, and what comes of the answer. */
import { singleLine } from "../../ops/log/syslog.ts";
import type { Said, SocketPlace } from "../ask-socket.ts";
import { socketPlace } from "../ask-socket.ts";
import { parseMasterAddress } from "../master-address.ts";
import type { Terminal } from "../terminal.ts";

/** What both the stats socket and the master socket take for it. */
export const reloadLine = "reload";

/** Reading a large configuration, and looking up its names, takes its time. */
export const longestReloadMs = 600_000;

/** The place that options name; `master`: the argument of the process's own `-S`. A text says what is wrong with them. */
export function reloadPlace({
  master,
  ...rest
}: {
  readonly master?: string | undefined;
  readonly socket?: string | undefined;
  readonly file?: string | undefined;
}): SocketPlace | string {
  if (master === undefined) return socketPlace(rest);
  if (rest.socket !== undefined || rest.file !== undefined)
    return "'-S', '--socket' and '-f' say the same; one is enough";
  const parsed = parseMasterAddress(master);
  if (typeof parsed === "string") return parsed;
  const { address } = parsed;
  return address.kind === "fd" ? "'-S' expects an address that others can reach" : { kind: "socket", address };
}

/** Tells what came of it; the exit code. `where`: the socket. */
export function tellReload(where: string, answer: Said, terminal: Terminal): number {
  if ("failed" in answer) {
    terminal.alert(
      `socket ${where}: ${answer.failed}\n    is fairlead running, and is this its 'stats socket' or the one of its '-S'?`,
    );
    return 1;
  }
  const said = answer.said.trim();
  const [, success, rest = ""] = /^Success=([01])(?:\n--\n([^]*))?$/.exec(said) ?? [];
  if (success === undefined) {
    terminal.alert(`socket ${where}: ${refusal(said)}`);
    return 1;
  }
  const text = rest.split("\n").map(singleLine).join("\n");
  if (success === "1") {
    terminal.print(text === "" ? "Reloaded; nothing is told to have changed.\n" : `Reloaded.\n${text}\n`);
    return 0;
  }
  if (text !== "") terminal.report(`${text}\n`);
  terminal.alert("Not reloaded: what ran before goes on.");
  return 1;
}

function refusal(said: string): string {
  const [first = ""] = said.split("\n", 1);
  if (said.startsWith("Unknown command"))
    return "it does not know 'reload'; what runs there is HAProxy, or an older fairlead: ask its master socket ('-S')";
  if (first === "Permission denied") return "permission denied: it takes a 'stats socket' of level admin";
  return first;
}
