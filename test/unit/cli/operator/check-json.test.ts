/** `check --json`: what is said of a configuration as fields. */
import { expect, test } from "bun:test";
import { checkJson } from "../../../../src/cli/operator/check-json.ts";
import { readText } from "../../../cases/case.ts";

function documentOf(text: string, code: 0 | 1 | 2 = 1, files = ["case.cfg"], withDiag = false) {
  const { plan, diagnostics } = readText(text);
  const withoutEffect = plan?.global.withoutEffect ?? [];
  return JSON.parse(checkJson({ files, diagnostics: diagnostics.all, withoutEffect, code }, withDiag));
}

test("a word that nobody knows", () => {
  expect(documentOf("global\n    maxcon 5\n")).toEqual({
    document: "fairlead check",
    version: 1,
    verdict: "refused",
    exitCode: 1,
    files: ["case.cfg"],
    diagnostics: [
      {
        severity: "error",
        file: "case.cfg",
        line: 2,
        column: 5,
        word: "maxcon",
        message: "unknown keyword 'maxcon' in 'global' section; did you mean 'maxconn' maybe ?",
        suggestion: "maxconn",
        advice: null,
      },
    ],
    withoutEffect: [],
  });
});

test("columns and words are of characters, not bytes", () => {
  const [one] = documentOf('global\n    log-tag "ä" zürück\n').diagnostics;
  expect(one).toMatchObject({ line: 2, column: 17, word: "zürück" });
});

test("warnings, messages of the later passes, and what has no effect", () => {
  const { diagnostics, withoutEffect, verdict } = documentOf(
    "global\n    nbthread 4\nfrontend f\n    bind :1\n    default_backend b\nbackend b\n    server s 192.0.2.1:1\n",
    0,
  );
  expect(verdict).toBe("valid");
  expect(diagnostics.map(({ severity, file }: Record<string, unknown>) => [severity, file])).toContainEqual([
    "warning",
    null,
  ]);
  for (const { file, line } of withoutEffect) expect([file, line]).toEqual(["case.cfg", 2]);
});

test("a place is one of the configuration's own files, or none", () => {
  const diagnostics = [
    { level: "alert", text: "parsing [a.cfg:3] : x", pointer: null, advice: "do" },
    { level: "warning", text: "[a.cfg:4] : y", pointer: null, advice: null },
    { level: "notice", text: "Parsing [a.cfg:5]: z\nmore", pointer: null, advice: null },
    { level: "alert", text: "[other:6] : w", pointer: null, advice: null },
    { level: "diag", text: "hidden", pointer: null, advice: null },
  ] as const;
  const result = { files: ["a.cfg"], diagnostics, withoutEffect: [], code: 2 } as const;
  const places = (withDiag: boolean) =>
    JSON.parse(checkJson(result, withDiag)).diagnostics.map(
      ({ severity, file, line, message, advice }: Record<string, unknown>) => [severity, file, line, message, advice],
    );
  expect(places(false)).toEqual([
    ["error", "a.cfg", 3, "x", "do"],
    ["warning", "a.cfg", 4, "y", null],
    ["notice", "a.cfg", 5, "z\nmore", null],
    ["error", null, null, "[other:6] : w", null],
  ]);
  expect(places(true)).toHaveLength(5);
  expect(JSON.parse(checkJson(result, false)).verdict).toBe("nothing listens");
});
