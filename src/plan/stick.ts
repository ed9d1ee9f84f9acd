/** What stick tables and the rules on them are made of. */
import type { SampleExpression } from "./sample.ts";
import type { Condition } from "./acl.ts";

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
