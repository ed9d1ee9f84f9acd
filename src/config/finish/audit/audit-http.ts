/** Checks what a section says of HTTP: what means nothing in `mode tcp`, what does not go together in `mode http`. */
import { proxyLabel, proxyType } from "../../text/section-headers.ts";
import { lineOf, say, sayOf } from "./audit-message.ts";
import type { Condition } from "../../../plan/rules/acl.ts";
import { fetches } from "../../../rules/fetches/fetches.ts";
import { type Draft, positionOf, type ProxyDraft } from "../../draft/draft.ts";
import { errorLines, type HttpRulesDraft } from "../../draft/http.ts";
import type { Rule } from "../../../plan/rules/rule.ts";
import { httpAlgorithms } from "../../lines/balance.ts";
import { wordList } from "../../row/value.ts";

const ignoredStatements = [
  ["stats", (label: string) => `'stats' statement ignored for ${label} as it requires HTTP mode.`],
  ["capture", (label: string) => `'capture' statement ignored for ${label} as it requires HTTP mode.`],
  ["http-request", (label: string) => `'http-request' rules ignored for ${label} as they require HTTP mode.`],
  ["http-response", (label: string) => `'http-response' rules ignored for ${label} as they require HTTP mode.`],
  [
    "http-after-response",
    (label: string) => `'http-after-response' rules ignored for ${label} as they require HTTP mode.`,
  ],
  ["redirect", (label: string) => `'redirect' rules ignored for ${label} as they require HTTP mode.`],
] as const;

/** Warns about statements of a TCP section that choose something of HTTP: HAProxy does so first. */
export function checkForeign(proxy: ProxyDraft, draft: Draft): void {
  const { settings } = proxy;
  const label = proxyLabel(proxy);
  const { header } = proxy.section;
  for (const kind of ["cookie", "monitor-uri"] as const) {
    const text = `${kind} will be ignored for ${label} (needs 'mode http').`;
    if (settings.httpOnly.has(kind)) say(draft, "warning", text, lineOf(proxy, kind) ?? header);
  }
  if (httpAlgorithms.has(settings.balance.algorithm)) {
    const text = `Layer 7 hash not possible for ${label} (needs 'mode http'). Falling back to round robin.`;
    say(draft, "warning", text, lineOf(proxy, "balance") ?? header);
  }
  checkHttpLog(proxy, draft);
}

/** `option httplog` and its like. */
function checkHttpLog(proxy: ProxyDraft, draft: Draft): void {
  const format = proxy.settings.logFormat;
  if (format === null || ["custom", "tcplog", "sshlog"].includes(format.kind)) return;
  const { file, line } = format.statement;
  const own = proxy.kind !== "backend" || proxy.section.statements.includes(format.statement);
  const said = proxy.section.statements.some((one) => one.line === line && one.file === file);
  if (!own && !said) return;
  const name = format.kind === "httplog-clf" ? "httplog" : format.kind;
  const text = `parsing [${file}:${line}] : 'option ${name}' not usable with ${proxyLabel(proxy)} (needs 'mode http'). Falling back to 'option tcplog'.`;
  say(draft, "warning", text, format.statement, format.statement.words[1] ?? null);
}

/** The options of HTTP, in the order in which HAProxy names them. */
const optionOrder = wordList(`
  forwardfor originalto checkcache http-buffer-request http-ignore-probes idle-close-on-response prefer-last-server
  accept-invalid-http-request accept-invalid-http-response http-use-proxy-header http-pretend-keepalive http-no-delay
  disable-h2-upgrade
`);

/** Warns about HTTP statements in a TCP section. */
export function checkMeaningless(proxy: ProxyDraft, draft: Draft): void {
  const { settings } = proxy;
  const label = proxyLabel(proxy);
  const { header } = proxy.section;
  for (const [kind, text] of ignoredStatements) {
    if (settings.httpOnly.has(kind)) say(draft, "warning", text(label), lineOf(proxy, kind) ?? header);
  }
  for (const option of optionOrder) {
    if (!settings.httpOptions.has(option)) continue;
    const text = `'option ${option}' ignored for ${label} as it requires HTTP mode.`;
    say(draft, "warning", text, lineOf(proxy, "option", option) ?? header);
  }
  checkVersions(proxy, draft);
}

