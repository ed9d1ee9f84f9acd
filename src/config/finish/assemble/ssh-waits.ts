/** What a section asks of SSH before it is there, and the rules that wait for it: HAProxy's users write such rules themselves. */
import type { Rule } from "../../../plan/rules/rule.ts";
import { fetches } from "../../../rules/fetches/fetches.ts";
import { expressionsIn } from "../../../rules/samples/expressions-in.ts";
import { firstMoment, type Source } from "../../../rules/samples/sites.ts";
import type { Draft, ProxyDraft } from "../../draft/draft.ts";

/** Names of fetches, each once, that a section asks for before bytes are relayed, and while the server's first are held back. */
export interface AskedOfSsh {
  readonly inRequest: readonly string[];
  readonly inResponse: readonly string[];
}

/** Whether a fetch reads what is known of SSH. */
export function isOfSsh(fetch: string): boolean {
  const source = fetches.get(fetch)?.source;
  return source !== undefined && firstMoment(source) !== null;
}

const fromClient: Source = "SSH client identification";

/** `half`: the one whose rules are asked about; both halves of a `listen` ask in its front. `more`: parts of its plan that ask as well. */
export function askedOfSsh(
  proxy: ProxyDraft,
  half: "frontend" | "backend",
  { global }: Draft,
  more: unknown = null,
): AskedOfSsh {
  if (!global.asksSsh || proxy.settings.mode.value === "http") return { inRequest: [], inResponse: [] };
  const front = half === "frontend" ? [proxy.useBackends.map(({ value }) => value), more] : [];
  const back = proxy.kind === "frontend" ? [] : choosing(proxy);
  const inRequest = namesIn(
    [proxy.contentRules, ...front, ...back],
    (fetch) => fetches.get(fetch)?.source === fromClient,
  );
  const stored = proxy.stickRules.map(({ value }) => value).filter(({ kind }) => kind === "store-response");
  const inResponse = half === "frontend" ? [] : namesIn([proxy.responseRules, stored], isOfSsh);
  return { inRequest, inResponse };
}

/** What a server is chosen and introduced by. */
function choosing({ settings, useServers, stickRules, persistRules, servers }: ProxyDraft): unknown[] {
  const lines = [...useServers, ...stickRules].map(({ value }) => value);
  return [lines, persistRules, settings.balance, servers.map(({ settings: { tlvs }, sni }) => [tlvs, sni])];
}

function namesIn(parts: readonly unknown[], isWanted: (fetch: string) => boolean): string[] {
  return [...new Set(expressionsIn(parts, isWanted).map(({ fetch }) => fetch))];
}

/** Rules that do nothing and pass, but wait for what is asked: they belong behind all others. */
export function waitingRules({ position }: ProxyDraft, asked: readonly string[], delayMs: number): readonly Rule[] {
  if (delayMs === 0) return [];
  return asked.map((fetch) => ({ position, action: { kind: "wait" }, condition: ifFound(fetch) }));
}

function ifFound(fetch: string): Rule["condition"] {
  const expression = { fetch, arguments: [], converters: [], text: fetch };
  const test = { expression, match: "found", ignoreCase: false, patterns: [], files: [], own: null } as const;
  return { unless: false, any: [[{ negate: false, acl: { name: null, tests: [test] } }]] };
}
