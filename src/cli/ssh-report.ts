/** `fairlead ssh-report`: the line that asks for it, and what comes of the answer. */
import { parseSince, sinceForm } from "../ops/stats/ssh/ssh-report-since.ts";
import type { Said } from "./ask-socket.ts";
import type { Terminal } from "./terminal.ts";

/** What is wanted; `since` as given, null: all that is known. */
export interface SshReportWish {
  readonly json: boolean;
  readonly since: string | null;
}

/** What is wrong with it, in words; null: nothing. */
export function wrongSince(since: string | null): string | null {
  return since === null || parseSince(since, Date.now()) !== null
    ? null
    : `'--since' expects ${sinceForm}, not '${since}'`;
}

/** The line that asks for it. */
export function sshReportLine({ json, since }: SshReportWish): string {
  return `show ssh report${json ? " json" : ""}${since === null ? "" : ` since ${since}`}`;
}

/** Prints the report; the exit code. `where`: the socket. */
export function tellSshReport({ json }: SshReportWish, where: string, answer: Said, terminal: Terminal): number {
  const wrong = wrongAnswer(json ? "{" : "SSH at ", answer);
  if (wrong === null && "said" in answer) terminal.print(`${answer.said.trimEnd()}\n`);
  else terminal.alert(`stats socket ${where}: ${wrong ?? ""}`);
  return wrong === null ? 0 : 1;
}

function wrongAnswer(beginning: string, answer: Said): string | null {
  if ("failed" in answer) return `${answer.failed}\n    is fairlead running, and is this its 'stats socket'?`;
  if (answer.said.startsWith(beginning)) return null;
  // Of somebody who does not know the command a list of those that he knows.
  if (answer.said.startsWith("Unknown command"))
    return "it does not know 'show ssh report'; what runs there is HAProxy, or an older fairlead: restart it";
  return answer.said.trim().split("\n", 1)[0] ?? "";
}
