/** Reads `defaults`, `frontend`, `listen` and `backend` sections, each on top of the `defaults` that apply to it. */
import { complain, shortPlace } from "../text/complaint.ts";
import { type Draft, positionOf, type ProxyDraft } from "../draft/draft.ts";
import { newHttpRules } from "../draft/http.ts";
import { newScope } from "../draft/proxy-scope.ts";
import { newRules, type ProxySection } from "../draft/proxy-section.ts";
import { readSection } from "./section-reader.ts";
import { inheritedSettings } from "../draft/settings.ts";
import type { Section, Statement } from "../text/statement.ts";
import { proxySection } from "./tables.ts";

/** What a `defaults` section hands down. */
interface Inherited extends ProxySection {
  /** Kinds of proxies that came from it, for rules that not all may inherit. */
  readonly heirs: Set<ProxyDraft["kind"]>;
  readonly section: Section;
}

/** Reads all proxies of a configuration, in order, into the draft. */
export function readProxies(sections: readonly Section[], draft: Draft): void {
  const inherited = new Map<Section, Inherited>();
  const http = httpSections(sections);
  for (const section of sections) {
    const from = section.defaults === null ? null : (inherited.get(section.defaults) ?? null);
    if (section.kind === "defaults") inherited.set(section, readDefaults(section, from, http.has(section), draft));
    else if (section.kind === "frontend" || section.kind === "listen" || section.kind === "backend") {
      draft.proxies.push(readProxy(section, section.kind, from, http.has(section), draft));
    }
  }
}

/** The sections in `mode http`, with the `defaults` that such a section comes from. */
function httpSections(sections: readonly Section[]): ReadonlySet<Section> {
  const http = new Set<Section>();
  const modes = new Map<Section, string>();
  // A `defaults` stands before the sections that come from it.
  for (const section of sections) {
    const from = section.defaults;
    const mode = lastMode(section)?.words[1]?.text ?? (from === null ? undefined : modes.get(from)) ?? "tcp";
    modes.set(section, mode);
    if (mode !== "http" || section.kind === "defaults") continue;
    for (let at: Section | null = section; at !== null && !http.has(at); at = at.defaults) http.add(at);
  }
  return http;
}

function readDefaults(section: Section, from: Inherited | null, isHttp: boolean, draft: Draft): Inherited {
  if (from !== null && hasRules(from)) {
    refuse(
      draft,
      section,
      `a defaults section cannot inherit from a defaults section defining TCP/HTTP rules ${at(from)}`,
    );
    refuseCaptures(draft, section, from);
  }
  const target: Inherited = {
    kind: "defaults",
    scope: newScope(draft, "defaults", section.name, from?.scope.acls ?? null, isHttp),
    settings: inheritedSettings(from?.settings ?? null),
    proxy: null,
    rules: newRules(),
    heirs: new Set(),
    section,
  };
  readSection(proxySection, section, target, draft);
  return target;
}

function readProxy(
  section: Section,
  kind: ProxyDraft["kind"],
  from: Inherited | null,
  isHttp: boolean,
  draft: Draft,
): ProxyDraft {
  const proxy: ProxyDraft = {
    kind,
    name: section.name,
    section,
    position: positionOf(section.header),
    scope: newScope(draft, kind, section.name, from?.scope.acls ?? null, isHttp),
    settings: inheritedSettings(from?.settings ?? null),
    binds: [],
    bindsById: new Map(),
    servers: [],
    id: 0,
    idGiven: false,
    description: null,
    stickTable: null,
    ...newRules(),
    useBackends: [],
    useServers: [],
    stickRules: [],
    persistRules: [],
    dispatch: null,
    http: newHttpRules(),
    ruleKinds: new Set(),
    peersWanted: [],
  };
  if (from !== null) inheritRules(proxy, from, draft);
  // `disabled` in defaults is handed down; a section may say `enabled`.
  const target: ProxySection = { kind, scope: proxy.scope, settings: proxy.settings, proxy, rules: newRules() };
  readSection(proxySection, section, target, draft);
  if (from !== null) inheritHttpRules(proxy, from);
  return proxy;
}

function lastMode(section: Section): Statement | null {
  return section.statements.findLast((statement) => statement.words[0]?.text === "mode") ?? null;
}

function hasRules({ rules, settings }: Inherited): boolean {
  const { connectionRules, sessionRules, contentRules, responseRules } = rules;
  const http = (["http-request", "http-response", "http-after-response"] as const).some((kind) =>
    settings.httpOnly.has(kind),
  );
  return http || [connectionRules, sessionRules, contentRules, responseRules].some((list) => list.length > 0);
}

function at(from: Inherited): string {
  const { file, line } = from.section.header;
  return `(defaults section at ${file}:${line}).`;
}

function refuse(draft: Draft, section: Section, text: string): void {
  complain(draft.diagnostics, "alert", section.header, text, section.header.words[0], null, shortPlace);
}

/** Slots for what is captured are a frontend's. */
function refuseCaptures(draft: Draft, section: Section, from: Inherited): void {
  if (from.rules.http.requestCaptures.length === 0) return;
  refuse(
    draft,
    section,
    `backend or defaults sections cannot inherit from a defaults section defining capptures ${at(from)}`,
  );
}

/** Hands the rules of a named `defaults` section down, where HAProxy lets them be inherited. */
function inheritRules(proxy: ProxyDraft, from: Inherited, draft: Draft): void {
  const { rules, heirs } = from;
  proxy.inspectDelayMs = rules.inspectDelayMs;
  proxy.responseInspectDelayMs = rules.responseInspectDelayMs;
  if (!hasRules(from)) return;
  if (heirs.size === 0) draft.handedDown.push({ ...rules, name: from.scope.name, heir: proxy.kind });
  heirs.add(proxy.kind);
  const say = (text: string): void => refuse(draft, proxy.section, text);
  if (proxy.kind === "listen") {
    say("a listen section cannot inherit from a defaults section defining TCP/HTTP rules.");
  } else if (heirs.has("frontend") && heirs.has("backend")) {
    say(
      `frontends and backends cannot inherit from the same defaults section if it defines TCP/HTTP rules ${at(from)}`,
    );
  } else if (proxy.kind === "backend" && rules.connectionRules.length + rules.sessionRules.length > 0) {
    say(
      `a backend section cannot inherit from a defaults section defining 'tcp-request connection' or 'tcp-request session' rules ${at(from)}`,
    );
  } else if (proxy.kind === "frontend" && rules.responseRules.length > 0) {
    say(`a frontend section cannot inherit from a defaults section defining 'tcp-response content' rules ${at(from)}`);
  }
  if (proxy.kind === "frontend") proxy.http.requestCaptures.push(...rules.http.requestCaptures);
  else refuseCaptures(draft, proxy.section, from);
  proxy.connectionRules.push(...rules.connectionRules);
  proxy.sessionRules.push(...rules.sessionRules);
  proxy.contentRules.push(...rules.contentRules);
  proxy.responseRules.push(...rules.responseRules);
}

/** Puts the HTTP rules of a named `defaults` section before those of a section that has been read. */
function inheritHttpRules({ http }: ProxyDraft, { rules }: Inherited): void {
  http.requestRules.unshift(...rules.http.requestRules);
  http.responseRules.unshift(...rules.http.responseRules);
  http.afterResponseRules.unshift(...rules.http.afterResponseRules);
}
