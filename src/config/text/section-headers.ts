/** Section headers: which words begin a section, what may stand beside them, which `defaults` apply. */
import { complain, shortPlace } from "./complaint.ts";
import type { Diagnostics } from "./diagnostics.ts";
import type { Section, Statement, Word } from "./statement.ts";

/** A section while its lines are still being added. */
export interface OpenSection extends Section {
  readonly statements: Statement[];
}

/** What is remembered of earlier sections while headers are read. */
export interface SectionIndex {
  /** The last `defaults`; null before the first. */
  latest: Section | null;
  /** Of each name, the first `defaults` and the second. */
  readonly defaults: Map<string, readonly [Section, Section?]>;
  readonly named: Map<string, Section>;
}

/** Words after the name that a header may have before HAProxy complains; null: as many as one likes. */
interface HeaderRule {
  /** What is said when the name is missing; null when there need not be one. */
  readonly missing: string | null;
  readonly hasCheckedName: boolean;
  readonly maxArguments: number | null;
  /** The place of its messages: `]: ` or `] : `. */
  readonly isShort: boolean;
}

function rule(missing: string | null, maxArguments: number | null, isShort = false, hasCheckedName = true): HeaderRule {
  return { missing, maxArguments, isShort, hasCheckedName };
}

const proxyKinds = new Set(["frontend", "backend", "listen"]);

const headers: ReadonlyMap<string, HeaderRule> = new Map([
  ["global", rule(null, 0, false, false)],
  ["defaults", rule(null, null, false, false)],
  ["frontend", rule("'frontend' expects an <id> argument", 3)],
  ["backend", rule("'backend' expects an <id> argument", 3)],
  ["listen", rule("'listen' expects an <id> argument", 3)],
  ["userlist", rule("'userlist' expects <name> as arguments.", 1, true)],
  ["peers", rule("missing name for peers section.", 1)],
  ["mailers", rule("missing name for mailers section.", null)],
  ["resolvers", rule("missing name for resolvers section.", null)],
  ["ring", rule("missing ring name.", null)],
  ["cache", rule("'cache' expects a <name> argument", 1, false, false)],
  ["program", rule("'program' expects an <id> argument", 1, false, false)],
  ["http-errors", rule("missing name for http-errors section.", null)],
  ["log-forward", rule("missing name for ip-forward section.", 1)],
  ["fcgi-app", rule("'fcgi-app' expects <name> as argument.", 1, true)],
  ["namespace_list", rule(null, null, false, false)],
  // From later versions; what is in them is for the keyword table to judge.
  ["crt-store", rule(null, null, false, false)],
  ["traces", rule(null, null, false, false)],
  ["log-profile", rule(null, null, false, false)],
  ["healthcheck", rule(null, null, false, false)],
  ["acme", rule(null, null, false, false)],
]);

/** Every word that begins a section. */
export const sectionKinds: readonly string[] = [...headers.keys()];

/** A fresh index: one per configuration, however many files it has. */
export function newSectionIndex(): SectionIndex {
  return { latest: null, defaults: new Map(), named: new Map() };
}

/** Opens the section that a header line begins; null when the line is no header. What is wrong with it is in `diagnostics`. */
export function openSection(header: Statement, index: SectionIndex, diagnostics: Diagnostics): OpenSection | null {
  const kind = header.words[0]?.text ?? "";
  const headerRule = headers.get(kind);
  if (headerRule === undefined) return null;
  checkHeader(header, kind, headerRule, diagnostics);
  const hasName = kind !== "defaults" || header.words[1]?.text !== "from";
  const name = hasName ? (header.words[1]?.text ?? "") : "";
  const section: OpenSection = {
    kind,
    header,
    name,
    defaults: findDefaults(header, kind, name, index, diagnostics),
    statements: [],
  };
  if (kind === "defaults") noteDefaults(section, index);
  else checkDuplicate(section, index, diagnostics);
  return section;
}

