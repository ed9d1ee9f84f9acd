/** `make demo`: the page's configuration forwards git over ssh to a throw-away server, step by step, on loopback only. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ssh2 from "ssh2";
import { type GitServer, startGitServer } from "./git-server.ts";
import { command, note, shown, step } from "./story.ts";

const binary = join(dirname(fileURLToPath(import.meta.url)), "../../dist/bin/fairlead");

/** How long anything may take before the demo says what it waited for. */
const patienceMs = 20_000;

/** No configuration of the user's has a say here, and nothing of theirs is touched. */
const environment: Record<string, string> = {
  PATH: process.env["PATH"] ?? "/usr/bin:/bin",
  LANG: "C",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "Demo",
  GIT_AUTHOR_EMAIL: "demo@example.com",
  GIT_COMMITTER_NAME: "Demo",
  GIT_COMMITTER_EMAIL: "demo@example.com",
};

interface Ports {
  readonly listen: number;
  readonly health: number;
  readonly server: number;
}

/** The page's example, on ports that the kernel chose; the lines about the log are ours. */
function configuration(ports: Ports): string {
  return `global
       maxconn 10000
       log stdout format raw local0        # to see what happens

defaults
       timeout connect 500s
       timeout client 5000s
       timeout server 1h
       log global
       option tcplog

frontend sshd
       bind *:${ports.listen}
       default_backend ssh
       timeout client 1h

backend ssh
       mode tcp
       server localhost-bitbucket-ssh 127.0.0.1:${ports.server} check port ${ports.server}
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs a command to its end; its output. Throws with the output when it fails. */
function output(words: readonly string[], cwd: string, env: Record<string, string> = environment): Promise<string> {
  return new Promise((resolve, reject) => {
    const [name = "", ...rest] = words;
    const child = spawn(name, rest, { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: patienceMs });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${words.join(" ")} ended with ${code}\n${text}`)),
    );
  });
}

/** A bare repository with one commit in it. */
async function makeRepository(folder: string): Promise<string> {
  const bare = join(folder, "demo.git");
  const work = join(folder, "first");
  mkdirSync(work);
  writeFileSync(join(work, "README"), "This came through a fairlead.\n");
  await output(["git", "init", "-q", "--bare", "-b", "main", bare], folder);
  await output(["git", "init", "-q", "-b", "main"], work);
  await output(["git", "add", "."], work);
  await output(["git", "commit", "-q", "-m", "Begin"], work);
  await output(["git", "push", "-q", bare, "main"], work);
  return bare;
}

/** Keys and known hosts of the demo alone, and the ssh command that uses them. */
function makeClient(folder: string): { readonly publicKey: string; trust(port: number, hostKey: string): string } {
  const pair = ssh2.utils.generateKeyPairSync("ed25519", { comment: "demo" });
  const key = join(folder, "key");
  const known = join(folder, "known_hosts");
  writeFileSync(key, pair.private);
  chmodSync(key, 0o600);
  return {
    publicKey: pair.public,
    trust(port, hostKey) {
      writeFileSync(known, `[127.0.0.1]:${port} ${hostKey}\n`);
      return `ssh -F /dev/null -i ${key} -o IdentitiesOnly=yes -o IdentityAgent=none -o UserKnownHostsFile=${known}`;
    },
  };
}

interface Forwarder {
  readonly process: ChildProcess;
  readonly ended: Promise<unknown>;
  /** Access log lines so far. */
  readonly log: readonly string[];
}

function startForwarder(file: string, health: number): Forwarder {
  const child = spawn(binary, ["-f", file, "--health", `127.0.0.1:${health}`], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const log: string[] = [];
  let rest = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    log.push(...lines);
  });
  return { process: child, log, ended: new Promise((resolve) => child.once("exit", resolve)) };
}

async function until<Value>(what: string, look: () => Promise<Value | null> | Value | null): Promise<Value> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const value = await Promise.resolve(look()).catch(() => null);
    if (value !== null) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain: ${what}`);
}

async function page(port: number, path: string): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } });
  return { status: response.status, body: await response.text() };
}

/** Clone, commit, push: all through the forwarder, compared with what the server has. */
async function useGit(folder: string, ports: Ports, ssh: string, bare: string): Promise<void> {
  const url = `ssh://git@127.0.0.1:${ports.listen}/demo.git`;
  const clone = join(folder, "clone");
  const env = { ...environment, GIT_SSH_COMMAND: ssh };
  command(`git clone ${url}`);
  shown(await output(["git", "clone", url, clone], folder, env));
  writeFileSync(join(clone, "NOTE"), "And this went back through it.\n");
  await output(["git", "add", "."], clone);
  await output(["git", "commit", "-q", "-m", "Answer"], clone);
  command("git push");
  shown(await output(["git", "push", "origin", "main"], clone, env));
  const [ours, theirs] = await Promise.all([
    output(["git", "rev-parse", "HEAD"], clone),
    output(["git", "rev-parse", "main"], bare),
  ]);
  if (ours !== theirs) throw new Error(`the server has ${theirs.trim()}, not ${ours.trim()}`);
  note(`Server and clone agree: ${ours.trim().slice(0, 12)}.`);
}

