/**
 * Handovers under load: whoever a listener that goes has been given by the kernel is served, by it or by the one that comes.
 *
 * SOAK=1 makes 500 handovers from process to process and as many from bind to bind, with 100 clients at least in each.
 */
import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { binary } from "./forwarder.ts";
import { freePort, type Running, scratch, start, testWith, waitUntil } from "./harness.ts";

const isSoak = process.env["SOAK"] === "1";
/** Without SOAK each of the changes once. */
const handovers = isSoak ? 500 : 6;
const clientsEach = 100;
const atOnce = 16;

/** Where clients connect. */
type Door = { readonly hostname: string; readonly port: number } | { readonly unix: string };

/** Sends everything back. */
function echo(): { readonly port: number } & Disposable {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket, bytes) => void socket.write(bytes),
      end: (socket) => void socket.end(),
    },
  });
  return { port: server.port, [Symbol.dispose]: () => server.stop(true) };
}

/** Clients that come one after the other, each with bytes of its own. */
class Load {
  served = 0;
  /** Why clients were not: refused, reset, or bytes that are not theirs. */
  readonly lost: string[] = [];
  #isOver = false;
  readonly #runs: Promise<void>[];

  constructor(doors: readonly Door[]) {
    this.#runs = Array.from({ length: atOnce }, (_, index) => this.#run(doors[index % doors.length] as Door, index));
  }

  async #run(door: Door, index: number): Promise<void> {
    for (let count = 0; !this.#isOver && this.lost.length === 0; count++) {
      const lost = await visit(door, `client ${index} visit ${count}`);
      if (lost === null) this.served += 1;
      else this.lost.push(`${JSON.stringify(door)}: ${lost}`);
    }
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#runs);
  }
}

/** One client: says its words, and wants them back. Null: it got them. */
function visit(door: Door, words: string): Promise<string | null> {
  return new Promise((resolve) => {
    let heard = "";
    let isDone = false;
    const timer = setTimeout(() => end("nothing came back in 20 s"), 20_000);
    const end = (lost: string | null): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      resolve(lost);
    };
    Bun.connect({
      ...door,
      socket: {
        open: (socket) => void socket.write(words),
        data(socket, bytes) {
          heard += bytes.toString();
          if (heard.length < words.length) return;
          end(heard === words ? null : `'${heard}' for '${words}'`);
          socket.end();
        },
        close: (_, error) =>
          end(`closed after '${heard}' (${(error as { code?: string } | undefined)?.code ?? "fin"})`),
        connectError: (_, error) => end((error as { code?: string }).code ?? error.message),
      },
    } as Parameters<typeof Bun.connect>[0]).catch((error: Error) => end(error.message));
  });
}

function configuration(binds: readonly string[], server: number, name = "fe"): string {
  return `
defaults
    mode tcp
    timeout connect 10s
    timeout client 1m
    timeout server 1m
frontend ${name}
${binds.map((bind) => `    bind ${bind}`).join("\n")}
    default_backend be
backend be
    server s 127.0.0.1:${server}
`;
}

/** So many more clients have been served. */
async function servedMore(load: Load, count: number): Promise<void> {
  const from = load.served;
  await waitUntil(`${count} clients`, () => load.served - from >= count || load.lost.length > 0, 60_000);
}

/** Hands over from process to process, or from pair to pair. */
async function handOver(global: string): Promise<void> {
  using folder = scratch();
  using server = echo();
  const [one, twice, dual] = [await freePort(), await freePort(), await freePort("::")];
  const path = folder.file("sock");
  const file = folder.file("a.cfg");
  const binds = [`127.0.0.1:${one}`, `127.0.0.1:${twice}`, `127.0.0.1:${twice}`, `[::]:${dual}`, `unix@${path}`];
  writeFileSync(file, global + configuration(binds, server.port));
  const command = [binary, ...(global === "" ? [] : ["-W"]), "-f", file, "--health", "off", "-V"];
  let running: Running = start(command);
  const load = await (async () => {
    await waitUntil("it serves", async () => (await visit({ unix: path }, "hello")) === null);
    return new Load([
      { hostname: "127.0.0.1", port: one },
      { hostname: "127.0.0.1", port: twice },
      { hostname: "127.0.0.1", port: dual },
      { hostname: "::1", port: dual },
      { unix: path },
    ]);
  })();
  try {
    for (let turn = 0; turn < handovers && load.lost.length === 0; turn++) {
      const next = start([...command, "-sf", String(running.pid)]);
      const code = await Promise.race([running.exited, next.exited.then(() => -1)]);
      expect({ code, said: code === 0 ? "" : next.stderr.text }).toEqual({ code: 0, said: "" });
      running = next;
      await servedMore(load, clientsEach);
    }
    await load.end();
    expect(load.lost).toEqual([]);
    expect(load.served).toBeGreaterThanOrEqual(handovers * clientsEach);
    if (isSoak) console.log(`${handovers} handovers, ${load.served} clients, none lost`);
  } finally {
    await load.end();
    // A worker would outlive its master.
    running.kill("SIGTERM");
    await running.exited;
  }
}

