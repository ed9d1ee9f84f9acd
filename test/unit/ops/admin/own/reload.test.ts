/** `reload` on the stats socket: who may, what is answered, and when. */
import { expect, test } from "bun:test";
import type { AdminSession } from "../../../../../src/ops/admin/command.ts";
import { answerCommand, answerLater } from "../../../../../src/ops/admin/commands.ts";
import { adminAnswers } from "../../../../../src/ops/sockets/command-socket.ts";
import type { ReloadOutcome } from "../../../../../src/ops/answers/reload-outcome.ts";
import { adminSources } from "../../admin-sources.ts";

function stage(level: AdminSession["level"] = "admin", outcome: ReloadOutcome | Error = { succeeded: true, text: "" }) {
  const asked: string[] = [];
  const faults: unknown[] = [];
  const made = adminSources();
  const sources = {
    ...made,
    info: { ...made.info, fault: (error: unknown) => void faults.push(error) },
    reload: async (why: string) => {
      asked.push(why);
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
  };
  const session: AdminSession = {
    level,
    severityOutput: "number",
    interactive: false,
    timeoutMs: 0,
    origin: "unix@/s",
    closing: false,
  };
  const ask = async (text: string): Promise<string> => [...(await adminAnswers(sources, text, session, null))].join("");
  return { asked, faults, ask, sources, session };
}

test("it is answered when it is done, with what came of it", async () => {
  const { ask, asked } = stage("admin", { succeeded: true, text: "added frontend a\n" });
  expect(await ask(" reload ")).toBe("Success=1\n--\nadded frontend a\n\n");
  expect(asked).toEqual(["by command on unix@/s"]);
});

test("a reload that fails says why", async () => {
  expect(await stage("admin", { succeeded: false, text: "why\n" }).ask("reload")).toBe("Success=0\n--\nwhy\n\n");
});

test("only level admin may, and words behind it are refused", async () => {
  for (const level of ["user", "operator"] as const) {
    const { ask, asked } = stage(level);
    expect(await ask("reload")).toBe("[6]: Permission denied\n\n".replace("6", "3"));
    expect(await ask("help")).not.toContain("  reload ");
    expect(asked).toEqual([]);
  }
  const { ask, asked } = stage();
  expect(await ask("reload now")).toBe("[3]: 'reload' takes no words.\n\n");
  expect(await ask("help")).toContain("  reload ");
  expect(asked).toEqual([]);
});

test("others are answered at once, and one that throws is told of", async () => {
  const { ask, faults, sources, session } = stage("admin", new Error("broken"));
  expect(answerLater("show maintenance", sources, session)).toBeNull();
  expect(() => answerCommand("reload", sources, session)).toThrow("'reload' is answered later");
  expect(await ask("reload")).toBe("Internal error: what it was is in the log.\n\n");
  expect(faults).toEqual([new Error("broken")]);
});