/** `proto` says a version of HTTP. */
function checkVersions(proxy: ProxyDraft, draft: Draft): void {
  const read = new Set([...proxy.binds, ...proxy.servers].map(({ statement }) => statement));
  for (const statement of read) {
    const index = statement.words.findIndex((word) => word.text === "proto");
    const [keyword, name] = statement.words;
    if (index < 0 || name === undefined) continue;
    const what =
      keyword?.text === "bind" ? `'bind ${name.text}'` : keyword?.text === "server" ? `server '${name.text}'` : null;
    if (what === null) continue;
    const place = `[${statement.file}:${statement.line}]`;
    const protocol = statement.words[index + 1]?.text ?? "";
    const text = `${proxyLabel(proxy)} : MUX protocol '${protocol}' is not usable for ${what} at ${place}.`;
    say(draft, "alert", text, statement, statement.words[index]);
  }
}

/** Checks what HAProxy looks at in either mode. */
export function checkHttpLines(proxy: ProxyDraft, draft: Draft): void {
  const { statsPage, captureCookie } = proxy.settings.http;
  if (
    statsPage !== null &&
    statsPage.requestRules.length > 0 &&
    (statsPage.users.length > 0 || statsPage.realm !== null)
  ) {
    const text = `proxy '${proxy.name}': stats 'auth'/'realm' and 'http-request' can't be used at the same time.`;
    say(draft, "alert", text, lineOf(proxy, "stats", "http-request"));
  }
  const most = draft.global.http.cookieLength;
  if (captureCookie !== null && captureCookie.length > most) {
    const text = `truncating capture length to ${most} bytes for ${proxyLabel(proxy)}.`;
    say(draft, "warning", text, lineOf(proxy, "capture", "cookie"));
  }
}

/** Where fetches take what only a TCP proxy has whole: bytes as they came. */
const layer6: ReadonlySet<string> = new Set(["request buffer", "response buffer", "request or response buffer"]);

/** Warns of conditions in a section in `mode http` that look at bytes as they came. */
export function checkLayer6(proxy: ProxyDraft, draft: Draft): void {
  if (proxy.settings.mode.value !== "http") return;
  const { http } = proxy;
  // HAProxy does not look at those whose backend is a format.
  const named = proxy.useBackends.filter(({ value }) => typeof value.backend === "string");
  const stood = [...named, ...proxy.useServers, ...proxy.stickRules].map(({ value, statement }) => ({
    condition: value.condition,
    position: positionOf(statement),
  }));
  const rules = [proxy.connectionRules, proxy.sessionRules, proxy.contentRules, proxy.responseRules];
  const answers = [...http.responseRules, ...http.afterResponseRules];
  for (const { condition, position } of [...stood, ...rules.flat(), ...http.requestRules, ...answers]) {
    if (condition === null || !looksAtBytes(condition)) continue;
    const text = `Proxy '${proxy.name}': L6 sample fetches ignored on HTTP proxies (declared at ${position.file}:${position.line}).`;
    draft.diagnostics.add({ level: "warning", text, pointer: null, advice: null });
  }
}

function looksAtBytes({ any }: Condition): boolean {
  return any.some((terms) =>
    terms.some(({ acl }) =>
      acl.tests.some(({ expression }) => layer6.has(fetches.get(expression.fetch)?.source ?? "")),
    ),
  );
}

