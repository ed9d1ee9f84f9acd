/** What a check does, step by step. */
import type { Position } from "./position.ts";
import type { LogFormat } from "./rules/log-format.ts";
import type { SampleExpression } from "./rules/sample.ts";
import type { ServerAddress } from "./server.ts";
import type { SshCheckPlan } from "./ssh/ssh-check.ts";
import type { CheckTlsPlan } from "./tls.ts";

/** What a check does once connected. "tcp" without steps is a layer 4 check; `scripted`: `option tcp-check` stands there. */
export type CheckPlan =
  | { readonly kind: "tcp"; readonly scripted: boolean; readonly steps: readonly CheckStep[] }
  | {
      readonly kind: "http";
      readonly disableOn404: boolean;
      readonly sendState: boolean;
      readonly steps: readonly CheckStep[];
    }
  | { readonly kind: "smtp"; readonly hello: string; readonly domain: string }
  | { readonly kind: "mysql"; readonly user: string | null; readonly post41: boolean }
  | { readonly kind: "pgsql"; readonly user: string }
  | { readonly kind: "redis" }
  | { readonly kind: "ldap" }
  | { readonly kind: "ssl-hello" }
  | SshCheckPlan
  /** `path` is the program's PATH. */
  | { readonly kind: "external"; readonly command: string; readonly path: string };

/**
 * One `tcp-check` or `http-check` line. `comment` is its own or that of the `comment` line before it. `number` counts from 1
 * over all lines of the check as messages do, `comment` lines included.
 */
export type CheckStep = {
  readonly comment: string | null;
  readonly number: number;
  readonly position: Position;
} & (
  | {
      readonly kind: "connect";
      /** `default`: as the server line's own check options say (its PROXY header among them). */
      readonly default: boolean;
      /** Null, or an expression that comes to nothing: the server's. */
      readonly port: number | SampleExpression | null;
      readonly address: ServerAddress | null;
      readonly sendProxy: boolean;
      readonly linger: boolean;
      /** `ssl`, with its `sni` and `alpn`; null: as the check's own options say where it is `default`, else in clear text. */
      readonly tls: CheckTlsPlan | null;
      readonly optional: boolean;
    }
  | { readonly kind: "send"; readonly data: Uint8Array | LogFormat }
  | ({
      readonly kind: "expect";
      readonly match: "string" | "rstring" | "binary" | "rbinary" | "string-lf" | "binary-lf";
      readonly negate: boolean;
      /** Bytes for `string` and `binary`, a regular expression for the r-forms (over hex text for `rbinary`). */
      readonly pattern: Uint8Array | string | LogFormat;
    } & ExpectDetails)
  | {
      readonly kind: "http-send";
      readonly method: string;
      readonly uri: string | LogFormat;
      readonly version: string;
      readonly headers: readonly { readonly name: string; readonly value: string | LogFormat }[];
      readonly body: string | LogFormat | null;
    }
  | ({
      readonly kind: "http-expect";
      readonly match: "status" | "rstatus" | "string" | "rstring" | "string-lf" | "header";
      readonly negate: boolean;
      /** As written: status codes and ranges by commas, a text, a regular expression; "" for `header`. */
      readonly pattern: string | LogFormat;
      /** `hdr` (each comma-separated value) and `fhdr` (whole values); null for the other matches. */
      readonly header: HeaderExpect | null;
    } & ExpectDetails)
  | { readonly kind: "set-var"; readonly name: string; readonly value: SampleExpression | LogFormat }
  | { readonly kind: "unset-var"; readonly name: string }
);

/** What `expect` lines of both families may say beside what they look for; null: nothing. */
export interface ExpectDetails {
  /** Bytes; before so many have come nothing is concluded. */
  readonly minRecv: number | null;
  readonly okStatus: string | null;
  readonly errorStatus: string | null;
  readonly timeoutStatus: string | null;
  readonly onSuccess: LogFormat | null;
  readonly onError: LogFormat | null;
  readonly statusCode: SampleExpression | null;
}

/** What holds where an `expect` line says nothing. */
export const expectDefaults: ExpectDetails = {
  minRecv: null,
  okStatus: null,
  errorStatus: null,
  timeoutStatus: null,
  onSuccess: null,
  onError: null,
  statusCode: null,
};

/** What `http-check expect hdr|fhdr` looks for. */
export interface HeaderExpect {
  /** `fhdr`: a header's whole value; otherwise each of its comma-separated values. */
  readonly full: boolean;
  readonly name: HeaderPattern;
  /** Null: the header need only be there. */
  readonly value: HeaderPattern | null;
}

/** "str" is the default of `-m`; names compare without case. */
export interface HeaderPattern {
  readonly match: "str" | "beg" | "end" | "sub" | "reg";
  readonly text: string | LogFormat;
}
