/** A check by a program: its verdict, and what becomes of a program that does not end or cannot be run. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { Abort } from "../../../../../src/proxy/check/run/abort.ts";
import { CheckEnd } from "../../../../../src/proxy/check/run/outcome.ts";
import { type ExternalSubject, runExternal } from "../../../../../src/proxy/check/run/external-check.ts";
import { scratch, waitUntil } from "../../../../e2e/harness.ts";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const subject: ExternalSubject = {
  proxy: { name: "be", id: 3 },
  listener: null,
  server: { name: "s1", id: 4 },
  maxconn: 5,
  connections: 6,
};

interface Ended {
  readonly status: string;
  readonly code: number | null;
  readonly told: readonly string[];
}

async function run(command: string, limitMs = 10_000, abort = new Abort()): Promise<Ended> {
  const told: string[] = [];
  const address = { kind: "tcp", host: "127.0.0.1", port: 22 } as const;
  const plan = { kind: "external", command, path: "/usr/bin:/bin" } as const;
  const end: unknown = await runExternal(plan, address, subject, { limitMs, abort }, (text) => told.push(text)).catch(
    (error: unknown) => error,
  );
  if (!(end instanceof CheckEnd)) throw end;
  return { status: end.status, code: end.code, told };
}

/** A program of these lines; `in` it there is its folder. */
function program(lines: string): { readonly path: string; readonly in: string } & Disposable {
  const folder = scratch();
  const path = `${folder.path}/check`;
  writeFileSync(path, `#!/bin/sh\ncd ${folder.path}\n${lines}\n`, { mode: 0o755 });
  return { path, in: folder.path, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

test("the exit status is the verdict", async () => {
  expect(await run("/bin/true")).toEqual({ status: "PROCOK", code: 0, told: [] });
  expect(await run("/bin/false")).toEqual({ status: "PROCERR", code: 1, told: [] });
  using killed = program("kill -KILL $$");
  expect(await run(killed.path)).toEqual({ status: "PROCERR", code: -1, told: [] });
});

test("a program that cannot be run is told of", async () => {
  const { status, code, told } = await run("/nonexistent/check");
  expect([status, code, told.length]).toEqual(["PROCERR", 255, 1]);
  expect(told[0]).toContain("'/nonexistent/check' cannot be run: ");
});

test("what takes too long, or is given up, is told to end, and killed when it does not listen", async () => {
  using stubborn = program("trap '' TERM; echo $$ > pid; while :; do sleep 0.05; done");
  const numberOf = (): Promise<string> =>
    waitUntil(
      "its number",
      () => existsSync(`${stubborn.in}/pid`) && readFileSync(`${stubborn.in}/pid`, "utf8").trim(),
    );
  const giveUp = new Abort();
  const aborted = run(stubborn.path, 60_000, giveUp);
  const pid = await numberOf();
  giveUp.abort();
  expect((await aborted).status).toBe("PROCTOUT");
  await waitUntil("its end", () => !existsSync(`/proc/${pid}/exe`));
  const late = run(stubborn.path, 300);
  await waitUntil("the next one", async () => (await numberOf()) !== pid);
  expect((await late).status).toBe("PROCTOUT");
  const next = await numberOf();
  await waitUntil("its end", () => !existsSync(`/proc/${next}/exe`));
});
