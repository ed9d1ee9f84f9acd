/** placeholder */
import type { ConverterCompiler } from "./expression.ts";

export const textConverters: Readonly<Record<string, ConverterCompiler>> = {};
