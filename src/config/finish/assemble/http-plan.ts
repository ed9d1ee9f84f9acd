/** What sections in `mode http` have said, to their plans. */
import {
  type ErrorPagePlan,
  type ErrorPages,
  httpBackendDefaults,
  type HttpBackendPlan,
  httpDefaults,
  httpFrontendDefaults,
  type HttpFrontendPlan,
  type HttpProxyPlan,
} from "../../../plan/http.ts";
import type { Draft, ProxyDraft } from "../../draft/draft.ts";
import { type ErrorLine, errorLines } from "../../draft/http.ts";
import { pick } from "../../draft/pick.ts";

/** A frontend's part; null in `mode tcp`. */
export function httpFrontendPlan(proxy: ProxyDraft, draft: Draft): HttpFrontendPlan | null {
  const { settings, http } = proxy;
  if (settings.mode.value !== "http") return null;
  const { captureCookie } = settings.http;
  const most = draft.global.http.cookieLength;
  return {
    ...httpPlan(proxy, draft),
    ...pick(settings.http, httpFrontendDefaults),
    captureCookie: captureCookie && { ...captureCookie, length: Math.min(captureCookie.length, most) },
    monitorFail: http.monitorFail,
    requestCaptures: http.requestCaptures,
    responseCaptures: http.responseCaptures,
  };
}

/** A backend's part; null in `mode tcp`. */
export function httpBackendPlan(proxy: ProxyDraft, draft: Draft): HttpBackendPlan | null {
  const { settings } = proxy;
  if (settings.mode.value !== "http") return null;
  return { ...httpPlan(proxy, draft), ...pick(settings.http, httpBackendDefaults), retries: settings.retries };
}

function httpPlan({ settings, http }: ProxyDraft, draft: Draft): HttpProxyPlan {
  const { timeouts } = settings.http;
  return {
    ...pick(settings.http, httpDefaults),
    requestRules: http.requestRules,
    responseRules: http.responseRules,
    afterResponseRules: http.afterResponseRules,
    redirectRules: http.redirectRules,
    errorPages: errorPages(errorLines(settings.http), draft.httpErrors),
    httpTimeouts: { ...timeouts, tarpitMs: timeouts.tarpitMs || settings.timeouts.connectMs },
  };
}

/** The last line about a status holds. */
function errorPages(lines: readonly ErrorLine[], sections: Draft["httpErrors"]): ErrorPages {
  const pages = new Map<number, ErrorPagePlan>();
  for (const line of lines) {
    if (line.kind === "page") {
      pages.set(line.status, line.page);
      continue;
    }
    const section = sections.get(line.name) ?? new Map<number, string>();
    for (const status of line.statuses ?? section.keys()) {
      const content = section.get(status);
      if (content !== undefined) pages.set(status, { kind: "file", status, content });
    }
  }
  return Object.fromEntries(pages);
}
