/** Proxies and servers by name, for the final check: a large file has as many questions as lines. */
import type { Draft, ProxyDraft, ServerDraft } from "../../draft/draft.ts";
import { trackPlan } from "../assemble/server-plan.ts";

/** Where a server's tracking ends: at one that tracks none, in a circle, or at a name that leads nowhere. */
export type TrackEnd = ServerDraft | "circle" | "nowhere";

/** Of each name the first counts. */
export class KnownProxies {
  readonly frontends: ReadonlyMap<string, ProxyDraft>;
  readonly backends: ReadonlyMap<string, ProxyDraft>;
  readonly #resolvers: ReadonlySet<string>;
  readonly #servers = new Map<ProxyDraft, ReadonlyMap<string, ServerDraft>>();
  readonly #ends = new Map<ServerDraft, TrackEnd>();

  constructor({ proxies, resolvers }: Draft) {
    this.frontends = byName(proxies.filter(({ kind }) => kind !== "backend"));
    this.backends = byName(proxies.filter(({ kind }) => kind !== "frontend"));
    this.#resolvers = new Set(resolvers.map(({ name }) => name));
  }

  hasResolvers(name: string): boolean {
    return this.#resolvers.has(name);
  }

  server(backend: string, name: string): ServerDraft | "no backend" | "no server" {
    const proxy = this.backends.get(backend);
    if (proxy === undefined) return "no backend";
    let servers = this.#servers.get(proxy);
    if (servers === undefined) this.#servers.set(proxy, (servers = byName(proxy.servers)));
    return servers.get(name) ?? "no server";
  }

  /** Follows a server of this backend along what it tracks. Each server is passed once, however many lead there. */
  endOfTrack(server: ServerDraft, backend: string): TrackEnd {
    const path = new Set<ServerDraft>();
    let at = server;
    let where = backend;
    let end = this.#ends.get(at);
    while (end === undefined) {
      path.add(at);
      const { track } = at.settings;
      if (track === null) {
        end = at;
        break;
      }
      const name = trackPlan(track, where);
      const next = this.server(name.backend, name.server);
      if (typeof next === "string") end = "nowhere";
      else if (path.has(next)) end = "circle";
      else end = this.#ends.get((at = next));
      where = name.backend;
    }
    for (const one of path) this.#ends.set(one, end);
    return end;
  }
}

function byName<One extends { readonly name: string }>(list: readonly One[]): ReadonlyMap<string, One> {
  return new Map(list.toReversed().map((one) => [one.name, one]));
}
