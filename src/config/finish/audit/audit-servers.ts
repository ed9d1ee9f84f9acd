/** Checks the servers of a backend: names, check ports, tracking, resolvers, leftovers of HTTP. */
import { serverMessage } from "../../text/complaint.ts";
import { proxyLabel, proxyType } from "../../text/section-headers.ts";
import { say } from "./audit-message.ts";
import type { Draft, ProxyDraft, ServerDraft } from "../../draft/draft.ts";
import type { KnownProxies } from "./known-proxies.ts";
import { checkServerTls } from "./audit-server-tls.ts";
import { trackPlan } from "../assemble/server-plan.ts";
import type { SourcePlan } from "../../../plan/server.ts";
import type { Word } from "../../text/statement.ts";

/** Adds what is wrong with a backend's servers. */
export function checkServers(proxy: ProxyDraft, draft: Draft, known: KnownProxies): void {
  const names = new Map<string, ServerDraft>();
  const ids = new Map<number, ServerDraft>();
  let redirects = false;
  const isHttp = proxy.settings.mode.value === "http";
  for (const server of proxy.servers) {
    complainAboutName(proxy, server, names, draft);
    complainAboutId(proxy, server, ids, draft);
    checkHealth(proxy, server, draft);
    checkTrack(proxy, server, draft, known);
    checkResolvers(proxy, server, draft, known);
    checkRdpPort(proxy, server, draft);
    checkHeaderSource(proxy, server, draft);
    checkServerTls(proxy, server, draft);
    const { http, fastOpen } = server.settings;
    redirects ||= !isHttp && http.redirectPrefix !== null;
    if (!isHttp && http.cookie !== null) {
      const text = `${proxyLabel(proxy)} : ignoring cookie for server '${server.name}' as HTTP mode is disabled.`;
      say(draft, "warning", text, server.statement, wordOf(server, "cookie"));
    }
    if (fastOpen) {
      const text = `'server ${proxy.name}/${server.name}' : server has tfo activated, the backend should be configured with at least 'conn-failure', 'empty-response' and 'response-timeout' or we wouldn't be able to retry the connection on failure.`;
      serverMessage(draft.diagnostics, "warning", server.statement, text, wordOf(server, "tfo"));
    }
  }
  if (redirects) {
    say(
      draft,
      "alert",
      `${proxyLabel(proxy)} : server cannot have cookie or redirect prefix in non-HTTP mode.`,
      proxy.section.header,
    );
  }
}

/** `usesrc hdr_ip()` without requests. */
function checkHeaderSource(proxy: ProxyDraft, { settings, name, statement }: ServerDraft, draft: Draft): void {
  const header = headerOf(settings.source);
  if (header === null || proxy.settings.mode.value === "http") return;
  const text = `${proxyLabel(proxy)} : server ${name} cannot use header ${header} as source IP in non-HTTP mode.`;
  say(draft, "warning", text, statement);
}

/** The field that says where connections come from; null: none does. */
export function headerOf(source: SourcePlan | null): string | null {
  const useSource = source === null ? null : source.useSource;
  return useSource !== null && typeof useSource === "object" && "header" in useSource ? useSource.header : null;
}

/** `persist rdp-cookie` finds servers by address and port. */
function checkRdpPort(
  { settings, ...proxy }: ProxyDraft,
  { address, name, statement }: ServerDraft,
  draft: Draft,
): void {
  if (settings.rdpCookie === null || address.kind !== "tcp" || address.port !== null) return;
  const text = `${proxyLabel(proxy.scope)} : RDP cookie persistence will not work for server '${name}' because it lacks an explicit port number.`;
  say(draft, "warning", text, statement, statement.words[2] ?? null);
}

/** The word of a server's line; its name's where the setting came from default-server. */
function wordOf(server: ServerDraft, text: string): Word | null {
  return server.statement.words.find((word) => word.text === text) ?? server.statement.words[1] ?? null;
}

function complainAboutName(
  proxy: ProxyDraft,
  server: ServerDraft,
  names: Map<string, ServerDraft>,
  draft: Draft,
): void {
  const other = names.get(server.name);
  names.set(server.name, server);
  if (other === undefined) return;
  const { file, line } = server.position;
  const text = `parsing [${file}:${line}] : ${proxyType(proxy)} '${proxy.name}', another server named '${server.name}' was already defined at line ${other.position.line}, please use distinct names.`;
  say(draft, "alert", text, server.statement, server.statement.words[1] ?? null);
}

