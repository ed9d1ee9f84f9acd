/** What conditions are made of: ACLs, and lists of patterns. */
import type { SampleExpression } from "./sample.ts";

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

/** One `acl` line, or an anonymous ACL: what is compared with which patterns. */
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

/** One pattern of a list. */
export interface PatternEntryPlan {
  readonly key: string;
  /** Null in a list without values. */
  readonly value: string | null;
  /** What numbers, lengths and addresses are compared with: the key in full (`10.1.0.0/16`), all addresses of a name. */
  readonly compared: readonly string[];
}
