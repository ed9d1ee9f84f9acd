// Every command of the master socket, at every level.
import { expect, setSystemTime, test } from "bun:test";
import type { AdminSession } from "../../../../src/ops/admin/command.ts";
import type { Level } from "../../../../src/ops/admin/level.ts";
import { masterAnswers } from "../../../../src/ops/sockets/master-commands.ts";

const levels: readonly Level[] = ["user", "operator", "admin"];

function session(level: Level): AdminSession {
  return { level, interactive: false, timeoutMs: 0, severityOutput: "none", closing: false };
}

function stage() {
  const heard: string[] = [];
  const own = { pid: 7, startedAt: performance.now() };
  const answer = masterAnswers({
    version: "2.6.12",
    process: own,
    worker: () => ({ ...own, pid: 8 }),
    answerByWorker: (command, { level }) => [`worker: ${command} (${level})\n`],
    reloads: () => ({ done: 0, failed: 0 }),
    reload: async (why) => {
      heard.push(`reload ${why}`);
      return { succeeded: true, text: "" };
    },
  });
  return {
    heard,
    async ask(command: string, as: AdminSession): Promise<string> {
      let text = "";
      for await (const part of await answer(command, as, null)) text += part;
      return text;
    },
  };
}

/** The least level that may, with how the answer begins. */
const own: readonly (readonly [string, Level, string])[] = [
  ["show proc", "user", "#<PID>"],
  ["reload", "operator", "Success=1\n"],
  [" reload ", "operator", "Success=1\n"],
  ["@master reload", "operator", "Success=1\n"],
  ["@ reload", "operator", "Success=1\n"],
  ["operator", "operator", ""],
  ["user", "user", ""],
  ["help", "user", "The following commands"],
  ["prompt", "user", ""],
  ["quit", "user", ""],
];

for (const [command, least, answer] of own) {
  test(`'${command}' wants the level ${least}`, async () => {
    for (const level of levels) {
      const { ask, heard } = stage();
      const isAllowed = levels.indexOf(level) >= levels.indexOf(least);
      const said = await ask(command, session(level));
      expect({ level, said: said.slice(0, answer.length) }).toEqual({
        level,
        said: isAllowed ? answer : said.slice(0, answer.length),
      });
      if (!isAllowed) expect({ level, said }).toEqual({ level, said: "Permission denied\n\n" });
      expect(heard).toEqual(isAllowed && command.includes("reload") ? ["reload by command on a socket"] : []);
    }
  });
}

test("a level that was given up is not had back, and holds for the worker as well", async () => {
  const { ask, heard } = stage();
  const one = session("admin");
  await ask("operator", one);
  expect(await ask("reload", one)).toBe("Success=1\n");
  await ask("user", one);
  expect(await ask("reload", one)).toBe("Permission denied\n\n");
  expect(await ask("operator", one)).toBe("Permission denied\n\n");
  expect(await ask("@1 set weight b/s 1", one)).toBe("worker: set weight b/s 1 (user)\n");
  expect(await ask("@!8 show env", one)).toBe("worker: show env (user)\n");
  expect(await ask("show env", one)).toBe("worker: show env (user)\n");
  expect(heard).toEqual(["reload by command on a socket"]);
});

test("the help names what may be done", async () => {
  const { ask } = stage();
  expect(await ask("help", session("user"))).not.toContain("reload");
  expect(await ask("help", session("operator"))).toContain("  reload                                  : read");
});

test("a clock that is set changes no uptime", async () => {
  const { ask } = stage();
  try {
    for (const date of ["2035-01-01T00:00:00Z", "2001-01-01T00:00:00Z"]) {
      setSystemTime(new Date(date));
      expect(await ask("show proc", session("user"))).toContain("0d00h00m0");
    }
  } finally {
    setSystemTime();
  }
});
