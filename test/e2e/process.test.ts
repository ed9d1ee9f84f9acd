/** The binary as a process: exit codes, signals, the background, privileges, reloads, service managers and the command sockets. */
import { describe, expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { freePort, isAlive, type Need, run, scratch, start, testWith, waitUntil } from "./harness.ts";
import { command } from "./sockets.ts";

const binary = join(import.meta.dir, "../../dist/bin/fairlead");
const own: readonly Need[] = ["fairlead"];

function configuration(port: number, global = ""): string {
  return `global
    log stdout format raw local0
${global}
defaults
    mode tcp
    log global
    option tcplog
    timeout connect 1s
    timeout client 10s
    timeout server 10s
frontend fe
    bind 127.0.0.1:${port}
    default_backend be
backend be
    server s1 127.0.0.1:9
`;
}

interface Stage extends Disposable {
  readonly file: string;
  readonly port: number;
  path(name: string): string;
}

async function stage(global: (path: (name: string) => string) => string = () => ""): Promise<Stage> {
  const folder = scratch();
  const port = await freePort();
  const file = folder.file("a.cfg");
  writeFileSync(file, configuration(port, global(folder.file)));
  return { file, port, path: folder.file, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

/** Whether somebody accepts connections there. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => resolve(false));
  });
}

describe("command line", () => {
  testWith(own, "no arguments: version on stdout, usage on stderr, exit 1", async () => {
    const { code, stdout, stderr } = await run([binary]);
    expect({ code, first: stdout.split(" ").slice(0, 2), usage: stderr.startsWith("Usage : fairlead") }).toEqual({
      code: 1,
      first: ["fairlead", "version"],
      usage: true,
    });
  });

  testWith(own, "flags without a file: the usage, and at its end what is missing", async () => {
    const { code, stderr } = await run([binary, "-c"]);
    expect([code, stderr.trimEnd().split("\n").at(-1)]).toEqual([
      1,
      "fairlead: no configuration is named: -f FILE does so.",
    ]);
  });

  testWith(own, "sockets that cannot be had say why, in words", async () => {
    using place = await stage();
    const refused = await run([binary, "-f", place.file, "--health", "off", "-S", "/nowhere/at/all"]);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("Cannot bind the master socket [/nowhere/at/all] (No such file or directory)"),
    });
  });

  testWith(own, "under the name haproxy it answers as HAProxy", async () => {
    using folder = scratch();
    symlinkSync(binary, folder.file("haproxy"));
    const { code, stdout } = await run([folder.file("haproxy"), "-v"]);
    expect({ code, first: stdout.slice(0, 22) }).toEqual({ code: 0, first: "HAProxy version 2.6.12" });
  });

  testWith(own, "conditions: 0, 1, 2", async () => {
    const codes = ["1", "0", "true"].map(async (text) => (await run([binary, "-cc", text])).code);
    expect(await Promise.all(codes)).toEqual([0, 1, 2]);
  });

  testWith(own, "a condition sees the environment, letters of several bytes as well", async () => {
    const asked = await run([binary, "-cc", 'defined(NAME) && streq("$NAME",é)'], { env: { NAME: "é" } });
    expect(asked.code).toBe(0);
    const wrong = await run([binary, "-cc", 'streq("é']);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("config : Syntax Error in condition: Unmatched quote."),
    });
  });

  testWith(own, "-c looks up the names of servers that cannot start without", async () => {
    using place = await stage();
    const text = readFileSync(place.file, "utf8");
    writeFileSync(place.file, `${text}    server s2 nowhere.invalid:22\n`);
    const checked = await run([binary, "-c", "-f", place.file]);
    expect(checked).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("'server be/s2' : could not resolve address 'nowhere.invalid'."),
    });
    writeFileSync(place.file, `${text}    server s2 nowhere.invalid:22 init-addr last,libc,none\n`);
    expect(await run([binary, "-c", "-f", place.file])).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /\[WARNING\] .*could not resolve address 'nowhere\.invalid', disabling server\.\n {4}it is used as soon as its name has an address\n$/,
      ),
    });
  });

  testWith(own, "-c says its verdict, -q says nothing", async () => {
    using place = await stage();
    expect(await run([binary, "-c", "-f", place.file])).toEqual({
      code: 0,
      stdout: "Configuration file is valid\n",
      stderr: "",
    });
    expect(await run([binary, "-c", "-q", "-f", place.file])).toEqual({ code: 0, stdout: "", stderr: "" });
    writeFileSync(place.file, "global\n    maxconn 10\n");
    const none = await run([binary, "-c", "-f", place.file]);
    expect(none).toMatchObject({
      code: 2,
      stdout: "Configuration file has no error but will not start (no listener) => exit(2).\n",
    });
    expect(await run([binary, "-f", place.file])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        "[fairlead.main()] No enabled listener found (check for 'bind' directives) ! Exiting.",
      ),
    });
  });

  testWith(own, "a file that is not there", async () => {
    const { code, stderr } = await run([binary, "-f", "/nonexistent.cfg"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /\[ALERT\]    \(\d+\) : config : Cannot open configuration file\/directory \/nonexistent\.cfg : No such file or directory/,
    );
  });

  testWith(own, "a reader that goes away ends nothing badly", async () => {
    expect(await run(["sh", "-c", `${binary} keywords | head -1; ${binary} --help >&-; echo $?`])).toMatchObject({
      stdout: expect.stringMatching(/\n0\n$/),
    });
  });
});

/** A holder of a port, until its block ends. */
async function holding(answer = ""): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) =>
    socket
      .on("error", () => {})
      .resume()
      .end(answer),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.address() as { port: number };
  return { port, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

describe("the health endpoint's address", () => {
  testWith(own, "asked for and not to be had, ends the start: by flag and by environment", async () => {
    using place = await stage();
    await using holder = await holding();
    for (const [taken, why] of [
      [`127.0.0.1:${holder.port}`, "(Address already in use)"],
      [`127.0.0.1:${place.port}`, `the configuration binds 127.0.0.1:${place.port} itself`],
    ] as const) {
      const flag = await run([binary, "-f", place.file, "--health", taken], { timeoutMs: 10_000 });
      const variable = await run([binary, "-f", place.file], { env: { FAIRLEAD_HEALTH: taken }, timeoutMs: 10_000 });
      for (const { code, stderr } of [flag, variable]) {
        expect(code).toBe(1);
        expect(stderr).toMatch(/\[ALERT\] .*health endpoint: /);
        expect(stderr).toContain(why);
      }
    }
    expect((await run([binary, "-f", place.file, "--health", "nowhere"])).code).toBe(1);
  });

  testWith(own, "is waited for while the process has it that is replaced", async () => {
    using place = await stage();
    const health = `127.0.0.1:${await freePort()}`;
    const words = [binary, "-f", place.file, "--health", health];
    const ask = () => run([binary, "healthcheck", "--health", health]);
    await using old = start(words);
    await waitUntil("it serves", async () => (await ask()).code === 0);
    await using next = start([...words, "-sf", String(old.pid)]);
    await Promise.race([next.stderr.find(/it opens once the process has gone/), old.exited]);
    await old.exited;
    await waitUntil("the new one answers", async () => (await ask()).code === 0);
    expect(next.stderr.text).not.toContain("[ALERT]");
  });

  testWith(own, "healthcheck and status tell others from a fairlead", async () => {
    await using holder = await holding("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n");
    for (const command of ["healthcheck", "status"]) {
      const asked = await run([binary, command, "--health", `127.0.0.1:${holder.port}`]);
      expect(asked).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("is no fairlead") });
    }
  });

  testWith([...own, "curl"], "the health endpoint shows itself to nobody who asks by another's name", async () => {
    using place = await stage();
    const health = `127.0.0.1:${await freePort()}`;
    const env = { FAIRLEAD_HEALTH_NAMES: "two.example" };
    const words = ["-f", place.file, "--health", health, "--health-name", "one.example"];
    await using running = start([binary, ...words], { env });
    await waitUntil("it to serve", () => accepts(place.port));
    const ask = async (path: string, ...more: readonly string[]): Promise<string> => {
      const out = ["-s", "-m", "5", "-o", place.path("out"), "-w", "%{http_code}"];
      return (await run(["curl", ...out, ...more, `http://${health}${path}`])).stdout;
    };
    const codes: Record<string, string> = {};
    for (const host of ["evil.example", "one.example", "TWO.example:1", "localhost", "evil.example@localhost"])
      codes[host] = `${await ask("/status", "-H", `Host: ${host}`)} ${await ask("/healthz", "-H", `Host: ${host}`)}`;
    expect(codes).toEqual({
      "evil.example": "421 200",
      "one.example": "200 200",
      "TWO.example:1": "200 200",
      localhost: "200 200",
      "evil.example@localhost": "421 200",
    });
    expect(await ask("/")).toBe("200");
    expect(await ask("/", "--http1.0", "-H", "Host:")).toBe("200");
    expect(await ask("/", "-H", "Host:")).toBe("400");
    expect(await ask("/healthz", "-X", "POST")).toBe("405");
    expect(running.stderr.text).not.toContain("ALERT");
  });
});

describe("forward", () => {
  testWith(own, "says in a line what listens, where it leads and where its health is", async () => {
    const [port, health] = [await freePort(), `127.0.0.1:${await freePort()}`];
    await using running = start([binary, "forward", `127.0.0.1:${port}`, "127.0.0.1:9", "--health", health]);
    await running.stderr.find(/health endpoint/);
    expect(running.stderr.text).toMatch(/^\[NOTICE\] {3}\(\d+\) : listening on [^\n]*\n$/);
    expect(running.stderr.text.replace(/ by (?:epoll|splice);/, " by ITS OWN;")).toContain(
      `listening on 127.0.0.1:${port}, forwarding to 127.0.0.1:9 by ITS OWN; health endpoint http://${health}/\n`,
    );
    expect((await run([binary, "healthcheck", "--health", health])).code).toBe(0);
  });

  testWith(own, "starts with a warning where a name has no address", async () => {
    const words = [`127.0.0.1:${await freePort()}`, "nowhere.invalid:22", "--health", "off"];
    await using running = start([binary, "forward", ...words]);
    await running.stderr.find(/forwarding to nowhere\.invalid:22 by \w+; no health endpoint/);
    expect(running.stderr.text).toMatch(/\[WARNING\] .*could not resolve address 'nowhere\.invalid'/);
  });

  testWith(own, "refuses to lead back to itself; a file that does so gets a notice", async () => {
    const port = await freePort();
    for (const host of ["127.0.0.1", "localhost", "0.0.0.0"]) {
      const words = ["forward", `:${port}`, `${host}:${port}`, "--health", "off"];
      const refused = await run([binary, ...words], { timeoutMs: 10_000 });
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/\[ALERT\] .*go round in a circle/) });
    }
    using folder = scratch();
    const file = folder.file("a.cfg");
    writeFileSync(file, configuration(port).replace("127.0.0.1:9", `127.0.0.1:${port}`));
    const checked = await run([binary, "-c", "-dW", "-f", file]);
    expect(checked).toMatchObject({ code: 0, stdout: "Configuration file is valid\n" });
    expect(checked.stderr).toMatch(/\[NOTICE\] .*'server be\/s1' : .*where frontend 'fe' itself listens/);
  });
});