const doors = "one bind, several on one address, IPv6 that takes IPv4, a unix socket";
const withoutRights = "global\n    user nobody\n    group nogroup\n";
testWith(["fairlead"], `-sf loses no client: ${doors}`, () => handOver(""), isSoak ? 3_600_000 : 60_000);
testWith(
  ["fairlead", "root"],
  `nor does one from a process that has given up its rights to another: ${doors}`,
  () => handOver(withoutRights),
  isSoak ? 3_600_000 : 60_000,
);

/** Reloads one process, or two that share the work. */
async function reloads(global: string): Promise<void> {
  using folder = scratch();
  using server = echo();
  using holder = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const [port, dual] = [await freePort(), await freePort("::")];
  const path = folder.file("sock");
  const file = folder.file("a.cfg");
  const steps: readonly (readonly [binds: readonly string[], name: string])[] = [
    [[`127.0.0.1:${port}`, `[::]:${dual}`, `unix@${path}`], "fe"],
    [[`*:${port}`, `[::]:${dual}`, `unix@${path} mode 600`], "fe"],
    [[`127.0.0.1:${port} mss 1400`, `[::]:${dual} mss 1400`, `unix@${path}`], "renamed"],
    [[`127.0.0.1:${port}`, `127.0.0.1:${port}`, `[::]:${dual}`, `unix@${path} mode 666`], "fe"],
    [[`127.0.0.1:${port} mss 1300`, `[::]:${dual}`, `127.0.0.1:${holder.port}`, `unix@${path} mode 640`], "fe"],
    [[`127.0.0.1:${port}`, `[::]:${dual}`, `unix@${path} mode 600`], "fe"],
  ];
  const write = (step: number): void => {
    const [binds, name] = steps[step % steps.length] as (typeof steps)[number];
    writeFileSync(file, global + configuration(binds, server.port, name));
  };
  write(0);
  const running = start([binary, "-f", file, "--health", "off", "-W"]);
  await waitUntil("it serves", async () => (await visit({ unix: path }, "hello")) === null);
  const load = new Load([
    { hostname: "127.0.0.1", port },
    { hostname: "127.0.0.1", port: dual },
    { hostname: "::1", port: dual },
    { unix: path },
  ]);
  const done = (): number => running.stderr.text.match(/Loading (?:success|failed)/g)?.length ?? 0;
  try {
    for (let turn = 1; turn <= handovers && load.lost.length === 0; turn++) {
      const before = done();
      write(turn);
      running.kill("SIGUSR2");
      await waitUntil("the reload", () => done() > before);
      await servedMore(load, clientsEach);
    }
    await load.end();
    expect(load.lost).toEqual([]);
    expect(load.served).toBeGreaterThanOrEqual(handovers * clientsEach);
    if (isSoak) console.log(`${handovers} reloads, ${load.served} clients, none lost`);
  } finally {
    await load.end();
    running.kill("SIGTERM");
    await running.exited;
  }
}

const changes = "binds narrowed, widened, doubled, with other options, renamed, and one that fails";
testWith(["fairlead"], `a reload loses no client: ${changes}`, () => reloads(""), isSoak ? 3_600_000 : 60_000);
testWith(
  ["fairlead", "root"],
  `nor does one by a process that has given up its rights: ${changes}`,
  () => reloads(withoutRights),
  isSoak ? 3_600_000 : 60_000,
);
