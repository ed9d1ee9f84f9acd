/** Regular expressions: read as PCRE2 reads them, found as PCRE2 finds them (measured with pcre2test 10.42), and run by an engine that no text keeps busy. */
import { describe, expect, test } from "bun:test";
import { processorMs } from "../../processor-time.ts";
import {
  backtrackingReason,
  compileRegex,
  expandReferences,
  RegexError,
  type RegexUse,
} from "../../../src/regex/compile.ts";
import { LinearRegex } from "../../../src/regex/linear.ts";

describe("what is found", () => {
  test.each([
    ["^a.c$", "a\xffc\n", ["a\xffc"]],
    ["^a.c$", "a\nc", null],
    ["a$", "a\n", ["a"]],
    ["a$", "a\n\n", null],
    ["a\\z", "a\n", null],
    ["a\\Z", "a\n", ["a"]],
    ["(?m)^b$", "a\nb\nc", ["b"]],
    ["(?s)a.c", "a\nc", ["a\nc"]],
    ["(?i)A(?-i)b", "ab", ["ab"]],
    ["(?i)A(?-i)b", "aB", null],
    ["(?i:\xc9)", "\xe9", null],
    ["\\s", "\v", ["\v"]],
    ["\\s", "\xa0", null],
    ["\\h", "\xa0", ["\xa0"]],
    ["[[:^alpha:]]+", "ab1.c", ["1."]],
    ["[]a]+", "x]a]", ["]a]"]],
    ["[\\w.-]+", "!a.b-c", ["a.b-c"]],
    ["\\Qa.b\\E+", "a.bbb", ["a.bbb"]],
    ["\\x41\\101\\o{101}\\x{41}\\cA", "AAAA\x01", ["AAAA\x01"]],
    ["a{,2}", "a{,2}", ["a{,2}"]],
    ["(a)|(b)", "b", ["b", undefined, "b"]],
    ["(?:(a)|b)*", "ab", ["ab", "a"]],
    ["(a|ab)(c|bcd)(d*)", "abcd", ["abcd", "a", "bcd", ""]],
    ["(?<name>a)(?P<other>b)", "ab", ["ab", "a", "b"]],
    ["(?n)(a)(?<b>b)", "ab", ["ab", "b"]],
    ["(?U)a+", "aaa", ["a"]],
    ["(?>a+)ab", "aaab", null],
    ["a++b", "aaab", ["aaab"]],
    ["(?>(a)|b)(c)", "bc", ["bc", undefined, "c"]],
    // As PCRE: the one turn of a `?` may take nothing, and then the group has found that.
    ["x([ab]{0,2}?)?", "x-", ["x", ""]],
    ["x(a??)?", "xa", ["x", ""]],
    ["(a)\\1", "xaa", ["aa", "a"]],
    ["a(?=b)", "ab", ["a"]],
    ["(?<=a|bc)d", "bcd", ["d"]],
    ["(?#nothing)a(?x) b # c\n c", "abc", ["abc"]],
    ["\\R", "\r\n", ["\r\n"]],
    ["\\p{Lu}\\pL", "\xc9a", ["\xc9a"]],
    ["(?:.*/)?([^/]*)$", "a/b/c\n", ["a/b/c\n", "c\n"]],
    ["(.*)-(.*)$", "a-b-c\n", ["a-b-c", "a-b", "c"]],
  ] as const)("%j in %j", (pattern, text, groups) => {
    expect<unknown>(compileRegex(pattern, { hasGroups: true }).exec(text)).toEqual(groups);
    expect(compileRegex(pattern, { hasGroups: true }).test(text)).toBe(groups !== null);
  });

  test.each([
    [" +", "a  b   c ", "-", "a-b-c-", "a-b   c "],
    ["(.*)(.*)=(\\w)", "a=b c=d", "\\3\\9", "d", "d"],
    ["$", "a\n", "!", "a!\n!", "a!\n"],
    ["(a+)*$", "ba\n", "[\\1]", "b[a][]\n[]", "b[a]\n"],
    ["x*", "axb", "-", "-a--b-", "-axb"],
  ])("replacing %j in %j", (pattern, text, by, all, first) => {
    const replaced = (everywhere: boolean): string =>
      compileRegex(pattern, { everywhere, hasGroups: true }).replace(text, (groups) => expandReferences(by, groups));
    expect([replaced(true), replaced(false)]).toEqual([all, first]);
  });
});

/** Where it stopped and why, in HAProxy 2.6's words. */
test.each([
  ["a**", "quantifier does not follow a repeatable item", 2],
  ["a{2}{3}", "quantifier does not follow a repeatable item", 6],
  ["^*", "quantifier does not follow a repeatable item", 1],
  ["a|*", "quantifier does not follow a repeatable item", 2],
  ["a{65536}", "number too big in {} quantifier", 7],
  ["x{2,1}", "numbers out of order in {} quantifier", 5],
  ["\\i", "unrecognized character follows \\", 1],
  ["[a-\\d]", "invalid range in character class", 5],
  ["[\\w-z]", "invalid range in character class", 3],
  ["[[:foo:]]", "unknown POSIX class name", 3],
  ["(?<=a+)b", "lookbehind assertion is not fixed length", 0],
  ["(?i", "missing closing parenthesis", 3],
  ["(", "missing closing parenthesis", 1],
  [")", "unmatched closing parenthesis", 0],
  ["[", "missing terminating ] for character class", 1],
  ["[]", "missing terminating ] for character class", 2],
  ["\\c", "\\c at end of pattern", 2],
  ["a\\", "\\ at end of pattern", 2],
  ["\\1", "reference to non-existent subpattern", 1],
  ["[\\R]", "escape sequence is invalid in character class", 2],
])("%j is refused: %s", (pattern, message, offset) => {
  const error = refusalOf(pattern);
  expect([error?.message, error?.offset]).toEqual([message, offset]);
});

