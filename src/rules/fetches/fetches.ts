/** Every sample fetch that works here, by name. */
import type { SampleExpression } from "../../plan/rules/sample.ts";
import type { AclKeyword, FetchRow } from "../samples/rows.ts";
import { sources } from "../samples/sites.ts";
import { connectionFetches } from "./connection.ts";
import { constantFetches } from "./constants.ts";
import { counterFetches } from "./counters.ts";
import { httpFetches } from "./http.ts";
import { httpAuthFetches } from "./http-auth.ts";
import { httpFieldFetches } from "./http-fields.ts";
import { httpTargetFetches } from "./http-target.ts";
import { payloadFetches } from "./payload.ts";
import { proxyFetches } from "./proxies.ts";
import { sshFetches } from "./ssh.ts";
import { tcpInfoFetches } from "./tcp-info.ts";
import { tlsFetches } from "./tls.ts";
import { tlsCertificateFetches } from "./tls-certificates.ts";
import { tlsHelloFetches } from "./tls-hello.ts";

const rows = [
  ...constantFetches,
  ...proxyFetches,
  ...connectionFetches,
  ...tcpInfoFetches,
  ...tlsFetches,
  ...tlsCertificateFetches,
  ...tlsHelloFetches,
  ...payloadFetches,
  ...sshFetches,
  ...httpFetches,
  ...httpFieldFetches,
  ...httpTargetFetches,
  ...httpAuthFetches,
  ...counterFetches,
];

/** Names as the configuration writes them. */
export const fetches: ReadonlyMap<string, FetchRow> = new Map(rows.map((row) => [row.name, row]));

/** All names, of what is to be had in most places first. */
export function fetchNames(): readonly string[] {
  return rows
    .toSorted((one, other) => sources.indexOf(one.source) - sources.indexOf(other.source))
    .map((row) => row.name);
}

/** Words that mean a fetch in ACLs. */
export const aclKeywords: ReadonlyMap<string, AclKeyword & { readonly fetch: FetchRow }> = new Map(
  rows.flatMap((fetch) => fetch.aclKeywords.map((keyword) => [keyword.name, { ...keyword, fetch }] as const)),
);

/** The row of an expression's fetch. Throws on a name that does not exist here, which the reader of the configuration has ruled out. */
export function fetchOf(expression: SampleExpression): FetchRow {
  const row = fetches.get(expression.fetch);
  if (row === undefined) throw new Error(`unknown fetch method '${expression.fetch}'`);
  return row;
}
