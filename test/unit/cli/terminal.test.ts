/** What is read on the terminal: who speaks first, how much, and what counts as said during the start. */
import { expect, test } from "bun:test";
import { openTerminal, talkOf } from "../../../src/cli/terminal.ts";
import { defaultOptions } from "../../../src/cli/options.ts";

const about = { name: "fairlead", version: "1", path: "/bin/fairlead" };

function open(who: typeof about | null = about) {
  const said = { out: "", err: "" };
  const line = (to: "out" | "err") => ({
    write: (bytes: Uint8Array) => void (said[to] += new TextDecoder().decode(bytes)),
    dropped: 0,
    flushed: () => Promise.resolve(),
  });
  return { terminal: openTerminal(line("out"), line("err"), who), said };
}

const label = (level: string, text: string): string => `[${level}]`.padEnd(11) + `(${process.pid}) : ${text}\n`;

test("the first message is introduced, none later, and print never", () => {
  const { terminal, said } = open();
  terminal.print("plain\n");
  terminal.warning("one");
  terminal.alert("two");
  const head = label("NOTICE", "fairlead version is 1") + label("NOTICE", "path to executable is /bin/fairlead");
  expect(said).toEqual({ out: "plain\n", err: head + label("WARNING", "one") + label("ALERT", "two") });
});

test("once it has started nobody is introduced, nor where another process was", () => {
  const late = open();
  late.terminal.started();
  late.terminal.alert("x");
  const other = open(null);
  other.terminal.alert("x");
  expect(late.said.err).toBe(label("ALERT", "x"));
  expect(other.said.err).toBe(late.said.err);
});

test("said during the start are warnings and above, reports, and what another process said before", () => {
  const { terminal } = open(null);
  terminal.notice("a");
  terminal.warning("b");
  terminal.report("c\n");
  terminal.recall("before\n");
  terminal.started();
  terminal.alert("d");
  expect(terminal.said).toBe(`before\n${label("WARNING", "b")}c\n`);
});

test("quiet says nothing on stderr, and is kept as said", () => {
  const { terminal, said } = open();
  terminal.talk = talkOf({ ...defaultOptions, quiet: true });
  terminal.alert("a");
  expect(said.err).toBe("");
  expect(terminal.said).toBe(label("ALERT", "a"));
  expect(talkOf({ ...defaultOptions, quiet: true, verbose: true })).toBe("verbose");
});
