/** The signatures of sample fetches and converters: arguments, result, where each may stand. */

/** The places where a sample may be evaluated, in HAProxy's words. */
export const sites = [
  "frontend tcp-request connection rule",
  "frontend tcp-request session rule",
  "frontend tcp-request content rule",
  "frontend use-backend rule",
  "backend tcp-request content rule",
  "backend use-server, balance or stick-match rule",
  "server source selection",
  "backend tcp-response content rule",
  "backend stick-store rule",
  "frontend tcp-response content rule",
  "logs",
  "backend tcp-check rule",
  "configuration parser",
] as const;

export type Site = (typeof sites)[number];
