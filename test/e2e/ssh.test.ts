/** Real ssh, scp and git through the forwarder to a real sshd. */
import { expect } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { binary, startForwarder } from "./forwarder.ts";
import { freePort, must, type RunOptions, run, scratch, start, testWith, waitUntil } from "./harness.ts";
import { echoServer } from "./sockets.ts";
import { sshThrough, startSshd, user } from "./sshd.ts";

const megabyte = 1024 * 1024;

/** A frontend on a port of its own in front of one server. */
function forward(port: number, server: number, more = ""): string {
  return `frontend sshd
    bind 127.0.0.1:${port}
    default_backend ssh
backend ssh
    server one 127.0.0.1:${server}${more}
`;
}

/** A file of bytes that no compression makes smaller. */
function writeRandom(file: string, megabytes: number): void {
  writeFileSync(file, "");
  for (let written = 0; written < megabytes; written += 16) {
    writeFileSync(file, randomBytes(Math.min(16, megabytes - written) * megabyte), { flag: "a" });
  }
}

async function digest(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

testWith(
  ["sshd", "ssh", "git", "curl"],
  "git clones and pushes a repository of 100 MB",
  async () => {
    await using sshd = await startSshd();
    const port = await freePort();
    await using forwarder = await startForwarder(forward(port, sshd.port));
    using folder = scratch();
    const work = folder.file("work");
    const bare = folder.file("repo.git");
    const clone = folder.file("clone");
    // Random bytes have no delta to look for.
    const cheap = ["-c", "core.compression=0", "-c", "core.bigFileThreshold=1m"];
    const git = (where: string, ...words: string[]): Promise<string> =>
      must(["git", ...cheap, "-C", where, ...words], {
        env: { GIT_SSH_COMMAND: sshd.client.join(" ") },
      } satisfies RunOptions);

    await must(["git", "init", "-q", "--bare", "-b", "main", bare]);
    await must(["git", "-C", bare, "config", "core.compression", "0"]);
    await must(["git", "-C", bare, "config", "core.bigFileThreshold", "1m"]);
    mkdirSync(work);
    await git(work, "init", "-q", "-b", "main");
    for (let file = 0; file < 5; file++) writeRandom(`${work}/file-${file}`, 20);
    await git(work, "add", ".");
    await git(work, "commit", "-q", "-m", "first");
    await git(work, "push", "-q", bare, "main");

    const url = `ssh://${user}@127.0.0.1:${port}${bare}`;
    await git(folder.path, "clone", "-q", url, clone);
    expect(await git(clone, "rev-parse", "HEAD")).toBe(await git(bare, "rev-parse", "main"));

    for (let file = 5; file < 10; file++) writeRandom(`${clone}/file-${file}`, 20);
    await git(clone, "add", ".");
    await git(clone, "commit", "-q", "-m", "second");
    await git(clone, "push", "-q", "origin", "main");
    expect(await git(bare, "rev-parse", "main")).toBe(await git(clone, "rev-parse", "HEAD"));
    await git(bare, "fsck", "--connectivity-only");

    // Client's address, frontend, server, timers, at least 100 MB, and nobody ended it early.
    const line = await forwarder.line(/sshd ssh\/one \d+\/\d+\/\d+ \d{9} -- 1\/1\/0\/0\/0 0\/0$/);
    expect(line).toMatch(/^127\.0\.0\.1:\d+ \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d\.\d{3}\] /);
    await forwarder.expectQuiet();
  },
  180_000,
);

testWith(
  ["sshd", "scp", "curl"],
  "scp carries 512 MiB both ways unchanged",
  async () => {
    await using sshd = await startSshd();
    const port = await freePort();
    await using forwarder = await startForwarder(forward(port, sshd.port));
    using folder = scratch();
    const [here, there, back] = [folder.file("here"), folder.file("there"), folder.file("back")];
    writeRandom(here, 512);
    const remote = `scp://${user}@127.0.0.1:${port}/${there}`;
    const before = await digest(here);
    await must(["scp", "-q", ...sshd.options, here, remote]);
    expect(await digest(there)).toBe(before);
    await must(["scp", "-q", ...sshd.options, remote, back]);
    expect(await digest(back)).toBe(before);
    await forwarder.expectQuiet();
  },
  180_000,
);

testWith(["sshd", "ssh", "curl"], "ssh -R brings connections back", async () => {
  await using sshd = await startSshd();
  await using echo = await echoServer();
  const port = await freePort();
  await using forwarder = await startForwarder(forward(port, sshd.port));
  {
    await using session = start([
      ...sshd.client.map((word) => (word === "LogLevel=ERROR" ? "LogLevel=INFO" : word)),
      ...`-N -R 0:127.0.0.1:${echo.port} -p ${port} ${user}@127.0.0.1`.split(" "),
    ]);
    const line = await session.stderr.find(/Allocated port (\d+)/);
    const far = Number(/port (\d+)/.exec(line)?.[1]);
    const sent = randomBytes(3 * megabyte);
    const received: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ port: far, host: "127.0.0.1" }, () => socket.end(sent));
      socket.on("data", (chunk) => received.push(chunk));
      socket.on("error", reject);
      socket.on("end", resolve);
    });
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  }
  await forwarder.expectQuiet();
});

