/** fairlead(1), made of what `--help` says, so that both say the same. */
import { takeCommandLine } from "../../src/cli/commands.ts";
import { commandLines, helpText } from "../../src/cli/usage.ts";
import { releaseDate } from "../../src/cli/version.ts";
import { argument, head, literal, page, prose } from "./mdoc.ts";

/** A flag as `--help` lists it: its forms with their values, and what it does. */
export interface Flag {
  readonly form: string;
  readonly text: string;
}

/** The flags of `--help`, in its order. Throws when the help no longer has them where they were. */
export function flagsOfHelp(help: string): readonly Flag[] {
  const block = /^Flags, as HAProxy takes them:\n((?: {2}.*\n)+)/m.exec(help)?.[1];
  if (block === undefined) throw new Error("--help has no list of flags");
  return block
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, form, text] = /^ {2}(\S.*?) {2,}(\S.*)$/.exec(line) ?? [];
      if (form !== undefined && text !== undefined) return { form, text };
      const [, alone] = /^ {2}(--help \/ --version)$/.exec(line) ?? [];
      if (alone === undefined) throw new Error(`--help has a line that is no flag: ${line}`);
      return { form: alone, text: "show help; show the version alone" };
    });
}

/** The whole page as mdoc. */
export async function commandManual(): Promise<string> {
  const help = helpText("fairlead");
  const paragraphs = help.split("\n\n");
  const ending = help.slice(help.indexOf("Signals: "));
  return page([
    head("fairlead", 1, releaseDate, "forwarder and load balancer for SSH and any TCP"),
    synopsis,
    `.Sh DESCRIPTION\n${prose(paragraphs[0] ?? "")}\nThe language is described in\n.Xr fairlead.cfg 5 .`,
    `.Pp\nUnder the name\n.Nm haproxy\nit takes HAProxy's flags only and answers as HAProxy does.`,
    `.Pp\nThe flags are:`,
    list(flagsOfHelp(help)),
    await commandSections(),
    `.Sh SIGNALS\n${prose(/^Signals: ([^]*?)\nWhile it runs/m.exec(ending)?.[1]?.replaceAll("\n", " ") ?? "")}`,
    environmentSection,
    files,
    exitStatus,
    examples,
    `.Sh SEE ALSO\n.Xr fairlead.cfg 5`,
    caveats,
  ]);
}

function list(flags: readonly Flag[]): string {
  const items = flags.map(
    ({ form, text }) => `.It Sy ${argument(form)}\n${prose(`${text[0]?.toUpperCase()}${text.slice(1)}.`)}`,
  );
  return `.Bl -tag -width Ds\n${items.join("\n")}\n.El`;
}

/** Each command with its line, and its own help as it prints it. */
async function commandSections(): Promise<string> {
  const sections: string[] = [];
  for (const [name, line] of commandLines) {
    const [, form = name, text = ""] = /^(\S.*?) {2,}(.*)$/.exec(line) ?? [];
    const intent = await takeCommandLine(["help", name], "fairlead", {});
    const own = intent.kind === "help" ? intent.text : null;
    const details = own === null ? "" : `\n${literal(own.slice(own.indexOf("USAGE")))}`;
    sections.push(`.Ss ${argument(form)} \\&\n${prose(`${text[0]?.toUpperCase()}${text.slice(1)}.`)}${details}`);
  }
  return `.Sh COMMANDS\n${sections.join("\n")}`;
}

const synopsis = `.Sh SYNOPSIS
.Nm
.Fl f Ar file | folder ...
.Op Ar flags
.Nm
.Ar command
.Op Ar arguments`;

const environmentSection = `.Sh ENVIRONMENT
.Bl -tag -width FAIRLEAD_ACCEPT_PROXY
.It Ev FAIRLEAD_LISTEN , Ev FAIRLEAD_SERVER
Without arguments: what
.Cm forward
would be given.
Several servers are separated by spaces or commas.
.It Ev FAIRLEAD_SEND_PROXY , Ev FAIRLEAD_ACCEPT_PROXY
Set to 1 (0 or nothing: not): as
.Fl -send-proxy
and
.Fl -accept-proxy
of
.Cm forward .
.It Ev FAIRLEAD_CONFIG
Without arguments, and where nothing is to be forwarded by the above: the configuration to run, in the foreground.
.It Ev FAIRLEAD_HEALTH
Where the health endpoint listens, or where
.Cm healthcheck
and
.Cm status
ask.
.It Ev FAIRLEAD_HEALTH_NAMES
As
.Fl -health-name ;
several are separated by spaces or commas.
.It Ev NOTIFY_SOCKET
Where
.Fl Ws
tells the service manager that it serves, reloads or stops.
.El`;

const files = `.Sh FILES
.Bl -tag -width Ds
.It Pa @SYSCONFDIR@/fairlead/fairlead.cfg
What the service runs.
.It Pa @SYSCONFDIR@/fairlead/fairlead.cfg.example
An example to start from.
.It Pa @PREFIX@/share/doc/fairlead
Pages on installing, operating, SSH and guarding its servers, tuning and troubleshooting.
.El`;

const exitStatus = `.Sh EXIT STATUS
With
.Fl c ,
0 if the configuration is valid, 1 if not, 2 if it is but nothing in it listens.
.Cm healthcheck
ends with 0 or 1.
Otherwise 0 after a soft stop, 1 when it could not start; ended by a signal in the foreground, it dies by that signal.`;

const examples = `.Sh EXAMPLES
Forward port 22 to Bitbucket's SSH port on another machine:
.Pp
.Dl fairlead forward :22 bitbucket.example.com:7999
.Pp
See whether the SSH base URL that Bitbucket shows leads here, and what else is set wrongly:
.Pp
.Dl fairlead doctor -f /etc/fairlead/fairlead.cfg --base-url ssh://bitbucket.example.com
.Pp
Check a file, then run it and let an older process finish what it has:
.Bd -literal -offset indent
fairlead -c -f /etc/haproxy/haproxy.cfg
fairlead -D -f /etc/haproxy/haproxy.cfg -p /run/fairlead.pid -sf $(cat /run/fairlead.pid)
.Ed`;

const caveats = `.Sh SECURITY CONSIDERATIONS
The health endpoint asks for no password: keep it on loopback or on a network of its own.
The binary carries a runtime that obeys
.Ev BUN_OPTIONS
and
.Ev BUN_BE_BUN :
never let others choose its environment, and never make it setuid.`;
