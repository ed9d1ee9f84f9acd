/** No text makes the reader throw or hang, and quoting is the reverse of lexing. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { processorMs } from "../processor-time.ts";
import { lexLine, quoteWords } from "../../src/config/text/lexer.ts";
import { readFront } from "../cases/front/read-front.ts";
import { seededRandom, type Random } from "./seed.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const random = seededRandom("configuration front");

function text(length: number): string {
  return Buffer.from(random.bytes(length)).toString("latin1");
}

/** Pieces that parsers care about, put together at random. */
const pieces = [
  "\"'\\#${}[]()%!,.:/ \t\n\r\0-+<>=&|x0aZ\xff".split(""),
  ["\n", "backend b\n", "frontend f\n", " acl a ", " tcp-request content ", " tcp-request connection ", "global\n"],
  [
    "track-sc0 ",
    "set-var(sess.x) ",
    "set-var-fmt(txn.y) ",
    "reject if ",
    "{ ",
    " }",
    "src",
    "req.len",
    "str(",
    "ipmask(",
  ],
  ["stick on ", "use_backend ", "log-format ", "%[", "%{+Q}o", "%(n)ci", "%%", ".if ", ".elif ", ".else\n", ".endif\n"],
  [
    "streq(",
    "feature(",
    "defined(A)",
    "&&",
    "||",
    "${A-",
    "${A[*]}",
    "\\x4",
    "1:5",
    "gt ",
    "10.0.0.0/8",
    "::1",
    " -m ",
  ],
  [
    "regsub((,",
    "map(/dev/null)",
    "defaults d\n",
    " from d\n",
    "setenv A ",
    "(((((((((((((((",
    "table t",
    "unless ",
    " or ",
  ],
].flat();

function soup(length: number, source: Random): string {
  return Array.from({ length }, () => source.pick(pieces)).join("");
}

test("random bytes give messages, never an exception", () => {
  for (let round = 0; round < 300; round += 1) {
    expect(() => readFront(text(random.between(0, 400)))).not.toThrow();
  }
});

test("random pieces of the language give messages, never an exception", () => {
  for (let round = 0; round < 1500; round += 1) {
    const config = soup(random.between(1, 60), random);
    try {
      readFront(`backend b\n${config}\n`);
    } catch (error) {
      throw new Error(`${JSON.stringify(config)}: ${String(error)}`, { cause: error });
    }
  }
});

test("words that were quoted come back", () => {
  const origin = { file: "f", line: 1, section: "" };
  for (let round = 0; round < 2000; round += 1) {
    const words = Array.from({ length: random.between(0, 12) }, () => text(random.between(0, 9)).replaceAll("\0", "0"));
    const result = lexLine(quoteWords(words), origin, new Map());
    expect(result.ok && result.words.map((word) => word.text)).toEqual(words);
  }
});

test("long lines take time in proportion to their length", () => {
  const long = 200_000;
  const lines = [
    `x ${'"'.repeat(long)}`,
    `x ${"\\".repeat(long)}`,
    `x "${"$A".repeat(long)}"`,
    `.if ${"!".repeat(long)}1`,
  ];
  for (const line of lines) {
    expect(processorMs(() => readFront(`backend b\n ${line}\n .endif\n`))).toBeLessThan(5000);
  }
});
