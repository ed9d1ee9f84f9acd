/** What an operator types: reload, top, init, keywords and check, against processes that run, on terminals and in scripts. */
import { expect } from "bun:test";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { binary, startForwarder } from "./forwarder.ts";
import { freePort, type Need, run, scratch, start, testWith, waitUntil } from "./harness.ts";
import { command, echoServer, open, readBytes } from "./sockets.ts";
import { onTerminal } from "./terminal.ts";

const kinds: readonly (readonly [string, readonly Need[], string, readonly string[]])[] = [
  ["one process", [], "", []],
  ["two processes", ["root"], "    user nobody\n    group nogroup\n", ["-W"]],
];

/** Asks for a reload. */
const fairlead = (...own: readonly string[]) => run([binary, "reload", ...own]);

/** Puts another text in the place of one in a file. */
function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

for (const [what, needs, global, words] of kinds) {
  testWith(["fairlead", ...needs], `${what}: a reload is asked for, waited for, and says what came of it`, async () => {
    await using server = await echoServer();
    using folder = scratch();
    const [port, other] = [await freePort(), await freePort()];
    const [admin, ops, master] = [folder.file("admin"), folder.file("ops"), folder.file("master")];
    const sockets = `    stats socket ${admin} mode 600 level admin\n    stats socket ${ops} level operator\n`;
    const sections = `listen a\n    bind 127.0.0.1:${port}\n    server one 127.0.0.1:${server.port} weight 1\n`;
    const flags = [...words, "-S", `${master},mode,600`];
    await using forwarder = await startForwarder(sections, { global: global + sockets, arguments: flags });
    const { file } = forwarder;
    const held = await open(port);
    held.write("hello");

    // Nothing has changed.
    expect(await fairlead("-f", file)).toEqual({
      code: 0,
      stdout: "Reloaded; nothing is told to have changed.\n",
      stderr: "",
    });
    edit(file, "weight 1", "weight 7");
    edit(file, `bind 127.0.0.1:${port}\n`, `bind 127.0.0.1:${port}\n    bind 127.0.0.1:${other}\n`);
    expect(await fairlead("-f", file)).toEqual({
      code: 0,
      stdout: `Reloaded.\nadded bind 127.0.0.1:${other} of listen a\nchanged server a/one: weight 1 -> 7\n`,
      stderr: "",
    });
    // It was waited for.
    expect(await command(admin, "get weight a/one\n")).toContain("7 (initial 7)");
    (await open(other)).destroy();

    // The master socket answers the same, under its name or as any socket.
    edit(file, "weight 7", "weight 9");
    const byMaster = await fairlead("-S", `${master},mode,600`);
    expect([byMaster.code, byMaster.stdout]).toEqual([0, "Reloaded.\nchanged server a/one: weight 7 -> 9\n"]);
    expect(await command(master, "reload\n")).toBe("Success=1\n");

    // An error in the file: what is there goes on, and it is told why not, as -c tells it.
    edit(file, "weight 9", "weihgt 9");
    const broken = await fairlead("--socket", admin);
    expect([broken.code, broken.stdout]).toEqual([1, ""]);
    expect(broken.stderr).toMatch(
      /\[ALERT\] .*\[.*forward\.cfg:\d+\] : .*unknown keyword 'weihgt'.*\n.*weihgt 9\n +\^{6}\n\[ALERT\] .*Not reloaded: what ran before goes on\./,
    );
    expect((await fairlead("-f", file)).stderr).toContain("unknown keyword 'weihgt'");
    edit(file, "weihgt 9", "weight 9");

    // An address that is taken.
    edit(file, `bind 127.0.0.1:${other}`, `bind 127.0.0.1:${server.port}`);
    const taken = await fairlead("-f", file);
    expect([taken.code, taken.stderr]).toEqual([
      1,
      expect.stringMatching(/cannot bind socket.*\n.*is held by process.*\n.*Not reloaded/),
    ]);
    expect(taken.stderr).toContain(`127.0.0.1:${server.port}`);
    edit(file, `bind 127.0.0.1:${server.port}`, `bind 127.0.0.1:${other}`);

    // Rights.
    const refused = await fairlead("--socket", ops);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringContaining("permission denied: it takes a 'stats socket' of level admin"),
    ]);
    expect(await command(ops, "reload\n")).toBe("Permission denied\n\n");
    if (process.getuid?.() === 0) {
      const stranger = await run([
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "sh",
        "-c",
        `test -w ${admin}`,
      ]);
      expect(stranger.code).toBe(1);
    }

    // The socket by which it was asked for goes with that very reload: its answer still comes.
    edit(file, admin, folder.file("moved"));
    const moved = await fairlead("--socket", admin);
    expect([moved.code, moved.stdout]).toEqual([
      0,
      expect.stringContaining("Reloaded.\nchanged global: stats-sockets\n"),
    ]);
    await waitUntil("the old one is gone", () => !existsSync(admin));
    expect((await fairlead("--socket", admin)).stderr).toContain("there is none");
    expect((await fairlead("--socket", folder.file("moved"))).code).toBe(0);

    held.write(" again");
    expect((await readBytes(held, 11)).toString()).toBe("hello again");
    held.destroy();
    const pattern = /Reload asked for by command on /;
    await waitUntil("the log names who asked", () => pattern.test(forwarder.process.stderr.text));
  });
}

