/** placeholder */
import type { ConverterCompiler } from "./expression.ts";

export const mapConverters: Readonly<Record<string, ConverterCompiler>> = {};
