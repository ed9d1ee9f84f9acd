/** Persistence by a cookie, against what HAProxy 2.6.12 did with the same fields. */
import { describe, expect, test } from "bun:test";
import type { CookiePlan } from "../../../../../src/plan/http.ts";
import { cookieDate } from "../../../../../src/proxy/backend/cookies/cookie-date.ts";
import { CookiePersistence } from "../../../../../src/proxy/backend/cookies/cookie-persistence.ts";
import { Fields } from "../../../../../src/wire/http/fields.ts";

const servers = [
  { name: "s1", cookie: "one", isReachable: true },
  { name: "s2", cookie: "two", isReachable: true },
  { name: "s3", cookie: null, isReachable: true },
  { name: "down", cookie: "dead", isReachable: false },
];
type Server = (typeof servers)[number];

const now = 1_795_904_717;

function ago(seconds: number): string {
  return cookieDate(now - seconds);
}

/** Words of `cookie`; those after `=` are values. */
function planOf(words: string): CookiePlan {
  const all = words.split(" ");
  const valuesOf = (word: string): string[] =>
    all.flatMap((one) => (one.startsWith(`${word}=`) ? [one.slice(word.length + 1)] : []));
  return {
    name: "SRV",
    mode: (["insert", "rewrite", "prefix"] as const).find((mode) => all.includes(mode)) ?? "passive",
    indirect: all.includes("indirect"),
    nocache: all.includes("nocache"),
    postonly: all.includes("postonly"),
    preserve: all.includes("preserve"),
    httponly: all.includes("httponly"),
    secure: all.includes("secure"),
    domains: valuesOf("domain"),
    maxIdleSeconds: Number(valuesOf("maxidle")[0] ?? 0),
    maxLifeSeconds: Number(valuesOf("maxlife")[0] ?? 0),
    dynamic: false,
    attributes: valuesOf("attr"),
  };
}

function fieldsOf(name: string, values: readonly string[]): Fields {
  const fields = new Fields();
  for (const value of values) fields.add(name, value);
  return fields;
}

function valuesOf(fields: Fields, name: string): string[] {
  const indexes = Array.from({ length: fields.count }, (_, index) => index);
  return indexes.filter((index) => fields.isNamed(index, name)).map((index) => fields.value(index));
}

/** An exchange whose request has these cookies; balancing would take the first server. */
class Exchange {
  readonly cookies: CookiePersistence<Server>;
  readonly seen: string[];
  readonly found: Server | null;
  readonly #words: readonly string[];

  constructor(words: string, lines: readonly string[]) {
    this.#words = words.split(" ");
    this.cookies = new CookiePersistence(planOf(words));
    const fields = fieldsOf("cookie", lines);
    const has = (word: string): boolean => this.#words.includes(word);
    const terms = { servers, takesDown: has("persist"), isIgnored: has("ignored") || has("chosen") };
    this.found = this.cookies.readRequest(fields, terms, now);
    this.seen = valuesOf(fields, "cookie");
  }

  /** What the client gets of a server that sets these. */
  answer(set: readonly string[], server: { readonly cookie: string | null } = servers[0] as Server): string[] {
    const fields = fieldsOf("set-cookie", set);
    const has = (word: string): boolean => this.#words.includes(word);
    this.cookies.writeAnswer(
      fields,
      {
        server: { isReachable: true, ...(this.found ?? (has("chosen") ? servers[1] : null) ?? server) },
        isDirect: this.found !== null || has("chosen"),
        isIgnored: has("ignored"),
        method: has("post") ? "POST" : "GET",
        status: 200,
      },
      now,
    );
    return valuesOf(fields, "set-cookie");
  }
}

