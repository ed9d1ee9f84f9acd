/** Every sample fetch by name. */
import { constantFetches } from "./fetches-constant.ts";
import { connectionFetches } from "./fetches-connection.ts";
import { payloadFetches } from "./fetches-payload.ts";
import { proxyFetches } from "./fetches-proxy.ts";
import { stickFetches } from "./fetches-stick.ts";
import type { FetchCompiler } from "./expression.ts";

/** Names as the configuration writes them. */
export const fetches: ReadonlyMap<string, FetchCompiler> = new Map([
  ...constantFetches,
  ...connectionFetches,
  ...proxyFetches,
  ...payloadFetches,
  ...stickFetches,
]);
