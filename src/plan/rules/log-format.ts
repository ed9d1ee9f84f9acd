/** What log formats are made of. */
import type { SampleExpression } from "./sample.ts";

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
