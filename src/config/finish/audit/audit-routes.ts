/** Checks where sessions go: backends and servers that rules name, tables that they stick by. */
import { proxyLabel } from "../../text/section-headers.ts";
import { lineOf, say, sayOf } from "./audit-message.ts";
import { headerOf } from "./audit-servers.ts";
import type { Draft, ProxyDraft } from "../../draft/draft.ts";

/** Checks `default_backend`, and that `use_backend` does not lead back. Other names are checked with their rules' references. */
export function checkRoutes(proxy: ProxyDraft, draft: Draft, backends: ReadonlyMap<string, ProxyDraft>): void {
  const isOwn = (name: string): boolean => name === proxy.name && proxy.kind !== "frontend";
  const { defaultBackend } = proxy.settings;
  const saidHere = proxy.kind !== "backend" || lineOf(proxy, "default_backend") !== null;
  if (defaultBackend !== null && saidHere) {
    const { name } = defaultBackend;
    if (isOwn(name)) {
      sayOf(draft, "alert", `Proxy '${proxy.name}': loop detected for default_backend: '${name}'.`, defaultBackend);
    } else if (!backends.has(name)) {
      const text = `Proxy '${proxy.name}': unable to find required default_backend: '${name}'.`;
      const near = draft.diagnostics.suggestions.nearest(name, () => backends.keys());
      sayOf(draft, "alert", text, defaultBackend, near === null ? null : `Did you mean '${near}'?`);
    } else if (proxy.kind === "listen" && proxy.servers.length > 0) {
      const text = `In proxy '${proxy.name}', the 'default_backend' rule always has precedence over the servers, which will never be used.`;
      sayOf(draft, "warning", text, defaultBackend);
    }
  }
  for (const { value, statement } of proxy.useBackends) {
    const { backend } = value;
    if (typeof backend !== "string") continue;
    const word = statement.words[1] ?? null;
    if (isOwn(backend)) {
      say(draft, "alert", `Proxy '${proxy.name}': loop detected for use_backend: '${backend}'.`, statement, word);
    }
  }
}

/** Checks the peers of a table, and what is needed to check by a program: whichever half a section has. */
export function checkTableAndProgram(proxy: ProxyDraft, draft: Draft): void {
  for (const peers of proxy.peersWanted) {
    if (draft.peers.has(peers.name)) continue;
    sayOf(draft, "alert", `Proxy '${proxy.name}': unable to find sync peers '${peers.name}'.`, peers);
  }
  checkExternal(proxy, draft);
}

/** Checks a backend's check lines and its state file. */
export function checkBackends(proxy: ProxyDraft, draft: Draft): void {
  const { settings } = proxy;
  if (settings.checkLists.unused.has("http")) {
    warnUnused(proxy, "http-check", "option httpchk", draft);
  }
  if (settings.checkLists.unused.has("tcp")) {
    warnUnused(proxy, "tcp-check", "option tcp-check", draft);
  }
  if (settings.check.kind === "http" && !settings.check.rules.some(({ kind }) => kind === "http-send")) {
    // As in HAProxy, where it is as easily meant otherwise.
    const text = `the checks of ${proxyLabel(proxy)} send no request: its own http-check lines replace what 'option httpchk' of its defaults sends.`;
    const advice = "say 'option httpchk' or 'http-check send' beside them";
    draft.diagnostics.add({ level: "notice", text, pointer: null, advice });
  }
  const header = headerOf(settings.source);
  if (header !== null && settings.mode.value !== "http") {
    const text = `${proxyLabel(proxy)} : ignoring use of header ${header} as source IP in non-HTTP mode.`;
    say(draft, "warning", text, lineOf(proxy, "source"));
  }
  if (settings.isBalanced && settings.transparent) {
    const line = lineOf(proxy, "option", "transparent") ?? lineOf(proxy, "transparent");
    say(draft, "alert", `${proxyLabel(proxy)} cannot use both transparent and balance mode.`, line, line?.words.at(-1));
  } else if (settings.isBalanced && proxy.dispatch !== null) {
    const text = `dispatch address of ${proxyLabel(proxy)} will be ignored in balance mode.`;
    say(draft, "warning", text, lineOf(proxy, "dispatch"));
  }
  if (settings.serverStateFrom === "global" && draft.global.serverStateFile === null) {
    const text = `backend '${proxy.name}' configured to load server state file from global section 'server-state-file' directive. Unfortunately, 'server-state-file' is not set!`;
    say(draft, "warning", text, lineOf(proxy, "load-server-state-from-file"));
  }
}

/** A program that nobody runs, or cannot be run. */
function checkExternal(proxy: ProxyDraft, draft: Draft): void {
  const { check, external } = proxy.settings;
  if (check.kind !== "external") {
    for (const word of ["command", "path"] as const) {
      if (external[word] === null) continue;
      const text = `'external-check ${word}' will be ignored for ${proxyLabel(proxy)} (requires 'option external-check').`;
      say(draft, "warning", text, lineOf(proxy, "external-check", word));
    }
    return;
  }
  const line = lineOf(proxy, "option", "external-check");
  const complain = (level: "alert" | "warning", text: string): void =>
    say(draft, level, `Proxy '${proxy.name}' : ${text}`, line);
  const required = (what: string): void =>
    complain("alert", `'option external-check' unable to find required '${what}'.`);
  if (!draft.global.externalCheck) required("global.external-check");
  if (external.command === null) required("external-check command");
  if (!draft.global.forkWanted) {
    const text = "'insecure-fork-wanted' not enabled in the global section, 'option external-check' will likely fail.";
    complain("warning", text);
  }
}

function warnUnused(proxy: ProxyDraft, family: string, option: string, draft: Draft): void {
  const statement = lineOf(proxy, family);
  if (statement === null) return; // inherited rules wait for the sections that want them
  const text = `${proxyLabel(proxy)} uses ${family} rules without '${option}', so the rules are ignored.`;
  say(draft, "warning", text, statement);
}
