/** Contexts that are made once, and how long they are kept. */
import { expect, test } from "bun:test";
import { Contexts } from "../../../../src/proxy/tls/contexts.ts";

test("one key has one context, over a change as long as it is asked for again", () => {
  const made: string[] = [];
  const contexts = new Contexts<number>();
  const ask = (key: string): number => contexts.get(key, [key], () => made.push(key));
  expect([ask("a"), ask("b"), ask("a")]).toEqual([1, 2, 1]);
  contexts.renew();
  expect(ask("a")).toBe(1);
  contexts.renew();
  expect([ask("a"), ask("b")]).toEqual([1, 3]);
  expect(made).toEqual(["a", "b", "b"]);
});

function fails(): never {
  throw new Error("no");
}

test("one that cannot be made is tried again", () => {
  const contexts = new Contexts<string>();
  expect(() => contexts.get("a", [], fails)).toThrow("no");
  expect(contexts.get("a", [], () => "made")).toBe("made");
});

test("one whose file was replaced is not kept", () => {
  const contexts = new Contexts<string>();
  contexts.get("a", ["1", "2"], () => "a");
  contexts.renew();
  contexts.get("b", ["2", "3"], () => "b");
  contexts.forget("1");
  expect(contexts.count).toBe(1);
  contexts.forget("3");
  expect(contexts.count).toBe(0);
});
