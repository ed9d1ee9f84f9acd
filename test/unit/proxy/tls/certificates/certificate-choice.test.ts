/** Which certificate a client is served, in HAProxy's order. */
import { expect, test } from "bun:test";
import { type Asked, CertificateChoice } from "../../../../../src/proxy/tls/certificates/certificate-choice.ts";
import type { KeyKind } from "../../../../../src/proxy/tls/certificates/certificate-names.ts";

function asks(serverName: string | null, own: Partial<Asked> = {}): Asked {
  return { serverName, takesEcdsa: true, takesRsa: true, ...own };
}

type Line = readonly [entry: string, names: string, key?: KeyKind, filters?: string];

function choice(lines: readonly Line[], isStrict = false): CertificateChoice<string> {
  const made = new CertificateChoice<string>(isStrict);
  for (const [entry, names, key = "rsa", filters] of lines)
    made.add(entry, { names: names.split(" "), keyKind: key }, filters === undefined ? null : filters.split(" "));
  return made;
}

test("an exact name beats a wildcard, wherever it stands, and case is ignored", () => {
  for (const lines of [
    [["wild", "*.b.example"] as const, ["exact", "x.b.example"] as const],
    [["exact", "x.b.example"] as const, ["wild", "*.b.example"] as const],
  ]) {
    const made = choice([["first", "first.example"], ...lines]);
    expect(["x.b.example", "X.B.Example", "y.b.example"].map((one) => made.choose(asks(one)))).toEqual([
      "exact",
      "exact",
      "wild",
    ]);
  }
});

test("a wildcard stands for one label, no more and no less", () => {
  const made = choice([
    ["first", "first.example"],
    ["wild", "*.b.example"],
  ]);
  expect(["x.y.b.example", "b.example", ".b.example", ""].map((one) => made.choose(asks(one)))).toEqual([
    "first",
    "first",
    "wild",
    "first",
  ]);
});

test("without a name or a match the first is served, or nobody where that is asked for", () => {
  const lines = [
    ["first", "a.example"],
    ["second", "b.example"],
  ] as const;
  expect([null, "c.example", "b.example"].map((one) => choice(lines).choose(asks(one)))).toEqual([
    "first",
    "first",
    "second",
  ]);
  expect([null, "c.example", "b.example"].map((one) => choice(lines, true).choose(asks(one)))).toEqual([
    null,
    null,
    "second",
  ]);
  expect(choice([]).choose(asks("a.example"))).toBeNull();
});

test("of RSA and ECDSA for one name, ECDSA is served to who can check it, in any order", () => {
  const lines = [
    ["rsa", "a.example", "rsa"],
    ["ecdsa", "a.example", "ecdsa"],
    ["late", "a.example", "ecdsa"],
  ] as const;
  for (const made of [choice(lines), choice(lines.toReversed().slice(1))]) {
    expect(made.choose(asks("a.example"))).toBe("ecdsa");
    expect(made.choose(asks("a.example", { takesEcdsa: false }))).toBe("rsa");
    expect(made.choose(asks("a.example", { takesRsa: false }))).toBe("ecdsa");
  }
  const only = choice([["ecdsa", "a.example", "ecdsa"]]);
  expect(only.choose(asks("a.example", { takesEcdsa: false }))).toBe("ecdsa");
});

test("a line's filters stand in place of the certificate's names, and ! takes names out of its wildcards", () => {
  const made = choice([
    ["first", "first.example"],
    ["one", "own.example", "rsa", "*.b.example !no.b.example"],
    ["two", "x.example", "rsa", "*.b.example"],
    ["default", "d.example", "rsa", "!*"],
  ]);
  const names = ["own.example", "yes.b.example", "no.b.example", "NO.b.example", "d.example"];
  expect(names.map((one) => made.choose(asks(one)))).toEqual(["first", "one", "two", "two", "first"]);
});

test("names are found among very many, and none is taken for a property of an object", () => {
  const made = choice(Array.from({ length: 5000 }, (_, at): Line => [String(at), `n${at}.example`]));
  expect(made.choose(asks("n4999.example"))).toBe("4999");
  for (const name of ["__proto__", "constructor", "toString"]) expect(made.choose(asks(name))).toBe("0");
});

test("ten times as many lines of one wildcard cost about ten times as much, and a hello no more than the first", () => {
  const times = [2000, 20_000].map((count) => {
    const lines = Array.from({ length: count }, (_, at): Line => [
      String(at),
      "",
      "ecdsa",
      `*.b.example !n${at}.b.example`,
    ]);
    let least = Infinity;
    for (let round = 0; round < 3; round++) {
      const before = performance.now();
      const made = choice(lines);
      least = Math.min(least, performance.now() - before);
      expect([made.choose(asks("x.b.example")), made.choose(asks("n0.b.example"))]).toEqual(["0", "1"]);
    }
    return least;
  });
  expect((times[1] ?? 0) / (times[0] ?? 0)).toBeLessThan(60);
});
