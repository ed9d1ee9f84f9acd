/** What the operator reads: who speaks first, how much, and what counts as said during the start. */
import { expect, test } from "bun:test";
import { openOperator, talkOf } from "../../../src/cli/operator.ts";
import { defaultOptions } from "../../../src/cli/options.ts";

const about = { name: "fairlead", version: "1", path: "/bin/fairlead" };

function open(who: typeof about | null = about) {
  const said = { out: "", err: "" };
  const line = (to: "out" | "err") => ({
    write: (bytes: Uint8Array) => void (said[to] += new TextDecoder().decode(bytes)),
    dropped: 0,
    flushed: () => Promise.resolve(),
  });
  return { operator: openOperator(line("out"), line("err"), who), said };
}

const label = (level: string, text: string): string => `[${level}]`.padEnd(11) + `(${process.pid}) : ${text}\n`;

test("the first message is introduced, none later, and print never", () => {
  const { operator, said } = open();
  operator.print("plain\n");
  operator.warning("one");
  operator.alert("two");
  const head = label("NOTICE", "fairlead version is 1") + label("NOTICE", "path to executable is /bin/fairlead");
  expect(said).toEqual({ out: "plain\n", err: head + label("WARNING", "one") + label("ALERT", "two") });
});

test("once it has started nobody is introduced, nor where another process was", () => {
  const late = open();
  late.operator.started();
  late.operator.alert("x");
  const other = open(null);
  other.operator.alert("x");
  expect(late.said.err).toBe(label("ALERT", "x"));
  expect(other.said.err).toBe(late.said.err);
});

test("said during the start are warnings and above, reports, and what another process said before", () => {
  const { operator } = open(null);
  operator.notice("a");
  operator.warning("b");
  operator.report("c\n");
  operator.recall("before\n");
  operator.started();
  operator.alert("d");
  expect(operator.said).toBe(`before\n${label("WARNING", "b")}c\n`);
});

test("quiet says nothing on stderr, and is kept as said", () => {
  const { operator, said } = open();
  operator.talk = talkOf({ ...defaultOptions, quiet: true });
  operator.alert("a");
  expect(said.err).toBe("");
  expect(operator.said).toBe(label("ALERT", "a"));
  expect(talkOf({ ...defaultOptions, quiet: true, verbose: true })).toBe("verbose");
});
