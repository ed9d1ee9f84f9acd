/** What rules are made of, and the stick tables that some act on. */
import type { Position } from "../position.ts";
import type { SampleExpression } from "./sample.ts";
import type { Condition } from "./acl.ts";
import type { LogFormat } from "./log-format.ts";

/** One `tcp-request`, `tcp-response`, `http-request`, `http-response`, `http-after-response` or `redirect` line. */
export interface Rule {
  readonly position: Position;
  readonly action: Action;
  readonly condition: Condition | null;
}

/** What a rule does. Terminal actions: accept, allow, reject, silent-drop, and those that answer. */
export type Action =
  | HttpAction
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
  /** `prefers`: the family of addresses that is asked for first. */
  | {
      readonly kind: "do-resolve";
      readonly name: string;
      readonly resolvers: string;
      readonly prefers: 4 | 6;
      readonly value: SampleExpression;
    }
  | { readonly kind: "set-src" | "set-src-port" | "set-dst" | "set-dst-port"; readonly value: SampleExpression }
  | { readonly kind: "set-mark" | "set-tos"; readonly value: number }
  | { readonly kind: "set-priority-class" | "set-priority-offset"; readonly value: SampleExpression }
  | { readonly kind: "set-log-level"; readonly level: number | null }
  | { readonly kind: "do-log" }
  /** Without effect: there are no priorities. */
  | { readonly kind: "set-nice" }
  /** Without effect: what its condition waits for. No line says so. */
  | { readonly kind: "wait" }
  /** Refuses with a text that the client reads; `code` as SSH_MSG_DISCONNECT has it. */
  | { readonly kind: "ssh-reject"; readonly text: LogFormat; readonly code: number }
  | { readonly kind: "ssh-tarpit" }
  /** `switch-mode http`. */
  | { readonly kind: "switch-mode" };

/** What rules of HTTP do besides. Names of fields are in lower case. */
export type HttpAction =
  | { readonly kind: "allow" }
  | { readonly kind: "deny" | "tarpit" | "return"; readonly reply: ReplyPlan }
  | ({ readonly kind: "redirect" } & RedirectPlan)
  /** Null: the proxy's name. */
  | { readonly kind: "auth"; readonly realm: string | null }
  | { readonly kind: "add-header" | "set-header" | "early-hint"; readonly name: string; readonly value: LogFormat }
  | { readonly kind: "del-header"; readonly name: string; readonly match: "str" | "beg" | "end" | "sub" | "reg" }
  | {
      readonly kind: "replace-header" | "replace-value";
      readonly name: string;
      readonly regex: string;
      readonly value: LogFormat;
    }
  | {
      readonly kind: "replace-path" | "replace-pathq" | "replace-uri";
      readonly regex: string;
      readonly value: LogFormat;
    }
  | {
      readonly kind: "set-method" | "set-path" | "set-pathq" | "set-query" | "set-uri";
      readonly value: LogFormat;
    }
  /** `reason` null: as is usual for the status. */
  | { readonly kind: "set-status"; readonly status: number; readonly reason: string | null }
  | { readonly kind: "normalize-uri"; readonly normalizer: UriNormalizer }
  /** Into a slot of the frontend: `capture request|response header` and `declare capture` number them. */
  | {
      readonly kind: "capture";
      readonly from: "request" | "response";
      readonly value: SampleExpression;
      readonly slot: number;
      /** Most bytes that are kept; null: as many as the slot has room for. */
      readonly length: number | null;
    }
  /** Milliseconds. */
  | { readonly kind: "set-timeout"; readonly which: "server" | "tunnel"; readonly value: number | SampleExpression }
  | { readonly kind: "wait-for-body"; readonly waitMs: number; readonly atLeast: number }
  | { readonly kind: "wait-for-handshake" | "disable-l7-retry" }
  | { readonly kind: "use-service"; readonly name: string }
  | { readonly kind: "strict-mode"; readonly isOn: boolean }
  | { readonly kind: "add-acl" | "del-acl" | "del-map"; readonly file: string; readonly key: LogFormat }
  | { readonly kind: "set-map"; readonly file: string; readonly key: LogFormat; readonly value: LogFormat };

/** What `normalize-uri` makes regular, and how thoroughly. */
export type UriNormalizer =
  | "fragment-encode"
  | "fragment-strip"
  | "path-merge-slashes"
  | "path-strip-dot"
  | "path-strip-dotdot"
  | "path-strip-dotdot full"
  | "percent-decode-unreserved"
  | "percent-decode-unreserved strict"
  | "percent-to-uppercase"
  | "percent-to-uppercase strict"
  | "query-sort-by-name";

/** An answer in a server's place, as `deny`, `tarpit`, `return` and `http-error` write it. Texts are latin1. */
export type ReplyPlan =
  /** The proxy's own page of that status. */
  | { readonly kind: "page"; readonly status: number }
  /** A whole response, head and all, from a file: `errorfile`, or `errorfiles` of a section. */
  | { readonly kind: "file"; readonly status: number; readonly content: string }
  | MadeReplyPlan;

/** Put together from a content and fields. */
export interface MadeReplyPlan {
  readonly kind: "made";
  readonly status: number;
  /** Null where there is no content. */
  readonly contentType: string | null;
  /** A text as it is, or a format; null: no content. */
  readonly content: string | LogFormat | null;
  readonly fields: readonly { readonly name: string; readonly value: LogFormat }[];
}

/** What a `redirect` does to the client's URL. */
export interface RedirectPlan {
  readonly type: "location" | "prefix" | "scheme";
  readonly value: LogFormat;
  readonly code: 301 | 302 | 303 | 307 | 308;
  readonly dropQuery: boolean;
  readonly appendSlash: boolean;
  /** Where the location comes to nothing, the rule does nothing. */
  readonly ignoreEmpty: boolean;
  /** The value of the Set-Cookie field. */
  readonly setCookie: string | null;
}

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