const requests: readonly (readonly [
  words: string,
  cookies: readonly string[],
  state: string,
  server: string,
  seen: readonly string[],
])[] = [
  ["", [], "-", "s1", []],
  ["", ["SRV=two"], "-", "s2", ["SRV=two"]],
  ["", ["SRV=none"], "-", "s1", ["SRV=none"]],
  ["", ["SRV=dead"], "-", "s1", ["SRV=dead"]],
  ["", ["SRV=dead; SRV=two"], "-", "s2", ["SRV=dead; SRV=two"]],
  ["", ["SRV=two~app"], "-", "s1", ["SRV=two~app"]],
  ["insert", [], "N", "s1", []],
  ["insert", ["SRV=two"], "V", "s2", ["SRV=two"]],
  ["insert", ["SRV=none"], "I", "s1", ["SRV=none"]],
  ["insert", ["SRV=dead"], "D", "s1", ["SRV=dead"]],
  ["insert", ["SRV=dead; SRV=two"], "V", "s2", ["SRV=dead; SRV=two"]],
  ["insert", ["SRV=two~app"], "I", "s1", ["SRV=two~app"]],
  ["insert indirect", [], "N", "s1", []],
  ["insert indirect", ["SRV=one"], "V", "s1", []],
  ["insert indirect", ["SRV=two"], "V", "s2", []],
  ["insert indirect", ["SRV=none"], "I", "s1", []],
  ["insert indirect", ["SRV=dead"], "D", "s1", []],
  ["insert indirect", ["SRV="], "I", "s1", []],
  ["insert indirect", ["a=1; SRV=two; b=2"], "V", "s2", ["a=1; b=2"]],
  ["insert indirect", ["SRV=two; b=2"], "V", "s2", ["b=2"]],
  ["insert indirect", ["a=1; SRV=two"], "V", "s2", ["a=1"]],
  ["insert indirect", ["a=1", "SRV=two"], "V", "s2", ["a=1"]],
  ["insert indirect", ["SRV=two; SRV=one"], "V", "s2", []],
  ["insert indirect", ["SRV=none; SRV=two"], "V", "s2", []],
  ["insert indirect", ["SRV=dead; SRV=two"], "V", "s2", []],
  ["insert indirect", ["SRV=two~app"], "I", "s1", []],
  ["insert indirect", ["a=1; SRV=one~app=x; b=2"], "I", "s1", ["a=1; b=2"]],
  ["insert indirect", ["SRV=~app"], "I", "s1", []],
  ["insert indirect", ["SRV=dead~app"], "I", "s1", []],
  ["insert indirect", ["SRV=none~x"], "I", "s1", []],
  ["insert indirect", ["srv=two"], "N", "s1", ["srv=two"]],
  ["insert indirect", ["XSRV=two"], "N", "s1", ["XSRV=two"]],
  ["insert indirect", ["SRV =two"], "V", "s2", []],
  ["insert indirect", ["SRV= two ; c=3"], "V", "s2", ["c=3"]],
  ["insert indirect", ['SRV="two"'], "I", "s1", []],
  ["insert indirect", ["$Version=1; SRV=two; $Path=/; b=1"], "V", "s2", ["$Version=1; b=1"]],
  ["insert indirect", ["a=1, SRV=two, b=2"], "V", "s2", ["a=1, b=2"]],
  ["insert indirect", ["SRV=two,b=2"], "V", "s2", ["b=2"]],
  ["insert indirect", ["SRV=two|x"], "V", "s2", []],
  ["insert indirect", ["SRV"], "N", "s1", ["SRV"]],
  ["insert indirect", ["SRV; SRV=two"], "V", "s2", ["SRV"]],
  ["insert indirect", ["a=1;SRV=two;b=2"], "V", "s2", ["a=1; b=2"]],
  ["insert indirect", ["a=1 ; SRV=two ; b=2"], "V", "s2", ["a=1; b=2"]],
  ["prefix", [], "N", "s1", []],
  ["prefix", ["SRV=one"], "V", "s1", ["SRV=one"]],
  ["prefix", ["SRV=two"], "V", "s2", ["SRV=two"]],
  ["prefix", ["SRV=none"], "I", "s1", ["SRV=none"]],
  ["prefix", ["SRV=dead"], "D", "s1", ["SRV=dead"]],
  ["prefix", ["SRV="], "I", "s1", ["SRV="]],
  ["prefix", ["a=1; SRV=two; b=2"], "V", "s2", ["a=1; SRV=two; b=2"]],
  ["prefix", ["SRV=two; b=2"], "V", "s2", ["SRV=two; b=2"]],
  ["prefix", ["a=1; SRV=two"], "V", "s2", ["a=1; SRV=two"]],
  ["prefix", ["a=1", "SRV=two"], "V", "s2", ["a=1", "SRV=two"]],
  ["prefix", ["SRV=two; SRV=one"], "V", "s2", ["SRV=two; SRV=one"]],
  ["prefix", ["SRV=none; SRV=two"], "V", "s2", ["SRV=none; SRV=two"]],
  ["prefix", ["SRV=dead; SRV=two"], "V", "s2", ["SRV=dead; SRV=two"]],
  ["prefix", ["SRV=two~app"], "V", "s2", ["SRV=app"]],
  ["prefix", ["a=1; SRV=one~app=x; b=2"], "V", "s1", ["a=1; SRV=app=x; b=2"]],
  ["prefix", ["SRV=~app"], "I", "s1", ["SRV=app"]],
  ["prefix", ["SRV=dead~app"], "D", "s1", ["SRV=app"]],
  ["prefix", ["SRV=none~x"], "I", "s1", ["SRV=x"]],
  ["prefix", ["srv=two"], "N", "s1", ["srv=two"]],
  ["prefix", ["XSRV=two"], "N", "s1", ["XSRV=two"]],
  ["prefix", ["SRV =two"], "V", "s2", ["SRV=two"]],
  ["prefix", ["SRV= two ; c=3"], "V", "s2", ["SRV=two ; c=3"]],
  ["prefix", ['SRV="two"'], "I", "s1", ['SRV="two"']],
  ["prefix", ["$Version=1; SRV=two; $Path=/; b=1"], "V", "s2", ["$Version=1; SRV=two; $Path=/; b=1"]],
  ["prefix", ["a=1, SRV=two, b=2"], "V", "s2", ["a=1, SRV=two, b=2"]],
  ["prefix", ["SRV=two,b=2"], "V", "s2", ["SRV=two,b=2"]],
  ["prefix", ["SRV=two|x"], "I", "s1", ["SRV=two|x"]],
  ["prefix", ["SRV"], "N", "s1", ["SRV"]],
  ["prefix", ["SRV; SRV=two"], "V", "s2", ["SRV; SRV=two"]],
  ["prefix", ["a=1;SRV=two;b=2"], "V", "s2", ["a=1;SRV=two;b=2"]],
  ["prefix", ["a=1 ; SRV=two ; b=2"], "V", "s2", ["a=1 ; SRV=two ; b=2"]],
  ["insert indirect persist", [], "N", "s1", []],
  ["insert indirect persist", ["SRV=two"], "V", "s2", []],
  ["insert indirect persist", ["SRV=none"], "I", "s1", []],
  ["insert indirect persist", ["SRV=dead"], "D", "down", []],
  ["insert indirect persist", ["SRV=dead; SRV=two"], "D", "down", []],
  ["insert indirect persist", ["SRV=two~app"], "I", "s1", []],
  ["prefix ignored", [], "N", "s1", []],
  ["prefix ignored", ["SRV=two"], "U", "s1", ["SRV=two"]],
  ["prefix ignored", ["SRV=none"], "U", "s1", ["SRV=none"]],
  ["prefix ignored", ["SRV=dead"], "U", "s1", ["SRV=dead"]],
  ["prefix ignored", ["SRV=dead; SRV=two"], "U", "s1", ["SRV=dead; SRV=two"]],
  ["prefix ignored", ["SRV=two~app"], "U", "s1", ["SRV=app"]],
  ["insert", ["x = 1; SRV=two"], "V", "s2", ["x=1; SRV=two"]],
  ["insert indirect", ["x = 1; SRV=two"], "V", "s2", ["x=1"]],
  ["insert indirect", ["SRV=two; x = 1"], "V", "s2", ["x=1"]],
  ["insert indirect", ["x= 1"], "N", "s1", ["x=1"]],
  ["insert indirect", ["$Version=1; SRV=two"], "V", "s2", []],
  ["insert indirect", ["$Version=1"], "N", "s1", ["$Version=1"]],
  ["insert indirect", ["SRV=two; $Path=/"], "V", "s2", []],
  ["insert indirect", ["SRV=two; SRV=none"], "V", "s2", []],
  ["insert indirect", ["SRV=two; SRV=dead"], "V", "s2", []],
  ["insert indirect", ["SRV=dead; SRV=none"], "D", "s1", []],
  ["insert indirect", ["SRV=none; SRV=dead"], "D", "s1", []],
  ["insert indirect", ["SRV=two; ; b=1"], "V", "s2", ["; b=1"]],
  ["insert indirect", ["; SRV=two"], "V", "s2", []],
  ["insert indirect", ["SRV=two;"], "V", "s2", []],
  ["insert indirect", ["SRV=two ;"], "V", "s2", []],
  ["insert indirect", ["b; SRV=two; c"], "V", "s2", ["b; c"]],
  ["insert indirect", ['a="x;y"; SRV=two'], "V", "s2", ['a="x;y"']],
  ["insert indirect", ["SRV=two", "SRV=one"], "V", "s2", []],
  ["insert indirect", ["SRV=one", "SRV=two", "a=1"], "V", "s1", ["a=1"]],
  ["insert indirect", ["SRV=two; a=1", "b=2"], "V", "s2", ["a=1", "b=2"]],
  ["insert indirect", ["=two; SRV=two"], "V", "s2", ["=two"]],
  ["insert indirect", ["SRV==two"], "I", "s1", []],
  ["insert indirect", ["SRV=two=x"], "I", "s1", []],
  ["insert indirect", ["SRV=two x"], "I", "s1", []],
  ["insert indirect", ["a=1,SRV=two"], "V", "s2", ["a=1"]],
  ["insert indirect", ["SRV=one, SRV=two"], "V", "s1", []],
  ["insert indirect", ["a=1;  SRV=two;  b=2"], "V", "s2", ["a=1; b=2"]],
  ["insert indirect", ["SRV=two~"], "I", "s1", []],
  ["insert indirect", ["SRV=two~a~b; SRV=one~c"], "I", "s1", []],
  ["insert indirect", ["SRV=tw~o|x"], "I", "s1", []],
  ["insert indirect", ["a;SRV=two"], "V", "s2", ["a"]],
  ["insert indirect", ["SRV;b=1"], "N", "s1", ["SRV;b=1"]],
  ["insert indirect", ["x=1 = 2; SRV=two"], "V", "s2", ["x=1 = 2"]],
  ["prefix", ["x = 1; SRV=two"], "V", "s2", ["x=1; SRV=two"]],
  ["prefix", ["SRV=two; x = 1"], "V", "s2", ["SRV=two; x=1"]],
  ["prefix", ["x= 1"], "N", "s1", ["x=1"]],
  ["prefix", ["$Version=1; SRV=two"], "V", "s2", ["$Version=1; SRV=two"]],
  ["prefix", ["$Version=1"], "N", "s1", ["$Version=1"]],
  ["prefix", ["SRV=two; $Path=/"], "V", "s2", ["SRV=two; $Path=/"]],
  ["prefix", ["SRV=two; SRV=none"], "V", "s2", ["SRV=two; SRV=none"]],
  ["prefix", ["SRV=two; SRV=dead"], "V", "s2", ["SRV=two; SRV=dead"]],
  ["prefix", ["SRV=dead; SRV=none"], "D", "s1", ["SRV=dead; SRV=none"]],
  ["prefix", ["SRV=none; SRV=dead"], "D", "s1", ["SRV=none; SRV=dead"]],
  ["prefix", ["SRV=two; ; b=1"], "V", "s2", ["SRV=two; ; b=1"]],
  ["prefix", ["; SRV=two"], "V", "s2", ["; SRV=two"]],
  ["prefix", ["SRV=two;"], "V", "s2", ["SRV=two;"]],
  ["prefix", ["SRV=two ;"], "V", "s2", ["SRV=two ;"]],
  ["prefix", ["b; SRV=two; c"], "V", "s2", ["b; SRV=two; c"]],
  ["prefix", ['a="x;y"; SRV=two'], "V", "s2", ['a="x;y"; SRV=two']],
  ["prefix", ["SRV=two", "SRV=one"], "V", "s2", ["SRV=two", "SRV=one"]],
  ["prefix", ["SRV=one", "SRV=two", "a=1"], "V", "s1", ["SRV=one", "SRV=two", "a=1"]],
  ["prefix", ["SRV=two; a=1", "b=2"], "V", "s2", ["SRV=two; a=1", "b=2"]],
  ["prefix", ["=two; SRV=two"], "V", "s2", ["=two; SRV=two"]],
  ["prefix", ["SRV==two"], "I", "s1", ["SRV==two"]],
  ["prefix", ["SRV=two=x"], "I", "s1", ["SRV=two=x"]],
  ["prefix", ["SRV=two x"], "I", "s1", ["SRV=two x"]],
  ["prefix", ["a=1,SRV=two"], "V", "s2", ["a=1,SRV=two"]],
  ["prefix", ["SRV=one, SRV=two"], "V", "s1", ["SRV=one, SRV=two"]],
  ["prefix", ["a=1;  SRV=two;  b=2"], "V", "s2", ["a=1;  SRV=two;  b=2"]],
  ["prefix", ["SRV=two~"], "V", "s2", ["SRV="]],
  ["prefix", ["SRV=two~a~b; SRV=one~c"], "V", "s2", ["SRV=a~b; SRV=c"]],
  ["prefix", ["SRV=tw~o|x"], "I", "s1", ["SRV=o|x"]],
  ["prefix", ["a;SRV=two"], "V", "s2", ["a;SRV=two"]],
  ["prefix", ["SRV;b=1"], "N", "s1", ["SRV;b=1"]],
  ["prefix", ["x=1 = 2; SRV=two"], "V", "s2", ["x=1 = 2; SRV=two"]],
  ["insert indirect", ["SRV=two|awy0p"], "V", "s2", []],
  ["insert indirect", ["SRV=two|abc"], "V", "s2", []],
  ["insert indirect", ["SRV=two|!!!!!"], "V", "s2", []],
  ["insert indirect", ["SRV=two||"], "V", "s2", []],
  ["indirect", ["SRV=two"], "V", "s2", ["SRV=two"]],
];

