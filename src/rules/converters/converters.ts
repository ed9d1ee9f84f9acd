/** Every converter by name. */
import { binaryConverters } from "./bytes.ts";
import { dateConverters } from "./date.ts";
import { hashConverters } from "./digests.ts";
import { mapConverters } from "./map.ts";
import { numberConverters } from "./integer.ts";
import { stickConverters } from "./stick-lookup.ts";
import { textConverters } from "./text.ts";
import { valueConverters } from "./variables.ts";
import type { ConverterCompiler } from "../expression.ts";

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