describe("start", () => {
  testWith(own, "a port in use names who holds it", async () => {
    using place = await stage();
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(place.port, "127.0.0.1", resolve));
    const { code, stderr } = await run([binary, "-f", place.file, "--health", "off"]);
    holder.close();
    expect(code).toBe(1);
    expect(stderr).toContain(
      `Binding [${place.file}:12] for frontend fe: cannot bind socket (Address already in use) for [127.0.0.1:${place.port}]\n`,
    );
    expect(stderr).toContain(`port ${place.port} is held by process ${process.pid} (`);
    expect(stderr).toContain("Some protocols failed to start their listeners! Exiting.");
  });

  testWith(own, "-D returns once it serves, and the pid file leads to it", async () => {
    using place = await stage();
    const pidfile = place.path("pid");
    const { code } = await run([binary, "-D", "-f", place.file, "-p", pidfile, "--health", "off"]);
    expect({ code, serves: await accepts(place.port) }).toEqual({ code: 0, serves: true });
    const pid = Number(readFileSync(pidfile, "utf8"));
    process.kill(pid, "SIGTERM");
    await waitUntil("the daemon's end", () => !isAlive(pid));
  });

  testWith(own, "a pid file that is a link stops the start, and nothing is written", async () => {
    using place = await stage();
    writeFileSync(place.path("precious"), "precious");
    symlinkSync(place.path("precious"), place.path("pid"));
    for (const mode of ["-D", "-W"]) {
      const words = [binary, mode, "-f", place.file, "-p", place.path("pid"), "--health", "off"];
      const { code, stderr } = await run(words);
      expect({ mode, code }).toEqual({ mode, code: 1 });
      expect(stderr).toContain(`Cannot create pidfile ${place.path("pid")} : it is a symbolic link`);
      expect(await accepts(place.port)).toBe(false);
    }
    expect(readFileSync(place.path("precious"), "utf8")).toBe("precious");
  });

  testWith(own, "-D tells what is wrong and keeps the exit code; the configuration may be a pipe", async () => {
    using place = await stage();
    const text = readFileSync(place.file, "utf8").replace("global\n", `global\n    chroot ${place.path("missing")}\n`);
    const { code, stderr } = await run([binary, "-D", "-f", "/dev/stdin", "--health", "off"], { input: text });
    expect(code).toBe(1);
    expect(stderr).toContain(`Cannot chroot(${place.path("missing")})`);
    expect(await accepts(place.port)).toBe(false);
  });

  testWith([...own, "root"], "root, its groups and its folder are given up for good", async () => {
    using place = await stage((path) => {
      mkdirSync(path("jail"));
      return `    chroot ${path("jail")}\n    uid 65534\n    gid 65534\n`;
    });
    await using running = start([binary, "-f", place.file, "--health", "off"]);
    await waitUntil("it to serve", () => accepts(place.port));
    const status = await waitUntil("the change of user", () => {
      const text = readFileSync(`/proc/${running.pid}/status`, "utf8");
      return /^Uid:\t65534\t65534\t65534\t65534$/m.test(text) ? text : null;
    });
    expect(status).toMatch(/^Gid:\t65534\t65534\t65534\t65534$/m);
    expect(status).toMatch(/^Groups:\s*$/m);
    expect((await run(["readlink", `/proc/${running.pid}/root`])).stdout.trim()).toBe(place.path("jail"));
  });
});

