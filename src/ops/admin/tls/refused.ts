/** Commands on TLS that HAProxy has and that have nothing to act on here. */
import { err } from "../answer.ts";
import type { AdminCommand } from "../command.ts";

/** Each says why. Keys of session tickets are the engine's own, so that no file of them can be named: those commands answer as HAProxy does where none is. */
export const refusedTlsCommands: readonly AdminCommand[] = [
  {
    words: ["show", "tls-keys"],
    usage: "show tls-keys [id|*]",
    help: "show tls keys references: there are none",
    level: "operator",
    run: ([name]) =>
      name === undefined || name === "*"
        ? `# id ${name === "*" ? "secret" : "(file)"}\n`
        : err("'show tls-keys' unable to locate referenced filename\n"),
  },
  {
    words: ["set", "ssl", "tls-key"],
    usage: "set ssl tls-key [id|file] <key>",
    help: "set the next TLS key for the <id> or <file> listener to <key>: there is none",
    level: "admin",
    run: ([name, key]) =>
      err(
        name === undefined || key === undefined
          ? "'set ssl tls-key' expects a filename and the new TLS key in base64 encoding.\n"
          : "'set ssl tls-key' unable to locate referenced filename\n",
      ),
  },
  refused("show ssl ocsp-response", "[id]", "OCSP answers are not stapled.\n"),
  refused("set ssl ocsp-response", "<resp|payload>", "OCSP answers are not stapled.\n"),
  refused("show ssl providers", "", "The runtime's TLS has no providers.\n"),
];

function refused(words: string, usage: string, why: string): AdminCommand {
  return {
    words: words.split(" "),
    usage: `${words} ${usage}`.trimEnd(),
    help: "not supported",
    level: "operator",
    run: () => err(why),
  };
}