test.each(requests)("cookie SRV %s: %j", (words, cookies, state, server, seen) => {
  const one = new Exchange(words, cookies);
  expect([one.cookies.letters.charAt(0), one.found?.name ?? "s1", one.seen]).toEqual([state, server, [...seen]]);
});

const answers: readonly (readonly [
  words: string,
  cookie: string,
  set: readonly string[],
  letters: string,
  got: readonly string[],
])[] = [
  ["", "", ["SRV=foo"], "--", ["SRV=foo"]],
  ["", "SRV=two", ["SRV=foo"], "--", ["SRV=foo"]],
  ["", "", ["x=1", "SRV=foo", "y=2; path=/"], "--", ["x=1", "SRV=foo", "y=2; path=/"]],
  ["", "SRV=two", ["x=1", "SRV=foo", "y=2; path=/"], "--", ["x=1", "SRV=foo", "y=2; path=/"]],
  ["", "", ["SRV=a", "SRV=b"], "--", ["SRV=a", "SRV=b"]],
  ["", "SRV=two", ["SRV=a", "SRV=b"], "--", ["SRV=a", "SRV=b"]],
  ["insert", "", ["SRV=foo"], "NI", ["SRV=one; path=/"]],
  ["insert", "SRV=two", ["SRV=foo"], "VD", []],
  ["insert", "", ["SRV=foo; Path=/x; HttpOnly"], "NI", ["SRV=one; path=/"]],
  ["insert", "SRV=two", ["SRV=foo; Path=/x; HttpOnly"], "VD", []],
  ["insert", "", ["x=1", "SRV=foo", "y=2; path=/"], "NI", ["x=1", "y=2; path=/", "SRV=one; path=/"]],
  ["insert", "SRV=two", ["x=1", "SRV=foo", "y=2; path=/"], "VD", ["x=1", "y=2; path=/"]],
  ["insert", "", ["SRV=a", "SRV=b"], "NI", ["SRV=one; path=/"]],
  ["insert", "SRV=two", ["SRV=a", "SRV=b"], "VD", []],
  ["insert", "", ["SRV="], "NI", ["SRV=one; path=/"]],
  ["insert", "SRV=two", ["SRV="], "VD", []],
  ["insert", "", ['SRV="q"; v'], "NI", ["SRV=one; path=/"]],
  ["insert", "SRV=two", ['SRV="q"; v'], "VD", []],
  ["insert", "", ["x=1; SRV=foo"], "NI", ["x=1; SRV=foo", "SRV=one; path=/"]],
  ["insert", "SRV=two", ["x=1; SRV=foo"], "VN", ["x=1; SRV=foo"]],
  ["insert", "", ["SRV=foo, z=2"], "NI", ["SRV=one; path=/"]],
  ["insert", "SRV=two", ["SRV=foo, z=2"], "VD", []],
  ["insert", "", ["SRV = foo ; Path=/"], "NI", ["SRV=one; path=/"]],
  ["insert", "SRV=two", ["SRV = foo ; Path=/"], "VD", []],
  ["insert", "", ["x=1"], "NI", ["x=1", "SRV=one; path=/"]],
  ["insert", "SRV=two", ["x=1"], "VN", ["x=1"]],
  ["insert indirect", "", ["SRV=foo"], "NI", ["SRV=one; path=/"]],
  ["insert indirect", "SRV=two", ["SRV=foo"], "VD", []],
  ["insert indirect", "", ["x=1", "SRV=foo", "y=2; path=/"], "NI", ["x=1", "y=2; path=/", "SRV=one; path=/"]],
  ["insert indirect", "SRV=two", ["x=1", "SRV=foo", "y=2; path=/"], "VD", ["x=1", "y=2; path=/"]],
  ["insert indirect", "", ["SRV=a", "SRV=b"], "NI", ["SRV=one; path=/"]],
  ["insert indirect", "SRV=two", ["SRV=a", "SRV=b"], "VD", []],
  ["insert preserve", "", ["SRV=foo"], "NP", ["SRV=foo"]],
  ["insert preserve", "SRV=two", ["SRV=foo"], "VP", ["SRV=foo"]],
  ["insert preserve", "", ["SRV=foo; Path=/x; HttpOnly"], "NP", ["SRV=foo; Path=/x; HttpOnly"]],
  ["insert preserve", "SRV=two", ["SRV=foo; Path=/x; HttpOnly"], "VP", ["SRV=foo; Path=/x; HttpOnly"]],
  ["insert preserve", "", ["x=1", "SRV=foo", "y=2; path=/"], "NP", ["x=1", "SRV=foo", "y=2; path=/"]],
  ["insert preserve", "SRV=two", ["x=1", "SRV=foo", "y=2; path=/"], "VP", ["x=1", "SRV=foo", "y=2; path=/"]],
  ["insert preserve", "", ["SRV=a", "SRV=b"], "NP", ["SRV=a", "SRV=b"]],
  ["insert preserve", "SRV=two", ["SRV=a", "SRV=b"], "VP", ["SRV=a", "SRV=b"]],
  ["insert preserve", "", ["SRV="], "NP", ["SRV="]],
  ["insert preserve", "SRV=two", ["SRV="], "VP", ["SRV="]],
  ["insert preserve", "", ['SRV="q"; v'], "NP", ['SRV="q"; v']],
  ["insert preserve", "SRV=two", ['SRV="q"; v'], "VP", ['SRV="q"; v']],
  ["insert preserve", "", ["x=1; SRV=foo"], "NI", ["x=1; SRV=foo", "SRV=one; path=/"]],
  ["insert preserve", "SRV=two", ["x=1; SRV=foo"], "VN", ["x=1; SRV=foo"]],
  ["insert preserve", "", ["SRV=foo, z=2"], "NP", ["SRV=foo, z=2"]],
  ["insert preserve", "SRV=two", ["SRV=foo, z=2"], "VP", ["SRV=foo, z=2"]],
  ["insert preserve", "", ["SRV = foo ; Path=/"], "NP", ["SRV=foo ; Path=/"]],
  ["insert preserve", "SRV=two", ["SRV = foo ; Path=/"], "VP", ["SRV=foo ; Path=/"]],
  ["insert preserve", "", ["x=1"], "NI", ["x=1", "SRV=one; path=/"]],
  ["insert preserve", "SRV=two", ["x=1"], "VN", ["x=1"]],
  ["insert indirect postonly", "", ["SRV=foo"], "ND", []],
  ["insert indirect postonly", "SRV=two", ["SRV=foo"], "VD", []],
  ["insert indirect postonly", "", ["x=1", "SRV=foo", "y=2; path=/"], "ND", ["x=1", "y=2; path=/"]],
  ["insert indirect postonly", "SRV=two", ["x=1", "SRV=foo", "y=2; path=/"], "VD", ["x=1", "y=2; path=/"]],
  ["insert indirect postonly", "", ["SRV=a", "SRV=b"], "ND", []],
  ["insert indirect postonly", "SRV=two", ["SRV=a", "SRV=b"], "VD", []],
  ["rewrite", "", ["SRV=foo"], "NR", ["SRV=one"]],
  ["rewrite", "", ["SRV=foo; Path=/x; HttpOnly"], "NR", ["SRV=one; Path=/x; HttpOnly"]],
  ["rewrite", "", ["x=1", "SRV=foo", "y=2; path=/"], "NR", ["x=1", "SRV=one", "y=2; path=/"]],
  ["rewrite", "SRV=two", ["x=1", "SRV=foo", "y=2; path=/"], "VR", ["x=1", "SRV=two", "y=2; path=/"]],
  ["rewrite", "", ["SRV=a", "SRV=b"], "NR", ["SRV=one", "SRV=one"]],
  ["rewrite", "SRV=two", ["SRV=a", "SRV=b"], "VR", ["SRV=two", "SRV=two"]],
  ["rewrite", "", ["SRV="], "NR", ["SRV=one"]],
  ["rewrite", "", ['SRV="q"; v'], "NR", ["SRV=one; v"]],
  ["rewrite", "", ["x=1; SRV=foo"], "NN", ["x=1; SRV=foo"]],
  ["rewrite", "", ["SRV=foo, z=2"], "NR", ["SRV=one, z=2"]],
  ["rewrite", "", ["SRV = foo ; Path=/"], "NR", ["SRV=one ; Path=/"]],
  ["rewrite", "", ["x=1"], "NN", ["x=1"]],
  ["prefix", "", ["SRV=foo"], "NR", ["SRV=one~foo"]],
  ["prefix", "", ["SRV=foo; Path=/x; HttpOnly"], "NR", ["SRV=one~foo; Path=/x; HttpOnly"]],
  ["prefix", "", ["x=1", "SRV=foo", "y=2; path=/"], "NR", ["x=1", "SRV=one~foo", "y=2; path=/"]],
  ["prefix", "SRV=two", ["x=1", "SRV=foo", "y=2; path=/"], "VR", ["x=1", "SRV=two~foo", "y=2; path=/"]],
  ["prefix", "", ["SRV=a", "SRV=b"], "NR", ["SRV=one~a", "SRV=one~b"]],
  ["prefix", "SRV=two", ["SRV=a", "SRV=b"], "VR", ["SRV=two~a", "SRV=two~b"]],
  ["prefix", "", ["SRV="], "NR", ["SRV=one~"]],
  ["prefix", "", ['SRV="q"; v'], "NR", ['SRV=one~"q"; v']],
  ["prefix", "", ["x=1; SRV=foo"], "NN", ["x=1; SRV=foo"]],
  ["prefix", "", ["SRV=foo, z=2"], "NR", ["SRV=one~foo, z=2"]],
  ["prefix", "", ["SRV = foo ; Path=/"], "NR", ["SRV=one~foo ; Path=/"]],
  ["prefix", "", ["x=1"], "NN", ["x=1"]],
  ["indirect", "", ["SRV=foo"], "NP", ["SRV=foo"]],
  ["indirect", "SRV=two", ["SRV=foo"], "VD", []],
  ["indirect", "", ["SRV=foo; Path=/x; HttpOnly"], "NP", ["SRV=foo; Path=/x; HttpOnly"]],
  ["indirect", "SRV=two", ["SRV=foo; Path=/x; HttpOnly"], "VD", []],
  ["indirect", "", ["x=1", "SRV=foo", "y=2; path=/"], "NP", ["x=1", "SRV=foo", "y=2; path=/"]],
  ["indirect", "SRV=two", ["x=1", "SRV=foo", "y=2; path=/"], "VD", ["x=1", "y=2; path=/"]],
  ["indirect", "", ["SRV=a", "SRV=b"], "NP", ["SRV=a", "SRV=b"]],
  ["indirect", "SRV=two", ["SRV=a", "SRV=b"], "VD", []],
  ["indirect", "", ["SRV="], "NP", ["SRV="]],
  ["indirect", "SRV=two", ["SRV="], "VD", []],
  ["indirect", "", ['SRV="q"; v'], "NP", ['SRV="q"; v']],
  ["indirect", "SRV=two", ['SRV="q"; v'], "VD", []],
  ["indirect", "", ["x=1; SRV=foo"], "NN", ["x=1; SRV=foo"]],
  ["indirect", "SRV=two", ["x=1; SRV=foo"], "VN", ["x=1; SRV=foo"]],
  ["indirect", "", ["SRV=foo, z=2"], "NP", ["SRV=foo, z=2"]],
  ["indirect", "SRV=two", ["SRV=foo, z=2"], "VD", []],
  ["indirect", "", ["SRV = foo ; Path=/"], "NP", ["SRV=foo ; Path=/"]],
  ["indirect", "SRV=two", ["SRV = foo ; Path=/"], "VD", []],
  ["indirect", "", ["x=1"], "NN", ["x=1"]],
  ["indirect", "SRV=two", ["x=1"], "VN", ["x=1"]],
  ["insert indirect ignored", "", ["SRV=foo"], "NN", ["SRV=foo"]],
  ["insert indirect ignored", "SRV=two", ["SRV=foo"], "UN", ["SRV=foo"]],
  ["insert indirect ignored", "", ["x=1", "SRV=foo", "y=2; path=/"], "NN", ["x=1", "SRV=foo", "y=2; path=/"]],
  ["insert indirect ignored", "SRV=two", ["x=1", "SRV=foo", "y=2; path=/"], "UN", ["x=1", "SRV=foo", "y=2; path=/"]],
  ["insert indirect ignored", "", ["SRV=a", "SRV=b"], "NN", ["SRV=a", "SRV=b"]],
  ["insert indirect ignored", "SRV=two", ["SRV=a", "SRV=b"], "UN", ["SRV=a", "SRV=b"]],
  ["insert", "", ["SRV  =  foo"], "NI", ["SRV=one; path=/"]],
  ["insert", "SRV=two", ["SRV  =  foo"], "VD", []],
  ["insert preserve", "", ["SRV  =  foo"], "NP", ["SRV=foo"]],
  ["insert preserve", "SRV=two", ["SRV  =  foo"], "VP", ["SRV=foo"]],
  ["rewrite", "", ["SRV  =  foo"], "NR", ["SRV=one"]],
  ["prefix", "", ["SRV  =  foo"], "NR", ["SRV=one~foo"]],
  ["indirect", "", ["SRV  =  foo"], "NP", ["SRV=foo"]],
  ["indirect", "SRV=two", ["SRV  =  foo"], "VD", []],
  ["insert", "", ["SRV"], "NI", ["SRV", "SRV=one; path=/"]],
  ["insert", "SRV=two", ["SRV"], "VN", ["SRV"]],
  ["insert preserve", "", ["SRV"], "NI", ["SRV", "SRV=one; path=/"]],
  ["insert preserve", "SRV=two", ["SRV"], "VN", ["SRV"]],
  ["rewrite", "", ["SRV"], "NN", ["SRV"]],
  ["prefix", "", ["SRV"], "NN", ["SRV"]],
  ["indirect", "", ["SRV"], "NN", ["SRV"]],
  ["indirect", "SRV=two", ["SRV"], "VN", ["SRV"]],
  ["insert", "", ["SRV; x"], "NI", ["SRV; x", "SRV=one; path=/"]],
  ["insert", "SRV=two", ["SRV; x"], "VN", ["SRV; x"]],
  ["insert preserve", "", ["SRV; x"], "NI", ["SRV; x", "SRV=one; path=/"]],
  ["insert preserve", "SRV=two", ["SRV; x"], "VN", ["SRV; x"]],
  ["rewrite", "", ["SRV; x"], "NN", ["SRV; x"]],
  ["prefix", "", ["SRV; x"], "NN", ["SRV; x"]],
  ["indirect", "", ["SRV; x"], "NN", ["SRV; x"]],
  ["indirect", "SRV=two", ["SRV; x"], "VN", ["SRV; x"]],
  ["insert", "", [""], "NI", ["", "SRV=one; path=/"]],
  ["insert", "SRV=two", [""], "VN", [""]],
  ["insert preserve", "", [""], "NI", ["", "SRV=one; path=/"]],
  ["insert preserve", "SRV=two", [""], "VN", [""]],
  ["rewrite", "", [""], "NN", [""]],
  ["prefix", "", [""], "NN", [""]],
  ["indirect", "", [""], "NN", [""]],
  ["indirect", "SRV=two", [""], "VN", [""]],
  ["insert", "", [";SRV=x"], "NI", [";SRV=x", "SRV=one; path=/"]],
  ["insert", "SRV=two", [";SRV=x"], "VN", [";SRV=x"]],
  ["insert preserve", "", [";SRV=x"], "NI", [";SRV=x", "SRV=one; path=/"]],
  ["insert preserve", "SRV=two", [";SRV=x"], "VN", [";SRV=x"]],
  ["rewrite", "", [";SRV=x"], "NN", [";SRV=x"]],
  ["prefix", "", [";SRV=x"], "NN", [";SRV=x"]],
  ["indirect", "", [";SRV=x"], "NN", [";SRV=x"]],
  ["indirect", "SRV=two", [";SRV=x"], "VN", [";SRV=x"]],
  ["insert", "", [", SRV=x"], "NI", [", SRV=x", "SRV=one; path=/"]],
  ["insert", "SRV=two", [", SRV=x"], "VN", [", SRV=x"]],
  ["insert preserve", "", [", SRV=x"], "NI", [", SRV=x", "SRV=one; path=/"]],
  ["insert preserve", "SRV=two", [", SRV=x"], "VN", [", SRV=x"]],
  ["rewrite", "", [", SRV=x"], "NN", [", SRV=x"]],
  ["prefix", "", [", SRV=x"], "NN", [", SRV=x"]],
  ["indirect", "", [", SRV=x"], "NN", [", SRV=x"]],
  ["indirect", "SRV=two", [", SRV=x"], "VN", [", SRV=x"]],
  ["insert", "", ["$SRV=x"], "NI", ["$SRV=x", "SRV=one; path=/"]],
  ["insert", "SRV=two", ["$SRV=x"], "VN", ["$SRV=x"]],
  ["insert preserve", "", ["$SRV=x"], "NI", ["$SRV=x", "SRV=one; path=/"]],
  ["insert preserve", "SRV=two", ["$SRV=x"], "VN", ["$SRV=x"]],
  ["rewrite", "", ["$SRV=x"], "NN", ["$SRV=x"]],
  ["prefix", "", ["$SRV=x"], "NN", ["$SRV=x"]],
  ["indirect", "", ["$SRV=x"], "NN", ["$SRV=x"]],
  ["indirect", "SRV=two", ["$SRV=x"], "VN", ["$SRV=x"]],
  ["insert", "", ["x = 1"], "NI", ["x=1", "SRV=one; path=/"]],
  ["insert", "SRV=two", ["x = 1"], "VN", ["x=1"]],
  ["insert preserve", "", ["x = 1"], "NI", ["x=1", "SRV=one; path=/"]],
  ["insert preserve", "SRV=two", ["x = 1"], "VN", ["x=1"]],
  ["rewrite", "", ["x = 1"], "NN", ["x=1"]],
  ["prefix", "", ["x = 1"], "NN", ["x=1"]],
  ["indirect", "", ["x = 1"], "NN", ["x=1"]],
  ["indirect", "SRV=two", ["x = 1"], "VN", ["x=1"]],
  ["insert", "", ["SRV=foo;a=1;b"], "NI", ["SRV=one; path=/"]],
  ["insert", "SRV=two", ["SRV=foo;a=1;b"], "VD", []],
  ["insert preserve", "", ["SRV=foo;a=1;b"], "NP", ["SRV=foo;a=1;b"]],
  ["insert preserve", "SRV=two", ["SRV=foo;a=1;b"], "VP", ["SRV=foo;a=1;b"]],
  ["rewrite", "", ["SRV=foo;a=1;b"], "NR", ["SRV=one;a=1;b"]],
  ["prefix", "", ["SRV=foo;a=1;b"], "NR", ["SRV=one~foo;a=1;b"]],
  ["indirect", "", ["SRV=foo;a=1;b"], "NP", ["SRV=foo;a=1;b"]],
  ["indirect", "SRV=two", ["SRV=foo;a=1;b"], "VD", []],
  ["insert", "", ["srv=foo"], "NI", ["srv=foo", "SRV=one; path=/"]],
  ["insert", "SRV=two", ["srv=foo"], "VN", ["srv=foo"]],
  ["insert preserve", "", ["srv=foo"], "NI", ["srv=foo", "SRV=one; path=/"]],
  ["insert preserve", "SRV=two", ["srv=foo"], "VN", ["srv=foo"]],
  ["rewrite", "", ["srv=foo"], "NN", ["srv=foo"]],
  ["prefix", "", ["srv=foo"], "NN", ["srv=foo"]],
  ["indirect", "", ["srv=foo"], "NN", ["srv=foo"]],
  ["indirect", "SRV=two", ["srv=foo"], "VN", ["srv=foo"]],
  ["insert", "", ['SRV="a;b"; c'], "NI", ["SRV=one; path=/"]],
  ["insert", "SRV=two", ['SRV="a;b"; c'], "VD", []],
  ["insert preserve", "", ['SRV="a;b"; c'], "NP", ['SRV="a;b"; c']],
  ["insert preserve", "SRV=two", ['SRV="a;b"; c'], "VP", ['SRV="a;b"; c']],
  ["rewrite", "", ['SRV="a;b"; c'], "NR", ["SRV=one; c"]],
  ["prefix", "", ['SRV="a;b"; c'], "NR", ['SRV=one~"a;b"; c']],
  ["indirect", "", ['SRV="a;b"; c'], "NP", ['SRV="a;b"; c']],
  ["indirect", "SRV=two", ['SRV="a;b"; c'], "VD", []],
  ["insert indirect postonly", "", [], "NN", []],
  ["insert indirect postonly", "SRV=one", [], "VN", []],
  ["insert indirect postonly", "SRV=none", [], "IN", []],
  ["insert indirect postonly post", "", [], "NI", ["SRV=one; path=/"]],
  ["insert indirect postonly post", "SRV=one", [], "VN", []],
  ["insert indirect postonly post", "SRV=none", [], "II", ["SRV=one; path=/"]],
  [
    "insert indirect nocache httponly secure domain=.a.com domain=.b.com attr=SameSite=None attr=X=1",
    "",
    [],
    "NI",
    ["SRV=one; path=/; domain=.a.com; domain=.b.com; HttpOnly; Secure; SameSite=None; X=1"],
  ],
  [
    "insert indirect nocache httponly secure domain=.a.com domain=.b.com attr=SameSite=None attr=X=1",
    "SRV=one",
    [],
    "VN",
    [],
  ],
  [
    "insert indirect nocache httponly secure domain=.a.com domain=.b.com attr=SameSite=None attr=X=1",
    "SRV=none",
    [],
    "II",
    ["SRV=one; path=/; domain=.a.com; domain=.b.com; HttpOnly; Secure; SameSite=None; X=1"],
  ],
  [
    "insert indirect nocache httponly secure domain=.a.com domain=.b.com attr=SameSite=None attr=X=1 post",
    "",
    [],
    "NI",
    ["SRV=one; path=/; domain=.a.com; domain=.b.com; HttpOnly; Secure; SameSite=None; X=1"],
  ],
  [
    "insert indirect nocache httponly secure domain=.a.com domain=.b.com attr=SameSite=None attr=X=1 post",
    "SRV=one",
    [],
    "VN",
    [],
  ],
  [
    "insert indirect nocache httponly secure domain=.a.com domain=.b.com attr=SameSite=None attr=X=1 post",
    "SRV=none",
    [],
    "II",
    ["SRV=one; path=/; domain=.a.com; domain=.b.com; HttpOnly; Secure; SameSite=None; X=1"],
  ],
];

