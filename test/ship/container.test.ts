/**
 * The container's root file system, made by the script that makes the image's, and the entry point in it: as user 99, as
 * process 1, everything read-only. No engine is needed: bubblewrap sets the same namespaces up.
 */
import { describe, expect, setDefaultTimeout } from "bun:test";
import { chmodSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandPath, freePort, must, run, type Running, scratch, start, testWith, waitUntil } from "../e2e/harness.ts";
import { startSshd, user } from "../e2e/sshd.ts";
import { filesBelow, shipped } from "./stage.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const needs = ["bwrap", "setpriv", "ldd", "sshd", "ssh", "git", "socat"];
const dockerfile = readFileSync(join(shipped, "container/Dockerfile"), "utf8");

/** What the Dockerfile says after a word, of the last stage. */
function instruction(word: string): string {
  const stage = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
  return new RegExp(`^${word} +(.*)$`, "m").exec(stage)?.[1] ?? "";
}

const entrypoint = JSON.parse(instruction("ENTRYPOINT")) as string[];
const healthcheck = JSON.parse(/ CMD (\[.*\])$/.exec(instruction("HEALTHCHECK"))?.[1] ?? "") as string[];
const environment = Object.fromEntries([instruction("ENV").split("=")] as [string, string][]);
const stopSignal = instruction("STOPSIGNAL") as NodeJS.Signals;

interface Container extends AsyncDisposable {
  readonly process: Running;
  /** The entry point's id, seen from outside. */
  readonly pid: number;
  /** The image's health check, run in it as an engine would. */
  health(): ReturnType<typeof run>;
}

