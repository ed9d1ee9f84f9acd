/** A throw-away Git server: SSH (the ssh2 package) in front of git's own upload-pack and receive-pack, on loopback. */
import { spawn } from "node:child_process";
import { timingSafeEqual } from "node:crypto";
import type { AddressInfo } from "node:net";
import ssh2, { type Connection, type ServerChannel } from "ssh2";

const { Server, utils } = ssh2;

export interface GitServer {
  readonly port: number;
  /** The line that belongs into known_hosts, without the host. */
  readonly hostKey: string;
  /** Sessions that were let in so far. */
  readonly logins: number;
  stop(): Promise<void>;
}

export interface GitServerOptions {
  /** The only key that is let in, in OpenSSH's public form. */
  readonly authorizedKey: string;
  /** What may be asked for, by the path in the URL, and where it is. */
  readonly repositories: Readonly<Record<string, string>>;
  readonly environment: Record<string, string>;
}

/** Starts it on a port that the kernel chooses. */
export async function startGitServer(options: GitServerOptions): Promise<GitServer> {
  const host = utils.generateKeyPairSync("ed25519");
  const open = new Set<Connection>();
  let logins = 0;
  const server = new Server({ hostKeys: [host.private], ident: "fairlead-demo" }, (client) => {
    open.add(client);
    letIn(client, options.authorizedKey);
    client.on("ready", () => logins++);
    client.on("session", (accept) => {
      const session = accept();
      session.on("exec", (take, _refuse, { command }) => {
        const asked = /^git[- ](upload-pack|receive-pack) '([^']+)'$/.exec(command);
        const folder = asked === null ? undefined : options.repositories[asked[2] ?? ""];
        if (folder === undefined) return decline(take(), "This server only has Git repositories.");
        serve(take(), asked?.[1] as GitService, folder, options.environment);
      });
      session.on("pty", (take) => take?.());
      session.on("shell", (take) => decline(take(), "Hello from the Git server behind the forwarder. No shell here."));
    });
    client.on("error", () => client.end());
    client.on("close", () => open.delete(client));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: host.public.trim(),
    get logins() {
      return logins;
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const client of open) client.end();
      await closed;
    },
  };
}

type GitService = "upload-pack" | "receive-pack";

/** One user key and nothing else, signature checked. */
function letIn(client: Connection, authorizedKey: string): void {
  const parsed = utils.parseKey(authorizedKey);
  if (parsed instanceof Error) throw parsed;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  const wanted = key.getPublicSSH();
  client.on("authentication", (attempt) => {
    if (attempt.method !== "publickey") return attempt.reject(["publickey"]);
    const offered = attempt.key.data;
    if (offered.length !== wanted.length || !timingSafeEqual(offered, wanted)) return attempt.reject(["publickey"]);
    const isProved =
      attempt.signature === undefined || key.verify(attempt.blob ?? "", attempt.signature, attempt.hashAlgo) === true;
    return isProved ? attempt.accept() : attempt.reject();
  });
}

/** Git speaks for itself from here on; its exit code is the session's. */
function serve(channel: ServerChannel, service: GitService, folder: string, env: Record<string, string>): void {
  const git = spawn("git", [service, folder], { env, stdio: ["pipe", "pipe", "pipe"] });
  channel.pipe(git.stdin);
  git.stdout.pipe(channel, { end: false });
  git.stderr.pipe(channel.stderr, { end: false });
  // A client that goes away takes its git with it.
  git.stdin.on("error", () => undefined);
  channel.on("close", () => git.kill());
  git.on("close", (code) => {
    channel.exit(code ?? 1);
    channel.end();
  });
}

function decline(channel: ServerChannel, why: string): void {
  channel.stderr.write(`${why}\r\n`);
  channel.exit(1);
  channel.end();
}