describe("signals", () => {
  const rows: readonly (readonly [NodeJS.Signals, readonly string[], number | NodeJS.Signals])[] = [
    ["SIGINT", [], "SIGINT"],
    ["SIGTERM", [], "SIGTERM"],
    ["SIGUSR1", [], 0],
    ["SIGINT", ["-W"], 130],
    ["SIGTERM", ["-W"], 0],
    ["SIGUSR1", ["-W"], 0],
  ];
  for (const [signal, flags, end] of rows) {
    testWith(own, `${signal} ${flags.join(" ")}`, async () => {
      using place = await stage();
      await using running = start([binary, "-f", place.file, "--health", "off", ...flags]);
      await waitUntil("it to serve", () => accepts(place.port));
      running.kill(signal);
      const code = await running.exited;
      expect(running.signal ?? code).toBe(end);
      await running.stdout.ended;
      // As HAProxy: who ends at once says no more of its proxies.
      expect(running.stdout.text.includes("Proxy fe stopped (cumulated conns: FE: ")).toBe(signal === "SIGUSR1");
    });
  }

  // As soon as somebody is let in, and a little later: the process still starts then, which is no reason to fail.
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 0],
  ] as const) {
    for (const global of ["", "    user nobody\n    group nogroup\n"]) {
      testWith(own, `${signal} while it starts, ${global === "" ? "alone" : "without rights"}`, async () => {
        for (let laterMs = 0; laterMs < 8; laterMs++) {
          using place = await stage(() => global);
          await using running = start([binary, "-f", place.file, "--health", "off", "-W"]);
          while (!(await accepts(place.port))) await Bun.sleep(0);
          await Bun.sleep(laterMs);
          running.kill(signal);
          const end = await running.exited;
          await running.stderr.ended;
          expect({ end, signal: running.signal, said: /Some protocols failed.*/.exec(running.stderr.text) }).toEqual({
            end: code,
            signal: null,
            said: null,
          });
        }
      });
    }
  }

  testWith(own, "SIGTTOU pauses, SIGTTIN resumes, SIGHUP dumps", async () => {
    using place = await stage();
    await using running = start([binary, "-f", place.file, "--health", "off"]);
    await waitUntil("it to serve", () => accepts(place.port));
    running.kill("SIGTTOU");
    await running.stdout.find(/^Paused frontend fe\.$/);
    running.kill("SIGTTIN");
    await running.stdout.find(/^Resumed frontend fe\.$/);
    running.kill("SIGHUP");
    await running.stdout.find(/^SIGHUP: Server be\/s1 is UP\. Conn: /);
    expect(await accepts(place.port)).toBe(true);
  });

  testWith(own, "-sf lets the old process finish once the new one listens", async () => {
    using place = await stage();
    await using old = start([binary, "-f", place.file, "--health", "off"]);
    await waitUntil("it to serve", () => accepts(place.port));
    await using next = start([binary, "-f", place.file, "--health", "off", "-sf", String(old.pid)]);
    expect(await old.exited).toBe(0);
    expect({ serves: await accepts(place.port), next: isAlive(next.pid) }).toEqual({ serves: true, next: true });
  });
});

