/** placeholder */
import type { FetchCompiler } from "./expression.ts";

export const proxyFetches: Readonly<Record<string, FetchCompiler>> = {};
