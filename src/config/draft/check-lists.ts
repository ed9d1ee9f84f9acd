/** The `tcp-check` and `http-check` lines of a section while it is read. */
import type { CheckStep } from "../../plan/check.ts";
import type { LogFormat } from "../../plan/rules/log-format.ts";

/** The parts of a request that were given. */
export interface HttpRequest {
  readonly method: string | null;
  readonly uri: string | LogFormat | null;
  readonly version: string | null;
  readonly headers: Extract<CheckStep, { kind: "http-send" }>["headers"];
  readonly body: string | LogFormat | null;
}

/** A step while its list still grows: a request may have parts that neither line gave. */
export type CheckRule =
  | Exclude<CheckStep, { kind: "http-send" }>
  | (Pick<CheckStep, "comment" | "number" | "position"> & {
      readonly kind: "http-send";
      readonly request: HttpRequest;
      /** From `option httpchk` alone. */
      readonly isImplicit: boolean;
    });

/** The lists of one section. */
export interface CheckLists {
  tcp: CheckRule[];
  http: CheckRule[];
  /** The `tcp-check` lines of the section it came from. */
  formerTcp: readonly CheckRule[];
  /** Lines said while another kind of check was chosen, or none. */
  readonly unused: Set<"tcp" | "http">;
}

/** For a section without anything before it. */
export function newCheckLists(): CheckLists {
  return { tcp: [], http: [], formerTcp: [], unused: new Set() };
}

/** The lists of a section that follows `former`. */
export function nextCheckLists(former: CheckLists): CheckLists {
  return { ...newCheckLists(), formerTcp: former.tcp };
}
