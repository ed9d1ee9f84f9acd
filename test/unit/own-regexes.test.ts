/** Our own regular expressions in the rooms where bytes from outside are read: each costs no more than some steps a byte, or is told here. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isCheap, settle } from "../../src/regex/cost.ts";
import { RegexError } from "../../src/regex/cursor.ts";
import { parseRegex } from "../../src/regex/parse.ts";

const source = join(import.meta.dir, "../../src");
const rooms = ["wire", "rules", "proxy", "ops", "net"];

/** Those that are cheap though it is not seen, or get no long text, by file and beginning. */
const known: readonly (readonly [file: string, beginning: string, why: string])[] = [
  ["rules/value/json-query.ts", "\\.((?:\\\\+.", "an argument of the configuration"],
  ["rules/value/json-query.ts", "\\\\+(.)", "an argument of the configuration"],
  ["rules/value/base64.ts", "^(?:[A-Za-z0-9+/]{4})*", "only the last four bytes have choices"],
  ["rules/value/base64.ts", "^(?:[A-Za-z0-9_-]{4})*", "only the last four bytes have choices"],
  ["rules/fetches/http-auth.ts", "^([^ ]*) +(.*)$", "it never fails behind the first blank"],
  ["rules/converters/http-values.ts", "^\\s*([^\\s;]*)(.*)$", "it never fails"],
  ["rules/actions/http/normalize-uri.ts", "\\/(?:\\.\\/)+", "it never fails behind the first /./"],
  ["rules/actions/http/message-text.ts", "^(?:[^\\\\]|", "an argument of the configuration, and no byte has a choice"],
  ["wire/http-request.ts", ":\\d*$", "no digits belong to two colons"],
  ["proxy/check/run/http-answer.ts", "chunked\\s*$", "no spaces belong to two of the words"],
  ["proxy/process/limits/descriptors.ts", "^Max open files", "the kernel's text"],
  ["proxy/check/agent-answer.ts", "^(.*?)(?:(?<=^", "what begins with # goes to the end"],
  ["ops/admin/patterns.ts", "^[ \\t]*([^ \\t\\n]*)", "it never fails"],
  ["ops/sockets/master-commands.ts", "^\\s*@(!?)", "it never fails behind the number"],
  ["ops/sockets/command-reader.ts", "^(|.*\\s)<<\\s*$", "no spaces belong to two of the signs"],
  ["net/libc/socket-calls.ts", "\\0+$", "108 bytes"],
];

/** A literal as it stands behind what a value may follow, with its flags. */
const literal = /(?<=^|[(,=:!&|?[{;\s])\/((?:[^/\\[\n]|\\.|\[(?:[^\]\\]|\\.)*\])+)\/([dgimsuvy]*)(?=[.,;)\s\]])/g;

function dearOnes(file: string): string[] {
  const lines = readFileSync(join(source, file), "utf8").split("\n");
  return lines
    .filter((line) => !/^\s*(?:\*|\/\*\*|\/\/)/.test(line))
    .flatMap((line) => [...line.matchAll(literal)])
    .filter(([, body = "", flags = ""]) => !isSeenToBeCheap(body, flags))
    .map(([, body = ""]) => body);
}

function isKnown([file, body]: readonly [string, string]): boolean {
  return known.some(([place, beginning]) => place === file && body.startsWith(beginning));
}

function isSeenToBeCheap(body: string, flags: string): boolean {
  const options = flags.replaceAll(/[^ms]/g, "");
  const written = body.replaceAll("[^]", "(?s:.)").replaceAll(/\\u[0-9a-f]{4}/g, "\\xff");
  const pattern = `${options === "" ? "" : `(?${options})`}${flags.includes("y") ? `^(?:${written})` : written}`;
  try {
    return isCheap(settle(parseRegex(pattern, flags.includes("i"))), flags.includes("g"));
  } catch (error) {
    // Two divisions on one line look like one.
    if (error instanceof RegexError) return true;
    throw error;
  }
}

test("what is read from outside is read in time that grows as it does", () => {
  const files = rooms.flatMap((room) =>
    readdirSync(join(source, room), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => `${room}/${name}`),
  );
  const found = files.flatMap((file) => dearOnes(file).map((body) => [file, body] as const));
  expect(found.filter((one) => !isKnown(one)).map(([file, body]) => `${file}: /${body}/`)).toEqual([]);
  expect(isSeenToBeCheap("^[ \\t]+|[ \\t]+$", "g")).toBe(false);
});
