/** `tcp-check expect` and `http-check expect`. */
import { expect, test } from "bun:test";
import { planOf, saidOf } from "../reading.ts";

const back = (family: "tcp" | "http", words: string): string =>
  `backend b\n option ${family === "tcp" ? "tcp-check" : "httpchk"}\n ${family}-check expect ${words}\n server s 127.0.0.1:6 check\n`;

function step(family: "tcp" | "http", words: string): object | undefined {
  const check = planOf(back(family, words)).backends[0]?.check;
  return check !== undefined && "steps" in check ? check.steps.at(-1) : undefined;
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

test.each([
  ["tcp", "string OK", { match: "string", negate: false, pattern: bytes("OK") }],
  ["tcp", "! binary 00ff", { match: "binary", negate: true, pattern: bytes("\0\u00ff") }],
  ["tcp", "!rstring ^a", { match: "rstring", negate: true, pattern: "^a" }],
  ["tcp", "comment here min-recv 5 string x", { comment: "here", minRecv: 5 }],
  [
    "tcp",
    "string x error-status L7RSP tout-status L6TOUT ok-status L7OKC",
    { errorStatus: "L7RSP", okStatus: "L7OKC" },
  ],
  ["tcp", "string-lf %[src] on-error no on-success yes", { onError: { text: "no" }, onSuccess: { text: "yes" } }],
  ["http", "status 200,300-399", { match: "status", pattern: "200,300-399" }],
  ["http", "! rstatus ^5", { match: "rstatus", negate: true, pattern: "^5" }],
  [
    "http",
    "hdr name -m beg X- value -m str y",
    { header: { full: false, name: { match: "beg", text: "X-" }, value: { match: "str", text: "y" } } },
  ],
  ["http", "fhdr name Server", { header: { full: true, name: { match: "str", text: "Server" }, value: null } }],
] as const)("%s-check expect %s", (family, words, fields) =>
  expect(step(family, words)).toMatchObject(fields as never),
);

test.each([
  ["tcp", "", "expects at least a matching pattern as arguments."],
  ["tcp", "comment x", "pattern not found."],
  ["tcp", "string a string b", "only on pattern expected."],
  ["tcp", "binary 0", "an even number of hex digit is expected"],
  ["tcp", "rstring (", "missing closing parenthesis"],
  ["tcp", "ok-status L9 string x", "'L4OK', 'L6OK', 'L7OK' or 'L7OKC'"],
  ["tcp", "status 200", "but got 'status'"],
  ["http", "binary 00", "but got 'binary'"],
] as const)("%s-check expect %s is refused", (family, words, message) => {
  expect(saidOf(back(family, words)).join("\n")).toContain(message);
});
