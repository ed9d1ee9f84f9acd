/** What the contract suite needs of a test runner, for runtimes other than Bun: one test after the other, a line for each. */
import { isDeepStrictEqual, inspect } from "node:util";

type Body = () => unknown;
interface Scope {
  readonly name: string;
  readonly before: readonly Body[];
  readonly after: readonly Body[];
}
interface Case {
  readonly scope: Scope;
  readonly name: string;
  readonly body: Body;
  readonly timeoutMs: number;
}

let scope: { name: string; before: Body[]; after: Body[] } = { name: "", before: [], after: [] };
const cases: Case[] = [];
let skipped = 0;

/** As in bun:test. */
export function describe(name: string, declare: () => void): void {
  const outer = scope;
  scope = { name: `${outer.name}${name} > `, before: [...outer.before], after: [...outer.after] };
  declare();
  scope = outer;
}

/** As in bun:test. */
export function beforeEach(body: Body): void {
  scope.before.push(body);
}

/** As in bun:test. */
export function afterEach(body: Body): void {
  scope.after.push(body);
}

/** As in bun:test. */
export function test(name: string, body: Body, timeoutMs = 60_000): void {
  cases.push({ scope, name, body, timeoutMs });
}

test.if =
  (condition: boolean) =>
  (name: string, body: Body, timeoutMs?: number): void => {
    if (condition) test(name, body, timeoutMs);
    else {
      skipped++;
      console.log(`skip ${scope.name}${name}`);
    }
  };

/** Runs what was declared; the number of tests that failed. */
export async function runTests(): Promise<number> {
  let failed = 0;
  for (const { scope, name, body, timeoutMs } of cases) {
    try {
      for (const before of scope.before) await before();
      await within(timeoutMs, body);
      for (const after of scope.after) await after();
      console.log(`pass ${scope.name}${name}`);
    } catch (error) {
      failed++;
      console.log(
        `FAIL ${scope.name}${name}\n${error instanceof Error ? (error.stack ?? error.message) : inspect(error)}`,
      );
    }
  }
  console.log(`${cases.length - failed} pass, ${failed} fail, ${skipped} skip`);
  return failed;
}

async function within(limitMs: number, body: Body): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done within ${limitMs} ms`)), limitMs);
  });
  try {
    await Promise.race([body(), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The matchers that the suite uses, as in bun:test. */
export function expect(received: unknown) {
  const must = (holds: boolean, what: string, expected: unknown): void => {
    if (!holds) throw new Error(`expected ${inspect(received)} ${what} ${inspect(expected)}`);
  };
  return {
    toBe: (expected: unknown) => must(Object.is(received, expected), "to be", expected),
    toEqual: (expected: unknown) => must(isDeepStrictEqual(received, expected), "to equal", expected),
    toBeNull: () => must(received === null, "to be", null),
    toBeInstanceOf: (expected: new (...parts: never[]) => unknown) =>
      must(received instanceof expected, "to be a", expected.name),
    toMatch: (expected: RegExp) => must(expected.test(String(received)), "to match", expected),
    toBeLessThan: (expected: number) => must((received as number) < expected, "to be less than", expected),
    toBeLessThanOrEqual: (expected: number) => must((received as number) <= expected, "to be at most", expected),
    toBeGreaterThan: (expected: number) => must((received as number) > expected, "to be more than", expected),
  };
}
