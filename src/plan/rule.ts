/** What rules are made of, and the stick tables that some act on. */
import type { Position } from "./position.ts";
import type { SampleExpression } from "./sample.ts";
import type { Condition } from "./acl.ts";
import type { LogFormat } from "./log-format.ts";

/** One `tcp-request`/`tcp-response` line. */
export interface Rule {
  readonly position: Position;
  readonly action: Action;
  readonly condition: Condition | null;
}

/** What a rule does. Terminal actions: accept, reject, silent-drop, and use-service. */
export type Action =
  | { readonly kind: "accept" | "reject" | "silent-drop" | "expect-proxy" | "close" }
  | { readonly kind: "track-sc"; readonly slot: number; readonly key: SampleExpression; readonly table: string | null }
  | { readonly kind: "sc-inc-gpc"; readonly index: number; readonly slot: number }
  | {
      readonly kind: "sc-set-gpt" | "sc-add-gpc";
      readonly index: number;
      readonly slot: number;
      readonly value: number | SampleExpression;
    }
  | {
      readonly kind: "set-var";
      readonly name: string;
      readonly value: SampleExpression | LogFormat;
      readonly conditions: readonly string[];
    }
  | { readonly kind: "unset-var"; readonly name: string }
  | { readonly kind: "set-src" | "set-src-port" | "set-dst" | "set-dst-port"; readonly value: SampleExpression }
  | { readonly kind: "set-mark" | "set-tos"; readonly value: number }
  | { readonly kind: "set-priority-class" | "set-priority-offset"; readonly value: SampleExpression }
  | { readonly kind: "set-log-level"; readonly level: number | null }
  | { readonly kind: "do-log" };

/** `stick on|match|store-request|store-response`. */
export interface StickRule {
  readonly kind: "on" | "match" | "store-request" | "store-response";
  readonly key: SampleExpression;
  readonly table: string | null;
  readonly condition: Condition | null;
}

/** `stick-table`. `periodMs` of a rate stands with its counter. */
export interface StickTablePlan {
  readonly name: string;
  readonly type: "ip" | "ipv6" | "integer" | "string" | "binary";
  /** Longest key in bytes for string and binary. */
  readonly keyLength: number;
  readonly size: number;
  /** 0: never. */
  readonly expireMs: number;
  readonly nopurge: boolean;
  readonly stores: readonly { readonly name: string; readonly periodMs: number; readonly count: number }[];
}
