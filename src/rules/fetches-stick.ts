/** placeholder */
import type { FetchCompiler } from "./expression.ts";

export const stickFetches: Readonly<Record<string, FetchCompiler>> = {};
