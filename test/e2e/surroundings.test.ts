/** What the program reads of its surroundings: nothing of the folder it is started in, nothing that only Linux has where it is not Linux. */
import { expect } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join, resolve } from "node:path";
import { binary } from "./forwarder.ts";
import { commandPath, freePort, must, run, scratch, start, testWith, waitUntil } from "./harness.ts";
import { serve } from "./sockets.ts";

const portable = join(import.meta.dir, "../../dist/bin/fairlead.mjs");

/** Eventfds of a process: a splice worker has some. */
function eventDescriptors(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  let count = 0;
  for (const name of readdirSync(folder)) {
    try {
      if (readlinkSync(join(folder, name)) === "anon_inode:[eventfd]") count += 1;
    } catch {
      // Closed between listing and looking.
    }
  }
  return count;
}

/** Words through the forwarder at `port`, as the server there answers them. */
function exchange(port: number, words = "ping"): Promise<string> {
  return new Promise((done, failed) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(words));
    socket.setEncoding("utf8").on("data", (part: string) => (text += part));
    socket.on("close", () => done(text)).on("error", failed);
  });
}

function configuration(port: number, server: number, more = ""): string {
  return `defaults
    mode tcp
    timeout connect 5s
    timeout client 1m
    timeout server 1m
listen one
    bind 127.0.0.1:${port}
    option splice-auto
    server s 127.0.0.1:${server}
${more}`;
}

testWith(["strace", "fairlead"], "a hostile folder to be started in: none of its files is opened", async () => {
  using folder = scratch();
  using elsewhere = scratch();
  const evil = `require("node:fs").writeFileSync(${JSON.stringify(elsewhere.file("ran"))}, "yes");\n`;
  const names = ["bunfig.toml", ".env", ".env.local", ".env.production", "preload.js", "package.json", "tsconfig.json"];
  const libraries = [
    "libc.so.6",
    "libc.so.7",
    "libc.so",
    "libSystem.B.dylib",
    "libpthread.so.0",
    "libm.so.6",
    "libdl.so.2",
  ];
  writeFileSync(folder.file("bunfig.toml"), `preload = ["./preload.js"]\n[run]\npreload = ["./preload.js"]\n`);
  writeFileSync(folder.file("preload.js"), evil);
  writeFileSync(folder.file("package.json"), `{"main": "./preload.js", "imports": {"#x": "./preload.js"}}`);
  writeFileSync(folder.file("tsconfig.json"), "{");
  for (const name of [".env", ".env.local", ".env.production"])
    writeFileSync(folder.file(name), "FAIRLEAD_HEALTH=off\n");
  for (const name of libraries) writeFileSync(folder.file(name), "not a library");
  mkdirSync(folder.file("node_modules"));
  await using server = await serve((socket) => socket.pipe(socket));
  const port = await freePort();
  writeFileSync(elsewhere.file("a.cfg"), configuration(port, server.port));
  const trace = elsewhere.file("trace");
  const words = ["-f", elsewhere.file("a.cfg"), "--health", "off"];
  const calls = "trace=%file,execve";
  await using running = start(["strace", "-D", "-f", "-q", "-e", calls, "-o", trace, resolve(binary), ...words], {
    cwd: folder.path,
  });
  expect(await waitUntil("an answer", () => exchange(port))).toBe("ping");
  // Threads for bulk start with it.
  const before = eventDescriptors(running.pid);
  await waitUntil("a thread splices", async () => {
    await exchange(port, "bulk".repeat(1024 * 1024));
    return eventDescriptors(running.pid) > before;
  });
  running.kill("SIGTERM");
  await waitUntil("the trace is whole", () => /exited with|killed by/.test(readFileSync(trace, "utf8")));
  const lines = readFileSync(trace, "utf8").split("\n");
  expect(lines.some((line) => line.includes("a.cfg"))).toBe(true);
  const touched = lines.filter((line) => {
    const [, path = ""] = /"([^"]*)"/.exec(line) ?? [];
    const isHere = path.startsWith(`${folder.path}/`) || (!path.startsWith("/") && path !== "");
    return isHere && [...names, ...libraries, "node_modules"].some((name) => path.includes(name));
  });
  expect(touched).toEqual([]);
  expect(existsSync(elsewhere.file("ran"))).toBe(false);
});

