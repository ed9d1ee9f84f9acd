/** Two processes, for real: root reads and binds, a worker in an empty root folder serves as nobody, and each may die. */
import { describe, expect } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { descriptors } from "./forwarder.ts";
import {
  freePort,
  isAlive,
  must,
  type Need,
  run,
  type Running,
  scratch,
  start,
  testWith,
  waitUntil,
} from "./harness.ts";
import { namespace } from "./namespace.ts";
import { command, open, readAll, serve, type TestServer } from "./sockets.ts";

const binary = join(import.meta.dir, "../../dist/bin/fairlead");
const own: readonly Need[] = ["fairlead", "root"];

interface Stage extends AsyncDisposable {
  readonly file: string;
  readonly port: number;
  readonly server: TestServer;
  path(name: string): string;
  /** Writes the configuration; `global` and `sections` are added to it. */
  write(change?: { readonly global?: string; readonly sections?: string; readonly frontend?: string }): void;
}

/** A folder with an empty root for the worker, and a server that says `hello` and sends everything back. */
async function stage(): Promise<Stage> {
  const folder = scratch();
  chmodSync(folder.path, 0o755);
  mkdirSync(folder.file("jail"));
  const server = await serve((socket) => (socket.write("hello\n"), socket.pipe(socket)));
  const port = await freePort();
  const file = folder.file("a.cfg");
  const write: Stage["write"] = ({ global = "", sections = "", frontend = "" } = {}) =>
    writeFileSync(
      file,
      `global
    log stdout format raw local0
    user nobody
    group nogroup
    chroot ${folder.file("jail")}
    stats socket ${folder.file("admin")} mode 600 level admin
${global}
defaults
    mode tcp
    log global
    timeout connect 1s
    timeout client 10s
    timeout server 10s
frontend fe
    bind 127.0.0.1:${port}
${frontend}
    default_backend be
backend be
    server s1 127.0.0.1:${server.port}
${sections}`,
    );
  write();
  return {
    file,
    port,
    server,
    write,
    path: folder.file,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

interface Pair extends AsyncDisposable {
  readonly master: Running;
  /** The worker that serves now. */
  worker(): Promise<number>;
  ask(text: string): Promise<string>;
}

interface PairOptions {
  readonly words?: readonly string[];
  readonly env?: Record<string, string>;
  readonly prefix?: readonly string[];
  readonly program?: string;
}

/** Starts master and worker and waits until they serve. */
async function startPair(place: Stage, options: PairOptions = {}): Promise<Pair> {
  const { words = [], env = {}, prefix = [], program = binary } = options;
  const socket = `${place.path("master")},mode,600`;
  const flags = ["-W", "-f", place.file, "--health", "off", "-S", socket, ...words];
  const master = start([...prefix, program, ...flags], { env });
  const ask = (text: string): Promise<string> => command(place.path("master"), text);
  const worker = (): Promise<number> =>
    waitUntil("a worker that serves", async () => {
      const pid = Number(/^(\d+)\s+worker/m.exec(await ask("show proc\n"))?.[1]);
      return (await ask("@1 show info\n")).includes(`\nPid: ${pid}\n`) ? pid : null;
    });
  const dispose = async (): Promise<void> => {
    const pids = await run(["pgrep", "-P", String(master.pid)]);
    await master[Symbol.asyncDispose]();
    for (const pid of pids.stdout.split("\n").filter(Boolean)) await run(["kill", "-9", pid]);
  };
  try {
    await master.stderr.find(/Loading success\./);
    await worker();
  } catch (error) {
    await dispose();
    throw error;
  }
  return { master, worker, ask, [Symbol.asyncDispose]: dispose };
}

/** What a client gets for what it sends. */
async function talk(port: number, text = "ping\n"): Promise<string> {
  const socket = await open(port);
  socket.end(text);
  return (await readAll(socket)).bytes.toString();
}

function statusOf(pid: number): string {
  return readFileSync(`/proc/${pid}/status`, "latin1");
}

const served = "hello\nping\n";

/** How often a line was said. */
function count(lines: readonly string[], pattern: RegExp): number {
  return lines.filter((line) => pattern.test(line)).length;
}

/** Reloads and waits for what came of it. */
async function reload({ ask }: Pair): Promise<boolean> {
  return (await ask("reload\n")).startsWith("Success=1\n");
}

describe("start", () => {
  testWith(own, "the master keeps the rights, the worker has none, and both say who they are", async () => {
    await using place = await stage();
    await using pair = await startPair(place, { words: ["-p", place.path("pid")] });
    const worker = await pair.worker();
    const { pid } = pair.master;
    expect(statusOf(pid)).toMatch(/^Uid:\t0\t0\t0\t0$/m);
    expect(statusOf(worker)).toMatch(/^Uid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534$/m);
    expect(statusOf(worker)).toMatch(/^Groups:\s*$/m);
    expect(statusOf(worker)).toMatch(/^CapEff:\t0+$/m);
    // Each of its threads.
    const threads = await must(["sh", "-c", `grep -h ^Uid /proc/${worker}/task/*/status | sort -u`]);
    expect(threads).toBe("Uid:\t65534\t65534\t65534\t65534\n");
    expect(await must(["readlink", `/proc/${worker}/root`])).toBe(`${place.path("jail")}\n`);
    expect([statusOf(pid), statusOf(worker)].map((text) => /^Name:\t(.*)$/m.exec(text)?.[1])).toEqual([
      "fairlead",
      "fairlead",
    ]);
    await waitUntil("its pid file", () => existsSync(place.path("pid")));
    expect(readFileSync(place.path("pid"), "utf8")).toBe(`${pid}\n`);
    expect((statSync(place.path("admin")).mode & 0o777).toString(8)).toBe("600");
    expect(await talk(place.port)).toBe(served);
    const words = (await pair.ask("show proc\n")).split("\n").map((line) => line.trim().split(/\s+/));
    expect(words.map(([number = "", ...rest]) => [number, ...rest.slice(0, -2)].join(" "))).toEqual([
      "#<PID> <type> <reloads>",
      `${pid} master 0 [failed: 0]`,
      "#",
      `${worker} worker 0`,
      "#",
      "",
      "",
    ]);
    expect(await pair.ask(`@!${worker} show cli sockets\n`)).toBe(
      `# socket lvl processes\nunix@${place.path("admin")} admin all\n\n`,
    );
    expect(await pair.ask("@2 show info\n")).toBe("Can't find the target PID matching the prefix '@2'\n");
    expect(await command(place.path("admin"), "get weight be/s1\n")).toBe("1 (initial 1)\n\n");
  });

  testWith(own, "under the name haproxy both are it", async () => {
    await using place = await stage();
    const program = place.path("haproxy");
    copyFileSync(binary, program);
    await using pair = await startPair(place, { program });
    const worker = await pair.worker();
    expect([statusOf(pair.master.pid), statusOf(worker)].map((text) => /^Name:\t(.*)$/m.exec(text)?.[1])).toEqual([
      "haproxy",
      "haproxy",
    ]);
    expect(pair.master.stderr.all[0]).toContain("haproxy version is 2.6.12");
    expect(count(pair.master.stderr.all, /version is/)).toBe(1);
    pair.master.kill("SIGUSR1");
    await pair.master.exited;
    expect(pair.master.stdout.text + pair.master.stderr.text).not.toContain("fairlead.main");
  });

  testWith(
    [...own, "python3"],
    "inherited sockets and logs, and command sockets of every kind, serve it too",
    async () => {
      await using place = await stage();
      const [commands, bound] = [await freePort(), await freePort()];
      place.write({
        global: `    stats socket ipv4@127.0.0.1:${commands} level operator
    stats socket abns@fl-${commands} level user
    stats socket fd@6 level user
    log fd@5 format raw local0`,
        frontend: "    bind fd@7",
      });
      // Blocking, and found under the numbers that the file names, as a service manager leaves them.
      const words = `import socket,os,sys
a=socket.socket(); a.bind(("127.0.0.1",0)); a.listen()
b=socket.socket(); b.bind(("127.0.0.1",${bound})); b.listen()
print(a.getsockname()[1],flush=True)
f=os.open(sys.argv[1],os.O_CREAT|os.O_WRONLY|os.O_APPEND,0o600)
high=[os.dup(f),os.dup(a.fileno()),os.dup(b.fileno())]
high=[__import__("fcntl").fcntl(fd,0,100) for fd in high]
for to,fd in zip((5,6,7),high): os.dup2(fd,to,True)
os.execv(sys.argv[2],sys.argv[2:])`;
      const log = place.path("fd5");
      await using pair = await startPair(place, { prefix: ["python3", "-c", words, log] });
      const inherited = Number(pair.master.stdout.all[0]);
      const names = `ipv4@127.0.0.1:${commands} operator all\nabns@fl-${commands} user all\nfd@6 user all`;
      const answered = async (): Promise<void> => {
        expect(await pair.ask("@1 show cli sockets\n")).toContain(names);
        expect(await talk(bound)).toBe(served);
        for (const port of [commands, inherited])
          expect(await talk(port, "get weight be/s1\n")).toContain("(initial 1)");
      };
      await answered();
      expect(await reload(pair)).toBe(true);
      await answered();
      process.kill(await pair.worker(), "SIGKILL");
      await pair.master.stderr.find(/exited with code 137/);
      expect(await talk(bound)).toBe(served);
      await pair.worker();
      await answered();
      expect(count(readFileSync(log, "utf8").split("\n"), /^Connect from .*\(fe\/TCP\)$/)).toBe(4);
    },
  );

  testWith(own, "without FFI -W is one process, and says what that costs", async () => {
    await using place = await stage();
    writeFileSync(place.file, readFileSync(place.file, "utf8").replaceAll(/^ {4}chroot.*\n/gm, ""));
    const env = { BUN_JSC_useJIT: "0" };
    await using one = start([binary, "-W", "-f", place.file, "--health", "off"], { env });
    await waitUntil("it to serve", async () => (await talk(place.port).catch(() => "")) === served);
    await one.stderr.find(/'user' and 'group' are given up by the only process.*not possible: /);
    expect((await run(["pgrep", "-P", String(one.pid)])).stdout).toBe("");
  });

  testWith(own, "what cannot be had is told by the start, which ends with 1 and leaves nothing", async () => {
    await using place = await stage();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(place.port, "127.0.0.1", () => resolve()));
    const words = [binary, "-W", "-f", place.file, "--health", "off"];
    const taken = await run(words, { timeoutMs: 20_000 });
    await new Promise((resolve) => holder.close(resolve));
    expect({ code: taken.code, said: taken.stderr }).toMatchObject({
      code: 1,
      said: expect.stringMatching(/cannot bind socket \(Address already in use\)[\s\S]*held by process/),
    });
    rmSync(place.path("jail"), { recursive: true });
    const homeless = await run(words, { timeoutMs: 20_000 });
    expect({ code: homeless.code, said: homeless.stderr }).toMatchObject({
      code: 1,
      said: expect.stringContaining(`Cannot chroot(${place.path("jail")}): No such file or directory`),
    });
    mkdirSync(place.path("jail"));
    const unwritten = await run([...words, "-p", place.path("no/such/pid")], { timeoutMs: 20_000 });
    expect({ code: unwritten.code, said: unwritten.stderr }).toMatchObject({
      code: 1,
      said: expect.stringContaining("Cannot create pidfile"),
    });
    symlinkSync(place.path("elsewhere"), place.path("pid"));
    const linked = await run([...words, "-p", place.path("pid")], { timeoutMs: 20_000 });
    expect({ code: linked.code, said: linked.stderr, wrote: existsSync(place.path("elsewhere")) }).toMatchObject({
      code: 1,
      said: expect.stringContaining("it is a symbolic link"),
      wrote: false,
    });
    expect((await run(["pgrep", "-f", place.file])).stdout).toBe("");
  });

  testWith(
    own,
    "one process says once what a reload will lack; with nothing to give up there is one, and no word",
    async () => {
      await using place = await stage();
      {
        await using one = start([binary, "-f", place.file, "--health", "off"]);
        await waitUntil("it to serve", async () => (await talk(place.port).catch(() => "")) === served);
        expect(count(one.stderr.all, /NOTICE.*given up by the only process.*start with -W/)).toBe(1);
      }
      writeFileSync(place.file, readFileSync(place.file, "utf8").replaceAll(/^ {4}(user|group|chroot).*\n/gm, ""));
      await using one = start([binary, "-W", "-f", place.file, "--health", "off"]);
      await waitUntil("it to serve", async () => (await talk(place.port).catch(() => "")) === served);
      expect(one.stderr.text).not.toMatch(/given up|forked/);
      expect((await run(["pgrep", "-P", String(one.pid)])).stdout).toBe("");
    },
  );

  testWith([...own, "pgrep"], "in the background the master leaves its pid, and both end with it", async () => {
    await using place = await stage();
    const pidfile = place.path("pid");
    const words = ["-D", "-W", "-f", place.file, "-p", pidfile, "--health", "off"];
    expect(await run([binary, ...words], { timeoutMs: 20_000 })).toMatchObject({ code: 0 });
    const pid = Number(readFileSync(pidfile, "utf8"));
    const worker = Number(await must(["pgrep", "-P", String(pid)]));
    try {
      expect(await talk(place.port)).toBe(served);
      process.kill(pid, "SIGUSR2");
      expect(await talk(place.port)).toBe(served);
    } finally {
      process.kill(pid, "SIGTERM");
    }
    await waitUntil("both are gone", () => !isAlive(pid) && !isAlive(worker));
  });
});

describe("end", () => {
  const rows: readonly (readonly [NodeJS.Signals, number, RegExp])[] = [
    ["SIGTERM", 0, /Current worker \(\d+\) exited with code 143 \(Terminated\)/],
    ["SIGINT", 130, /Current worker \(\d+\) exited with code 130 \(Interrupt\)/],
    ["SIGUSR1", 0, /Current worker \(\d+\) exited with code 0 \(Exit\)/],
  ];
  for (const [signal, code, word] of rows) {
    testWith(own, `${signal} on the master ends both, and ${code} is the code`, async () => {
      await using place = await stage();
      await using pair = await startPair(place);
      const worker = await pair.worker();
      const session = await open(place.port);
      session.write("x");
      await waitUntil("the session", () => place.server.connections.length === 1);
      pair.master.kill(signal);
      if (signal === "SIGUSR1") {
        await pair.master.stdout.find(/Proxy fe stopped/);
        // Nobody listens any more, and the session goes on.
        await waitUntil("the address is free", async () => (await talk(place.port).catch(() => "")) === "");
        expect(isAlive(worker)).toBe(true);
        session.end();
      }
      expect(await pair.master.exited).toBe(code);
      session.destroy();
      await pair.master.stderr.ended;
      const said = pair.master.stderr.text;
      expect(said).toContain("Exiting Master process...");
      expect(said).toMatch(word);
      expect(isAlive(worker)).toBe(false);
      expect([existsSync(place.path("admin")), existsSync(place.path("master"))]).toEqual([false, false]);
    });
  }

  testWith(own, "TTOU and TTIN reach the worker", async () => {
    await using place = await stage();
    await using pair = await startPair(place);
    pair.master.kill("SIGTTOU");
    await pair.master.stdout.find(/^Paused frontend fe\.$/);
    pair.master.kill("SIGTTIN");
    await pair.master.stdout.find(/^Resumed frontend fe\.$/);
    expect(await talk(place.port)).toBe(served);
  });
});

describe("reload", () => {
  testWith([...own, "unshare", "nsenter", "ip", "socat"], "a port below 1024, a map, a state and a name", async () => {
    await using place = await stage();
    await using net = await namespace();
    const hosts = place.path("hosts");
    writeFileSync(hosts, "127.0.0.1 localhost\n127.0.0.2 ssh.test\n");
    await net.cover("/etc/hosts", hosts);
    writeFileSync(place.path("map"), "127.0.0.1 be\n");
    const inside = (port: number): Promise<string> =>
      net.run("socat", "-t", "2", "-", `TCP:127.0.0.1:${port}`).catch(() => "");
    await using echo = start([...net.prefix, "socat", "TCP-LISTEN:7,fork,reuseaddr,bind=127.0.0.1", "SYSTEM:echo one"]);
    await using other = start([
      ...net.prefix,
      "socat",
      "TCP-LISTEN:9,fork,reuseaddr,bind=127.0.0.1",
      "SYSTEM:echo two",
    ]);
    const frontend = `    use_backend %[src,map(${place.path("map")},be)]`;
    const sections = "backend two\n    server s 127.0.0.1:9\nbackend three\n    server s ssh.test:9\n";
    const write = (more: string): void => {
      place.write({ frontend: `${frontend}\n${more}`, sections });
      const text = readFileSync(place.file, "utf8");
      writeFileSync(place.file, text.replace(`server s1 127.0.0.1:${place.server.port}`, "server s1 127.0.0.1:7"));
    };
    write("");
    await using pair = await startPair(place, { prefix: net.prefix });
    const worker = await pair.worker();
    await waitUntil("both servers", async () => (await inside(7)) === "one\n" && (await inside(9)) === "two\n");
    expect(await inside(place.port)).toBe("one\n");

    writeFileSync(place.path("map"), "127.0.0.1 two\n");
    write("    bind 127.0.0.1:22");
    expect(await reload(pair)).toBe(true);
    expect([await inside(22), await inside(place.port)]).toEqual(["two\n", "two\n"]);

    // Names are followed: the address that does not answer is asked for anew.
    writeFileSync(place.path("map"), "127.0.0.1 three\n");
    expect(await reload(pair)).toBe(true);
    expect(await inside(22)).toBe("");
    writeFileSync(hosts, "127.0.0.1 localhost\n127.0.0.1 ssh.test\n");
    await waitUntil("the name is followed", async () => (await inside(22)) === "two\n");
    await pair.master.stdout.find(/^three\/s changed its IP from 127\.0\.0\.2 to 127\.0\.0\.1 by libc\.$/);

    // A name that is new with the reload.
    writeFileSync(hosts, "127.0.0.1 localhost new.test ssh.test\n");
    writeFileSync(place.file, readFileSync(place.file, "utf8").replace("server s ssh.test", "server s new.test"));
    expect(await reload(pair)).toBe(true);
    expect(await inside(22)).toBe("two\n");
    write("");
    expect(await reload(pair)).toBe(true);
    expect(await inside(22)).toBe("");
    expect(await pair.worker()).toBe(worker);
    expect([echo.pid, other.pid].every(isAlive)).toBe(true);
  });

  testWith(
    [...own, "python3"],
    "systemd hears of it from the master, /dev/log is outside, times are local",
    async () => {
      await using place = await stage();
      const listen = `import socket,sys
s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.bind(sys.argv[1]); print('bound',flush=True)
while True: print(s.recv(4096).decode().rstrip().replace('\\n',' '),flush=True)`;
      await using manager = start(["python3", "-c", listen, place.path("notify")]);
      await manager.stdout.find(/^bound$/);
      const log = place.path("log");
      let logger = start(["python3", "-c", listen, log]);
      await logger.stdout.find(/^bound$/);
      place.write({ global: `    log ${log} format rfc5424 local0` });
      const env = { NOTIFY_SOCKET: place.path("notify"), TZ: "Asia/Kolkata" };
      await using pair = await startPair(place, { env, words: ["-Ws"] });
      const { pid } = pair.master;
      await manager.stdout.find(new RegExp(`^READY=1 MAINPID=${pid}$`));
      const write = async (): Promise<void> => expect(await talk(place.port)).toBe(served);
      await write();
      await logger.stdout.find(/^<134>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+05:30 - haproxy \d+ - - Connect from /);
      pair.master.kill("SIGUSR2");
      await manager.stdout.find(/^RELOADING=1 MONOTONIC_USEC=\d+$/);
      await waitUntil("the end of it", () => count(manager.stdout.all, /^READY=1/) === 2);

      // A logger that is started anew is found again.
      await logger[Symbol.asyncDispose]();
      rmSync(log);
      logger = start(["python3", "-c", listen, log]);
      await using again = logger;
      await again.stdout.find(/^bound$/);
      await waitUntil("a line after the restart", async () => {
        await write();
        return again.stdout.all.some((line) => line.includes("Connect from"));
      });
      pair.master.kill("SIGTERM");
      await manager.stdout.find(/^STOPPING=1$/);
      await pair.master.exited;
      const told = manager.stdout.all.slice(1).map((line) => line.replace(/ .*/, ""));
      expect(told).toEqual(["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]);
    },
  );

  testWith(
    [...own, "unshare", "nsenter", "ip"],
    "times are those of /etc/localtime, in one process or two",
    async () => {
      for (const flags of [["-W"], []]) {
        await using place = await stage();
        await using net = await namespace();
        // The system's own folder, with another zone.
        const words =
          "cp -a /etc/. $0/etc; ln -sf /usr/share/zoneinfo/Asia/Kolkata $0/etc/localtime; mount --bind $0/etc /etc";
        mkdirSync(place.path("etc"));
        await net.run("sh", "-c", words, dirname(place.file));
        place.write({ global: "    log stdout format timed local0" });
        await using running = start([...net.prefix, binary, ...flags, "-f", place.file, "--health", "off"]);
        const socket = place.path("admin");
        await waitUntil("its socket", () => existsSync(socket));
        await command(socket, "disable frontend fe\n");
        await command(socket, "set server be/s1 state maint\n");
        await running.stdout.find(/^<\d>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+\+05:30 .*Server be\/s1 is going DOWN/);
        running.kill("SIGTERM");
        await running.exited;
      }
    },
  );

  testWith(own, "fifty of them, good and bad, leave no descriptor and no socket behind", async () => {
    await using place = await stage();
    await using pair = await startPair(place);
    const worker = await pair.worker();
    const session = await open(place.port);
    const ports = [await freePort(), await freePort()];
    const good = (at: number): void =>
      place.write({
        frontend: `    bind 127.0.0.1:${ports[at % 2]}\n    bind ${place.path(`u${at % 2}`)} mode 600\n    bind abns@fl-${worker}-${at % 2}`,
        global: `    stats socket ${place.path(`s${at % 2}`)} level user`,
      });
    for (const at of [0, 1]) {
      good(at);
      expect(await reload(pair)).toBe(true);
    }
    await Bun.sleep(50);
    const count = (): unknown => [descriptors(pair.master.pid), descriptors(worker)];
    const before = await waitUntil("rest", async () => {
      const seen = JSON.stringify(count());
      await Bun.sleep(60);
      return JSON.stringify(count()) === seen ? count() : null;
    });
    for (let at = 2; at < 52; at++) {
      good(at);
      if (at % 5 === 0)
        writeFileSync(place.file, readFileSync(place.file, "utf8").replace("default_backend be", "default_backend no"));
      // An address that nobody has: bound last, when all else was.
      if (at % 5 === 1) place.write({ frontend: `    bind 127.0.0.1:${ports[0]}\n    bind ${place.path("none/u")}` });
      expect(await reload(pair)).toBe(at % 5 > 1);
      const kept = at % 5 > 1 ? at : at - 1 - (at % 5);
      expect([at, existsSync(place.path(`u${kept % 2}`)), existsSync(place.path(`u${1 - (kept % 2)}`))]).toEqual([
        at,
        true,
        false,
      ]);
    }
    await waitUntil("no descriptor more than before", () => Bun.deepEquals(count(), before));
    expect(await pair.worker()).toBe(worker);
    expect(await pair.ask("show proc\n")).toContain("42 [failed: 20]".replace("42", String(2 + 30)));
    session.end("ping\n");
    expect((await readAll(session)).bytes.toString()).toBe(served);
  });

  testWith(own, "the file's rights of a stats socket change, those of the process are told to stay", async () => {
    await using place = await stage();
    await using pair = await startPair(place);
    writeFileSync(
      place.file,
      readFileSync(place.file, "utf8").replace("mode 600", "mode 660").replace("    user nobody\n", ""),
    );
    expect(await reload(pair)).toBe(true);
    await waitUntil("the mode", () => (statSync(place.path("admin")).mode & 0o777) === 0o660);
    await pair.master.stderr.find(/'user' or 'uid'.* will hold when the process is started anew/);
    expect(await command(place.path("admin"), "get weight be/s1\n")).toBe("1 (initial 1)\n\n");
  });

  testWith(own, "the program on disk may be another by now, or none", async () => {
    await using place = await stage();
    const program = place.path("fairlead");
    copyFileSync(binary, program);
    await using pair = await startPair(place, { program });
    const worker = await pair.worker();
    writeFileSync(place.path("next"), "#!/bin/sh\nexit 3\n", { mode: 0o755 });
    renameSync(place.path("next"), program);
    expect(await reload(pair)).toBe(true);
    expect(await pair.worker()).toBe(worker);
    rmSync(program);
    process.kill(worker, "SIGKILL");
    await waitUntil("another worker", async () => (await pair.worker()) !== worker);
    expect(await reload(pair)).toBe(true);
    expect(await talk(place.port)).toBe(served);
  });

  testWith(own, "-sf takes over from the old pair, and no client is lost", async () => {
    await using place = await stage();
    await using old = await startPair(place);
    const former = await old.worker();
    const ends: string[] = [];
    const over = new AbortController();
    using _over = { [Symbol.dispose]: () => over.abort() };
    const client = async (): Promise<void> => {
      while (!over.signal.aborted) ends.push(await talk(place.port).catch((error: unknown) => String(error)));
    };
    const clients = Promise.all([client(), client(), client(), client()]);
    await waitUntil("clients", () => ends.length > 50);
    await using next = await startPair(place, { words: ["-sf", String(old.master.pid)] });
    expect(await old.master.exited).toBe(0);
    const sofar = ends.length;
    await waitUntil("clients of the new one", () => ends.length > sofar + 50);
    over.abort();
    await clients;
    expect(ends.filter((one) => one !== served)).toEqual([]);
    expect([isAlive(former), isAlive(await next.worker())]).toEqual([false, true]);
    expect(await command(place.path("admin"), "get weight be/s1\n")).toBe("1 (initial 1)\n\n");
  });
});

describe("death", () => {
  testWith(
    own,
    "of the worker: clients wait, another serves with what ran last; after a few the master gives up",
    async () => {
      await using place = await stage();
      await using pair = await startPair(place);
      const extra = await freePort();
      place.write({ frontend: `    bind 127.0.0.1:${extra}` });
      expect(await reload(pair)).toBe(true);
      place.write({ frontend: "    bind nonsense" });
      expect(await reload(pair)).toBe(false);
      const former = await pair.worker();
      process.kill(former, "SIGKILL");
      // Nobody is refused meanwhile.
      const waiting = await Promise.all([talk(place.port), talk(extra), talk(place.port)]);
      expect(waiting).toEqual([served, served, served]);
      await pair.master.stderr.find(
        new RegExp(
          `\\[ALERT\\] .*\\(${pair.master.pid}\\) : Current worker \\(${former}\\) exited with code 137 \\(Killed\\)`,
        ),
      );
      const another = await pair.worker();
      expect(another).not.toBe(former);
      expect(statusOf(another)).toMatch(/^Uid:\t65534\t/m);
      expect(await command(place.path("admin"), "get weight be/s1\n")).toBe("1 (initial 1)\n\n");
      place.write();
      expect(await reload(pair)).toBe(true);
      for (let times = 0; times < 3; times++) process.kill(await pair.worker(), "SIGKILL");
      expect(await pair.master.exited).toBe(137);
      await pair.master.stderr.ended;
      expect(pair.master.stderr.text).toContain("All workers exited. Exiting... (137)");
      expect(existsSync(place.path("admin"))).toBe(false);
    },
  );

  testWith(own, "of the worker that is told to end: as in HAProxy the master ends, with 0", async () => {
    await using place = await stage();
    await using pair = await startPair(place);
    process.kill(await pair.worker(), "SIGTERM");
    expect(await pair.master.exited).toBe(0);
  });

  testWith(own, "of the worker in a reload: it fails, and what ran before runs", async () => {
    await using place = await stage();
    await using pair = await startPair(place);
    const worker = await pair.worker();
    // Reading waits for the pipe's other end, so that the reload is under way for sure.
    await must(["mkfifo", place.path("map")]);
    place.write({ frontend: `    use_backend %[src,map(${place.path("map")},be)]` });
    const answer = pair.ask("reload\n");
    await Bun.sleep(100);
    process.kill(worker, "SIGKILL");
    expect(await answer).toBe("Success=0\n--\nThe worker ended in the middle of it.\n");
    writeFileSync(place.path("map"), "127.0.0.1 be\n");
    await waitUntil("another worker", async () => (await pair.worker()) !== worker);
    expect(await talk(place.port)).toBe(served);
    place.write();
    expect(await reload(pair)).toBe(true);
  });

  testWith(own, "of the master: the worker serves on, says so once, and takes no reloads", async () => {
    await using place = await stage();
    await using pair = await startPair(place);
    const worker = await pair.worker();
    try {
      pair.master.kill("SIGKILL");
      await pair.master.exited;
      await pair.master.stderr.find(/The process that keeps the rights has gone/);
      expect(await talk(place.port)).toBe(served);
      process.kill(worker, "SIGUSR2");
      await pair.master.stderr.find(/Reload refused : the process that keeps the rights has gone/);
      expect(count(pair.master.stderr.all, /this one serves on/)).toBe(1);
      expect(await talk(place.port)).toBe(served);
      expect(await command(place.path("admin"), "get weight be/s1\n")).toBe("1 (initial 1)\n\n");
      process.kill(worker, "SIGUSR1");
      await waitUntil("its end", () => !isAlive(worker));
    } finally {
      if (isAlive(worker)) process.kill(worker, "SIGKILL");
    }
  });
});

/** A table of processes without what differs from run to run. */
function shape(text: string): string {
  return text
    .replaceAll(/2\.6\.12-\S+ */g, "VERSION ")
    .replaceAll(/\dd\d\dh\d\dm\d\ds/g, "UPTIME")
    .replaceAll(/^\d+ +/gm, "PID ");
}

describe("HAProxy", () => {
  testWith([...own, "haproxy"], "shows the same processes, in the same words", async () => {
    await using place = await stage();
    const shapes: string[] = [];
    {
      await using pair = await startPair(place);
      shapes.push(shape(await pair.ask("show proc\n")));
    }
    const socket = place.path("theirs");
    await using real = start(["haproxy", "-W", "-f", place.file, "-S", socket]);
    await waitUntil("its socket", async () => (await command(socket, "show proc\n").catch(() => "")) !== "");
    shapes.push(shape(await command(socket, "show proc\n")));
    real.kill("SIGTERM");
    await real.exited;
    expect(shapes[0]).toBe(shapes[1] as string);
  });
});

describe("chroot", () => {
  testWith([...own, "haproxy"], "an external check runs in there, as HAProxy's", async () => {
    await using place = await stage();
    const jail = place.path("jail");
    const needs = (await must(["ldd", "/bin/true"])).matchAll(/(\/\S+) \(/g);
    for (const path of ["/bin/true", ...Array.from(needs, ([, path = ""]) => path)]) {
      mkdirSync(dirname(join(jail, path)), { recursive: true });
      copyFileSync(path, join(jail, path));
      chmodSync(join(jail, path), 0o755);
    }
    const back = `timeout check 10s\n    option external-check\n    external-check path /bin`;
    place.write({
      global: "    external-check\n    insecure-fork-wanted",
      sections: `backend in\n    ${back}\n    external-check command /bin/true\n    server s 127.0.0.1:${place.server.port} check inter 100\n
backend out\n    ${back}\n    external-check command /bin/false\n    server s 127.0.0.1:${place.server.port} check inter 100\n`,
    });
    const states = async (): Promise<string | null> => {
      const text = await command(place.path("admin"), "show stat\n");
      const seen = ["in", "out"].map((name) => {
        const fields =
          text
            .split("\n")
            .find((line) => line.startsWith(`${name},s,`))
            ?.split(",") ?? [];
        return `${name} ${fields[17]} ${fields[36]} ${fields[37]}`;
      });
      return seen.some((one) => one.includes(" INI") || one.includes("* ")) ? null : seen.join("; ");
    };
    const seen: string[] = [];
    {
      await using pair = await startPair(place);
      seen.push(await waitUntil("its checks", async () => ((await states())?.includes("DOWN") ? states() : null)));
      expect(pair.master.pid).toBeGreaterThan(0);
    }
    await using real = start(["haproxy", "-W", "-f", place.file]);
    await waitUntil("its socket", () => existsSync(place.path("admin")));
    seen.push(await waitUntil("HAProxy's checks", async () => ((await states())?.includes("DOWN") ? states() : null)));
    const workers = (await must(["pgrep", "-P", String(real.pid)])).trim();
    real.kill("SIGTERM");
    await real.exited;
    expect(isAlive(Number(workers))).toBe(false);
    expect(seen[0]).toBe(seen[1] as string);
  });
});
