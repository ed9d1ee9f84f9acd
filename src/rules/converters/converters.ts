/** Every converter that works here, by name. */
import type { ConverterRow } from "../samples/rows.ts";
import { byteConverters } from "./bytes.ts";
import { dateConverters } from "./date.ts";
import { decryptConverters } from "./decrypt.ts";
import { digestConverters } from "./digests.ts";
import { httpConverters } from "./http-values.ts";
import { integerConverters } from "./integer.ts";
import { mapConverters } from "./map.ts";
import { stickConverters } from "./stick-lookup.ts";
import { textConverters } from "./text.ts";
import { variableConverters } from "./variables.ts";

const rows = [
  ...byteConverters,
  ...dateConverters,
  ...decryptConverters,
  ...digestConverters,
  ...integerConverters,
  ...httpConverters,
  ...textConverters,
  ...variableConverters,
  ...mapConverters,
  ...stickConverters,
];

/** Names as the configuration writes them. */
export const converters: ReadonlyMap<string, ConverterRow> = new Map(rows.map((row) => [row.name, row]));

/** The row of a converter. Throws on a name that does not exist here, which the reader of the configuration has ruled out. */
export function converterNamed(name: string): ConverterRow {
  const row = converters.get(name);
  if (row === undefined) throw new Error(`unknown converter '${name}'`);
  return row;
}
