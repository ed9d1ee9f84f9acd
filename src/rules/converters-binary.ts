/** placeholder */
import type { ConverterCompiler } from "./expression.ts";

export const binaryConverters: Readonly<Record<string, ConverterCompiler>> = {};