/** Checks that `errorfiles` lead somewhere; HAProxy does so when all else is known. */
export function checkErrorSections(proxy: ProxyDraft, draft: Draft): void {
  for (const line of errorLines(proxy.settings.http)) {
    if (line.kind !== "section") continue;
    const { name, statement, statuses } = line;
    const place = `(at ${statement.file}:${statement.line})`;
    const section = draft.httpErrors.get(name);
    if (section === undefined) {
      sayOf(draft, "alert", `proxy '${proxy.name}': unknown http-errors section '${name}' ${place}.`, line);
      continue;
    }
    for (const status of statuses ?? []) {
      if (section.has(status)) continue;
      const text = `config: proxy '${proxy.name}' : status '${status}' not declared in http-errors section '${name}' ${place}.`;
      sayOf(draft, "warning", text, line);
    }
  }
}

/** Checks that rules capture into slots that there are; which a backend's rules will find is not known here. */
export function checkCaptures(draft: Draft): void {
  const inherited = new Set<Rule>();
  for (const { name, http } of draft.handedDown) {
    checkSlots(name, http, draft, inherited);
    for (const rule of rulesOf(http)) inherited.add(rule);
  }
  for (const { kind, name, http } of draft.proxies) if (kind !== "backend") checkSlots(name, http, draft, inherited);
}

function rulesOf({ requestRules, responseRules, afterResponseRules }: HttpRulesDraft): readonly Rule[] {
  return [...requestRules, ...responseRules, ...afterResponseRules];
}

/** `known`: rules that have been looked at where they stand. */
function checkSlots(name: string, http: HttpRulesDraft, draft: Draft, known: ReadonlySet<Rule>): void {
  for (const rule of rulesOf(http)) {
    const { action } = rule;
    if (action.kind !== "capture" || known.has(rule)) continue;
    const { from, slot } = action;
    if (slot < http[from === "request" ? "requestCaptures" : "responseCaptures"].length) continue;
    const text = `Proxy '${name}': unable to find capture id '${slot}' referenced by http-${from} capture rule.`;
    draft.diagnostics.add({ level: "alert", text, pointer: null, advice: null });
  }
}

const at = ({ position: { file, line } }: ProxyDraft): string => `(${file}:${line})`;

/** Who becomes HTTP in a `listen` that leads nowhere else finds its servers in `mode tcp`. */
export function checkSwitch(
  { kind, name, settings, servers, contentRules, useBackends }: ProxyDraft,
  draft: Draft,
): void {
  if (kind !== "listen" || settings.mode.value !== "tcp" || servers.length === 0) return;
  if (settings.defaultBackend !== null || useBackends.length > 0) return;
  if (!contentRules.some(({ action }) => action.kind === "switch-mode")) return;
  const text = `Proxy '${name}' : 'switch-mode http' configured for a tcp proxy with no backend. Incoming connections upgraded to HTTP cannot be routed to TCP servers`;
  draft.diagnostics.add({ level: "warning", text, pointer: null, advice: null });
}

/** An HTTP frontend cannot do with a backend that knows nothing of HTTP; a TCP frontend becomes HTTP before an HTTP backend. */
export function checkModes(proxy: ProxyDraft, draft: Draft, backends: ReadonlyMap<string, ProxyDraft>): void {
  if (proxy.kind === "backend" || proxy.settings.mode.value !== "http") return;
  const incompatible = (name: string): string | null => {
    const backend = backends.get(name);
    if (backend === undefined || backend.settings.mode.value === "http") return null;
    const what = `incompatible tcp ${proxyType(backend)} '${name}' ${at(backend)}`;
    return `http ${proxyLabel(proxy)} ${at(proxy)} tries to use ${what}`;
  };
  const { defaultBackend } = proxy.settings;
  const text = defaultBackend === null ? null : incompatible(defaultBackend.name);
  if (defaultBackend !== null && text !== null) {
    sayOf(draft, "alert", `${text} as its default backend (see 'mode').`, defaultBackend);
  }
  for (const { value, statement } of proxy.useBackends) {
    const said = typeof value.backend === "string" ? incompatible(value.backend) : null;
    if (said !== null)
      say(draft, "alert", `${said} in a 'use_backend' rule (see 'mode').`, statement, statement.words[1]);
  }
}
