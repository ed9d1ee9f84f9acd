/** Lists of certificates: what a line may say, and HAProxy's words for what it may not. */
import { describe, expect, test } from "bun:test";
import type { TlsEntryPlan } from "../../../../src/plan/tls.ts";
import { authority, client, leaf, leafKey } from "../pem-files.ts";
import { planOf, saidOf } from "../reading.ts";

const front = (options: string): string => `frontend f\n bind 127.0.0.1:5 ssl ${options}\n`;
const files = { a: client, b: leaf + leafKey, ca: authority };

/** The entries that a list gives a listener. */
function entries(list: string, options = ""): readonly TlsEntryPlan[] {
  const plan = planOf(front(`crt-list l ${options}`), { ...files, l: list });
  return plan.frontends[0]?.binds[0]?.tls?.entries ?? [];
}

const own = (options: string, bind = ""): TlsEntryPlan["own"] | undefined =>
  entries(`a [${options}] x\n`, bind)[0]?.own;

const plain = { filters: null, own: {}, list: "l" };

test("each line is a certificate, with the names that it is served for in place of its own", () => {
  expect(entries("# all\n\n a\nb *.Example !x.example  !*\n")).toEqual([
    { ...plain, certificate: "a", position: { file: "l", line: 3 }, text: "" },
    {
      ...plain,
      certificate: "b",
      filters: ["*.example", "!x.example", "!*"],
      position: { file: "l", line: 4 },
      text: "*.Example !x.example !*",
    },
  ]);
});

test("what stands in brackets holds for one certificate", () => {
  expect(own("")).toEqual({});
  expect(own(" alpn h2,x ")).toEqual({ alpn: ["h2", "x"] });
  expect(own("verify required ca-file ca")).toEqual({ verify: "required", authorities: "ca" });
  expect(own("verify optional", "ca-file ca")).toEqual({ verify: "optional" });
  expect(own("ssl-min-ver TLSv1.3")).toEqual({ minVersion: "TLSv1.3", maxVersion: "TLSv1.3" });
  expect(own("ssl-max-ver TLSv1.2 ciphers ECDHE+AESGCM curves P-256", "ssl-min-ver TLSv1.1")).toEqual({
    minVersion: "TLSv1.1",
    maxVersion: "TLSv1.2",
    ciphers: "ECDHE+AESGCM",
    curves: "P-256",
  });
});

test("a list is read once, and told among the files", () => {
  const text = "frontend f\n bind :5 ssl crt-list l\n bind :6 ssl crt a crt-list l\n";
  const plan = planOf(text, { ...files, l: "b [alpn h2]\n" });
  expect(plan.frontends[0]?.binds.map(({ tls }) => tls?.lists)).toEqual([["l"], ["l"]]);
  expect(plan.tls.lists.map(({ name, isFolder, entries: all }) => [name, isFolder, all[0]?.own])).toEqual([
    ["l", false, { alpn: ["h2"] }],
  ]);
});

describe("what is wrong is told as HAProxy tells it, with the list's line", () => {
  const rows: readonly (readonly [list: string, said: string])[] = [
    ["a", "parsing [l:1]: Missing LF on last line, file might have been truncated at position 2."],
    ["no x\n", "unable to stat SSL certificate from file 'no' : No such file or directory."],
    ["a\na [foo]\n", "parsing [l:2]: unknown ssl keyword foo"],
    ["a [alpn] x\n", "parsing [l:1]: ssl args out of '[]' for alpn"],
    ["[alpn h2]\n", "parsing [l:1]: file must start with a cert"],
    ["a [alpn h2][x] z\n", "parsing [l:1]: too many '['"],
    ["a [ssl-min-ver foo]\n", "'foo' : unknown ssl/tls version"],
    [`a ${"x".repeat(70_000)}\n`, "parsing [l:1]: line too long, limit is 65535 characters"],
    // HAProxy passes over these.
    ["a [verify required\n", "parsing [l:1]: missing ']'"],
    ["a x]\n", "parsing [l:1]: too many ']'"],
    ["a [allow-0rtt]\n", "parsing [l:1]: 'allow-0rtt' is not supported"],
    ["a [verify optional no-ca-names]\n", "parsing [l:1]: 'no-ca-names' is not supported"],
    ["a [npn h2]\n", "parsing [l:1]: 'npn' is not supported"],
    ["ca\n", "No Private Key found in 'ca.key'."],
  ];
  test.each(rows.map(([list, said]) => [list.slice(0, 40), list, said]))("%p", (_name, list, said) => {
    const where = "alert: parsing [case.cfg:6] : 'bind 127.0.0.1:5' in section 'frontend' : 'crt-list' : ";
    expect(saidOf(front("crt-list l"), { ...files, l: list })).toContain(where + said);
  });
});

test("files of authorities in it are told in two messages, and names before brackets are warned of", () => {
  expect(saidOf(front("crt-list l"), { ...files, l: "a [ca-file no] x\n" })).toEqual([
    "alert: Couldn't open the ca-file 'no' (No such file or directory).",
    "alert: parsing [case.cfg:6] : 'bind 127.0.0.1:5' in section 'frontend' : 'crt-list' : 'ca-file' : unable to load no",
  ]);
  const mixed = "malformated line, filters can't be between filename and options!";
  expect(saidOf(front("crt-list l"), { ...files, l: "a x [alpn h2]\n" })[0]).toEndWith(`parsing [l:1]: ${mixed}`);
});

const said = (list: string, options = ""): readonly string[] =>
  saidOf(front(`crt-list l ${options}`), { ...files, l: list });

test("words of a list are judged once TLS is spoken", () => {
  const of = "for bind '127.0.0.1:5' at [case.cfg:6].";
  expect(said("a [verify required]\n")).toEqual([`alert: Proxy 'f': verify is enabled but no CA file specified ${of}`]);
  expect(said("a [verify required]\n", "ca-file ca")).toEqual([]);
  expect(said("a [ciphers NOPE]\n")).toEqual([`alert: Proxy 'f': unable to set SSL cipher list to 'NOPE' ${of}`]);
  expect(said("a [ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.2]\n")).toEqual([
    `alert: Proxy 'f': all SSL/TLS versions are disabled ${of}`,
  ]);
});

test("a list that is not there, and one without a line", () => {
  expect(saidOf(front("crt-list no"), files)[0]).toEndWith(
    "'crt-list' : cannot open file 'no' : No such file or directory",
  );
  expect(saidOf(front("crt-list l"), { ...files, l: "# none\n" })).toEqual([
    "alert: Proxy 'f': no SSL certificate specified for bind '127.0.0.1:5' at [case.cfg:6] (use 'crt').",
  ]);
});

test("what is shown of a line has its options in one order, and its names as they are written", () => {
  const text = "b [verify  none\talpn  http/1.1 ] A.example   !*\n";
  expect(entries(text)[0]?.text).toBe("[alpn http/1.1 verify none] A.example !*");
});