test("a server that a rule has chosen is none of the cookie's", () => {
  const [unknown, known] = [
    new Exchange("insert indirect chosen", []),
    new Exchange("insert indirect chosen", ["SRV=one"]),
  ];
  expect([unknown.answer([]), known.answer([]), known.seen]).toEqual([[], [], []]);
  expect([unknown.cookies.letters, known.cookies.letters]).toEqual(["NN", "UN"]);
});

test.each(answers)("cookie SRV %s: asked with %j, the server sets %j", (words, cookie, set, letters, got) => {
  const one = new Exchange(words, cookie === "" ? [] : [cookie]);
  const answered = one.answer(set);
  expect([one.cookies.letters, answered]).toEqual([letters, [...got]]);
});

describe("dates", () => {
  const today = `|${ago(0)}`;
  const both = "insert indirect maxidle=100 maxlife=1000";
  test.each([
    ["insert", `two|${ago(10)}`, "VU", ["SRV=two; path=/"]],
    ["insert", `two|${ago(-3600)}`, "VN", []],
    ["insert maxidle=100", "two", "VU", [`SRV=two${today}; path=/`]],
    ["insert maxidle=100", `two|${ago(50)}`, "VU", [`SRV=two${today}; path=/`]],
    ["insert maxidle=100", `two|${ago(200)}`, "EI", [`SRV=one${today}; path=/`]],
    ["insert maxidle=100", `two|${ago(-3600)}`, "VN", []],
    ["insert maxidle=100", `two|${ago(-90_000)}`, "EI", [`SRV=one${today}; path=/`]],
    ["insert maxidle=100", `dead|${ago(200)}`, "EI", [`SRV=one${today}; path=/`]],
    ["insert maxidle=100", "two|!!!!!", "VU", [`SRV=two${today}; path=/`]],
    ["insert maxlife=1000", "two", "VU", [`SRV=two${today}${today}; path=/`]],
    ["insert maxlife=1000", `two|${ago(200)}`, "VU", [`SRV=two${today}${today}; path=/`]],
    ["insert maxlife=1000", `two||${ago(2000)}`, "OI", [`SRV=one${today}${today}; path=/`]],
    [both, `two|${ago(50)}|${ago(500)}`, "VU", [`SRV=two${today}|${ago(500)}; path=/`]],
    [both, `two|${ago(50)}|${ago(2000)}`, "OI", [`SRV=one${today}${today}; path=/`]],
    [both, `two|${ago(200)}|${ago(50)}`, "EI", [`SRV=one${today}${today}; path=/`]],
    [both, `two|${ago(0)}|${ago(-90_000)}`, "OI", [`SRV=one${today}${today}; path=/`]],
    [both, `none|${ago(0)}`, "II", [`SRV=one${today}${today}; path=/`]],
  ] as const)("%s: %s", (words, value, letters, got) => {
    const one = new Exchange(words, [`SRV=${value}`]);
    const answered = one.answer([]);
    expect([one.cookies.letters, answered]).toEqual([letters, [...got]]);
  });
});

