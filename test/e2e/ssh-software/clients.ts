/** SSH clients of all kinds, each run once against a port. */
import ssh2 from "ssh2";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../harness.ts";
import { user } from "../sshd.ts";
import type { SshKeys } from "./keys.ts";
import { type Told, toldByAsyncssh, toldByOpenssh, toldByParamiko, toldByPutty, toldBySsh2 } from "./told.ts";

/** Debian's Python, which has Debian's modules. */
export const python = "/usr/bin/python3";

const modules = "/usr/lib/python3/dist-packages";

/** What a client saw and said. */
export interface Reached {
  /** Of the command that it ran, or of the listing. */
  readonly output: string;
  /** Its verbose log. */
  readonly log: string;
}

/** A client's software. */
export interface SshClient {
  readonly needs: readonly string[];
  /** Logs in on 127.0.0.1 and runs `echo through`, or lists a folder; ended where that takes longer. */
  reach(keys: SshKeys, port: number, timeoutMs: number): Promise<Reached>;
  /** What it says was negotiated. */
  told(log: string): Told;
  /** It speaks SFTP alone. */
  readonly isSftp?: boolean;
}

/** What each client has run, and what it prints. */
const order = "echo through";

async function ran(command: readonly string[], timeoutMs: number): Promise<Reached> {
  const { stdout, stderr } = await run(command, { timeoutMs });
  return { output: stdout, log: stderr };
}

/** `ssh` that trusts whoever answers: which host key there is, is what is tested. */
export function opensshCommand(keys: SshKeys, more: readonly string[] = []): string[] {
  const options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes", "BatchMode=yes"];
  return ["ssh", "-F", "/dev/null", "-i", keys.file("client"), ...options.flatMap((one) => ["-o", one]), ...more];
}

function openssh(...more: readonly string[]): SshClient {
  return {
    needs: ["ssh"],
    reach: (keys, port, timeoutMs) =>
      ran([...opensshCommand(keys, more), "-vvv", "-p", String(port), `${user}@127.0.0.1`, order], timeoutMs),
    told: toldByOpenssh,
  };
}

/** plink writes what it remembers into its user's home. */
export function plinkCommand(keys: SshKeys): string[] {
  const known = keys.fingerprints.flatMap((one) => ["-hostkey", one]);
  return ["plink", "-batch", ...known, "-i", keys.file("client.ppk")];
}

/** `-y -y`: no list of known hosts. */
export function dbclientCommand(keys: SshKeys): string[] {
  return ["dbclient", "-y", "-y", "-i", keys.file("client.dropbear")];
}

async function reachBySsh2(keys: SshKeys, port: number, timeoutMs: number): Promise<Reached> {
  const log: string[] = [];
  const client = new ssh2.Client();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // A server's DISCONNECT is no error to it.
  client.on("close", () => reject(new Error("closed")));
  client.on("error", reject).on("ready", () => {
    client.exec(order, (error, channel) => {
      if (error !== undefined) return reject(error);
      let text = "";
      channel.on("data", (part: Buffer) => (text += part.toString())).on("close", () => resolve(text));
    });
  });
  client.connect({
    host: "127.0.0.1",
    port,
    username: user,
    privateKey: readFileSync(keys.file("client")),
    debug: (line) => log.push(line),
    readyTimeout: timeoutMs,
  });
  try {
    return { output: await promise, log: log.join("\n") };
  } catch (error) {
    return { output: "", log: [...log, String(error)].join("\n") };
  } finally {
    client.end();
  }
}

const script = (name: string): string => join(import.meta.dir, name);

/** Every client by name, OpenSSH in several tempers. */
export const clients: Readonly<Record<string, SshClient>> = {
  openssh: openssh(),
  // What only older or odd settings choose: CBC with encrypt-then-MAC, compression, a group of numbers, RSA.
  "openssh-cbc": openssh(
    "-c",
    "aes256-cbc,aes256-ctr,chacha20-poly1305@openssh.com",
    "-m",
    "hmac-sha2-512-etm@openssh.com,hmac-sha2-256",
    "-C",
    "-o",
    "KexAlgorithms=diffie-hellman-group14-sha256,curve25519-sha256",
    "-o",
    "HostKeyAlgorithms=rsa-sha2-256,ssh-ed25519",
  ),
  dbclient: {
    needs: ["dbclient"],
    reach: (keys, port, timeoutMs) =>
      ran([...dbclientCommand(keys), "-p", String(port), `${user}@127.0.0.1`, order], timeoutMs),
    // Debian's has no tracing built in.
    told: () => ({}),
  },
  plink: {
    needs: ["plink"],
    reach: (keys, port, timeoutMs) =>
      ran([...plinkCommand(keys), "-v", "-P", String(port), `${user}@127.0.0.1`, order], timeoutMs),
    told: toldByPutty,
  },
  paramiko: {
    needs: [`${modules}/paramiko/__init__.py`],
    reach: (keys, port, timeoutMs) =>
      ran([python, script("paramiko-client.py"), keys.file("client"), String(port), user, order], timeoutMs),
    told: toldByParamiko,
  },
  asyncssh: {
    needs: [`${modules}/asyncssh/__init__.py`],
    reach: (keys, port, timeoutMs) =>
      ran([python, script("asyncssh-client.py"), keys.file("client"), String(port), user, order], timeoutMs),
    told: toldByAsyncssh,
  },
  libssh2: {
    needs: ["curl"],
    isSftp: true,
    reach(keys, port, timeoutMs) {
      const identity = ["--key", keys.file("client"), "--pubkey", keys.file("client.pub")];
      return ran(["curl", "-svk", ...identity, `sftp://${user}@127.0.0.1:${port}${keys.home}/`], timeoutMs);
    },
    // curl tells of authentication alone.
    told: () => ({}),
  },
  ssh2: { needs: [], reach: reachBySsh2, told: toldBySsh2 },
};