/** Starts the binary under a service manager of the test's own that listens at `socket`, reloads and ends it. */
async function notified(place: Stage, socket: string): Promise<void> {
  const listen =
    "import socket,sys\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.bind(sys.argv[1].replace('@','\\0')); print('bound',flush=True)\nwhile True: print(s.recv(4096).decode().split('\\n')[0],flush=True)";
  await using manager = start(["python3", "-c", listen, socket]);
  await manager.stdout.find(/^bound$/);
  await using running = start([binary, "-Ws", "-f", place.file, "--health", "off"], {
    env: { NOTIFY_SOCKET: socket },
  });
  await manager.stdout.find(/^READY=1$/);
  running.kill("SIGUSR2");
  await waitUntil("the end of the reload", () => manager.stdout.all.filter((line) => line === "READY=1").length === 2);
  running.kill("SIGTERM");
  await manager.stdout.find(/^STOPPING=1$/);
  expect(manager.stdout.all).toEqual(["bound", "READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]);
  await running.exited;
}

describe("reload", () => {
  testWith(own, "a good file takes over; a bad one is told and changes nothing", async () => {
    using place = await stage((path) => `    stats socket ${path("admin")} level admin\n`);
    const other = await freePort();
    await using running = start([
      binary,
      "-W",
      "-f",
      place.file,
      "--health",
      "off",
      "-S",
      `${place.path("master")},mode,600`,
    ]);
    await waitUntil("it to serve", () => accepts(place.port));
    await waitUntil("its master socket", () => existsSync(place.path("master")));
    const text = readFileSync(place.file, "utf8");

    writeFileSync(place.file, text.replace("default_backend be", "default_backend nosuch"));
    expect(await command(place.path("master"), "reload\n")).toMatch(
      /^Success=0\n--\n\[ALERT] .*unable to find required default_backend: 'nosuch'/,
    );
    await running.stderr.find(/unable to find required default_backend: 'nosuch'/);
    expect(await accepts(place.port)).toBe(true);

    writeFileSync(place.file, text.replace(`127.0.0.1:${place.port}`, `127.0.0.1:${other}`));
    running.kill("SIGUSR2");
    await running.stderr.find(/Loading success\./);
    expect({ old: await accepts(place.port), new: await accepts(other) }).toEqual({ old: false, new: true });
    expect(await command(place.path("master"), "show proc\n")).toContain("1 [failed: 1]");
    expect(await command(place.path("admin"), "show cli sockets\n")).toBe(
      `# socket lvl processes\nunix@${place.path("admin")} admin all\n\n`,
    );
  });

  testWith([...own, "python3"], "systemd hears READY, RELOADING and STOPPING, by path or by name", async () => {
    using place = await stage();
    await notified(place, place.path("notify"));
    await notified(place, `@${place.path("notify")}`);
  });
});

describe("command sockets", () => {
  testWith(own, "lines, prompts and what HAProxy leaves unanswered", async () => {
    using place = await stage(
      (path) => `    stats socket ${path("admin")} mode 600 level admin\n    stats socket ${path("user")} level user\n`,
    );
    await using running = start([binary, "-f", place.file, "--health", "off"]);
    await waitUntil("its sockets", () => existsSync(place.path("admin")) && existsSync(place.path("user")));
    const ask = (text: string) => command(place.path("admin"), text);
    const answer = (await ask("show version\n")).trim();
    expect(answer).toStartWith("2.6.12-");
    expect(await ask("show version")).toBe("");
    expect(await ask("get weight be/s1;get weight be/x\n")).toBe("1 (initial 1)\n\nNo such server.\n\n");
    expect(await ask("prompt\nshow version;get weight be/s1\nquit\n")).toBe(`\n> ${answer}\n\n> 1 (initial 1)\n\n> \n`);
    expect(await ask("show version\nget weight be/s1\n")).toBe(`${answer}\n\n`);
    expect(await ask("POST /;prompt;x HTTP/1.1\r\n\r\nset server be/s1 state maint\n")).not.toContain(">");
    expect(await command(place.path("user"), "set server be/s1 state maint\n")).toBe("Permission denied\n\n");
    expect(await ask("set server be/s1 state maint\n")).toBe("\n");
    await running.stdout.find(/^Server be\/s1 is going DOWN for maintenance\. 0 active/);
    await running.stdout.find(/^backend be has no server available!$/);
    running.kill("SIGTERM");
    await running.exited;
    expect([existsSync(place.path("admin")), existsSync(place.path("user"))]).toEqual([false, false]);
  });

  testWith([...own, "hatop", "script"], "hatop shows the frontend and the server", async () => {
    using place = await stage((path) => `    stats socket ${path("admin")} level admin\n`);
    await using running = start([binary, "-f", place.file, "--health", "off"]);
    await waitUntil("its socket", () => existsSync(place.path("admin")));
    const words = `stty rows 40 cols 140; hatop -s ${place.path("admin")}`;
    await using screen = start(["script", "-qfec", words, "/dev/null"], { env: { TERM: "xterm" } });
    await waitUntil(
      "hatop's screen",
      () => screen.stdout.text.includes("FRONTEND") && screen.stdout.text.includes("s1"),
    );
    expect(screen.stdout.text).toContain("2.6.12-");
    screen.write("q");
    await screen.exited;
    expect(isAlive(running.pid)).toBe(true);
  });
});