test("a server without a cookie takes away what the client has", () => {
  const one = new Exchange("insert httponly domain=.x maxlife=1000", ["SRV=none"]);
  const gone = "SRV=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/; domain=.x; HttpOnly";
  expect(one.answer([], { cookie: null })).toEqual([gone]);
  expect(one.cookies.letters).toBe("II");
});

test("what was named and could not be had is another's by now", () => {
  const one = new Exchange("insert indirect", ["SRV=two"]);
  const fields = new Fields();
  const answer = { server: servers[0] as Server, isDirect: false, isIgnored: false, method: "GET", status: 200 };
  one.cookies.writeAnswer(fields, answer, now);
  expect(valuesOf(fields, "set-cookie")).toEqual(["SRV=one; path=/"]);
  expect(one.cookies.letters).toBe("DI");
});

test("nocache says private of what could be kept, once a cookie goes in", () => {
  const kept = fieldsOf("etag", ["x"]);
  const answer = { server: servers[0] as Server, isDirect: false, isIgnored: false, method: "GET", status: 200 };
  new Exchange("insert nocache", []).cookies.writeAnswer(kept, answer, now);
  expect(valuesOf(kept, "cache-control")).toEqual(["private"]);
  const direct = fieldsOf("etag", ["x"]);
  new Exchange("insert nocache", ["SRV=one"]).cookies.writeAnswer(direct, { ...answer, isDirect: true }, now);
  expect(valuesOf(direct, "cache-control")).toEqual([]);
});

test("a line of Set-Cookie2 may have several, each of which is the cookie or is not", () => {
  const answer = { server: servers[0] as Server, isDirect: false, isIgnored: false, method: "GET", status: 200 };
  const edited = (words: string): string[] => {
    const fields = fieldsOf("set-cookie2", ["x=1; v, SRV=foo; p"]);
    new Exchange(words, []).cookies.writeAnswer(fields, answer, now);
    return valuesOf(fields, "set-cookie2");
  };
  expect(edited("rewrite")).toEqual(["x=1; v, SRV=one; p"]);
  expect(edited("insert")).toEqual(["x=1; v"]);
});