/** Runs the entry point in the root file system as an engine does with --read-only --network=host --cap-drop=ALL. */
async function startContainer(
  root: string,
  env: Record<string, string>,
  mounts: readonly string[],
): Promise<Container> {
  const [uid, gid] = instruction("USER").split(":");
  const asUser =
    process.getuid?.() === 0 ? ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--no-new-privs"] : [];
  const health = `127.0.0.1:${await freePort()}`;
  const all: Record<string, string> = { ...environment, FAIRLEAD_HEALTH: health, ...env };
  const wrap = (pid: readonly string[]): string[] => [
    ...asUser,
    commandPath("bwrap"),
    ...`--unshare-user --uid ${uid} --gid ${gid} --unshare-ipc --unshare-uts --cap-drop ALL --die-with-parent`.split(
      " ",
    ),
    ...pid,
    ...`--ro-bind ${root} / --proc /proc --dev /dev --chdir ${instruction("WORKDIR")}`.split(" "),
    ...mounts,
    "--clearenv",
    ...Object.entries(all).flatMap(([name, value]) => ["--setenv", name, value]),
  ];
  const running = start([...wrap(["--unshare-pid", "--as-pid-1"]), ...entrypoint]);
  try {
    const look = (): ReturnType<typeof run> => run([...wrap([]), ...healthcheck]);
    await waitUntil("the health check answers", async () => (await look()).code === 0);
    const pid = Number((await must(["pgrep", "-P", String(running.pid)])).trim());
    return { process: running, pid, health: look, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw new Error(`${(error as Error).message}\n${running.stderr.text}${running.stdout.text}`, { cause: error });
  }
}

/** Another user must be able to enter the folder. */
async function rootFileSystem(folder: { readonly path: string; file(name: string): string }): Promise<string> {
  chmodSync(folder.path, 0o755);
  const root = folder.file("root");
  await must(["sh", join(shipped, "container/rootfs.sh"), join(shipped, "bin/fairlead"), root]);
  return root;
}

/** A repository with one commit, which sshd serves by its path. */
async function repository(folder: string): Promise<string> {
  const path = join(folder, "repository");
  await must(["git", "init", "-q", "-b", "main", path]);
  writeFileSync(join(path, "file"), "through the container\n");
  await must(["git", "-C", path, "add", "file"]);
  await must(["git", "-C", path, "commit", "-q", "-m", "one"]);
  return path;
}

describe("container", () => {
  testWith(
    needs,
    "clones through FAIRLEAD_LISTEN and FAIRLEAD_SERVER; the health check answers; USR1 lets a session finish",
    async () => {
      using folder = scratch();
      const root = await rootFileSystem(folder);
      await using sshd = await startSshd();
      const port = await freePort();
      const env = { FAIRLEAD_LISTEN: `127.0.0.1:${port}`, FAIRLEAD_SERVER: `127.0.0.1:${sshd.port}` };
      await using container = await startContainer(root, env, []);

      const status = readFileSync(`/proc/${container.pid}/status`, "utf8");
      if (process.getuid?.() === 0) expect(/^Uid:\s+(.*)$/m.exec(status)?.[1]).toBe("99\t99\t99\t99");
      expect(/^CapEff:\s+(.*)$/m.exec(status)?.[1]).toBe("0000000000000000");
      expect(/^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split("\t").at(-1)).toBe("1");
      expect(readFileSync(`/proc/${container.pid}/mounts`, "utf8")).toMatch(/^\S+ \/ \S+ ro,/m);

      const from = await repository(folder.path);
      const clone = folder.file("clone");
      const ssh = sshd.client.map((word) => `'${word}'`).join(" ");
      await must(["git", "clone", "-q", `ssh://${user}@127.0.0.1:${port}${from}`, clone], {
        env: { GIT_SSH_COMMAND: ssh },
      });
      expect(readFileSync(join(clone, "file"), "utf8")).toBe("through the container\n");
      expect(await container.health()).toMatchObject({ code: 0 });

      await using session = start([...sshd.client, "-p", String(port), `${user}@127.0.0.1`, "cat"]);
      session.write("before\n");
      await session.stdout.find(/^before$/);
      process.kill(container.pid, stopSignal);
      await waitUntil(
        // One that comes before the signal does is served, and says nothing for ever.
        "new clients are refused",
        async () => (await run(["socat", "-T", "1", "-u", `TCP:127.0.0.1:${port}`, "-"])).code !== 0,
      );
      session.write("after\n");
      await session.stdout.find(/^after$/);
      session.endInput();
      expect(await session.exited).toBe(0);
      expect(await container.process.exited).toBe(0);
    },
  );

  testWith(needs, "runs the configuration at its place, reloads it, and ends on TERM", async () => {
    using folder = scratch();
    const root = await rootFileSystem(folder);
    await using sshd = await startSshd();
    const [first, second] = [await freePort(), await freePort()];
    mkdirSync(folder.file("config"));
    const file = folder.file("config/fairlead.cfg");
    const write = (port: number): void =>
      writeFileSync(
        file,
        `global
    stats socket /run/fairlead/admin.sock mode 660 level admin
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen ssh
    bind 127.0.0.1:${port}
    server one localhost:${sshd.port} check
`,
      );
    write(first);
    const mounts = ["--ro-bind", folder.file("config"), "/usr/local/etc/fairlead", "--tmpfs", "/run/fairlead"];
    const hosts = ["--ro-bind", "/etc/hosts", "/etc/hosts"];
    writeFileSync(join(root, "etc/hosts"), "");
    await using container = await startContainer(root, {}, [...mounts, ...hosts]);
    const through = (port: number): Promise<string> =>
      must([...sshd.client, "-p", String(port), `${user}@127.0.0.1`, "echo through"]);
    expect(await through(first)).toBe("through\n");
    write(second);
    process.kill(container.pid, "SIGUSR2");
    await waitUntil("the new port answers", async () => (await through(second)) === "through\n");
    process.kill(container.pid, "SIGTERM");
    expect(await container.process.exited).toBe(0);
  });

  testWith(needs, "ends at once on TERM without a configuration file, too, though it is process 1", async () => {
    using folder = scratch();
    const root = await rootFileSystem(folder);
    const env = { FAIRLEAD_LISTEN: `127.0.0.1:${await freePort()}`, FAIRLEAD_SERVER: "127.0.0.1:9" };
    await using container = await startContainer(root, env, []);
    process.kill(container.pid, "SIGTERM");
    expect(await Promise.race([container.process.exited, Bun.sleep(10_000).then(() => "still there")])).toBe(143);
  });

  testWith(["ldd"], "has the program, its libraries and nothing that runs besides", async () => {
    using folder = scratch();
    const root = await rootFileSystem(folder);
    const programs = filesBelow(root).filter(
      (file) => (lstatSync(root + file).mode & 0o111) !== 0 && !/\/lib(?:64)?\//.test(file),
    );
    expect(programs).toEqual(["/usr/local/bin/fairlead"]);
  });

  testWith([], "the image is what it promises", async () => {
    expect({
      user: instruction("USER"),
      entrypoint,
      healthcheck,
      environment,
      stopSignal,
      labels: [...dockerfile.matchAll(/org\.opencontainers\.image\.(\w+)=/g)].map(([, name]) => name),
    }).toEqual({
      user: "99:99",
      entrypoint: ["/usr/local/bin/fairlead"],
      healthcheck: ["/usr/local/bin/fairlead", "healthcheck"],
      environment: { FAIRLEAD_CONFIG: "/usr/local/etc/fairlead/fairlead.cfg" },
      stopSignal: "SIGUSR1",
      labels: ["title", "description", "version", "revision", "licenses", "documentation"],
    });
  });
});
