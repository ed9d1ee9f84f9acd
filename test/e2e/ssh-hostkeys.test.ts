/** Host keys of real servers that differ, change and agree, over reloads and a new start; and pins, right and wrong. */
import { expect } from "bun:test";
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { type Forwarder, startForwarder } from "./forwarder.ts";
import {
  commandPath,
  freePorts,
  must,
  type Need,
  type Running,
  scratch,
  start,
  waitingTestWith,
  waitUntil,
} from "./harness.ts";
import { command, open, readAll, readBytes } from "./sockets.ts";

/** Looks are no more than a second apart, and connections to one server no less than two. */
const interMs = 2000;

type Folder = ReturnType<typeof scratch>;

/** A key of its own by that name, and its fingerprint as ssh-keygen prints it. */
async function makeKey(folder: Folder, name: string): Promise<string> {
  await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", folder.file(name)]);
  return (await must(["ssh-keygen", "-lf", folder.file(`${name}.pub`)])).split(" ")[1] ?? "";
}

/** sshd at a port, which may be started anew there with another key. Its log has errors alone. */
class ChangingSshd implements AsyncDisposable {
  #running: Running | null = null;
  log = "";

  constructor(
    readonly folder: Folder,
    readonly port: number,
  ) {}

  async start(key: string): Promise<void> {
    await this.stop();
    const config = this.folder.file(`config-${this.port}`);
    writeFileSync(
      config,
      `ListenAddress 127.0.0.1:${this.port}\nHostKey ${this.folder.file(key)}\nPidFile none\nStrictModes no\nUseDNS no\nLogLevel ERROR\n`,
    );
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    this.#running = start([commandPath("sshd"), "-D", "-e", "-f", config]);
    // Who waits for it leaves a line at ERROR when it goes without a word.
    await waitUntil("sshd listens", async () => (await must(["ss", "-Hltn", `sport = :${this.port}`])) !== "");
  }

