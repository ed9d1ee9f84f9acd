/** The master and a worker that cannot be trusted: it gets what the configuration names, and nothing else. */
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultOptions } from "../../../../src/cli/options.ts";
import { openEpollLoop } from "../../../../src/net/epoll/epoll-loop.ts";
import { canCallLibc, openDescriptorCount } from "../../../../src/net/libc/process-calls.ts";
import { loadMessageCalls } from "../../../../src/net/libc/descriptor-messages.ts";
import { socketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { load, type Loaded, receive } from "../../../../src/service/loading/load.ts";
import { listenKey, readWorkerMessage } from "../../../../src/service/master/master-protocol.ts";
import { Master } from "../../../../src/service/master/master.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: two processes need Linux and FFI");

/** A file that the configuration names, and one that it does not: nothing of the system's, for a master that is wrong would take it. */
const kept = join(tmpdir(), `fairlead-kept-${process.pid}`);
const unnamed = join(tmpdir(), `fairlead-unnamed-${process.pid}`);

const text = `global
    log /nowhere/log local0
    ssh-report-file ${kept}
defaults
    mode tcp
    timeout connect 1s
    timeout client 1s
    timeout server 1s
frontend fe
    bind abns@fairlead-test-${process.pid}
    default_backend be
backend be
    server s localhost:22
`;

const voice = { alert: () => {}, warning: () => {}, notice: () => {}, report: () => {} };

async function loadedPlan(): Promise<Loaded> {
  const given = [{ name: "test.cfg", text }];
  const loaded = await receive(load({ options: defaultOptions, given, environment: {} }), voice);
  if (loaded === null) throw new Error("the configuration is refused");
  return loaded;
}

interface Watched {
  readonly master: Master;
  readonly lines: string[];
  readonly said: string[];
}

/** A master whose workers do `what`. */
async function masterOf(what: readonly unknown[]): Promise<Watched> {
  const calls = socketCalls();
  if (calls === null) throw new Error("no libc");
  const lines: string[] = [];
  const said: string[] = [];
  const say = (level: string) => (line: string) => void lines.push(`${level} ${line}`);
  process.env["FAKE_WORKER"] = JSON.stringify(what);
  const terminal = { alert: say("alert"), warning: say("warning"), notice: say("notice"), report: say("report") };
  const master = new Master({
    system: { calls, messages: loadMessageCalls(), loop: await openEpollLoop() },
    options: defaultOptions,
    given: null,
    loaded: await loadedPlan(),
    terminal: { ...terminal, print: say("print"), recall: () => {}, started: () => {}, said: "" },
    isForeground: true,
    name: "fairlead",
    programWords: ["run", join(import.meta.dir, "fake-worker.ts")],
    say: (line) => void said.push(line),
    tellState: () => {},
  });
  return { master, lines, said };
}

afterEach(() => {
  delete process.env["FAKE_WORKER"];
});

