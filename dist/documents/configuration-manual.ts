/** fairlead.cfg(5), made of the table that the configuration is read by: no keyword is missing and none is invented. */
import { releaseDate } from "../../src/cli/version.ts";
import { keywords } from "../../src/config/keywords/language.ts";
import type { Keyword, Scope } from "../../src/config/row/row.ts";
import { argument, head, page, prose } from "./mdoc.ts";

const headings: readonly (readonly [Scope, string, string])[] = [
  ["section", "Sections", "A section begins with one of these words and ends where the next one begins."],
  ["directive", "Directives", "They stand between lines, anywhere."],
  ["global", "In global", "What concerns the whole process."],
  ["proxy", "In defaults, frontend, listen and backend", "The letters say in which of them a keyword belongs."],
  ["bind", "On bind lines", "After the address."],
  ["server", "On server, default-server and server-template lines", "After the address."],
  ["resolvers", "In resolvers", "Name servers, and how they are asked."],
  ["ring", "In ring", "Log lines on their way to servers."],
  ["peers", "In peers", "Stick tables are not shared between machines; the section is read."],
  ["userlist", "In userlist", "Accounts, for http_auth."],
  ["http-errors", "In http-errors", "Answers that errorfiles takes."],
  ["mailers", "In mailers", "Mail is not sent; the section is read."],
  ["action", "Actions of rules", "Those that HAProxy does not have."],
  ["sample", "Samples", "Those that HAProxy does not have."],
];

const introduction = `.Sh DESCRIPTION
.Xr fairlead 1
reads HAProxy's configuration language.
A file is a row of sections, a section a row of lines, a line a keyword and its arguments, separated by spaces or tabs.
A line that nothing here knows is an error: nothing is ever ignored silently.
.Ss Words
A backslash takes the meaning from the next character, which may be a space, a quote, a hash or a backslash.
Between double quotes spaces belong to the word, and variables are put in; between single quotes everything stands as it is.
A hash begins a comment.
.Ss Variables
.Li \\(dq${"$"}{NAME}\\(dq
in double quotes is a variable of the environment,
.Li \\(dq${"$"}{NAME-text}\\(dq
has a default, and
.Li \\(dq${"$"}{NAME[*]}\\(dq
becomes several words.
.Ss Times and sizes
A time without a unit is in milliseconds, unless its keyword says otherwise; units are us, ms, s, m, h and d.
A size may end in k, m or g, which are powers of 1024.
.Ss Addresses
.Li *:22
is every IPv4 address,
.Li :::22
every IPv6 address,
.Li [2001:db8::1]:22
one of them,
.Li 192.0.2.1:7990-7999
a range of ports,
.Li unix@/path
and
.Li abns@name
sockets of the machine, and
.Li fd@3
one that was handed down.
.Ss Conditions
Lines between
.Cm .if
and
.Cm .endif
count only if the condition is true;
.Li feature(FAIRLEAD)
is true here and false in HAProxy.`;

const example = `.Sh EXAMPLES
Port 22 to Bitbucket on this machine:
.Bd -literal -offset indent
global
    maxconn 10000

defaults
    mode tcp
    timeout connect 10s
    timeout client 1h
    timeout server 1h

frontend sshd
    bind *:22
    default_backend ssh

backend ssh
    server bitbucket 127.0.0.1:7999 check
.Ed`;

/** The whole page as mdoc. */
export function configurationManual(): string {
  return page([
    head("fairlead.cfg", 5, releaseDate, "what fairlead forwards, in HAProxy's configuration language"),
    introduction,
    `.Sh KEYWORDS`,
    ...headings.map(([scope, title, text]) => group(scope, title, text)),
    `.Sh ACCEPTED WITHOUT EFFECT\nThese are read and checked, and change nothing here.\n.Fl c Fl V\nnames those that a file has.`,
    table(keywords.filter((one) => one.class === "no-effect")),
    `.Sh REFUSED\nThese are errors here.`,
    table(keywords.filter((one) => one.class === "refused")),
    `.Sh FILES\n.Pa @SYSCONFDIR@/fairlead/fairlead.cfg`,
    example,
    `.Sh SEE ALSO\n.Xr fairlead 1`,
  ]);
}

function group(scope: Scope, title: string, text: string): string {
  const members = keywords.filter((one) => one.scope === scope && one.class === "works");
  return members.length === 0 ? "" : `.Ss ${argument(title)}\n${prose(text)}\n${table(members)}`;
}

function table(members: readonly Keyword[]): string {
  return `.Bl -tag -width Ds\n${members.map(item).join("\n")}\n.El`;
}

function item({ name, usage, where, mode, isExtension, help, reason }: Keyword): string {
  const form = usage === "" ? "" : ` No ${argument(usage)}`;
  const places = [where, mode === null ? "" : `mode ${mode}`, isExtension ? "not in HAProxy" : ""]
    .filter((one) => one !== "")
    .join(", ");
  const place = places === "" ? "" : ` No ${argument(`(${places})`)}`;
  const text = reason === null ? help : `${help.replace(/\.$/, "")}: ${reason}`;
  return `.It Cm ${argument(name)}${form}${place}\n${prose(/[.?!]$/.test(text) ? text : `${text}.`)}`;
}