async function showHealth(port: number): Promise<void> {
  for (const path of ["/healthz", "/readyz"]) {
    const { status, body } = await page(port, path);
    command(`curl http://127.0.0.1:${port}${path}`);
    shown(`${status}  ${body.trim()}`);
  }
  const metrics = (await page(port, "/metrics")).body.split("\n");
  command(`curl http://127.0.0.1:${port}/metrics`);
  const telling = /^haproxy_(?:frontend_sessions_total|server_status|server_bytes_(?:in|out)_total)\{/;
  shown(metrics.filter((line) => telling.test(line) && !line.endsWith(" 0")).join("\n"));
}

/** Waits for Ctrl-C, showing log lines as they come. */
async function stayUp(forwarder: Forwarder, folder: string, ports: Ports, ssh: string): Promise<void> {
  step("Your turn");
  command(`GIT_SSH_COMMAND='${ssh}' git clone ssh://git@127.0.0.1:${ports.listen}/demo.git /tmp/demo-clone`);
  command(`${ssh} -p ${ports.listen} git@127.0.0.1`);
  command(`curl http://127.0.0.1:${ports.health}/status`);
  note(`A dashboard: http://127.0.0.1:${ports.health}/   The configuration: ${join(folder, "haproxyconf.txt")}`);
  note("Ctrl-C ends it all and leaves nothing behind. Log lines follow as they come:");
  let seen = forwarder.log.length;
  const timer = setInterval(() => {
    for (; seen < forwarder.log.length; seen++) shown(forwarder.log[seen] ?? "");
  }, 100);
  await Promise.race([
    new Promise((resolve) => process.once("SIGINT", resolve).once("SIGTERM", resolve)),
    forwarder.ended.then(() => note("fairlead has ended.")),
  ]);
  clearInterval(timer);
}

/** The story; whatever it started is stopped by the caller. */
async function tell(folder: string, stops: (() => Promise<unknown>)[]): Promise<void> {
  step("A Git server on loopback, with a key and a repository that live as long as this demo");
  const bare = await makeRepository(folder);
  const client = makeClient(folder);
  const server: GitServer = await startGitServer({
    authorizedKey: client.publicKey,
    repositories: { "/demo.git": bare },
    environment,
  });
  stops.push(() => server.stop());
  const ports: Ports = { listen: await freePort(), health: await freePort(), server: server.port };
  const ssh = client.trust(ports.listen, server.hostKey);
  note(`It stands for Bitbucket's port 7999 and listens on 127.0.0.1:${ports.server}.`);

  step("The configuration: HAProxy's language, as Atlassian's page has it");
  const file = join(folder, "haproxyconf.txt");
  writeFileSync(file, configuration(ports));
  shown(configuration(ports));

  step("Check it");
  command(`fairlead -f ${file} -c`);
  shown(await output([binary, "-f", file, "-c"], folder));

  step("Run it");
  command(`fairlead -f ${file} --health 127.0.0.1:${ports.health}`);
  const forwarder = startForwarder(file, ports.health);
  stops.push(async () => {
    forwarder.process.kill("SIGTERM");
    await forwarder.ended;
  });
  await Promise.race([
    until("fairlead is ready", async () => ((await page(ports.health, "/readyz")).status === 200 ? true : null)),
    forwarder.ended.then((code) => {
      throw new Error(`fairlead ended with ${code}`);
    }),
  ]);
  note(`It forwards port ${ports.listen} to ${ports.server}.`);

  step("Clone and push through it");
  await useGit(folder, ports, ssh, bare);

  step("What its log says, one line a session");
  await until("two log lines", () => (forwarder.log.length >= 2 ? true : null));
  for (const line of forwarder.log) shown(line);
  note(
    "client [accepted] frontend backend/server queue/connect/total ms, bytes, how it ended (--: well), connections, queues",
  );

  step("What its health endpoint says");
  await showHealth(ports.health);

  if (process.stdin.isTTY && process.stdout.isTTY) await stayUp(forwarder, folder, ports, ssh);
  else note("No terminal here, so this is the end. With one it stays up for you to try.");
}

const folder = mkdtempSync(join(tmpdir(), "fairlead-demo-"));
const stops: (() => Promise<unknown>)[] = [];
try {
  await tell(folder, stops);
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  for (const stop of stops.toReversed()) await stop();
  rmSync(folder, { recursive: true, force: true });
}
