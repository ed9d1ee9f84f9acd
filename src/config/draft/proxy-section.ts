/** What the lines of a proxy or `defaults` section act on. */
import type { ProxyDraft, Settings } from "./draft.ts";
import { newHttpRules } from "./http.ts";
import type { ProxyScope } from "./proxy-scope.ts";

/** What a line of the section may change. */
export interface ProxySection {
  readonly kind: "defaults" | "frontend" | "listen" | "backend";
  readonly scope: ProxyScope;
  readonly settings: Settings;
  /** Null in `defaults`, whose lines only hand settings down. */
  readonly proxy: ProxyDraft | null;
  /** Rules of a named `defaults` section, for the proxies that come from it. */
  readonly rules: ProxyRules;
}

/** Rules that a named `defaults` section hands down. */
export type ProxyRules = Pick<
  ProxyDraft,
  "connectionRules" | "sessionRules" | "contentRules" | "responseRules" | "http"
> & {
  inspectDelayMs: number;
  responseInspectDelayMs: number;
};

/** No rules, and no delays for them. */
export function newRules(): ProxyRules {
  return {
    connectionRules: [],
    sessionRules: [],
    contentRules: [],
    responseRules: [],
    http: newHttpRules(),
    inspectDelayMs: 0,
    responseInspectDelayMs: 0,
  };
}