test("where groups are not asked for, only named ones are groups, as in HAProxy", () => {
  expect(refusalOf("(a)\\1")?.message).toBe("reference to non-existent subpattern");
  expect(compileRegex("(?<n>a)\\1(?:b)(c)").exec("aabc")).toEqual(["aabc", "a"]);
});

function refusalOf(pattern: string): RegexError | null {
  try {
    compileRegex(pattern);
    return null;
  } catch (error) {
    if (error instanceof RegexError) return error;
    throw error;
  }
}

test.each(["\\K", "(?R)", "(?(1)a)", "(*UTF8)a", "(?|a)", "\\X"])("%j is not to be had, and says so", (pattern) => {
  expect(refusalOf(pattern)?.message).toContain("not supported here");
});

/** "native", "linear", or why neither will do. */
function engineOf(pattern: string, use: RegexUse = {}): string {
  const reason = backtrackingReason(pattern, use);
  if (reason !== null) return reason;
  return compileRegex(pattern, use) instanceof LinearRegex ? "linear" : "native";
}

describe("the engine", () => {
  test.each([
    "^/autoyast$",
    "SSH-2.0-OpenSSH.*",
    "^[^/:]*://",
    "\\.(jpe?g|png|gif|css|js)$",
    "^(.*)\\.example\\.com$",
    "^\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}$",
    "(?i)(curl|wget|python)",
    "^(www\\.)?(git|hg)\\.example\\.(com|org)$",
    "\\bsqlmap\\b",
    "^[a-z0-9-]+(\\.[a-z0-9-]+)*$",
    "^/([^/]+)/([^/]+)/?$",
    "user=([^;]+)",
    "^(?!.*admin)[a-z/]+$",
    "^\\s+|,\\s{0,3}$",
  ])("%j is the runtime's own", (pattern) => expect(engineOf(pattern)).toBe("native"));

  test.each([
    "^(\\w+\\s?)*$",
    "a*b",
    "(.*)(.*)foo",
    "^.*a.*b.*c",
    "\\s*\\s*$",
    "(a|a)*b",
    "([a-z]+)\\.example",
    "(x+x+)+y",
  ])("%j is RE2", (pattern) => expect(engineOf(pattern)).toBe("linear"));

  test.each([
    ["(.*)(.*)\\1$", "references to groups"],
    ["(?=(a+)+b)a*", "look-ahead"],
    ["(a+)+(?<=b)", "look-behind"],
    ["(?>a+)+$", "atomic groups"],
    ["(?:a++)*b++c*$", "possessive quantifiers"],
    ["(?m)^(a+)+$", "anchors of lines"],
    ["(a{1,1000}){1,1000}", "repetitions as large as these"],
    ["(?:a{1,30}){1,30}.{1001}b", "repetitions as large as these"],
  ])("%j goes back and tries again, for %s", (pattern, reason) =>
    expect(engineOf(pattern, { hasGroups: true })).toBe(reason),
  );

  test("what is replaced everywhere is looked at as often", () => {
    expect([
      engineOf("\\s+", { everywhere: true }),
      engineOf("a.*b|a"),
      engineOf("^a.*b|a", { everywhere: true }),
    ]).toEqual(["native", "linear", "linear"]);
  });
});

describe("no text keeps an engine busy", () => {
  const buffer = 16_384;
  const texts = ["a", "ab", "a ", "x", "<"].flatMap((unit) => {
    const text = unit.repeat(buffer / unit.length);
    return [text, `${text}!`];
  });

  test.each([
    "^(\\w+\\s?)*$",
    "(x+x+)+y",
    "(a|aa)+$",
    "(.*)*!!",
    "a.*b.*c.*d",
    "^(a?){25}a{25}$",
    "\\s*\\s*$",
    "(a+)+b",
  ])("%j over a full buffer", (pattern) => {
    const regex = compileRegex(pattern, { hasGroups: true });
    const tookMs = processorMs(() => {
      for (const text of texts) {
        regex.test(text);
        regex.exec(text);
      }
    });
    // A millisecond or so each; an engine that tries again needs minutes for the least of them, if it ends at all.
    expect(tookMs).toBeLessThan(4000);
  });

  test("replacing stops where it would begin to look at everything again and again", () => {
    const text = "a".repeat(buffer);
    const regex = compileRegex("a.*b|a", { everywhere: true, hasGroups: true });
    const tookMs = processorMs(() => {
      const replaced = regex.replace(text, () => "-");
      expect(replaced).toMatch(/^-+a+$/);
      expect(replaced.length).toBe(buffer);
      expect(regex.replace("a".repeat(1000), () => "-")).toBe("-".repeat(1000));
    });
    expect(tookMs).toBeLessThan(4000);
  });
});