testWith(["fairlead", "root"], "a reload while the worker is gone, and one after the master has", async () => {
  using folder = scratch();
  const admin = folder.file("admin");
  const global = `    user nobody\n    group nogroup\n    stats socket ${admin} level admin\n`;
  const sections = `listen a\n    bind 127.0.0.1:${await freePort()}\n    server one 127.0.0.1:1\n`;
  await using forwarder = await startForwarder(sections, { global, arguments: ["-W"] });
  const worker = Number(/^Pid: (\d+)$/m.exec(await command(admin, "show info\n"))?.[1]);
  expect(worker).toBeGreaterThan(0);
  expect(worker).not.toBe(forwarder.pid);
  process.kill(forwarder.pid, "SIGKILL");
  await forwarder.process.exited;
  const alone = await run([binary, "reload", "--socket", admin]);
  process.kill(worker, "SIGKILL");
  expect([alone.code, alone.stderr]).toEqual([
    1,
    expect.stringContaining("Reload refused : the process that keeps the rights has gone; a restart brings it back."),
  ]);
});

testWith(["fairlead"], "reload says what is wrong with its words and sockets", async () => {
  using folder = scratch();
  const rows: readonly (readonly [readonly string[], string])[] = [
    [[], "'reload' expects --socket SOCKET or -f FILE"],
    [["--socket", folder.file("s")], "/s: there is none\n    is fairlead running"],
    [["-f", folder.file("none")], "Cannot open configuration file"],
  ];
  for (const [own, told] of rows) {
    const ran = await run([binary, "reload", ...own]);
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([1, "", expect.stringContaining(told)]);
  }
});

