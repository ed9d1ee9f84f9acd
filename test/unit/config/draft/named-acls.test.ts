/** ACLs of a section on top of those of its `defaults`. */
import { expect, test } from "bun:test";
import { NamedAcls } from "../../../../src/config/draft/named-acls.ts";
import type { AclTest } from "../../../../src/plan/rules/acl.ts";

const line = (text: string): AclTest => ({
  expression: { fetch: text, arguments: [], converters: [], text },
  match: "str",
  ignoreCase: false,
  patterns: [],
  files: [],
  own: null,
});

test("what is inherited is added to for the section alone", () => {
  const defaults = new NamedAcls(null);
  defaults.add("a", line("1"));
  const [one, other] = [new NamedAcls(defaults), new NamedAcls(defaults)];
  one.add("a", line("2"));
  expect(one.get("a")).toEqual([line("1"), line("2")]);
  expect(other.get("a")).toEqual([line("1")]);
  expect(defaults.get("a")).toEqual([line("1")]);
});

test("who has asked for a list sees the lines that come later", () => {
  const acls = new NamedAcls(null);
  acls.add("a", line("1"));
  const seen = acls.get("a");
  acls.add("a", line("2"));
  expect(seen).toEqual([line("1"), line("2")]);
});

test("names stand once, inherited ones first, over sections without any", () => {
  const first = new NamedAcls(null);
  first.add("a", line("1"));
  first.add("b", line("1"));
  const last = new NamedAcls(new NamedAcls(first));
  last.add("c", line("1"));
  last.add("b", line("2"));
  expect([...last.names()]).toEqual(["a", "b", "c"]);
  expect(last.get("d")).toBeUndefined();
});