function complainAboutId(proxy: ProxyDraft, server: ServerDraft, ids: Map<number, ServerDraft>, draft: Draft): void {
  if (!server.idGiven) return;
  const other = ids.get(server.id);
  ids.set(server.id, server);
  if (other === undefined) return;
  const { file, line } = other.position;
  const text = `'server ${proxy.name}/${server.name}' : 'id' : custom id ${server.id} already used at ${file}:${line} ('server ${other.name}').`;
  serverMessage(draft.diagnostics, "alert", server.statement, text, wordOf(server, "id"));
}

function hasCheckPort(proxy: ProxyDraft, server: ServerDraft): boolean {
  const { settings, address } = server;
  if (address.kind !== "tcp" || settings.checkPort !== null) return true;
  const target = settings.checkAddress;
  if (target !== null && (target.kind !== "tcp" || target.port !== null)) return true;
  if (address.port !== null || (server.template?.service ?? null) !== null) return true;
  const { check } = proxy.settings;
  const steps = check.kind === "tcp" || check.kind === "http" ? check.rules : [];
  const connects = steps.filter((step) => step.kind === "connect");
  return (
    connects.length > 0 &&
    connects.every((step) => step.port !== null || (step.address?.kind === "tcp" && step.address.port !== null))
  );
}

function checkHealth(proxy: ProxyDraft, server: ServerDraft, draft: Draft): void {
  const { settings, statement } = server;
  const label = `'server ${proxy.name}/${server.name}' : `;
  if (settings.check && settings.track !== null) {
    const text = `${label}unable to enable checks and tracking at the same time!`;
    serverMessage(draft.diagnostics, "alert", statement, text, wordOf(server, "track"));
  }
  if (settings.check && !hasCheckPort(proxy, server)) {
    const text = `config: ${proxyType(proxy)} '${proxy.name}': server '${server.name}' has neither service port nor check port nor tcp_check rule 'connect' with port information.`;
    say(draft, "alert", text, statement, wordOf(server, "check"));
  }
  if (settings.agentCheck && settings.agentPort === 0 && settings.checkPort === null) {
    const text = `${label}server ${server.name} does not have agent port. Agent check has been disabled.`;
    serverMessage(draft.diagnostics, "alert", statement, text, wordOf(server, "agent-check"));
  }
}

function checkTrack(proxy: ProxyDraft, server: ServerDraft, draft: Draft, known: KnownProxies): void {
  const track = server.settings.track;
  if (track === null || server.settings.check) return;
  const label = `'server ${proxy.name}/${server.name}' : `;
  const fail = (text: string): void =>
    serverMessage(draft.diagnostics, "alert", server.statement, label + text, wordOf(server, "track"));
  const first = trackPlan(track, proxy.name);
  const tracked = known.server(first.backend, first.server);
  if (tracked === "no backend") return fail(`unable to find required proxy '${first.backend}' for tracking.`);
  if (tracked === "no server") return fail(`unable to find required server '${first.server}' for tracking.`);
  // The chain's end must have a check of its own.
  const end = known.endOfTrack(tracked, first.backend);
  const named = `${first.backend}/${first.server}`;
  if (end === "nowhere") return; // said of the server that names it
  if (end === "circle") {
    fail(`unable to track ${named} as it belongs to a tracking chain looping back to ${proxy.name}/${server.name}.`);
  } else if (!end.settings.check && !end.settings.agentCheck) {
    fail(`unable to use ${named} for tracking as it does not have any check nor agent enabled.`);
  }
}

function checkResolvers(proxy: ProxyDraft, server: ServerDraft, draft: Draft, known: KnownProxies): void {
  const { resolvers } = server.settings;
  if (resolvers === null || resolvers === "default" || known.hasResolvers(resolvers)) return;
  const text = `${proxyType(proxy)} '${proxy.name}', server '${server.name}': unable to find required resolvers '${resolvers}'`;
  say(draft, "alert", text, server.statement, wordOf(server, resolvers));
}