test.skipIf(!isPossible)("what the configuration does not name is refused, whatever it is", async () => {
  const { plan } = await loadedPlan();
  const [bind] = plan.frontends[0]?.binds ?? [];
  if (bind === undefined) throw new Error("no bind");
  const other = { ...bind, address: { kind: "tcp", host: "127.0.0.1", port: 22 } as const };
  await openEpollLoop();
  const before = openDescriptorCount();
  writeFileSync(unnamed, "not yours");
  const { master, said } = await masterOf([
    "asks",
    { kind: "bind", key: listenKey(other, false) },
    { kind: "bind", key: listenKey(bind, true) },
    { kind: "bind", key: "__proto__" },
    { kind: "bind", key: listenKey(bind, false) },
    { kind: "sink", path: "/dev/log" },
    { kind: "sink", path: "/nowhere/log" },
    { kind: "kept", path: unnamed },
    { kind: "keep", path: unnamed, piece: "x", isLast: true, known: "none" },
    { kind: "set-aside", path: unnamed },
    { kind: "kept", path: kept },
    { kind: "keep", path: kept, piece: "first, ", isLast: false, known: "none" },
    { kind: "keep", path: kept, piece: "second", isLast: true, known: "none" },
    { kind: "keep", path: kept, piece: "third", isLast: true, known: "none" },
    { kind: "kept", path: kept },
    { kind: "set-aside", path: kept },
    { kind: "resolve", host: "localhost.localdomain", family: 0 },
    { kind: "resolve", host: "localhost", family: 4 },
  ]);
  expect(await master.start()).toBe(true);
  const stamp = expect.stringMatching(/^\d+ 13 /);
  const refused = { refused: { code: "EPERM", text: "the configuration does not name it" }, fds: 0 };
  expect(said.map((line) => JSON.parse(line) as unknown)).toEqual([
    refused,
    refused,
    refused,
    { socket: 1, fds: 1 },
    refused,
    { refused: { code: "ENOENT", text: "No such file or directory" }, fds: 0 },
    refused,
    refused,
    refused,
    { fds: 0 },
    { fds: 0 },
    { stamp, fds: 0 },
    { fds: 0 },
    { stamp, fds: 1 },
    { text: `${kept}.bad`, fds: 0 },
    { hosts: [], fds: 0 },
    { hosts: ["127.0.0.1"], fds: 0 },
  ]);
  master.stop("SIGTERM");
  expect(await master.ended).toBe(0);
  expect(openDescriptorCount()).toBe(before);
  expect(readFileSync(`${kept}.bad`, "utf8")).toBe("first, second");
  expect(readFileSync(unnamed, "utf8")).toBe("not yours");
  rmSync(`${kept}.bad`);
  rmSync(unnamed);
});

test.skipIf(!isPossible)("a worker that says what none says is killed, and told of", async () => {
  for (const message of [
    { kind: "exec", command: "id" },
    { kind: "bind", ask: -1, key: "" },
    { kind: "serving", more: 1 },
    [],
  ]) {
    const { master, lines } = await masterOf(["says", message]);
    expect(await master.start()).toBe(false);
    expect(await master.ended).toBe(137);
    expect(lines.filter((line) => line.includes("says what no worker says, and is killed"))).toHaveLength(1);
  }
});

test.skipIf(!isPossible)("a worker of another version is refused, and it is said why", async () => {
  const { master, lines } = await masterOf(["is of another version"]);
  expect(await master.start()).toBe(false);
  expect(lines).toContainEqual(
    expect.stringMatching(/^alert worker \(\d+\) speaks version 99 of the protocol, this process \d+: restart\.$/),
  );
  expect(await master.ended).toBe(137);
});

test.skipIf(!isPossible)(
  "a first worker that does not come to serve ends the start; later ones are tried a few times",
  async () => {
    const unheard = await masterOf(["dies unheard"]);
    expect(await unheard.master.start()).toBe(false);
    expect(await unheard.master.ended).toBe(7);
    const { master, lines } = await masterOf(["serves and dies"]);
    expect(await master.start()).toBe(true);
    expect(await master.ended).toBe(9);
    expect(lines.filter((line) => line.startsWith("notice New worker"))).toHaveLength(4);
    expect(lines.at(-1)).toBe("warning All workers exited. Exiting... (9)");
  },
);

test("messages have their fields and no others, and texts a bound", () => {
  expect(readWorkerMessage({ kind: "release", ask: 1, socket: 1 })).toEqual({ kind: "release", ask: 1, socket: 1 });
  const wrong = [
    null,
    1,
    "hello",
    { kind: "release", ask: 1, socket: "1" },
    { kind: "release", ask: 1, socket: 1.5 },
    { kind: "release", ask: 1, socket: 1, __proto__: null, extra: 1 },
    { kind: "resolve", ask: 1, host: "x".repeat(70_000), family: 0 },
    { kind: "resolve", ask: 1, host: "x", family: 5 },
    { kind: "constructor" },
  ];
  for (const message of wrong) expect(readWorkerMessage(message)).toBeNull();
});
