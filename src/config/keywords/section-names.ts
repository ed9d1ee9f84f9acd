/** The sections of a configuration, and the directives that stand between lines. */
import type { Class, Keyword, Scope } from "../row/row.ts";

const usual = { where: "", mode: null, isExtension: false } as const;

function section(
  name: string,
  usage: string,
  cls: Class,
  reason: string | null,
  tier: Keyword["tier"],
  help: string,
): Keyword {
  return { ...usual, name, scope: "section" satisfies Scope, usage, class: cls, reason, tier, help };
}

function directive(name: string, usage: string, help: string): Keyword {
  return { ...usual, name, scope: "directive", usage, class: "works", reason: null, tier: "B", help };
}

/** Kinds of sections: what works, what only its names are taken of, what is refused. */
export const sectionRows: readonly Keyword[] = [
  section("global", "", "works", null, "A", "What holds for the whole process; several are merged."),
  section("defaults", "[<name>] [from <name>]", "works", null, "A", "Settings of the proxies that follow."),
  section("frontend", "<name> [from <defaults>]", "works", null, "A", "Where clients come in."),
  section("backend", "<name> [from <defaults>]", "works", null, "A", "Servers that sessions go to."),
  section("listen", "<name> [from <defaults>]", "works", null, "A", "A frontend and a backend in one."),
  section("resolvers", "<name>", "works", null, "B", "DNS servers that follow the names of servers."),
  section("peers", "<name>", "no-effect", "tables are not exchanged with peers", "C", "Processes that share tables."),
  section("userlist", "<name>", "works", null, "C", "Users of HTTP authentication."),
  section("mailers", "<name>", "no-effect", "nothing sends mail", "C", "Mail servers."),
  section("http-errors", "<name>", "works", null, "C", "Answers in the place of the proxy's own."),
  section(
    "cache",
    "<name>",
    "no-effect",
    "nothing is cached: lines that would use it are refused",
    "C",
    "A cache of HTTP answers.",
  ),
  section(
    "fcgi-app",
    "<name>",
    "no-effect",
    "FastCGI is not spoken: lines that would use it are refused",
    "C",
    "A FastCGI application.",
  ),
  section("ring", "<name>", "works", null, "C", "A buffer of log lines, for servers that take them over TCP."),
  section("log-forward", "<name>", "refused", "logs are not relayed", "C", "Relays syslog."),
  section("program", "<name>", "refused", "no other programs are started", "C", "A program beside the process."),
  section("namespace_list", "", "refused", "a process stays in its namespace", "C", "Network namespaces."),
  section("crt-store", "[<name>]", "refused", "TLS is not terminated here", null, "Certificates."),
  section("traces", "", "refused", "of later versions", "C", "Traces of HAProxy's own engine."),
  section("log-profile", "<name>", "refused", "of later versions", "C", "Forms of log lines."),
  section("healthcheck", "<name>", "refused", "of later versions", "C", "Checks by name."),
  section("acme", "<name>", "refused", "TLS is not terminated here", null, "Certificates from an authority."),
];

/** Lines that begin with a dot. */
export const directiveRows: readonly Keyword[] = [
  directive(".if", "<condition>", "Reads the lines up to .elif, .else or .endif only when the condition holds."),
  directive(".elif", "<condition>", "Otherwise, when this condition holds."),
  directive(".else", "", "Otherwise."),
  directive(".endif", "", "Ends .if."),
  directive(".diag", "<text>", "Says something under -dD."),
  directive(".notice", "<text>", "Says something while reading."),
  directive(".warning", "<text>", "Warns while reading."),
  directive(".alert", "<text>", "Refuses the configuration."),
];
