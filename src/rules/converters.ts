/** Every converter by name. */
import { binaryConverters } from "./converters-binary.ts";
import { dateConverters } from "./converters-date.ts";
import { hashConverters } from "./converters-hash.ts";
import { mapConverters } from "./converters-map.ts";
import { numberConverters } from "./converters-number.ts";
import { stickConverters } from "./converters-stick.ts";
import { textConverters } from "./converters-text.ts";
import { valueConverters } from "./converters-value.ts";
import type { ConverterCompiler } from "./expression.ts";

/** Names as the configuration writes them. */
export const converters: ReadonlyMap<string, ConverterCompiler> = new Map([
  ...binaryConverters,
  ...dateConverters,
  ...hashConverters,
  ...mapConverters,
  ...numberConverters,
  ...stickConverters,
  ...textConverters,
  ...valueConverters,
]);
