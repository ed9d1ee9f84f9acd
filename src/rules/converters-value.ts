/** placeholder */
import type { ConverterCompiler } from "./expression.ts";

export const valueConverters: Readonly<Record<string, ConverterCompiler>> = {};
