/** What can only be checked once every section is read: names that lead nowhere, things missing, things that mean nothing. */
import { proxyLabel, proxyType } from "../../text/section-headers.ts";
import { checkBindTls, noteStandingSuites } from "./audit-bind-tls.ts";
import { checkBackends, checkRoutes, checkTableAndProgram } from "./audit-routes.ts";
import {
  checkCaptures,
  checkSwitch,
  checkErrorSections,
  checkForeign,
  checkHttpLines,
  checkLayer6,
  checkMeaningless,
  checkModes,
} from "./audit-http.ts";
import { lineOf, say, sayOf } from "./audit-message.ts";
import { noteIdleTls } from "./audit-server-tls.ts";
import { checkHostKeys, checkKeptFiles } from "./audit-hostkeys.ts";
import { checkSshChecks, checkSshDelays, checkSshMode } from "./audit-ssh.ts";
import { checkServers } from "./audit-servers.ts";
import { type Diagnostic, Diagnostics } from "../../text/diagnostics.ts";
import type { Draft, ProxyDraft, RingDraft } from "../../draft/draft.ts";
import { checkFormats } from "../assemble/formats.ts";
import { KnownProxies } from "./known-proxies.ts";
import { checkContents } from "./audit-contents.ts";
import { checkReferences } from "./references.ts";

/** Adds every warning and alert of HAProxy's final check. Disabled sections are passed over. */
export function auditDraft(draft: Draft): void {
  const found = new Diagnostics(draft.diagnostics.suggestions);
  const wasRefused = draft.diagnostics.refused;
  audit({ ...draft, diagnostics: found });
  for (const one of found.all) {
    // HAProxy skips this check when lines were wrong: its warnings would be about what those lines failed to say.
    if (!wasRefused || one.level === "alert") draft.diagnostics.add(one);
  }
}

function audit(draft: Draft): void {
  for (const ring of draft.rings.values()) checkRing(ring, draft);
  noteLostLogs(draft);
  const proxies = draft.proxies.filter((proxy) => !proxy.settings.disabled);
  const known = new KnownProxies(draft);
  complainAboutIds(draft);
  for (const proxy of proxies) {
    const isTcp = proxy.settings.mode.value === "tcp";
    checkListening(proxy, draft);
    if (isTcp) checkForeign(proxy, draft);
    checkTableAndProgram(proxy, draft);
    checkMail(proxy, draft, proxyLabel(proxy));
    checkRoutes(proxy, draft, known.backends);
    checkBindTls(proxy, draft);
    checkModes(proxy, draft, known.backends);
    checkSwitch(proxy, draft);
    checkSshMode(proxy, draft);
    checkSshChecks(proxy, draft);
    checkLayer6(proxy, draft);
    checkFormats(proxy);
    checkTimeouts(proxy, draft);
    checkLogs(proxy, draft);
    checkHttpLines(proxy, draft);
    if (isTcp) checkMeaningless(proxy, draft);
    if (proxy.kind !== "frontend") {
      checkBackends(proxy, draft);
      checkServers(proxy, draft, known);
      checkHostKeys(proxy, draft);
    }
  }
  noteStandingSuites(proxies, draft);
  noteIdleTls(proxies, draft);
  checkContents(draft);
  checkSshDelays(proxies, draft);
  checkKeptFiles(draft);
  checkCaptures(draft);
  for (const proxy of proxies) checkErrorSections(proxy, draft);
  checkReferences(draft.references, knownNames(draft, known), draft.diagnostics);
  for (const resolvers of draft.resolvers) {
    if (resolvers.nameservers.length > 0) continue;
    const { file, line } = resolvers.position;
    say(
      draft,
      "warning",
      `resolvers '${resolvers.name}' [${file}:${line}] has no nameservers configured!`,
      resolvers.statement,
    );
  }
  const mailing = new Set(proxies.map(({ settings }) => (canMail(settings) ? settings.mailers?.name : undefined)));
  for (const [name, header] of [...draft.mailers].toReversed()) {
    if (!mailing.has(name)) say(draft, "warning", `Removing incomplete section 'mailers ${name}'.`, header);
  }
  for (const peers of draft.peers.values()) {
    const { localPeer } = draft.context;
    if (peers.disabled || peers.names.has(localPeer)) continue;
    say(
      draft,
      "warning",
      `Removing incomplete section 'peers ${peers.name}' (no peer named '${localPeer}').`,
      peers.statement,
    );
  }
}

function labelWithoutQuotes(proxy: ProxyDraft): string {
  return `${proxyType(proxy)} ${proxy.name}`;
}

function complainAboutIds(draft: Draft): void {
  const seen = new Map<number, ProxyDraft>();
  for (const proxy of draft.proxies) {
    if (!proxy.idGiven) continue;
    const other = seen.get(proxy.id);
    if (other !== undefined) {
      const statement = proxy.section.statements.find((one) => one.words[0]?.text === "id") ?? proxy.section.header;
      const { file, line } = other.position;
      const text = `parsing [${statement.file}:${statement.line}] : ${labelWithoutQuotes(proxy)} reuses same custom id as ${labelWithoutQuotes(other)} (declared at ${file}:${line}).`;
      say(draft, "alert", text, statement, statement.words[1] ?? null);
    }
    seen.set(proxy.id, proxy);
  }
}

