/** Lines to words: quotes, escapes, variables, comments, limits. */
import { describe, expect, test } from "bun:test";
import { lexLine, quoteWords } from "../../../../src/config/text/lexer.ts";

const environment = new Map([
  ["FOO", "foo"],
  ["LIST", "a b  c"],
  ["EMPTY", ""],
]);

function words(source: string): readonly string[] | object {
  const result = lexLine(source, { file: "f.cfg", line: 7, section: "fe" }, environment);
  return result.ok ? result.words.map((word) => word.text) : result;
}

describe("words", () => {
  test.each([
    ["", []],
    ["  \t ", []],
    ["a b\tc", ["a", "b", "c"]],
    ["a#b c", ["a"]],
    ["a\\#b", ["a#b"]],
    ['b""e', ["be"]],
    ['"" x', ["", "x"]],
    ["'a $FOO \\n'", ["a $FOO \\n"]],
    ['"a $FOO ${FOO}"', ["a foo foo"]],
    ["$FOO", ["$FOO"]],
    ['"${NO-de fault}"', ["de fault"]],
    ['"${EMPTY-x}"', [""]],
    ['"${NO}"', [""]],
    ['p"${LIST[*]}"s', ["pa", "b", "cs"]],
    ['"${.FILE}:${.LINE}:${.SECTION}"', ["f.cfg:7:fe"]],
    ["\\x41\\x42\\q\\", ["AB\\q\\"]],
    ['"\\$FOO \\""', ['$FOO "']],
    ["a\\ b c\\tc", ["a b", "c\tc"]],
    ["a \r", ["a"]],
    ["\xe9\xff", ["\xe9\xff"]],
    ["a\\x00b c", ["a", "c"]],
  ])("%j", (source, expected) => {
    expect(words(source)).toEqual(expected);
  });
});

describe("positions", () => {
  test("a word knows where it stands and whether it was quoted", () => {
    const result = lexLine(' ab  "c d"e #x', { file: "f", line: 1, section: "" }, environment);
    expect(result).toEqual({
      ok: true,
      words: [
        { text: "ab", column: 2, length: 2, quoted: false },
        { text: "c de", column: 6, length: 6, quoted: true },
      ],
    });
  });

  test.each([
    [" x 'abc", "unmatched quote", 4],
    [' x"${FOO"', "unmatched brace in environment variable name", 5],
    [' x"$!"', "forbidden first char in environment variable name", 5],
    [' "${LIST[1]}"', "truncated or invalid word expansion sequence", 9],
    [" x\\x4g", "truncated or invalid hexadecimal sequence", 3],
  ])("%j", (source, text, position) => {
    expect(words(source)).toEqual({ ok: false, error: { text, position } });
  });

  test("the 65th word is one too many", () => {
    const list = Array.from({ length: 65 }, (_, index) => `w${index}`);
    expect(words(list.slice(0, 64).join(" "))).toEqual(list.slice(0, 64));
    expect(words(list.join(" "))).toEqual({ ok: false, tooMany: { position: 243, last: "w63" } });
  });
});

test("quoted words come back", () => {
  const list = ["a", "b c", "$x", '"', "'", "\\", "#", "\n", "\t", "\r", "", "\x80"];
  expect(words(quoteWords(list))).toEqual(list);
});
