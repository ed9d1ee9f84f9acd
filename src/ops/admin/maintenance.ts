/** `set maintenance` and `show maintenance`: proxies whose new sessions are refused with a text, which HAProxy does not know. */
import { type Answer, err, notice, told, warning } from "./answer.ts";
import type { AdminCommand, AdminSession } from "./command.ts";
import type { AdminSources } from "./sources.ts";
import { sshTextMostBytes } from "../../ssh-facts.ts";
import { logDate } from "../log/syslog.ts";

const usage = "'set maintenance' expects a proxy, 'on' or 'off', and behind 'on' the text that users read.\n";

/** Both of them. */
export const maintenanceCommands: readonly AdminCommand[] = [
  {
    words: ["set", "maintenance"],
    usage: "set maintenance <proxy> on|off [text]",
    help: "refuse new sessions of a frontend, backend or listen, with a text for users",
    level: "admin",
    run: (args, { info }, session) => setMaintenance(args, info.proxy, session),
  },
  {
    words: ["show", "maintenance"],
    usage: "show maintenance",
    help: "list proxies in maintenance, since when, sessions refused, and the text",
    level: "user",
    run: (_args, { info }) => shownMaintenance(info.proxy),
  },
];

function setMaintenance(
  [name, state, ...words]: readonly string[],
  proxy: AdminSources["info"]["proxy"],
  session: AdminSession,
): Answer {
  if (name === undefined || (state !== "on" && state !== "off")) return err(usage);
  if (state === "off" && words.length > 0) return err("'off' takes no text.\n");
  const written = words.join(" ");
  if (isCutOff(written)) return err("The text lacks its closing quote: write '\\;' for a ';' in it.\n");
  // Quotes around the whole of it are the shell's habit.
  const text = written.replace(/^"(.*)"$/s, "$1");
  const wrong = textComplaint(text);
  if (wrong !== null) return err(`${wrong}\n`);
  const isOn = isMaintained(proxy, name);
  const refusal = proxy.setMaintenance(
    name,
    state === "on" ? text : null,
    `by command on ${session.origin ?? "a socket"}`,
  );
  if (refusal !== null) return told(refusal);
  if (state === "off") return isOn ? "" : notice("It is not in maintenance.\n");
  return isAscii(text) ? "" : warning("Clients of OpenSSH show what is not ASCII as octal numbers.\n");
}

function isMaintained(proxy: AdminSources["info"]["proxy"], name: string): boolean {
  for (const [other] of proxy.maintenances()) if (other === name) return true;
  return false;
}

/** As with HAProxy quotes keep nothing together here: a command ends at the `;` within. */
function isCutOff(written: string): boolean {
  const isQuoted = written.length > 1 && written.endsWith('"');
  return written.startsWith('"') && !isQuoted && written.split('"').length % 2 === 0;
}

/** What is wrong with a text, or null. */
function textComplaint(text: string): string | null {
  if (/\p{Cc}/u.test(text)) return "The text must not hold control characters.";
  const bytes = Buffer.byteLength(text);
  if (bytes > sshTextMostBytes) return `The text has ${bytes} bytes, and may have ${sshTextMostBytes}.`;
  return null;
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

function* shownMaintenance(proxy: AdminSources["info"]["proxy"]): Iterable<string> {
  yield "# proxy since refused text\n";
  for (const [name, { since, refused, text }] of proxy.maintenances()) {
    yield `${name} ${logDate(since)} ${refused} ${text === "" ? "-" : text}\n`;
  }
}
