/** The file that `fairlead init` writes is one that runs, without a warning. */
import { expect, test } from "bun:test";
import { initText } from "../../../../src/cli/init/text.ts";
import { readText } from "../../../cases/case.ts";

const answers = { listen: "22", servers: ["192.0.2.1:7999"], socket: "/run/s", file: "a.cfg" };

test("one server: it is read as SSH, and kept alive", () => {
  const { plan, diagnostics } = readText(initText(answers));
  expect(diagnostics.all).toEqual([]);
  const [front] = plan?.frontends ?? [];
  const [back] = plan?.backends ?? [];
  expect(front?.binds.map(({ text }) => text)).toEqual([":22"]);
  expect([front?.ssh.isRead, front?.mode, front?.timeouts.clientMs, back?.timeouts.serverMs]).toEqual([
    true,
    "tcp",
    86_400_000,
    86_400_000,
  ]);
  expect([front?.keepAlive, back?.keepAlive]).toEqual([
    { idleSeconds: 300, intervalSeconds: null, count: null },
    { idleSeconds: 300, intervalSeconds: null, count: null },
  ] as never);
  // A check could only turn clients away.
  expect(back?.servers.map(({ text, check }) => [text, check])).toEqual([["192.0.2.1:7999", null]]);
  expect(plan?.global.statsSockets.map(({ level, bind }) => [level, bind.mode])).toEqual([["admin", 0o600]]);
});

test("several servers are checked and balanced", () => {
  const { plan, diagnostics } = readText(
    initText({ ...answers, listen: "10.0.0.1:22,[::1]:2222", servers: ["192.0.2.1:1", "192.0.2.2:2"] }),
  );
  expect(diagnostics.all).toEqual([]);
  expect(plan?.frontends[0]?.binds).toHaveLength(2);
  const [back] = plan?.backends ?? [];
  expect(back?.balance.algorithm).toBe("leastconn");
  expect(back?.servers.map(({ check }) => check?.interMs)).toEqual([2000, 2000]);
});

test("every line of settings has its comment near", () => {
  const text = initText(answers);
  expect(text.split("\n").filter((line) => line.trim().startsWith("#")).length).toBeGreaterThan(15);
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(130);
});
