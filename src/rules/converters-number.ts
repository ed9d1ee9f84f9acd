/** placeholder */
import type { ConverterCompiler } from "./expression.ts";

export const numberConverters: Readonly<Record<string, ConverterCompiler>> = {};
