/** Loading elsewhere says and brings what loading here does, and what breaks off is told. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { getPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { readPlan } from "../../../../src/service/loading/configuration.ts";
import { defaultOptions } from "../../../../src/cli/options.ts";
import { load, type LoadMessage, type LoadRequest, receive } from "../../../../src/service/loading/load.ts";
import { loadInThread, openThreadLoader, threadFile } from "../../../../src/service/loading/thread-loader.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "load-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const head = "defaults\n mode tcp\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n";
const good = `${head}listen l\n bind 127.0.0.1:\${PORT}\n load-server-state-from-file local\n server-state-file-name ${folder}/state\n server s localhost:22 check\n`;
const state = `1\n# header\n2 l 1 s 127.0.0.9 2 0 1 1 1 6 3 4 6 0 0 0 - 22 - 0 0 - - 0\n`;
const bad = `${head}listen l\n bindd 127.0.0.1:22\n server s 127.0.0.1:22 chek\n`;

function request(config: string, more: Partial<LoadRequest> = {}): LoadRequest {
  const file = join(folder, "a.cfg");
  writeFileSync(file, config);
  return { options: { ...defaultOptions, files: [file] }, given: null, environment: { PORT: "2222" }, ...more };
}

function listener(): { said: string[]; voice: Parameters<typeof receive>[1] } {
  const said: string[] = [];
  const say = (as: string) => (text: string) => void said.push(`${as}: ${text}`);
  return {
    said,
    voice: { report: say("report"), alert: say("alert"), warning: say("warning"), notice: say("notice") },
  };
}

async function here(what: LoadRequest): Promise<{ said: string[]; plan: unknown }> {
  const { said, voice } = listener();
  const { plan } = await readPlan(what.options, what.given, voice, what.environment as Record<string, string>);
  return { said, plan };
}

async function* told(list: readonly LoadMessage[]): AsyncGenerator<LoadMessage> {
  yield* list;
}

/** Of every thread of this process. */
function nicesOfThreads(): number[] {
  return readdirSync("/proc/self/task").flatMap((thread) => {
    try {
      const text = readFileSync(`/proc/self/task/${thread}/stat`, "latin1");
      return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[16]);
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** Opens a pipe once somebody reads it, without ever waiting in the system. */
async function readBy(pipe: string): Promise<number> {
  for (;;) {
    try {
      return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

const loaders = [
  ["here", load],
  ["in a thread", loadInThread],
] as const;

describe.each(loaders)("loading %s", (_name, loader) => {
  test.each([
    ["a good file", () => request(good)],
    ["a bad file", () => request(bad)],
    [
      "a file that is not there",
      () => request(good, { options: { ...defaultOptions, files: [join(folder, "none")] } }),
    ],
    ["files that have been read", () => request("", { given: [{ name: "x.cfg", text: good }] })],
    [
      "a warning as an error",
      () =>
        request(`${good} option httplog\n`, {
          options: { ...defaultOptions, files: [join(folder, "a.cfg")], warningsAreErrors: true },
        }),
    ],
  ])("says and brings what -c does: %s", async (_what, make) => {
    writeFileSync(join(folder, "state"), state);
    const what = make();
    const expected = await here(what);
    const { said, voice } = listener();
    const loaded = await receive(loader(what), voice);
    expect(said).toEqual(expected.said);
    expect(loaded?.plan ?? null).toEqual(expected.plan as never);
    if (loaded !== null) expect(loaded.states).toMatchObject([{ backend: "l", server: "s", host: "127.0.0.9" }]);
  });

  test("sees the working directory of the process", async () => {
    const what = request(good);
    const before = process.cwd();
    process.chdir(folder);
    try {
      const loaded = await receive(
        loader({ ...what, options: { ...what.options, files: ["a.cfg"] } }),
        listener().voice,
      );
      expect(loaded?.plan.frontends[0]?.position.file).toBe("a.cfg");
    } finally {
      process.chdir(before);
    }
  });
});

describe("receiving", () => {
  test("gives others a turn after each piece", async () => {
    const servers = Array.from({ length: 2000 }, (_, at) => ` server s${at} 127.0.0.1:22\n`).join("");
    const pieces: LoadMessage[] = [];
    for await (const message of load(request(good + servers))) pieces.push(message);
    let turns = 0;
    await receive(told(pieces), listener().voice, async () => void (turns += 1));
    expect(turns).toBe(pieces.filter((one) => one.kind === "piece").length);
    expect(turns).toBeGreaterThan(10);
  });

  test("fails when the messages break off, or do not fit together", async () => {
    const all: LoadMessage[] = [];
    for await (const message of load(request(good))) all.push(message);
    const piece = all.findIndex((one) => one.kind === "piece");
    await expect(receive(told(all.slice(0, -1)), listener().voice)).rejects.toThrow("broke off");
    await expect(receive(told(all.toSpliced(piece, 1)), listener().voice)).rejects.toThrow("a plan ends before");
  });
});

describe("the thread", () => {
  test("one that does not answer is given up", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const loader = openThreadLoader(200, threadFile());
    const what = request(good, { options: { ...defaultOptions, files: [pipe] } });
    try {
      await expect(receive(loader(what), listener().voice)).rejects.toThrow("nothing came for 0.2 s");
    } finally {
      // Lets the thread go; it may have been ended before it came to the pipe, and then nobody would ever take what is written.
      closeSync(openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK));
    }
  });

  test.skipIf(process.platform !== "linux")("stands back where sessions want the processor", async () => {
    const pipe = join(folder, "slow");
    execFileSync("mkfifo", [pipe]);
    const loaded = receive(
      loadInThread(request(good, { options: { ...defaultOptions, files: [pipe] } })),
      listener().voice,
    );
    const own = getPriority();
    const fd = await readBy(pipe);
    const isStoodBack = (): boolean => nicesOfThreads().includes(Math.min(own + 5, 19));
    for (let left = 1000; left > 0 && !isStoodBack(); left--) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(isStoodBack()).toBe(true);
    writeSync(fd, good);
    closeSync(fd);
    expect(await loaded).not.toBeNull();
    expect(getPriority()).toBe(own);
  });

  test.each([
    ["throws", "throw new Error('out of order')", "out of order"],
    ["ends", "process.exit(3)", "the thread ended with 3"],
    [
      "ends later",
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(4))",
      "the thread ended with 4",
    ],
  ])("one that dies is told: it %s", async (_name, program, reason) => {
    const file = join(folder, "dies.ts");
    writeFileSync(file, program);
    const loader = openThreadLoader(10_000, pathToFileURL(file));
    await expect(receive(loader(request(good)), listener().voice)).rejects.toThrow(reason);
  });

  test.each([
    [
      7,
      "notice: The limit on processes (TasksMax=, LimitNPROC=, ulimit -u) has no room for a thread to load in: nothing",
      true,
    ],
    [
      1,
      "alert: The limit on processes (TasksMax=, LimitNPROC=, ulimit -u) has no room for a thread to load in, nor",
      false,
    ],
  ])("where only %d more are to be had, none is started", async (room, said, isLoaded) => {
    const nowhere = pathToFileURL(join(folder, "no-such-thread.ts"));
    const heard = listener();
    const loaded = await receive(openThreadLoader(10_000, nowhere, () => room)(request(good)), heard.voice);
    expect([heard.said[0]?.startsWith(said), loaded !== null]).toEqual([true, isLoaded]);
  });

  test("what fails in it is told", async () => {
    const what = { ...request(good), options: null } as unknown as LoadRequest;
    const { said, voice } = listener();
    expect(await receive(loadInThread(what), voice)).toBeNull();
    expect(said.join()).toContain("internal error, please report it");
  });
});
