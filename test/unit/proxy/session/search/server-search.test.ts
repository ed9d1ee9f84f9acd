/** Who names a server: `use-server`, then a cookie, then a stick table, in this order; and what the search tells of it. */
import { expect, test } from "bun:test";
import type { Backend } from "../../../../../src/proxy/backend/backend.ts";
import type { CookieTerms } from "../../../../../src/proxy/backend/cookies/cookie-persistence.ts";
import type { Server } from "../../../../../src/proxy/backend/server.ts";
import type { Seeker } from "../../../../../src/proxy/session/search/seeker.ts";
import { ServerSearch } from "../../../../../src/proxy/session/search/server-search.ts";

interface Said {
  readonly rule?: string;
  readonly cookie?: string;
  readonly table?: string;
  readonly word?: "force" | "ignore";
  readonly persist?: boolean;
}

function server(name: string, isReachable: boolean) {
  return { name, isReachable, address: null, counters: { connectErrors: 0 } };
}

/** A search that ends as soon as a server is chosen, for none has an address. */
function searched({ rule, cookie, table, word, persist = false }: Said) {
  const servers = [server("a", true), server("b", true), server("down", false)];
  const find = (name: string | undefined) => servers.find((one) => one.name === name) ?? null;
  const backend = {
    servers,
    plan: { persist, disabled: false },
    counters: { connectErrors: 0 },
    findServing: find,
    hasServer: false,
    direct: null,
    rules: {
      persistence: word === undefined ? null : () => word,
      useServer: rule === undefined ? null : () => rule,
      rdpAddress: null,
      sticking: table === undefined ? null : { match: () => table },
      hash: null,
    },
  };
  let terms: CookieTerms<Server> | null = null;
  const seeker = {
    serverByCookie(search: { readonly cookieTerms: CookieTerms<Server> }) {
      terms = search.cookieTerms;
      return terms.isIgnored ? null : find(cookie);
    },
    abandon: () => {},
  };
  const search = new ServerSearch(seeker as unknown as Seeker, backend as unknown as Backend);
  search.begin();
  return { search, name: search.server?.name ?? null, terms: terms as CookieTerms<Server> | null };
}

test("a cookie comes after use-server and before stick tables", () => {
  expect(searched({ cookie: "b" }).name).toBe("b");
  expect(searched({ cookie: "b", table: "a" }).name).toBe("b");
  expect(searched({ rule: "a", cookie: "b" }).name).toBe("a");
  expect(searched({ rule: "down", cookie: "b" }).name).toBe("b");
  expect(searched({ rule: "a", cookie: "b" }).terms?.isIgnored).toBe(true);
});

test("the search tells whether somebody named its server", () => {
  for (const said of [{ cookie: "b" }, { rule: "a" }, { table: "a" }]) {
    expect(searched(said).search.isDirect).toBe(true);
  }
  expect(searched({}).search.isDirect).toBe(false);
});

test("ignore-persist concerns cookies alone, force-persist takes a server that is down", () => {
  const ignored = searched({ word: "ignore", cookie: "b", table: "a" });
  expect([ignored.name, ignored.search.isIgnored, ignored.search.isForced]).toEqual(["a", true, false]);
  expect(searched({ table: "down" }).name).toBeNull();
  expect(searched({ word: "force", table: "down" }).name).toBe("down");
  expect(searched({}).terms).toMatchObject({ takesDown: false, isIgnored: false });
  expect(searched({ word: "force" }).terms?.takesDown).toBe(true);
  expect(searched({ persist: true }).terms?.takesDown).toBe(true);
});
