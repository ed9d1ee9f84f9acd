/** Where a sample may be evaluated, by where it takes its value from. */

/** The places, in HAProxy's words (its `-dKsmp` lists them in this order). */
export const sites = [
  "frontend tcp-request connection rule",
  "frontend tcp-request session rule",
  "frontend tcp-request content rule",
  "frontend http-request header rule",
  "frontend use-backend rule",
  "backend tcp-request content rule",
  "backend http-request header rule",
  "backend use-server, balance or stick-match rule",
  "server source selection",
  "backend tcp-response content rule",
  "backend http-response header rule",
  "backend stick-store rule",
  "frontend tcp-response content rule",
  "frontend http-response header rule",
  "logs",
  "backend tcp-check rule",
  "configuration parser",
] as const;

/** One of the places. */
export type Site = (typeof sites)[number];

/** One letter per site: `Y` or `.`. */
const availability = {
  constant: "YYYYYYYYYYYYYYYYY",
  internal: "YYYYYYYYYYYYYYYY.",
  client: "YYYYYYYYYYYYYYYY.",
  session: "YYYYYYYYYYYYYYY..",
  "client-side connection": ".YYYYYYYYYYYYYY..",
  request: "..YYYYYYYYYYYYY..",
  "request buffer": "..YYYYYYY........",
  "request or response buffer": "..YYYYYYYYYYYY.Y.",
  backend: ".....YYYYYYYYYYY.",
  server: "........YYYYYYYY.",
  "server address": ".........YYYYYYY.",
  "server-side connection": ".........YYYYYYY.",
  "response buffer": ".........YYYYY.Y.",
  "request head": "..YYYYYYY........",
  "response head": ".........YYYYY.Y.",
  "request or response head": "..YYYYYYYYYYYY.Y.",
  response: ".........YYYYYYY.",
  "SSH client identification": "..Y.YY.YYY.YY.Y..",
  "SSH server identification": ".........Y.YY.Y..",
  "SSH key exchange": ".........Y.YY.Y..",
} as const;

/** Where a fetch takes its value from. */
export type Source = keyof typeof availability;

/** All of them, what is to be had in most places first. */
export const sources = Object.keys(availability) as readonly Source[];

/** How HAProxy calls a source that is not available; several are joined by a comma. */
const sourceNames: Partial<Record<Source, string>> = {
  "request or response buffer": "request buffer,response buffer",
  request: "HTTP request",
  "request head": "HTTP request headers",
  "response head": "HTTP response headers",
  "request or response head": "HTTP request headers,HTTP response headers",
  response: "HTTP response",
};

/** When it is there first, of what HAProxy does not know; null: of all else. */
export function firstMoment(source: Source): string | null {
  if (source === "SSH client identification") {
    return "a client's line is there from 'tcp-request content' rules on, which wait for it within 'tcp-request inspect-delay'";
  }
  return source.startsWith("SSH ")
    ? "it is there from the server's first bytes on: in 'tcp-response content' rules, which wait for it within 'tcp-response inspect-delay', and in logs"
    : null;
}

/** Whether what comes from there is to be had at a site. */
export function isAvailable(source: Source, site: Site): boolean {
  return availability[source][sites.indexOf(site)] === "Y";
}

/** HAProxy's words for a source. */
export function sourceName(source: Source): string {
  return sourceNames[source] ?? source;
}