/** Loaded before the program: another system's name, and nothing of Linux's file systems. */
const asSolaris = `
const fs = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");
Object.defineProperty(process, "platform", { value: "sunos" });
const seen = [];
for (const name of ["readFileSync", "readdirSync", "readlinkSync", "openSync", "statSync", "existsSync", "writeFileSync"]) {
  const real = fs[name];
  fs[name] = (path, ...rest) => {
    if (/^\\/(proc|sys|run\\/systemd)(\\/|$)/.test(String(path))) {
      seen.push(path);
      throw Object.assign(new Error("ENOENT: hidden, " + path), { code: "ENOENT" });
    }
    return real(path, ...rest);
  };
}
syncBuiltinESMExports();
`;

/** The portable program by Node on a system that is reported to be Solaris. */
function solaris(folder: string): string[] {
  const preload = join(folder, "sunos.cjs");
  writeFileSync(preload, asSolaris);
  return [commandPath("node"), "--require", preload, portable];
}

testWith(
  ["node", "strace"],
  "fairlead.mjs on sunos: serves, in the background too, and looks at nothing of Linux's",
  async () => {
    using folder = scratch();
    const program = solaris(folder.path);
    await using server = await serve((socket) => socket.pipe(socket));
    const [port, taken] = [await freePort(), server.port];
    const file = folder.file("a.cfg");
    writeFileSync(file, configuration(port, server.port));
    expect(await must([...program, "-v"])).toContain("Running on: sunos ");
    expect(await must([...program, "-vv"])).not.toMatch(/EPOLL|SPLICE|TPROXY|NETFILTER/);
    expect(await run([...program, "-c", "-f", file])).toMatchObject({ code: 0 });
    {
      await using running = start([...program, "-f", file, "--health", "off"]);
      expect(await waitUntil("an answer", () => exchange(port))).toBe("ping");
      expect(running.stderr.text).toContain("splicing is not possible with Node");
      running.kill("SIGUSR1");
      expect(await running.exited).toBe(0);
    }
    const pidfile = folder.file("pid");
    expect(await run([...program, "-D", "-f", file, "-p", pidfile, "--health", "off"])).toMatchObject({ code: 0 });
    const pid = Number(readFileSync(pidfile, "utf8"));
    expect(await exchange(port)).toBe("ping");
    process.kill(pid, "SIGTERM");
    await waitUntil("it is gone", async () => (await run(["kill", "-0", String(pid)])).code !== 0);
    writeFileSync(file, configuration(taken, server.port));
    const busy = await run([...program, "-f", file, "--health", "off"]);
    expect(busy).toMatchObject({ code: 1 });
    expect(busy.stderr).toContain("Address already in use");
  },
);

testWith(["node"], "what Node cannot do is said, and nothing is served without it", async () => {
  using folder = scratch();
  const program = solaris(folder.path);
  const port = await freePort();
  const file = folder.file("a.cfg");
  const cases: readonly [text: string, message: RegExp][] = [
    [
      `global\n    chroot /\n${configuration(port, 1)}`,
      /Cannot chroot\(\/\): this runtime cannot change the root folder/,
    ],
    [configuration(port, 1).replace(/bind (\S+)/, "bind $1 tfo"), /tfo.* need libc|need libc.*tfo/],
    [
      configuration(port, 1, "listen two\n    bind abns@fairlead-none\n    server s 127.0.0.1:1\n"),
      /abstract sockets exist on Linux only/,
    ],
  ];
  const seen: string[] = [];
  for (const [text] of cases) {
    writeFileSync(file, text);
    const { code, stderr } = await run([...program, "-f", file, "--health", "off"], { timeoutMs: 10_000 });
    seen.push(`${code} ${stderr}`);
  }
  for (const [index, [, message]] of cases.entries()) {
    expect(seen[index]).toStartWith("1 ");
    expect(seen[index]).toMatch(message);
  }
});
