/** placeholder */
import type { ConverterCompiler } from "./expression.ts";

export const dateConverters: Readonly<Record<string, ConverterCompiler>> = {};
