/** What rules, conditions, stick tables and log formats are made of. */
import type { Position } from "./position.ts";

/** Words of a sample expression: a fetch, its arguments, then converters. Argument counts and types have been checked. */
export interface SampleExpression {
  readonly fetch: string;
  readonly arguments: readonly SampleArgument[];
  readonly converters: readonly { readonly name: string; readonly arguments: readonly SampleArgument[] }[];
  /** As written, for messages. */
  readonly text: string;
}

/** Strings as given (times in ms and sizes in bytes already as numbers; names of tables and backends checked; map files read). */
export type SampleArgument = string | number | null | { readonly file: string; readonly lines: readonly string[] };

/** `if`/`unless`: true when any of `any` has all its terms true (then turned round by `unless`). */
export interface Condition {
  readonly unless: boolean;
  readonly any: readonly (readonly { readonly negate: boolean; readonly acl: AclPlan }[])[];
}

/** All `acl` lines of one name (true when any of them matches), or one anonymous `{ … }`. */
export interface AclPlan {
  readonly name: string | null;
  readonly tests: readonly AclTest[];
}

export interface AclTest {
  readonly expression: SampleExpression;
  /** How values are compared: the criterion's own way or `-m`. */
  readonly match:
    "found" | "bool" | "int" | "ip" | "bin" | "len" | "str" | "beg" | "sub" | "reg" | "end" | "dir" | "dom";
  readonly ignoreCase: boolean;
  /** `-n`: no DNS for address patterns. `-u` and `-f`/`-M` have been resolved into `patterns`. */
  readonly patterns: readonly string[];
  /** Files the patterns came from: `Plan.patternLists` has them. */
  readonly files: readonly string[];
  /** The line's own patterns as the admin socket may change them: one of `Plan.patternLists` itself, not a copy. */
  readonly own: PatternListPlan | null;
}

/** Patterns that the admin socket may change: those of a file, shared by all that name it, or an ACL line's own. */
export interface PatternListPlan {
  /** `-u`, or counted in the order of the configuration. */
  readonly id: number;
  /** Null: an ACL line's own. */
  readonly file: string | null;
  /** Whether ACLs use it: `show acl` names it. A map's file may be an ACL's, too (`-M`). */
  readonly isAcl: boolean;
  /** Whether its entries have values: `show map` names it. */
  readonly isMap: boolean;
  /** HAProxy's words for where it comes from. */
  readonly description: string;
  /** In the order of the configuration, each once. */
  readonly uses: readonly PatternUse[];
  readonly entries: readonly PatternEntryPlan[];
}

/** One way in which a list is compared; `output` is the type of a map's values, null for an ACL. */
export interface PatternUse {
  readonly match: AclTest["match"];
  readonly ignoreCase: boolean;
  readonly output: "str" | "int" | "ip" | null;
}

export interface PatternEntryPlan {
  readonly key: string;
  /** Null in a list without values. */
  readonly value: string | null;
  /** What numbers, lengths and addresses are compared with: the key in full (`10.1.0.0/16`), all addresses of a name. */
  readonly compared: readonly string[];
}

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
  | { readonly kind: "set-bandwidth-limit"; readonly name: string }
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

/** A `log-format` string, taken apart. `json` and `cbor` come from a leading `%{+json}o`. */
export interface LogFormat {
  readonly text: string;
  readonly encoding: "text" | "json" | "cbor";
  readonly parts: readonly LogFormatPart[];
}

/** Flags: Q quote, X hexadecimal, E escape; `name` becomes the key in JSON and CBOR. */
export type LogFormatPart = {
  readonly flags: { readonly quote: boolean; readonly hex: boolean; readonly escape: boolean };
  readonly name: string | null;
} & (
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "alias"; readonly alias: string }
  | { readonly kind: "sample"; readonly expression: SampleExpression }
);
