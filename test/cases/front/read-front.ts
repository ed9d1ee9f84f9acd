/** Runs the front half of the configuration reader over a text, as `-c` would, and gives its messages. */
import { parseAcl } from "../../../src/config/lines/acl.ts";
import { attempt } from "../../../src/config/text/complaint.ts";
import { Diagnostics, type Diagnostic } from "../../../src/config/text/diagnostics.ts";
import { Hosts } from "../../../src/config/draft/hosts.ts";
import { parseLogFormat } from "../../../src/config/expressions/log-format.ts";
import { NamedAcls } from "../../../src/config/draft/named-acls.ts";
import { PatternLists } from "../../../src/config/draft/pattern-lists.ts";
import { readConfiguration } from "../../../src/config/text/read.ts";
import { checkReferences } from "../../../src/config/finish/audit/references.ts";
import { parseHttpRule, parseRedirectRule, parseTcpRule } from "../../../src/config/lines/rules/rule.ts";
import { hasFrontend, type ProxyScope, type Reference } from "../../../src/config/draft/proxy-scope.ts";
import type { Section, Statement } from "../../../src/config/text/statement.ts";
import { parsePersistRule, parseStickRule, parseUseBackend, parseUseServer } from "../../../src/config/lines/stick.ts";

const formats = new Set(["log-format", "unique-id-format", "error-log-format"]);

function readFile(path: string): string | null {
  return path === "/dev/null" ? "" : path === "/etc/hosts" ? "127.0.0.1 localhost\n" : null;
}

/** The messages of everything that the front half checks; lines of other kinds are passed over. */
export function readFront(text: string, environment: Record<string, string> = {}): readonly Diagnostic[] {
  const diagnostics = new Diagnostics();
  const variables = new Map(Object.entries(environment));
  const sections = readConfiguration([{ name: "case.cfg", text }], variables, diagnostics);
  const references: Reference[] = [];
  const patternLists = new PatternLists();
  for (const section of sections) {
    if (!["frontend", "backend", "listen", "defaults"].includes(section.kind)) continue;
    const scope: ProxyScope = {
      kind: section.kind as ProxyScope["kind"],
      name: section.name,
      acls: new NamedAcls(null),
      references,
      patternLists,
      diagnostics,
      stickCounters: 3,
      hosts: new Hosts(readFile),
      isHttp: /^ mode http$/m.test(text),
      httpErrors: new Map(),
      readFile,
      global: { asksSsh: false, isExperimental: false, bufsizeBytes: 16_384, withoutEffect: [] },
    };
    for (const statement of section.statements) attempt(diagnostics, statement, () => readLine(statement, scope));
  }
  checkReferences(references, knownNames(sections), diagnostics);
  return diagnostics.all;
}

function readLine(statement: Statement, scope: ProxyScope): unknown {
  const keyword = statement.words[0]?.text ?? "";
  if (keyword === "acl") return parseAcl(statement, scope);
  if (keyword.startsWith("http-")) return parseHttpRule(statement, scope, hasFrontend(scope) ? [] : null);
  if (keyword === "redirect") return parseRedirectRule(statement, scope);
  if (keyword === "tcp-request" || keyword === "tcp-response") {
    return parseTcpRule(statement, scope, hasFrontend(scope) ? [] : null);
  }
  if (keyword === "stick") return parseStickRule(statement, scope);
  if (keyword === "use_backend") return parseUseBackend(statement, scope);
  if (keyword === "use-server") return parseUseServer(statement, scope);
  if (keyword === "force-persist" || keyword === "ignore-persist") return parsePersistRule(statement, scope);
  if (formats.has(keyword)) return parseLogFormat({ statement, index: 1 }, scope, "logs", keyword);
  return undefined;
}

/** Whether a section has a line that begins with these words. */
function has(section: Section | undefined, keyword: string, second: string | null): boolean {
  const lines = section?.statements ?? [];
  return lines.some(({ words }) => words[0]?.text === keyword && (second === null || words[1]?.text === second));
}

function knownNames(sections: readonly Section[]): Parameters<typeof checkReferences>[1] {
  const named = (kinds: readonly string[], name: string): Section | undefined =>
    sections.find((section) => kinds.includes(section.kind) && section.name === name);
  return {
    hasFrontend: (name) => named(["frontend", "listen"], name) !== undefined,
    hasBackend: (name) => named(["backend", "listen"], name) !== undefined,
    hasServer: (backend, server) => has(named(["backend", "listen"], backend), "server", server),
    hasTable: (name) => has(named(["frontend", "backend", "listen"], name), "stick-table", null),
    hasResolvers: (name) => named(["resolvers"], name) !== undefined,
    hasUserlist: (name) => named(["userlist"], name) !== undefined,
  };
}
