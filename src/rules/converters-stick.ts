/** placeholder */
import type { ConverterCompiler } from "./expression.ts";

export const stickConverters: Readonly<Record<string, ConverterCompiler>> = {};