testWith(["fairlead", "setsid"], "top: text, JSON, and live on a terminal, which is as it was afterwards", async () => {
  await using server = await echoServer();
  using folder = scratch();
  const [port, admin] = [await freePort(), folder.file("admin")];
  const sections = `frontend ssh\n    bind 127.0.0.1:${port}\n    option contstats\n    default_backend git\nbackend git\n    server one 127.0.0.1:${server.port}\n    server two 127.0.0.1:1 backup\n`;
  await using forwarder = await startForwarder(sections, { global: `    stats socket ${admin} level operator\n` });
  const held = await open(port);
  held.write("x".repeat(1000));
  await readBytes(held, 1000);

  const once = await run([binary, "top", "-f", forwarder.file]);
  expect([once.code, once.stderr]).toEqual([0, ""]);
  expect(once.stdout).toMatch(
    /^\S+, pid \d+, up .*\nconnections 1 of \d+,.*\nservers 2, down 0\n\nPROXY\/SERVER +STATUS .*\nssh \(frontend\) +OPEN +1 .*\ngit \(backend\) +UP +1 .*\n {2}one +no check +1 .*\n {2}two +no check +0 .*\n$/,
  );
  const json = JSON.parse((await run([binary, "top", "--json", "--socket", admin])).stdout);
  expect([json.process.connections, json.backends[0].servers[0].sessions]).toEqual([1, 1]);

  for (const end of ["q", "ctrl-c", "SIGTERM", "SIGHUP"] as const) {
    await using top = onTerminal([binary, "top", "--socket", admin, "--interval", "200ms"], { columns: 70, rows: 12 });
    const before = top.flags();
    await top.find(/\u001b\[\?1049h/);
    await top.find(/ssh \(frontend\) +OPEN +1 /);
    await waitUntil("keys come one by one", () => top.flags()[2] !== before[2]);
    if (end === "q") {
      // It is drawn again, with bytes a second.
      await top.find(/ssh \(frontend\) +OPEN +1 +- +\d+ +\d+ +\d+/);
      held.write("y".repeat(100));
      await top.find(/ssh \(frontend\) +OPEN +1 +- +\d+ +[1-9]\d* +[1-9]\d*/);
      top.type("l");
      await top.find(/CLIENT +FRONTEND +SERVER +AGE/);
      await top.find(/127\.0\.0\.1:\d+ +ssh +git\/one +\d/);
      top.type("l");
      await top.find(/PROXY\/SERVER/);
      top.type("s");
      await top.find(/\[sessions\]/);
      // As wide and as high as the terminal.
      top.resize(150, 30);
      await top.find(/PROXY\/SERVER +STATUS .*WEIGHT/);
      await top.find(/\u001b\[30;1H/);
      top.resize(45, 8);
      await top.find(/PROXY\/SERVER +STATUS +SESS +NEW\/s\u001b/);
      await top.find(/\u001b\[8;1H/);
    }
    if (end === "q") top.type("q");
    else if (end === "ctrl-c") top.type("\u0003");
    else process.kill(top.pid, end);
    await top.exited;
    await top.find(/\u001b\[\?7h\u001b\[\?25h\u001b\[\?1049l$/);
    expect([end, top.flags(), top.signal()]).toEqual([end, before, end.startsWith("SIG") ? end : null]);
  }

  // The process ends, and top says so until another comes.
  await using top = onTerminal([binary, "top", "--socket", admin, "--interval", "200ms"]);
  await top.find(/ssh \(frontend\)/);
  forwarder.process.kill("SIGKILL");
  await top.find(/admin: nobody listens there\u001b/);
  top.type("q");
  expect(await top.exited).toBe(0);
  const gone = await run([binary, "top", "--once", "--socket", admin]);
  expect([gone.code, gone.stderr]).toEqual([
    1,
    expect.stringContaining("admin: nobody listens there\n    is fairlead running"),
  ]);
  held.destroy();
});

testWith(["fairlead", "setsid"], "init asks on a terminal, and what it writes is accepted and serves", async () => {
  await using server = await echoServer();
  using folder = scratch();
  const port = await freePort();
  const file = folder.file("fairlead.cfg");
  await using asking = onTerminal([binary, "init"], { cwd: folder.path });
  await asking.find(/Where do clients come in\? A port, or ADDRESS:PORT \[22\]: /);
  asking.type(`127.0.0.1:${port}\r`);
  await asking.find(/Where are the servers\? HOST:PORT, several separated by spaces: /);
  asking.type("nowhere\r");
  await asking.find(/'nowhere' has no port: say which, as in nowhere:22/);
  await asking.find(/Where are the servers/);
  asking.type(`127.0.0.1:${server.port}\r`);
  expect(await asking.exited).toBe(0);
  await asking.find(/fairlead -c -f fairlead\.cfg\r\n {2}fairlead -W -f fairlead\.cfg\r\n/);
  expect([statSync(file).mode & 0o7777, readdirSync(folder.path)]).toEqual([0o644, ["fairlead.cfg"]]);
  expect(await run([binary, "-c", "-f", file])).toEqual({
    code: 0,
    stdout: "Configuration file is valid\n",
    stderr: "",
  });

  const again = await run([binary, "init", "--listen", "2", "--server", "h:1"], { cwd: folder.path });
  expect([again.code, again.stderr]).toEqual([
    1,
    expect.stringContaining("fairlead.cfg is there already: --force replaces it"),
  ]);
  const flags = [
    "--listen",
    `127.0.0.1:${port}`,
    "--server",
    `127.0.0.1:${server.port}`,
    "--server=127.0.0.1:1",
    "--socket",
    folder.file("admin"),
  ];
  const forced = await run([binary, "init", "--force", "--yes", ...flags, "--out", file]);
  expect([forced.code, forced.stderr]).toEqual([0, ""]);
  await using running = start([binary, "-f", file, "--health", "off"]);
  await waitUntil("it serves", async () => (await command(folder.file("admin"), "show info\n")).includes("Pid: "));
  const socket = await open(port);
  socket.write("through");
  expect((await readBytes(socket, 7)).toString()).toBe("through");
  socket.destroy();
  expect((await run([binary, "reload", "-f", file])).code).toBe(0);
  running.kill();
});

testWith(
  ["fairlead"],
  "init in a script says which flags are missing, and writes nothing that is refused",
  async () => {
    using folder = scratch();
    const init = async (...own: readonly string[]) => {
      const { code, stderr } = await run([binary, "init", ...own], { cwd: folder.path, input: "22\nh:1\n" });
      return [
        code,
        stderr
          .trim()
          .split("\n")
          .at(-1)
          ?.replace(/\(\d+\)/, ""),
      ];
    };
    expect(await init()).toEqual([1, "[ALERT]     : nobody answers here: say --listen PORT and --server HOST:PORT"]);
    expect(await init("--yes")).toEqual([1, "[ALERT]     : what has no usual answer must be said: --server HOST:PORT"]);
    expect((await init("--listen", "22", "--server", "h:1 check"))[0]).toBe(1);
    expect((await init("--listen", "22", "--server", "192.0.2.300:1", "--out", "no/such/folder"))[0]).toBe(1);
    expect(readdirSync(folder.path)).toEqual([]);
  },
);

testWith(["fairlead"], "keywords and check --json answer in pipes, with exit codes", async () => {
  const known = await run([binary, "keywords", "option", "sshlog"]);
  expect([known.code, known.stderr, known.stdout.split("\n", 1)]).toEqual([0, "", ["option sshlog"]]);
  const unknown = await run([binary, "keywords", "sslhog"]);
  expect([unknown.code, unknown.stdout, unknown.stderr]).toEqual([
    1,
    "",
    expect.stringContaining("did you mean 'sshlog'"),
  ]);
  using folder = scratch();
  const file = folder.file("a.cfg");
  const check = async (text: string) => {
    writeFileSync(file, text);
    const { code, stdout, stderr } = await run([binary, "check", "-f", file, "--json"]);
    const document = JSON.parse(stdout);
    expect([code, stderr]).toEqual([document.exitCode, ""]);
    return document;
  };
  expect(await check("listen a\n    bindd :1\n")).toMatchObject({
    verdict: "refused",
    exitCode: 1,
    diagnostics: [{ severity: "error", file, line: 2, column: 5, word: "bindd", suggestion: "bind" }],
  });
  expect(await check("defaults\n    mode tcp\n")).toMatchObject({ verdict: "nothing listens", exitCode: 2 });
  expect(
    await check(
      `listen a\n    bind 127.0.0.1:1\n    mode tcp\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n    server s 127.0.0.1:2\n`,
    ),
  ).toMatchObject({
    verdict: "valid",
    exitCode: 0,
    files: [file],
    diagnostics: [],
  });
  const none = await run([binary, "check", "--json", folder.file("none")]);
  expect([none.code, JSON.parse(none.stdout)]).toMatchObject([
    1,
    { diagnostics: [{ file: null, line: null, message: expect.stringContaining("Cannot open configuration file") }] },
  ]);
});