function noteDefaults(section: Section, index: SectionIndex): void {
  index.latest = section;
  const [first, second] = index.defaults.get(section.name) ?? [];
  if (first === undefined) index.defaults.set(section.name, [section]);
  else if (second === undefined) index.defaults.set(section.name, [first, section]);
}

function checkHeader(header: Statement, kind: string, rule: HeaderRule, diagnostics: Diagnostics): void {
  const [keyword, name] = header.words;
  const where = rule.isShort ? shortPlace : undefined;
  const alert = (text: string, word: Word | undefined, advice: string | null = null): void =>
    complain(diagnostics, "alert", header, text, word ?? keyword ?? null, advice, where);
  if (rule.missing !== null && (name?.text ?? "") === "") {
    alert(rule.missing, keyword);
    return;
  }
  const invalid = rule.hasCheckedName ? invalidCharacter(name?.text ?? "") : null;
  if (invalid !== null) {
    const advice = "A name may have letters, digits, '-', '_', '.' and ':' in it.";
    if (kind === "ring")
      alert(`invalid ring name '${name?.text}' (character '${invalid}' is not permitted).`, name, advice);
    else alert(`character '${invalid}' is not permitted in '${kind}' name '${name?.text}'.`, name, advice);
  }
  if (proxyKinds.has(kind)) {
    checkProxyHeader(header, kind, diagnostics);
  } else if (rule.maxArguments !== null && header.words.length > rule.maxArguments + 1) {
    const extra = header.words[rule.maxArguments + 1];
    complain(
      diagnostics,
      "alert",
      header,
      `'${kind}' cannot handle unexpected argument '${extra?.text}'.`,
      extra ?? null,
    );
  }
}

/** After a proxy's name only `from DEFAULTS` may stand; an address there is how `listen` was written long ago. */
function checkProxyHeader(header: Statement, kind: string, diagnostics: Diagnostics): void {
  const [, , third, fourth, fifth] = header.words;
  if (third === undefined || third.text === "") return;
  if (third.text === "from" && fourth !== undefined) {
    if (fifth === undefined) return;
    complain(diagnostics, "alert", header, `'${kind}' cannot handle unexpected argument '${fifth.text}'.`, fifth);
    return;
  }
  if (kind === "backend") return;
  complain(diagnostics, "alert", header, "please use the 'bind' keyword for listening addresses.", third);
}

/** `frontend 'x'`, `backend 'x'`, and for a listen section `proxy 'x'`: how most messages call a section. */
export function proxyLabel(section: Pick<Section, "kind" | "name">): string {
  return `${proxyType(section)} '${section.name}'`;
}

/** As in `proxyLabel`, without the name. */
export function proxyType({ kind }: Pick<Section, "kind">): string {
  return kind === "listen" ? "proxy" : kind;
}

/** The first character that a section's name may not have; null when all are fine. */
export function invalidCharacter(name: string): string | null {
  return /[^A-Za-z0-9\-_.:]/.exec(name)?.[0] ?? null;
}

function findDefaults(
  header: Statement,
  kind: string,
  name: string,
  index: SectionIndex,
  diagnostics: Diagnostics,
): Section | null {
  if (kind !== "defaults" && !proxyKinds.has(kind)) return null;
  const fromAt = kind === "defaults" && name === "" ? 1 : 2;
  const wanted = header.words[fromAt + 1];
  if (header.words[fromAt]?.text !== "from" || wanted === undefined) {
    return kind === "defaults" ? null : index.latest;
  }
  const [first, second] = index.defaults.get(wanted.text) ?? [];
  const who = proxyLabel({ kind, name });
  const invalid = invalidCharacter(wanted.text);
  if (first === undefined) {
    const text = `defaults section '${wanted.text}' not found for ${who}.`;
    complain(diagnostics, "alert", header, text, wanted);
  } else if (second !== undefined) {
    const places = `${position(first)} and ${position(second)}`;
    const text = `ambiguous defaults section name '${wanted.text}' referenced by ${who} exists at least at ${places}.`;
    complain(diagnostics, "alert", header, text, wanted);
  } else if (invalid !== null) {
    const where = `when designated by its name (section found at ${position(first)}).`;
    const text = `character '${invalid}' is not permitted in defaults section name '${wanted.text}' ${where}`;
    complain(diagnostics, "alert", header, text, wanted);
  }
  return first ?? null;
}