testWith(["sshd", "ssh", "curl"], "an interactive session has a terminal", async () => {
  await using sshd = await startSshd();
  const port = await freePort();
  await using forwarder = await startForwarder(forward(port, sshd.port));
  {
    await using session = start([...sshd.client, "-tt", "-p", String(port), `${user}@127.0.0.1`, "exec sh"]);
    session.write("tty; stty cols 97 rows 31; stty size; echo $((40 + 2))$((1 + 1))\n");
    await session.stdout.find(/\/dev\/pts\/\d+/);
    await session.stdout.find(/31 97/);
    await session.stdout.find(/422/);
    // Ctrl-C must reach the command that runs there, and only that.
    session.write("sleep 1000 || echo stopped$((1 + 1))\n");
    await waitUntil("the command runs", () => session.stdout.text.includes("sleep 1000"));
    await Bun.sleep(200);
    session.write("\u0003");
    session.write("echo alive$((1 + 1))\n");
    await session.stdout.find(/alive2/);
    session.write("exit 7\n");
    expect(await session.exited).toBe(7);
  }
  await forwarder.expectQuiet();
});

testWith(
  ["sshd", "ssh", "curl"],
  "200 sessions at once, each with its own bytes",
  async () => {
    await using sshd = await startSshd();
    const port = await freePort();
    await using forwarder = await startForwarder(forward(port, sshd.port));
    const names = Array.from({ length: 200 }, (_, index) => `session-${index}-${randomBytes(4).toString("hex")}`);
    await using stack = new AsyncDisposableStack();
    const sessions = [];
    for (const name of names) {
      const session = stack.use(
        start([...sshd.client, "-p", String(port), `${user}@127.0.0.1`, `echo ready ${name}; cat`]),
      );
      sessions.push({ name, session });
    }
    for (const { name, session } of sessions) await session.stdout.find(new RegExp(`^ready ${name}$`), 180_000);
    expect(await forwarder.sessions()).toBe(200);
    for (const { name, session } of sessions) {
      session.write(`over with ${name}\n`);
      session.endInput();
    }
    const ended = await Promise.all(sessions.map(({ session }) => session.exited));
    expect(ended).toEqual(names.map(() => 0));
    await Promise.all(sessions.map(({ session }) => session.stdout.ended));
    expect(sessions.map(({ session }) => session.stdout.text)).toEqual(
      names.map((name) => `ready ${name}\nover with ${name}\n`),
    );
    await forwarder.expectQuiet();
  },
  240_000,
);

testWith(["sshd", "ssh", "socat", "curl"], "ssh over a unix socket", async () => {
  await using sshd = await startSshd();
  using folder = scratch();
  const path = folder.file("listen");
  await using forwarder = await startForwarder(`listen sshd
    bind unix@${path}
    server one 127.0.0.1:${sshd.port}
`);
  expect(existsSync(path)).toBe(true);
  const through = ["-o", `ProxyCommand=socat -t 10 - UNIX-CONNECT:${path}`];
  expect(await must([...sshd.client, ...through, `${user}@anywhere`, "echo through"])).toBe("through\n");
  await forwarder.line(/ sshd sshd\/one .* -- /);
  await forwarder.expectQuiet();
});

testWith(["sshd", "ssh", "curl"], "ssh over IPv6 on both sides", async () => {
  await using sshd = await startSshd({ address: "::1" });
  const port = await freePort("::1");
  await using forwarder = await startForwarder(`frontend sshd
    bind [::1]:${port}
    default_backend ssh
backend ssh
    server one [::1]:${sshd.port} check
`);
  expect(await sshThrough(sshd, "::1", port, "echo six")).toBe("six\n");
  await forwarder.line(/^::1:\d+ \[.*\] sshd ssh\/one .* -- /);
  await forwarder.expectQuiet();
});

testWith(["sshd", "ssh", "curl"], "health checks leave no line in sshd's log", async () => {
  await using sshd = await startSshd();
  const port = await freePort();
  await using forwarder = await startForwarder(forward(port, sshd.port, " check inter 50ms"));
  // A second's worth of checks: their end is seen by the session that follows, whose line comes after theirs.
  await Bun.sleep(1000);
  expect(sshd.log()).toBe("");
  expect(await sshThrough(sshd, "127.0.0.1", port, "echo well")).toBe("well\n");
  await waitUntil("the session's own lines", () => sshd.log().includes("Accepted publickey"));
  const others = sshd
    .log()
    .match(
      /^(?!Accepted|Starting session|Close session|Connection closed|Received disconnect|Disconnected|User child|Connection from).*\S.*$/gm,
    );
  expect(others ?? []).toEqual([]);
  await forwarder.expectQuiet();
});

testWith(["sshd", "ssh", "fairlead", "curl"], "fairlead forward needs no file", async () => {
  await using sshd = await startSshd();
  const port = await freePort();
  {
    const command = ["forward", `127.0.0.1:${port}`, `127.0.0.1:${sshd.port}`];
    await using forwarder = await startForwarder("", { whole: true, command });
    expect(await sshThrough(sshd, "127.0.0.1", port, "echo forwarded")).toBe("forwarded\n");
    await forwarder.expectQuiet();
  }
  const env = { FAIRLEAD_LISTEN: `127.0.0.1:${port}`, FAIRLEAD_SERVER: `127.0.0.1:${sshd.port}` };
  const health = `127.0.0.1:${await freePort()}`;
  await using forwarder = start([binary], { env: { ...env, FAIRLEAD_HEALTH: health } });
  await waitUntil("it serves", async () => (await run(["curl", "-sf", `http://${health}/readyz`])).code === 0);
  expect(await sshThrough(sshd, "127.0.0.1", port, "echo again")).toBe("again\n");
  forwarder.kill("SIGTERM");
  await forwarder.exited;
});
