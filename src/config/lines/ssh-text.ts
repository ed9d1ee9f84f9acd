/** Texts that clients of SSH are shown. */
import type { LogFormat } from "../../plan/rules/log-format.ts";
import { sshTextMostBytes } from "../../ssh-facts.ts";
import { complain, Complaint } from "../text/complaint.ts";
import type { Diagnostics } from "../text/diagnostics.ts";
import type { Statement, Word } from "../text/statement.ts";

/** Warns of what clients will not be shown as it stands. Throws a Complaint about what would do harm to their terminals. */
export function checkSshText(
  { parts }: LogFormat,
  statement: Statement,
  word: Word | null,
  diagnostics: Diagnostics,
): void {
  const text = parts.map((part) => (part.kind === "text" ? part.text : "")).join("");
  const control = /[\0-\u001f\u007f]/.exec(text)?.[0];
  if (control !== undefined) {
    const code = control.charCodeAt(0).toString(16).padStart(2, "0");
    throw new Complaint(`a text for clients of SSH cannot have control characters (got 0x${code})`, word);
  }
  const warn = (what: string): void => complain(diagnostics, "warning", statement, what, word);
  if (/[^ -~]/.test(text)) {
    warn("a text for clients of SSH has other characters than those of ASCII: OpenSSH shows such bytes in octal.");
  }
  if (text.length > sshTextMostBytes) {
    warn(
      `a text for clients of SSH is cut to ${sshTextMostBytes} bytes, which is what OpenSSH shows (got ${text.length}).`,
    );
  }
}
