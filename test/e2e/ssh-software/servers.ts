/** SSH servers of all kinds on loopback, which let one key in. */
import ssh2, { type Connection, type ServerChannel } from "ssh2";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { commandPath, environment, freePort, start, waitUntil } from "../harness.ts";
import { open } from "../sockets.ts";
import { user } from "../sshd.ts";
import { python } from "./clients.ts";
import type { SshKeys } from "./keys.ts";
import { type Told, toldByAsyncssh, toldByOpenssh, toldBySsh2 } from "./told.ts";

/** A server that runs. */
export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** All that it has logged. */
  log(): string;
}

/** A server's software. */
export interface SshServing {
  readonly needs: readonly string[];
  start(keys: SshKeys): Promise<SshServer>;
  /** What it says was negotiated, out of its log of one session. */
  told(log: string): Told;
  /** How its log shows that a session's keys are agreed on; null: it does not. */
  readonly agreed: RegExp | null;
}

const sftpServer = "/usr/lib/openssh/sftp-server";

/** Runs a command that serves a port, and waits until it does. */
async function serving(command: readonly string[], port: number): Promise<SshServer> {
  const running = start(command);
  try {
    await waitUntil(`port ${port} answers`, async () => {
      (await open(port)).destroy();
      return true;
    });
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw new Error(`${(error as Error).message}\n${running.stderr.text}`, { cause: error });
  }
  return {
    port,
    log: () => running.stderr.text,
    async [Symbol.asyncDispose]() {
      running.kill("SIGTERM");
      await Promise.race([running.exited, Bun.sleep(2000)]);
      await running[Symbol.asyncDispose]();
    },
  };
}

/** OpenSSH with the host keys and lines of configuration that are given. */
function sshd(level: string, hostKeys: readonly string[], more: readonly string[] = []): SshServing["start"] {
  return async (keys) => {
    const port = await freePort();
    const file = keys.file(`sshd-${level}`);
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
    const lines = [
      `ListenAddress 127.0.0.1:${port}`,
      ...hostKeys.map((name) => `HostKey ${keys.file(name)}`),
      `AuthorizedKeysFile ${keys.file("authorized")}`,
      `LogLevel ${level}`,
      "PidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nMaxStartups 1000\nUseDNS no",
      `Subsystem sftp internal-sftp\nSetEnv HOME=${keys.home}`,
      ...more,
    ];
    writeFileSync(file, `${lines.join("\n")}\n`);
    return serving([commandPath("sshd"), "-D", "-e", "-f", file], port);
  };
}

/** Where servers look for the user's keys, whatever $HOME says. */
function homeOfUser(): string {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${user}:`));
  return line?.split(":")[5] ?? homedir();
}

/** Shows a server that knows no other way our home in place of the user's, to that server alone. */
function atHome(keys: SshKeys, command: readonly string[]): string[] {
  const words = command.map((word) => `'${word}'`).join(" ");
  return ["unshare", "--mount", "sh", "-c", `mount --bind '${keys.home}' '${homeOfUser()}' && exec ${words}`];
}

/** The environment that a session of ssh2's or asyncssh's runs its command in. */
const surroundings = { ...environment };

async function startSsh2(keys: SshKeys): Promise<SshServer> {
  const log: string[] = [];
  const open = new Set<Connection>();
  const parsed = ssh2.utils.parseKey(readFileSync(keys.file("client.pub")));
  if (parsed instanceof Error) throw parsed;
  const wanted = (Array.isArray(parsed) ? parsed[0] : parsed)?.getPublicSSH();
  const options = {
    hostKeys: [readFileSync(keys.file("host"))],
    // Each line begins with the connection's number in brackets.
    debug: (line: string) => void log.push(line.replace(/^\[[\d.]+\] /, "")),
  };
  const server = new ssh2.Server(options, (client) => {
    open.add(client);
    client.on("authentication", (attempt) =>
      attempt.method === "publickey" && attempt.key.data.equals(wanted ?? Buffer.alloc(0))
        ? attempt.accept()
        : attempt.reject(["publickey"]),
    );
    client.on("session", (accept) => {
      const session = accept();
      session.on("exec", (take, _refuse, { command }) => runFor(take(), ["sh", "-c", command]));
      session.on("subsystem", (take) => runFor(take(), [sftpServer]));
    });
    client.on("error", () => client.end());
    client.on("close", () => open.delete(client));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    log: () => log.join("\n"),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const client of open) client.end();
      await closed;
    },
  };
}

/** A channel is the command's input and output. */
function runFor(channel: ServerChannel, [command = "", ...words]: readonly string[]): void {
  const child = spawn(command, words, { env: surroundings, stdio: ["pipe", "pipe", "pipe"] });
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.stdin.on("error", () => undefined);
  channel.on("close", () => child.kill());
  child.on("close", (code) => {
    channel.exit(code ?? 1);
    channel.end();
  });
}

/** Every server by name. */
export const servers: Readonly<Record<string, SshServing>> = {
  openssh: {
    needs: ["sshd"],
    start: sshd("ERROR", ["host"]),
    told: () => ({}),
    agreed: null,
  },
  "openssh-verbose": {
    needs: ["sshd"],
    start: sshd("DEBUG3", ["host-rsa", "host"], ["Ciphers +aes256-cbc"]),
    told: toldByOpenssh,
    agreed: /kex: server->client cipher/,
  },
  dropbear: {
    needs: ["dropbear", "unshare", "root"],
    async start(keys) {
      const port = await freePort();
      // Without an RSA key it fails where a client would rather have that: it offers one all the same.
      const hostKeys = ["host.dropbear", "host-rsa.dropbear"].flatMap((name) => ["-r", keys.file(name)]);
      const words = ["-F", "-E", "-s", "-P", keys.file("dropbear.pid"), ...hostKeys, "-p", `127.0.0.1:${port}`];
      return serving(atHome(keys, ["dropbear", ...words]), port);
    },
    told: () => ({}),
    agreed: null,
  },
  tinysshd: {
    needs: ["tinysshd", "socat", "unshare", "root"],
    async start(keys) {
      const port = await freePort();
      const each = `EXEC:${commandPath("tinysshd")} -x sftp=${sftpServer} ${keys.file("tinyssh")},nofork`;
      return serving(atHome(keys, ["socat", `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`, each]), port);
    },
    told: () => ({}),
    agreed: null,
  },
  asyncssh: {
    needs: ["/usr/lib/python3/dist-packages/asyncssh/__init__.py"],
    async start(keys) {
      const port = await freePort();
      const script = join(import.meta.dir, "asyncssh-server.py");
      return serving([python, script, keys.file("host"), keys.file("authorized"), String(port)], port);
    },
    told: toldByAsyncssh,
    agreed: /Completed key exchange/,
  },
  ssh2: { needs: [], start: startSsh2, told: toldBySsh2, agreed: /^Handshake: S->C compression: /m },
};
