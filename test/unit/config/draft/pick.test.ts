/** The Plan's part of what was collected for it. */
import { expect, test } from "bun:test";
import { pick } from "../../../../src/config/draft/pick.ts";

test("what only reading needed stays behind, and the defaults stay as they are", () => {
  const defaults = { weight: 1, name: null as string | null, list: [] as readonly string[] };
  const draft = { weight: 5, name: null, list: ["a"], given: true };
  const picked = pick(draft, defaults);
  expect(picked).toEqual({ weight: 5, name: null, list: ["a"] });
  expect(Object.keys(picked)).not.toContain("given");
  expect(defaults).toEqual({ weight: 1, name: null, list: [] });
});
