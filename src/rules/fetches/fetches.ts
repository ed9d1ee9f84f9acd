/** Every sample fetch by name. */
import { constantFetches } from "./constants.ts";
import { connectionFetches } from "./connection.ts";
import { payloadFetches } from "./payload.ts";
import { proxyFetches } from "./proxies.ts";
import { stickFetches } from "./counters.ts";
import type { FetchCompiler } from "../expression.ts";

/** Names as the configuration writes them. */
export const fetches: ReadonlyMap<string, FetchCompiler> = new Map([
  ...constantFetches,
  ...connectionFetches,
  ...proxyFetches,
  ...payloadFetches,
  ...stickFetches,
]);
