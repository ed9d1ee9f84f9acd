import { expect, test } from "bun:test";
import type { AdminSession } from "../../../../src/ops/admin/command.ts";
import { sessionCommands } from "../../../../src/ops/admin/session.ts";
import type { AdminSources } from "../../../../src/ops/admin/sources.ts";

function session(level: AdminSession["level"] = "admin"): AdminSession {
  return { level, interactive: false, timeoutMs: 0, severityOutput: "none", closing: false };
}

/** What the command answers: nothing, or its words. */
function run(one: AdminSession, words: string, ...args: string[]): unknown {
  const command = sessionCommands.find((each) => each.words.join(" ") === words);
  const answer = command?.run(args, {} as AdminSources, one, null);
  return typeof answer === "object" && "text" in answer ? answer.text : answer;
}

test("a level is lowered, never raised", () => {
  const one = session();
  expect([run(one, "operator"), one.level]).toEqual(["", "operator"]);
  expect([run(one, "user"), one.level]).toEqual(["", "user"]);
  expect([run(one, "operator"), one.level]).toEqual(["Permission denied\n", "user"]);
});

test.each([
  ["10", 10_000],
  ["500ms", 500],
  ["1m", 60_000],
  ["2h", 7_200_000],
  ["1500us", 1.5],
  ["999999999d", 2_147_483_647],
])("a timeout of %s", (text, ms) => {
  const one = session();
  expect([run(one, "set timeout", "cli", text), one.timeoutMs]).toEqual(["", ms]);
});

test("what is no timeout leaves it as it was", () => {
  const one = session();
  one.timeoutMs = 7;
  expect(run(one, "set timeout", "cli", "-1")).toBe("Invalid timeout value.\n");
  expect(run(one, "set timeout", "cli", "1x")).toBe("Invalid timeout value.\n");
  expect(run(one, "set timeout", "cli")).toBe("Expects an integer value.\n");
  expect(run(one, "set timeout", "http", "1")).toBe("'set timeout' only supports 'cli'.\n");
  expect(one.timeoutMs).toBe(7);
});

test("severities are shown as asked for", () => {
  const one = session();
  expect([run(one, "set severity-output", "string"), one.severityOutput]).toEqual(["", "string"]);
  expect(run(one, "set severity-output", "loud")).toContain("is a required argument");
  expect(one.severityOutput).toBe("string");
});
