/** A real OpenSSH server on loopback with keys of its own, and the ways to reach it. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { commandPath, freePort, type Lines, must, run, scratch, start, waitUntil } from "./harness.ts";

/** Who logs in: whoever runs the tests. (`userInfo` goes by $USER under Bun, which services may lack.) */
export const user = execFileSync("id", ["-un"], { encoding: "utf8" }).trim();

export interface Sshd extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
  /** Its log, without what starting and waiting for it left there. */
  log(): string;
  /** `ssh` with everything but the destination: own key, host key known, no user configuration. */
  readonly client: readonly string[];
  /** The same as `ssh -o` options, which scp takes as well. */
  readonly options: readonly string[];
}

/** Ciphers that cost least where AES has instructions: transfers are about the forwarder. */
const fastCipher = "aes128-gcm@openssh.com";

export interface SshdOptions {
  readonly address?: string;
  readonly port?: number;
  /** Words in front of the command: another namespace. */
  readonly prefix?: readonly string[];
  /** Lines of its configuration in the place of those that say the same here. */
  readonly lines?: readonly string[];
  /** Before it knows a key it thinks for so long, twice in each login: seconds. */
  readonly slowSeconds?: number;
  /** INFO where nothing is said. */
  readonly logLevel?: "ERROR" | "INFO" | "VERBOSE";
}

/**
 * Starts sshd and waits for its first words. The server may be reached under any name: the host key has one of its own. What
 * logs in has an empty home, so that no shell of 200 reads the files of whoever runs the tests.
 */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const folder = scratch();
  const address = options.address ?? "127.0.0.1";
  const prefix = options.prefix ?? [];
  const port = options.port ?? (await freePort(address));
  for (const key of ["host", "client"]) {
    await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", folder.file(key)]);
  }
  copyFileSync(folder.file("client.pub"), folder.file("authorized"));
  writeFileSync(folder.file("known"), `fairlead-test ${readFileSync(folder.file("host.pub"), "utf8")}`);
  const slow =
    options.slowSeconds === undefined ? [] : slowLines(folder.file("slow"), options.slowSeconds, folder.path);
  const own = [...(options.lines ?? []), ...slow];
  const said = own.map((line) => line.split(" ")[0] ?? "");
  const lines = `ListenAddress ${address.includes(":") ? `[${address}]` : address}:${port}
HostKey ${folder.file("host")}
AuthorizedKeysFile ${folder.file("authorized")}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin yes
MaxStartups 1000
MaxSessions 1000
UseDNS no
LogLevel ${options.logLevel ?? "INFO"}
LoginGraceTime 600
SetEnv HOME=${folder.path}
Subsystem sftp internal-sftp`.split("\n");
  const left = lines.filter((line) => !said.includes(line.split(" ")[0] ?? ""));
  writeFileSync(folder.file("config"), `${[...own, ...left].join("\n")}\n`);
  // Root's sshd wants its empty folder.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const server = start([...prefix, commandPath("sshd"), "-D", "-e", "-f", folder.file("config")]);
  const log = server.stderr satisfies Lines;
  const dispose = async (): Promise<void> => {
    server.kill("SIGTERM");
    await Promise.race([server.exited, Bun.sleep(2000)]);
    await server[Symbol.asyncDispose]();
    folder[Symbol.dispose]();
  };
  try {
    // At level ERROR it says nothing, and a connection may leave a line.
    if (options.logLevel === "ERROR") await waitUntil(`something listens on port ${port}`, () => hasListener(port));
    else await log.find(/Server listening on/);
  } catch (error) {
    await dispose();
    throw error;
  }
  const quietFrom = log.text.length;
  const ssh = [
    ...`-F /dev/null -i ${folder.file("client")} -c ${fastCipher}`.split(" "),
    ...clientOptions(folder.file("known")).flatMap((option) => ["-o", option]),
  ];
  return {
    port,
    address,
    options: ssh,
    client: [...prefix, commandPath("ssh"), ...ssh],
    log: () => log.text.slice(quietFrom),
    [Symbol.asyncDispose]: dispose,
  };
}

/** sshd runs no command that others may write, nor its folder: a shell of the system's reads the script. */
function slowLines(script: string, seconds: number, folder: string): string[] {
  writeFileSync(script, `sleep ${seconds}\ncat '${folder}/authorized'\n`);
  return ["AuthorizedKeysFile none", `AuthorizedKeysCommand /bin/sh ${script}`, `AuthorizedKeysCommandUser ${user}`];
}

/** As the kernel knows it, in this namespace: `local remote 0A`. */
function hasListener(port: number): boolean {
  const place = port.toString(16).toUpperCase().padStart(4, "0");
  const sockets = ["tcp", "tcp6"].map((name) => readFileSync(`/proc/net/${name}`, "latin1")).join("");
  return new RegExp(`:${place} [0-9A-F]+:0000 0A `).test(sockets);
}

function clientOptions(known: string): string[] {
  return [
    // Cheap to set up: two hundred of these run at once.
    "KexAlgorithms=curve25519-sha256",
    "IdentitiesOnly=yes",
    "IdentityAgent=none",
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "HostKeyAlias=fairlead-test",
    `UserKnownHostsFile=${known}`,
    "GlobalKnownHostsFile=/dev/null",
    "LogLevel=ERROR",
    "ConnectTimeout=120",
  ];
}

/** One command over ssh through the given address; its output. */
export async function sshThrough(sshd: Sshd, host: string, port: number, command: string): Promise<string> {
  const ran = await run([...sshd.client, "-p", String(port), `${user}@${host}`, command]);
  if (ran.code !== 0) throw new Error(`ssh ended with ${ran.code}: ${ran.stderr}`);
  return ran.stdout;
}

/** Waits until sshd has logged what matches. */
export async function logged(sshd: Sshd, pattern: RegExp): Promise<void> {
  await waitUntil(`sshd logs ${pattern}`, () => pattern.test(sshd.log()));
}
