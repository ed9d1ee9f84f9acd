/** placeholder */
import type { FetchCompiler } from "./expression.ts";

export const constantFetches: Readonly<Record<string, FetchCompiler>> = {};
