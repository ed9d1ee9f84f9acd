/** A line and a section to read it in, for tests of parsers by themselves. */
import { Hosts } from "../../../src/config/draft/hosts.ts";
import { NamedAcls } from "../../../src/config/draft/named-acls.ts";
import { PatternLists } from "../../../src/config/draft/pattern-lists.ts";
import type { ProxyScope } from "../../../src/config/draft/proxy-scope.ts";
import { Diagnostics } from "../../../src/config/text/diagnostics.ts";
import { lexLine } from "../../../src/config/text/lexer.ts";
import type { Statement } from "../../../src/config/text/statement.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { readText } from "../../cases/case.ts";

/** What the lines of section `p` may ask for, on a machine with these files. */
export function scopeOf(kind: ProxyScope["kind"], files: Record<string, string> = {}): ProxyScope {
  const name = kind === "global" ? "" : "p";
  const readFile = (path: string): string | null => files[path] ?? null;
  const diagnostics = new Diagnostics();
  const acls = new NamedAcls(null);
  const patternLists = new PatternLists();
  const hosts = new Hosts(readFile);
  const global = { asksSsh: false, isExperimental: false, bufsizeBytes: 16_384, withoutEffect: [] };
  return {
    kind,
    name,
    acls,
    references: [],
    patternLists,
    hosts,
    diagnostics,
    stickCounters: 3,
    isHttp: false,
    httpErrors: new Map(),
    readFile,
    global,
  };
}

/** Line 3 of a.cfg. Throws on what is no line. */
export function line(source: string): Statement {
  const lexed = lexLine(source, { file: "a.cfg", line: 3, section: "p" }, new Map());
  if (!lexed.ok) throw new Error(`not a line: ${source}`);
  return { file: "a.cfg", line: 3, source, words: lexed.words };
}

/** Where `line` stands. */
export const position = { file: "a.cfg", line: 3 };

/** The expression of the fetch `src`. */
export const src = { fetch: "src", arguments: [], converters: [], text: "src" };

const timeouts = "defaults\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n";

/** The plan of a text whose proxies have timeouts. Throws what is wrong with it. */
export function planOf(text: string, files: Readonly<Record<string, string>> = {}): Plan {
  const { plan, diagnostics } = readText(timeouts + text, files);
  if (plan === null) throw new Error(diagnostics.all.map((one) => one.text).join("\n"));
  return plan;
}

/** What is said about a text, each with its level; in `parsing [case.cfg:5] : …` the text's first line is the fifth. */
export function saidOf(text: string, files: Readonly<Record<string, string>> = {}): readonly string[] {
  return readText(timeouts + text, files).diagnostics.all.map((one) => `${one.level}: ${one.text}`);
}
