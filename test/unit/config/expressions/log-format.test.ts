/** Log-format strings as data. */
import { expect, test } from "bun:test";
import { ownLogFormat, parseLogFormat } from "../../../../src/config/expressions/log-format.ts";
import { tcpLogFormat } from "../../../../src/rules/format/log-alias.ts";
import { scopeOf, src } from "../reading.ts";

const parseText = (text: string): unknown => {
  const words = [{ text, column: 1, length: 1, quoted: true }];
  const statement = { file: "a.cfg", line: 3, source: text, words };
  return parseLogFormat({ statement, index: 0 }, scopeOf("frontend"), "logs", "log-format");
};

const off = { quote: false, hex: false, escape: false };
test("text, aliases, samples, flags and names", () => {
  expect(parseText("%{+Q}o %{+X}o a  %% %(who)ci%{-Q,+E}[src,lower]")).toEqual({
    text: "%{+Q}o %{+X}o a  %% %(who)ci%{-Q,+E}[src,lower]",
    encoding: "text",
    parts: [
      { kind: "text", text: "a % ", flags: off, name: null },
      { kind: "alias", alias: "ci", name: "who", flags: { quote: true, hex: true, escape: false } },
      {
        kind: "sample",
        name: null,
        flags: { quote: false, hex: true, escape: true },
        expression: { ...src, converters: [{ name: "lower", arguments: [] }], text: "src,lower" },
      },
    ],
  });
});

test("JSON is chosen by a flag of o", () => {
  expect(parseText("%{+json}o %(a)ci %(b)[src]")).toMatchObject({ encoding: "json" });
});

test("the built-in format parses", () => {
  expect(ownLogFormat(tcpLogFormat, scopeOf("frontend")).parts).toHaveLength(35);
});

test.each([
  ["%lc", "lc"],
  ["%rt", "rt"],
])("%s is an alias", (text, alias) => {
  expect(parseText(text)).toMatchObject({ parts: [{ kind: "alias", alias }] });
});

test.each([
  ["%", "truncated line after '%'"],
  ["%{+Q}", "parse argument modifier without variable name near '%{+Q}'"],
  ["%HM", "format variable 'HM' is reserved for HTTP mode"],
  ["%zz", "no such format variable 'zz'. If you wanted to emit the '%' character verbatim, you need to use '%%'"],
  ["%,", "unexpected variable name near ',' at position 1 line : '%,'."],
  ["%(a", "truncated line after 'a'"],
  ["%{+Q", "truncated line after '+Q'"],
  ["%[src", "missing ']' after 'src'"],
  ["%[nothing]", "failed to parse sample expression <nothing]> : unknown fetch method 'nothing'"],
])("%s is refused", (text, message) => expect(() => parseText(text)).toThrow(message));
