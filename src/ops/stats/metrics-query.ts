/** What of `/metrics` is asked for: `scope` and `no-maint`, as HAProxy's exporter takes them in 2.6. */

/** Parts of the page, by the names that `scope` has for them. */
export type MetricsScope = (typeof allScopes)[number];

const allScopes = ["global", "frontend", "listener", "backend", "server", "sticktable"] as const;

/** What is shown. */
export interface MetricsChoice {
  readonly scopes: ReadonlySet<MetricsScope>;
  /** Servers in maintenance are left out. */
  readonly withoutMaintenance: boolean;
}

/** The whole page. */
export const allMetrics: MetricsChoice = { scopes: new Set(allScopes), withoutMaintenance: false };

/**
 * Reads a query. The first `scope` begins with nothing, each adds its part or (`*`) all, and an empty one takes all away.
 * Null: a scope that there is not, for which HAProxy answers 400. What else stands there is passed over, as by HAProxy.
 */
export function parseMetricsQuery(query: string): MetricsChoice | null {
  let scopes: Set<MetricsScope> | null = null;
  let withoutMaintenance = false;
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=");
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals));
    if (name === "no-maint") withoutMaintenance = true;
    if (name !== "scope") continue;
    const value = equals < 0 ? null : decoded(pair.slice(equals + 1));
    const named = allScopes.find((scope) => scope === value);
    if (value === "") scopes = new Set();
    else if (value === "*") scopes = new Set(allScopes);
    else if (named === undefined) return null;
    else scopes = (scopes ?? new Set<MetricsScope>()).add(named);
  }
  return { scopes: scopes ?? allMetrics.scopes, withoutMaintenance };
}

/** Null: what stands behind a per cent sign is no number. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