function position(section: Section): string {
  return `${section.header.file}:${section.header.line}`;
}

/** Which names must differ: a listen counts as both frontend and backend. Others only within their kind. */
function namespaces(kind: string): readonly string[] {
  return kind === "listen" ? ["frontend", "backend"] : [kind];
}

const uniqueKinds = new Set([
  "frontend",
  "backend",
  "listen",
  "userlist",
  "peers",
  "mailers",
  "resolvers",
  "ring",
  "program",
]);
for (const kind of ["http-errors", "log-forward", "fcgi-app"]) uniqueKinds.add(kind);

/** Section names of one kind must differ; a frontend may share its name with a backend (HAProxy up to 3.2), with a warning. */
function checkDuplicate(section: Section, index: SectionIndex, diagnostics: Diagnostics): void {
  const { kind, name, header } = section;
  if (!uniqueKinds.has(kind) || name === "") return;
  const earlier = namespaces(kind).map((space) => index.named.get(`${space} ${name}`));
  const same = earlier.find((one) => one !== undefined);
  if (same !== undefined) {
    const { level, text } = duplicateText(section, same);
    diagnostics.add({
      level,
      text,
      pointer: { source: header.source, column: header.words[1]?.column ?? 1, length: header.words[1]?.length ?? 1 },
      advice: null,
    });
  } else if (proxyKinds.has(kind)) {
    warnOfSharedName(section, index, diagnostics);
  }
  for (const space of namespaces(kind)) {
    if (!index.named.has(`${space} ${name}`)) index.named.set(`${space} ${name}`, section);
  }
}

function warnOfSharedName(section: Section, index: SectionIndex, diagnostics: Diagnostics): void {
  const other = index.named.get(`${section.kind === "frontend" ? "backend" : "frontend"} ${section.name}`);
  if (other === undefined) return;
  const { header } = section;
  const text = `${proxyLabel(section)} has the same name as ${proxyLabel(other)} declared at ${position(other)}. This is no longer supported as of 3.3. Please rename one or the other.`;
  diagnostics.add({
    level: "warning",
    text: `Parsing [${header.file}:${header.line}]: ${text}`,
    pointer: null,
    advice: null,
  });
}

function duplicateText(section: Section, same: Section): { level: "alert" | "warning"; text: string } {
  const { kind, name, header } = section;
  const where = `${header.file}:${header.line}`;
  const there = position(same);
  if (proxyKinds.has(kind)) {
    const text = `Parsing [${where}]: ${proxyLabel(section)} has the same name as ${proxyLabel(same)} declared at ${there}.`;
    return { level: "alert", text };
  }
  switch (kind) {
    case "userlist":
      return { level: "warning", text: `parsing [${where}]: ignoring duplicated userlist '${name}'.` };
    case "resolvers":
      return {
        level: "alert",
        text: `Parsing [${where}]: resolvers '${name}' has same name as another resolvers (declared at ${there}).`,
      };
    case "ring":
      return { level: "alert", text: `parsing [${where}] : sink named '${name}' already exists.` };
    case "program":
      return {
        level: "alert",
        text: `parsing [${where}]: '${name}' program section already exists in the configuration.`,
      };
    case "http-errors":
      return {
        level: "alert",
        text: `parsing [${where}]: http-errors section '${name}' already exists (declared at ${there}).`,
      };
    case "fcgi-app":
      return {
        level: "alert",
        text: `Parsing [${where}]: fcgi-app section '${name}' has the same name as another one declared at ${there}.`,
      };
    default:
      return {
        level: "alert",
        text: `Parsing [${where}]: ${kind} section '${name}' has the same name as another ${kind} section declared at ${there}.`,
      };
  }
}