function checkListening(proxy: ProxyDraft, draft: Draft): void {
  if (proxy.kind === "backend") return;
  const tried = proxy.section.statements.some((statement) => statement.words[0]?.text === "bind");
  if (proxy.binds.length > 0 || tried) return;
  const text = `${proxyLabel(proxy)} has no 'bind' directive. Please declare it as a backend if this was intended.`;
  say(draft, "warning", text, proxy.section.header);
}

function canMail({ emailAlert }: ProxyDraft["settings"]): boolean {
  return ["from", "mailers", "to"].every((one) => emailAlert.has(one));
}

function checkMail(proxy: ProxyDraft, draft: Draft, label: string): void {
  const { emailAlert, mailers } = proxy.settings;
  if (emailAlert.size === 0) return;
  if (mailers !== null && !draft.mailers.has(mailers.name)) {
    sayOf(draft, "alert", `Proxy '${proxy.name}': unable to find mailers '${mailers.name}'.`, mailers);
  } else if (!canMail(proxy.settings)) {
    const text = `'email-alert' will be ignored for ${label} (the presence any of 'email-alert from', 'email-alert level' 'email-alert mailers', 'email-alert myhostname', or 'email-alert to' requires each of 'email-alert from', 'email-alert mailers' and 'email-alert to' to be present).`;
    say(draft, "warning", text, lineOf(proxy, "email-alert"));
  }
}

function checkTimeouts(proxy: ProxyDraft, draft: Draft): void {
  const { timeouts } = proxy.settings;
  const set = (name: "clientMs" | "connectMs" | "serverMs" | "tunnelMs"): boolean => timeouts[name] > 0;
  const front = proxy.kind !== "backend" && !set("clientMs");
  const back = proxy.kind !== "frontend" && proxy.servers.length > 0 && !(set("connectMs") && set("serverMs"));
  if (!front && !back) return;
  say(draft, "warning", missingTimeouts(proxyLabel(proxy)), proxy.section.header);
}

const missingTimeoutsStart = "missing timeouts for ";

/** Whether it is about a frontend or backend without one of its three time-outs. */
export function isMissingTimeouts({ text }: Pick<Diagnostic, "text">): boolean {
  return text.startsWith(missingTimeoutsStart) && !text.startsWith("ring", missingTimeoutsStart.length);
}

function missingTimeouts(label: string): string {
  return (
    `${missingTimeoutsStart}${label}.\n` +
    "   | While not properly invalid, you will certainly encounter various problems\n" +
    "   | with such a configuration. To fix this, please ensure that all following\n" +
    "   | timeouts are set to a non-zero value: 'client', 'connect', 'server'."
  );
}

/** A ring with servers is a backend of its own to HAProxy. */
function checkRing({ name, servers, timeouts, header }: RingDraft, draft: Draft): void {
  if (servers.length === 0 || (timeouts.connect > 0 && timeouts.server > 0)) return;
  say(draft, "warning", missingTimeouts(`backend '${name}'`), header);
}

/** Lines to a ring without servers are read by nobody. HAProxy takes such lines without a word. */
function noteLostLogs(draft: Draft): void {
  const logs = [draft.global.logs, ...draft.proxies.map(({ settings }) => settings.logs)].flat();
  const names = logs.flatMap((log) =>
    log !== "global" && log.destination.kind === "ring" && log.destination.ring.servers.length === 0
      ? [log.destination.ring.name]
      : [],
  );
  for (const name of new Set(names)) {
    const ring = draft.rings.get(name);
    if (ring !== undefined && ring.servers.length > 0) continue;
    const why = ring === undefined ? "there is no such ring section" : "it has no server";
    const text = `what is logged to ring@${name} is lost: ${why}.`;
    draft.diagnostics.add({ level: "notice", text, pointer: null, advice: null });
  }
}

function checkLogs(proxy: ProxyDraft, draft: Draft): void {
  const { settings } = proxy;
  const format = settings.logFormat;
  const logs = settings.logs.flatMap((log) => (log === "global" ? draft.global.logs : [log]));
  if (proxy.kind === "backend" || logs.length > 0 || (format === null && settings.logFormatSd === null)) return;
  const shown = (format ?? settings.logFormatSd)?.statement ?? null;
  say(draft, "warning", `log format ignored for ${proxyLabel(proxy)} since it has no log address.`, shown);
}

function knownNames(draft: Draft, known: KnownProxies): Parameters<typeof checkReferences>[1] {
  return {
    hasFrontend: (name) => known.frontends.has(name),
    hasBackend: (name) => known.backends.has(name),
    hasServer: (backend, server) => typeof known.server(backend, server) !== "string",
    hasTable: (name) => draft.tables.has(name),
    hasResolvers: (name) => name === "default" || known.hasResolvers(name),
    hasUserlist: (name) => draft.userlists.has(name),
    hasGroup: (name, group) => draft.userlists.get(name)?.groups.has(group) === true,
    unverifiableUser: (name) => {
      const users = draft.userlists.get(name)?.plan.users ?? [];
      return users.find(({ password, isHashed }) => isHashed && !draft.context.canVerify(password ?? ""))?.name ?? null;
    },
  };
}
