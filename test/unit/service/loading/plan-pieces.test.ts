/** A Plan that went in pieces is the same Plan, and no piece is more than a short turn's work. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import type { Plan } from "../../../../src/plan/plan.ts";
import { openPlanBuilder, type PlanPiece, pieceWork, planPieces } from "../../../../src/service/loading/plan-pieces.ts";
import { readCases, readText } from "../../../cases/case.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** Through bytes, as between processes. */
function overTheWire(pieces: Iterable<PlanPiece>): unknown {
  const builder = openPlanBuilder();
  for (const piece of pieces) builder.add(JSON.parse(JSON.stringify(piece)) as PlanPiece);
  return builder.finish();
}

/** What is one object in several places must be one again, and nothing else. */
function expectSameSharing(
  left: unknown,
  right: unknown,
  met = new Map<object, object>(),
  of = new Set<object>(),
): void {
  if (typeof left !== "object" || left === null || typeof right !== "object" || right === null) return;
  const known = met.get(left);
  if (known !== undefined) {
    if (known !== right) throw new Error(`two objects of one: ${JSON.stringify(left).slice(0, 200)}`);
    return;
  }
  if (of.has(right)) throw new Error(`one object of two: ${JSON.stringify(left).slice(0, 200)}`);
  met.set(left, right);
  of.add(right);
  for (const name of Object.keys(left))
    expectSameSharing((left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name], met, of);
}

function expectComesThrough(plan: unknown, work?: number): void {
  const copy = overTheWire(planPieces(plan, work));
  expect(copy).toEqual(plan);
  expectSameSharing(plan, copy);
}

function planOf(config: string, files: Readonly<Record<string, string>> = {}): Plan {
  const { plan, diagnostics } = readText(config, files);
  if (plan === null) throw new Error(diagnostics.all.map((one) => one.text).join("\n"));
  return plan;
}

const head =
  "defaults\n mode tcp\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n log 127.0.0.1 local0\n";
const lines = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join("");
const cases = join(import.meta.dir, "../../../cases/messages");

/** Every piece's work, counted as whoever takes it does it. */
function works(plan: unknown): number[] {
  return Array.from(planPieces(plan), ({ shapes, tokens }) =>
    [...tokens, ...shapes.flat()].reduce<number>(
      (sum, one) => sum + 1 + (typeof one === "string" ? one.length >> 6 : 0),
      0,
    ),
  );
}

describe("a plan in pieces", () => {
  test("is the same plan, for every configuration that the tests have", () => {
    const texts = readCases(cases).map((one) => one.config);
    const plans = texts.map((text) => readText(text).plan).filter((plan) => plan !== null);
    expect(plans.length).toBeGreaterThan(20);
    for (const plan of plans) {
      expectComesThrough(plan, 5);
      expectComesThrough(plan);
    }
  });

  test("keeps bytes, shared rules, lists of patterns and awkward texts", () => {
    const files = { "m.map": "a 1\nb 2\n", "p.lst": "10.1.0.0/16\n::1\n" };
    const plan = planOf(
      `${head}frontend f\n bind :22\n acl a src 10.0.0.0/8\n acl b src -f p.lst\n` +
        ` tcp-request content reject if a b\n tcp-request content reject if a\n` +
        ` tcp-request session set-var(sess.x) src,map(m.map)\n tcp-request session set-var(sess.y) src,map(m.map)\n` +
        ` log-format "%ci \xe9\x01 \\"\\\\"\n default_backend d\n` +
        `backend d\n option tcp-check\n tcp-check send-binary 00ff80\n tcp-check expect binary 0a\n server s 127.0.0.1:22 check\n`,
      files,
    );
    for (const work of [1, 2, 3, 50, pieceWork]) expectComesThrough(plan, work);
    const copy = overTheWire(planPieces(plan)) as Plan;
    const own = copy.frontends[0]?.contentRules[0]?.condition?.any[0]?.[0]?.acl.tests[0]?.own;
    expect(own).toBeDefined();
    expect(copy.patternLists).toContain(own as NonNullable<typeof own>);
  });

  test.each([
    ["2,000 backends", () => planOf(head + lines(2000, (at) => `backend b${at}\n server s 127.0.0.1:22 check\n`))],
    [
      "one backend of 3,000 servers",
      () => planOf(`${head}backend b\n${lines(3000, (at) => ` server s${at} 127.0.0.1:22\n`)}`),
    ],
    [
      "a map of 30,000 lines",
      () =>
        planOf(`${head}frontend f\n bind :22\n tcp-request content set-var(sess.x) src,map(m)\n`, {
          m: lines(30_000, (at) => `key${at} value${at}\n`),
        }),
    ],
  ] as const)("bounds each piece's work: %s", (_name, make) => {
    const plan = make();
    const each = works(plan);
    expect(each.length).toBeGreaterThan(10);
    // The last token of a piece may go over: an object's shape with all its fields' names, or a long text.
    expect(Math.max(...each)).toBeLessThan(pieceWork + 200);
    const copy = overTheWire(planPieces(plan));
    expect(Bun.deepEquals(copy, plan)).toBe(true);
    expectSameSharing(plan, copy);
  });

  test("says what is no plain data", () => {
    for (const one of [new Map(), () => 0, new Date(), 1n, Number.NaN, Infinity, Symbol("x")])
      expect(() => [...planPieces({ one })]).toThrow("a plan holds");
  });
});

describe("the builder", () => {
  const pieces = [...planPieces({ a: [1, "x", { b: null }], c: true }, 3)];

  test("refuses pieces that are missing, doubled or of something else", () => {
    const missing = openPlanBuilder();
    for (const piece of pieces.slice(0, -1)) missing.add(piece);
    expect(() => missing.finish()).toThrow("ends before its last piece");
    const doubled = openPlanBuilder();
    expect(() => {
      for (const piece of [...pieces, ...pieces]) doubled.add(piece);
    }).toThrow("more than there is room for");
    for (const tokens of [[9, 1], [0, 5], [2, 0], [1, -1], [1, "x"], [0]])
      expect(() => openPlanBuilder().add({ shapes: [], tokens })).toThrow(RangeError);
  });
});