  async stop(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    running.kill("SIGTERM");
    await running.exited;
    this.log += running.stderr.text;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** A line that the program has printed, by how many there are by now. */
async function said(forwarder: Forwarder, pattern: RegExp, count = 1): Promise<string> {
  const lines = (): readonly string[] => forwarder.process.stderr.all.filter((line) => pattern.test(line));
  try {
    return await waitUntil(`${count} × ${pattern}`, () => lines()[count - 1] ?? null, 15_000);
  } catch (error) {
    throw new Error(`${(error as Error).message}; it said:\n${forwarder.process.stderr.text}`, { cause: error });
  }
}

const kinds: readonly (readonly [string, readonly Need[], string, readonly string[]])[] = [
  ["one process", [], "", []],
  ["two processes", ["root"], "    user nobody\n    group nogroup\n    chroot JAIL\n", ["-W"]],
];

for (const [what, needs, rights, words] of kinds) {
  waitingTestWith(
    ["fairlead", "sshd", "ssh-keygen", "curl", "ss", ...needs],
    `${what}: servers whose keys differ, change and agree are told of, and what was seen outlives the process`,
    async () => {
      using folder = scratch();
      chmodSync(folder.path, 0o755);
      for (const name of ["jail", "kept"]) mkdirSync(folder.file(name));
      const kept = folder.file("kept/hostkeys");
      const [a, b] = await Promise.all([makeKey(folder, "a"), makeKey(folder, "b")]);
      const [port = 0, inner = 0, first = 0, second = 0] = await freePorts(4);
      await using one = new ChangingSshd(folder, first);
      await using two = new ChangingSshd(folder, second);
      await Promise.all([one.start("a"), two.start("b")]);
      const global = `${rights.replace("JAIL", folder.file("jail"))}    stats socket ${folder.file("admin")} level user
    ssh-hostkeys-file ${kept}
`;
      const sections = `listen git
    bind 127.0.0.1:${port}
    ssh-hostkeys inter 2s
    server one 127.0.0.1:${first}
    server two 127.0.0.1:${inner} send-proxy-v2
listen inner
    bind 127.0.0.1:${inner} accept-proxy
    server sshd 127.0.0.1:${second}
`;
      const ask = (text: string): Promise<string> => command(folder.file("admin"), `${text}\n`);
      const document = async () => JSON.parse(await ask("show ssh hostkeys json"));
      let seen: string;
      {
        await using forwarder = await startForwarder(sections, { global, arguments: words });
        const today = new Date().toISOString().slice(0, 10);
        expect(await said(forwarder, /keys of its servers differ/)).toContain(
          `Backend git: the host keys of its servers differ: ED25519 ${a} (one since ${today}), ${b} (two since ${today}).`,
        );
        const text = await ask("show ssh hostkeys");
        expect(text).toContain(`backend git: THE HOST KEYS OF ITS SERVERS DIFFER\n    ED25519 ${a}: one\n`);
        expect(text).toMatch(
          new RegExp(
            `\\n  server two: 127\\.0\\.0\\.1:${inner}, read .* UTC\\n    256 SHA256:\\S+ \\(ED25519\\) first seen `,
          ),
        );
        const status = JSON.parse((await forwarder.page("/status")).body);
        expect(status.sshHostKeys).toMatchObject([
          { backend: "git", differ: true, servers: [{ keys: [{ fingerprint: a }] }, { keys: [{ fingerprint: b }] }] },
        ]);
        const metrics = (await forwarder.page("/metrics")).body;
        expect(metrics).toContain('fairlead_ssh_hostkeys_differ{proxy="git"} 1\n');
        expect(metrics).toContain(`{proxy="git",server="two",key="ssh-ed25519",fingerprint="${b}"} 1\n`);

        await two.start("a");
        const changedAt = performance.now();
        expect(await said(forwarder, /has another ED25519/)).toMatch(
          new RegExp(
            `Server git/two has another ED25519 host key: ${escaped(a)}, first seen .* UTC. It had ${escaped(b)}, seen from `,
          ),
        );
        // One look apart, and what a busy machine takes.
        expect(performance.now() - changedAt).toBeLessThan(interMs + 2500);
        await said(forwarder, /Backend git: the host keys of its servers are the same again/);
        expect((await document()).backends[0]).toMatchObject({
          differ: false,
          servers: [{ changes: 0 }, { changes: 1, keys: [{ fingerprint: a, before: { fingerprint: b } }] }],
        });

        seen = (await document()).backends[0].servers[0].keys[0].firstSeen;
        forwarder.process.kill("SIGUSR2");
        await said(forwarder, /Loading success/);
        expect((await document()).backends[0].servers[0].keys[0].firstSeen).toBe(seen);
        expect(forwarder.process.stderr.text.match(/host keys? of its servers differ|has another/g)).toHaveLength(2);
        forwarder.process.kill("SIGTERM");
        await forwarder.process.exited;
      }
      expect(statSync(kept).mode & 0o777).toBe(0o600);
      await two.start("b");
      await using again = await startForwarder(sections, { global, arguments: words });
      expect(await said(again, /has another ED25519/)).toMatch(
        new RegExp(
          `Server git/two has another ED25519 host key: ${escaped(b)}, first seen .* It had ${escaped(a)}, seen from `,
        ),
      );
      await said(again, /keys of its servers differ/);
      expect((await document()).backends[0].servers[0].keys[0].firstSeen).toBe(seen);
      await again[Symbol.asyncDispose]();
      await Promise.all([one.stop(), two.stop()]);
      expect(one.log + two.log).toBe("");
    },
  );
}

waitingTestWith(
  ["fairlead", "sshd", "ssh-keygen", "curl", "ss"],
  "a server with another key than the pinned one is down until it has that again, and its sessions stay",
  async () => {
    using folder = scratch();
    const [a, b] = await Promise.all([makeKey(folder, "a"), makeKey(folder, "b")]);
    const [port = 0, other = 0, sshPort = 0, wrongPort = 0] = await freePorts(4);
    await using sshd = new ChangingSshd(folder, sshPort);
    await using wrong = new ChangingSshd(folder, wrongPort);
    await Promise.all([sshd.start("a"), wrong.start("a")]);
    const sections = `backend never
    ssh-hostkey ${b}
    ssh-hostkeys inter 2s
    server same 127.0.0.1:${wrongPort} check inter 200ms
    server own 127.0.0.1:${wrongPort} ssh-hostkey ${b} ssh-hostkey ${a}
frontend f
    bind 127.0.0.1:${other}
    default_backend never
listen git
    bind 127.0.0.1:${port}
    ssh-hostkeys inter 2s
    server one 127.0.0.1:${sshPort} ssh-hostkey ${a}
`;
    const global = `    stats socket ${folder.file("admin")} level admin\n`;
    await using forwarder = await startForwarder(sections, { global });
    const row = async (name: string): Promise<string> => {
      const csv = await command(folder.file("admin"), "show stat\n");
      const [head = "", ...lines] = csv.split("\n");
      const columns = head.split(",");
      const cells = lines.find((line) => line.startsWith(name))?.split(",") ?? [];
      return ["status", "check_status", "last_chk"].map((column) => cells[columns.indexOf(column)] ?? "").join("|");
    };
    // Nobody has been seen with the other one, so what it is for is not known.
    const isNot = `its host key is not pinned: ${a} (ED25519)`;
    expect(await said(forwarder, /Server never\/same is DOWN/)).toContain(`info: "${isNot}"`);
    expect(await row("never,same")).toBe(`DOWN|L7RSP|${isNot}`);
    expect([await row("never,own"), await row("git,one")]).toEqual(["no check||", "no check||"]);

    const client = await open(port);
    expect((await readBytes(client, 8)).toString()).toStartWith("SSH-2.0-");
    await sshd.start("b");
    await said(forwarder, /Server git\/one is DOWN/);
    expect(await row("git,one")).toBe(`DOWN|L7RSP|its ED25519 host key ${b} is not the pinned one`);
    expect(await command(folder.file("admin"), "show ssh hostkeys git\n")).toContain(", NOT AS PINNED, 1 changed\n");
    // An operator's word does not outweigh a key.
    await command(folder.file("admin"), "set server git/one health up\n");
    expect(await row("git,one")).toMatch(/^DOWN\|/);
    client.write("SSH-2.0-still_here\r\n");
    expect((await readBytes(client, 200)).length).toBeGreaterThanOrEqual(200);
    expect((await readAll(await open(port))).bytes.length).toBe(0);
    client.destroy();

    await sshd.start("a");
    await said(forwarder, /Server git\/one is UP, reason: Layer7 check passed, info: "its host keys are as pinned"/);
    expect(await row("git,one")).toBe("no check||");
    const metrics = (await forwarder.page("/metrics")).body;
    expect(metrics).toContain('fairlead_ssh_hostkey_refused{proxy="git",server="one"} 0\n');
    await forwarder[Symbol.asyncDispose]();
    // Of the other one a check that only connects may have left a line.
    await sshd.stop();
    expect(sshd.log.replaceAll(/.*still_here.*\n|.*Connection (?:closed|reset).*\n/g, "")).toBe("");
  },
);

function escaped(text: string): string {
  return text.replaceAll(/[+/]/g, "\\$&");
}
