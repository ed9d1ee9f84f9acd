/** placeholder */
import type { ConverterCompiler } from "./expression.ts";

export const hashConverters: Readonly<Record<string, ConverterCompiler>> = {};
