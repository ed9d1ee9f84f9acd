/** One word's help: every word has one, of all its meanings; examples are lines that are accepted. */
import { describe, expect, test } from "bun:test";
import { wordText } from "../../../../src/cli/keywords.ts";
import { examples } from "../../../../src/config/keywords/examples.ts";
import { keywords } from "../../../../src/config/keywords/language.ts";
import { helpFor, nearWords, wordHelps } from "../../../../src/config/keywords/word-help.ts";
import { readText } from "../../../cases/case.ts";

function meanings(word: string): string[] {
  return helpFor(word).map(({ kind, form }) => `${kind}: ${form}`);
}

test("a word has all its meanings", () => {
  expect(meanings("maxconn")).toEqual([
    "Line of a global section: maxconn <number>",
    "Line of a proxy's section: maxconn <number>",
    "Option of bind lines: maxconn <number>",
    "Option of server, default-server and server-template lines: maxconn <number>",
  ]);
  expect(helpFor("set-var").map(({ kind }) => kind)).toEqual([
    "Line of a global section",
    "Action of rules",
    "Converter",
  ]);
  expect(meanings("base64")).toEqual(["Converter: base64: bin -> str"]);
  expect(helpFor("cpu_calls")).toMatchObject([
    { kind: "Sample", class: "refused", reason: "it needs HAProxy's own internals" },
  ]);
  expect(helpFor("hdr_beg")).toMatchObject([{ kind: "Word of ACLs", help: "req.hdr, compared by -m beg." }]);
});

test("where it stands, whether 'no' may stand before it, and whose it is", () => {
  expect(helpFor("option ssh")[0]).toMatchObject({
    where: ["defaults", "frontend", "listen", "backend"],
    isNegatable: true,
    isExtension: true,
    example: "option ssh",
  });
  expect(helpFor("ssh-reject")).toMatchObject([
    { where: ["tcp-request session", "tcp-request content"], isExtension: true },
  ]);
  expect(helpFor("src")[0]).toMatchObject({ isExtension: false, help: null, isNegatable: false });
  expect(helpFor("timeout client")[0]).toMatchObject({ where: ["defaults", "frontend", "listen"], isNegatable: false });
});

test("it is found by a part of its name, with 'no' before it, and with arguments behind", () => {
  expect(helpFor("sshlog").map(({ name }) => name)).toEqual(["option sshlog"]);
  expect(helpFor("no  option   ssh")[0]?.name).toBe("option ssh");
  expect(helpFor("set-var(txn.a)")).toEqual(helpFor("set-var"));
  expect(helpFor("timeout").map(({ name }) => name)).toContain("timeout client");
  for (const word of ["constructor", "", "__proto__", "x".repeat(10_000), "("]) expect(helpFor(word)).toEqual([]);
});

test("every keyword of the list has a meaning of its own", () => {
  const helped = new Set(Array.from(wordHelps(), ({ name }) => name));
  const missing = keywords.filter(({ name }) => !helped.has(name));
  expect(missing).toEqual([]);
});

test("words that may have been meant", () => {
  expect(nearWords("balanc")[0]).toBe("balance");
  expect(nearWords("sshlgo")).toContain("sshlog");
  expect(nearWords("bas64")).toContain("base64");
  expect(nearWords("ssh.client.softwear")).toContain("ssh.client.software");
  expect(nearWords("qqqqqqqqqqqq")).toEqual([]);
  expect(nearWords("s").length).toBeLessThanOrEqual(5);
});

describe("as text", () => {
  test("a paragraph for each meaning", () =>
    expect(wordText("option ssh-require", false)).toEqual({
      said: `option ssh-require
  Line of a proxy's section, in: defaults, frontend, listen, backend.
  Refuses what turns out not to be SSH.
  Works; 'no' may stand before it; fairlead's own, HAProxy does not know it.
  Example: option ssh-require
`,
    }));
  test("what is refused says why", () =>
    expect(wordText("cpu_calls", false)).toEqual({
      said: "cpu_calls\n  Sample.\n  Refused: it needs HAProxy's own internals.\n",
    }));
  test("many are a line each", () => {
    const found = wordText("timeout", false);
    const lines = "said" in found ? found.said.trimEnd().split("\n") : [];
    expect(lines.length).toBeGreaterThan(12);
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}timeout client <time> +Longest silence of the client\.$/));
  });
  test("a word that nobody knows, whatever is in it", () => {
    expect(wordText("balanc", false)).toEqual({
      wrong: "nothing is called 'balanc' here; did you mean 'balance' maybe ?",
    });
    expect(wordText("\u001b[2J", false)).toEqual({ wrong: "nothing is called '#1B[2J' here" });
  });
  test("JSON", () => {
    const found = wordText("sshlog", true);
    expect("said" in found && JSON.parse(found.said)).toMatchObject([{ name: "option sshlog", class: "works" }]);
  });
});

/** Where a line of that kind may stand. */
function around(scope: string, line: string): string {
  const global = scope === "global" ? `global\n    ${line}\n` : "";
  const front = scope === "bind" ? `    ${line}\n` : "    bind :1\n";
  const isBack =
    scope === "server" ||
    /^(?:balance|server|default-server|option (?:redispatch|tcp-check)|retries|timeout (?:connect|queue|server|tunnel))/.test(
      line,
    );
  const own = scope === "global" || scope === "bind" ? "" : `    ${line}\n`;
  return `${global}frontend f\n    mode tcp\n${front}    tcp-request inspect-delay 1s\n    timeout client 1s\n    option ssh\n${isBack ? "" : own}    default_backend servers\nbackend servers\n    mode tcp\n    timeout connect 1s\n    timeout server 1s\n${isBack ? own : ""}    server last 192.0.2.1:1\n`;
}

test("examples are of words that there are, and are accepted", () => {
  const known = new Set(Array.from(keywords, ({ scope, name }) => `${scope} ${name}`));
  const shown = new Set([...wordHelps()].map(({ example }) => example).filter((one) => one !== null));
  for (const [key, line] of examples) {
    expect(known).toContain(key);
    expect(shown).toContain(line);
    const [scope = ""] = key.split(" ", 1);
    if (line.includes(" ssl ")) continue;
    const { diagnostics } = readText(around(scope, line));
    expect([line, diagnostics.all.filter(({ level }) => level === "alert").map(({ text }) => text)]).toEqual([
      line,
      [],
    ]);
  }
});
