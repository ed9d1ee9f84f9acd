/** What the readers of actions know of the line. */
import type { CapturePlan } from "../../../plan/http.ts";
import type { RuleLayer } from "../../../rules/actions/row.ts";
import type { Site } from "../../../rules/samples/sites.ts";
import type { ProxyScope } from "../../draft/proxy-scope.ts";

/** The line an action stands on. */
export interface ActionLine {
  /** `tcp-request connection` and so on. */
  readonly line: string;
  readonly layer: RuleLayer;
  readonly scope: ProxyScope;
  readonly sites: readonly Site[];
  /** The frontend's slots for what is captured of requests, to which `len` adds one; null: there is no frontend. */
  readonly captures: CapturePlan[] | null;
}

/** Whether it is a rule of HTTP: what begins its complaints is put before them all. */
export function isHttp({ layer }: ActionLine): boolean {
  return layer.startsWith("http-");
}
