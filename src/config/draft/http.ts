/** What lines of HTTP have said so far. */
import type { Condition } from "../../plan/rules/acl.ts";
import {
  type CapturePlan,
  type ErrorPagePlan,
  type ErrorStatus,
  httpBackendDefaults,
  type HttpBackendOptions,
  httpDefaults,
  httpFrontendDefaults,
  type HttpFrontendOptions,
  type HttpOptions,
  httpTimeouts,
  type HttpTimeouts,
  type StatsPagePlan,
} from "../../plan/http.ts";
import type { Rule } from "../../plan/rules/rule.ts";
import type { Statement, Word } from "../text/statement.ts";
import type { Mutable } from "./mutable.ts";

/** What `defaults` hands down of HTTP. What lines change in place `inheritedHttp` copies. */
export interface HttpSettings extends Mutable<HttpOptions>, Mutable<HttpFrontendOptions>, Mutable<HttpBackendOptions> {
  statsPage: StatsPageDraft | null;
  /** False while `statsPage` is the one of `defaults`: a section's own first line begins another. */
  ownsStatsPage: boolean;
  timeouts: Mutable<HttpTimeouts>;
  /** The last line first: sections add to what is their `defaults`' as well. */
  errors: ErrorLines | null;
}

/** Lines about error pages, of which the last about a status holds. */
export interface ErrorLines {
  readonly line: ErrorLine;
  readonly before: ErrorLines | null;
}

/** Those lines in their order. */
export function errorLines({ errors }: HttpSettings): readonly ErrorLine[] {
  const lines: ErrorLine[] = [];
  for (let at = errors; at !== null; at = at.before) lines.push(at.line);
  return lines.toReversed();
}

/** What a line says of error pages. */
export type ErrorLine =
  | { readonly kind: "page"; readonly status: ErrorStatus; readonly page: ErrorPagePlan }
  /** `errorfiles`; null: all statuses of that section. */
  | {
      readonly kind: "section";
      readonly name: string;
      readonly statuses: readonly ErrorStatus[] | null;
      readonly statement: Statement;
      readonly word: Word | null;
    };

export type StatsPageDraft = Mutable<StatsPagePlan> & {
  users: StatsPagePlan["users"][number][];
  scope: string[];
  adminRules: Condition[];
  requestRules: Rule[];
};

/** Rules of HTTP of a section, or of a named `defaults` for those that come from it. */
export interface HttpRulesDraft {
  readonly requestRules: Rule[];
  readonly responseRules: Rule[];
  readonly afterResponseRules: Rule[];
  readonly redirectRules: Rule[];
  readonly monitorFail: Condition[];
  readonly requestCaptures: CapturePlan[];
  readonly responseCaptures: CapturePlan[];
}

export function startHttp(): HttpSettings {
  return {
    ...httpDefaults,
    ...httpFrontendDefaults,
    ...httpBackendDefaults,
    statsPage: null,
    ownsStatsPage: false,
    timeouts: { ...httpTimeouts },
    errors: null,
  };
}

/** What a section begins with that comes from a `defaults`. */
export function inheritedHttp(former: HttpSettings): HttpSettings {
  return { ...former, ownsStatsPage: false, timeouts: { ...former.timeouts } };
}

export function newHttpRules(): HttpRulesDraft {
  return {
    requestRules: [],
    responseRules: [],
    afterResponseRules: [],
    redirectRules: [],
    monitorFail: [],
    requestCaptures: [],
    responseCaptures: [],
  };
}
