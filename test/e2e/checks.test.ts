// Real services checked by fairlead and by HAProxy with the same file: both must say the same of each of them.
import { expect } from "bun:test";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { startForwarder } from "./forwarder.ts";
import { commandPath, freePort, must, type Running, scratch, start, testWith, waitUntil } from "./harness.ts";
import { startSshd } from "./sshd.ts";

/** Resolves once something accepts connections there. */
async function listening(port: number): Promise<void> {
  await waitUntil(`port ${port} listens`, () => {
    return new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("connect", () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("close", () => resolve(false));
      socket.once("connect", () => socket.resetAndDestroy());
    });
  });
}

async function startRedis(folder: string): Promise<{ port: number; running: Running }> {
  const port = await freePort();
  const command = ["redis-server", "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder];
  const running = start(command);
  await listening(port);
  return { port, running };
}

async function postgresId(flag: "-u" | "-g"): Promise<number> {
  return Number(await must(["id", flag, "postgres"]));
}

/** PostgreSQL with one role, `check`, without a password. As root it runs as the package's user, for it refuses to be root. */
async function startPostgres(folder: string): Promise<{ port: number; running: Running }> {
  const port = await freePort();
  const data = `${folder}/pg`;
  mkdirSync(data);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    chmodSync(folder, 0o755);
    chownSync(data, await postgresId("-u"), await postgresId("-g"));
  }
  const prefix = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
  const bin = (await must(["sh", "-c", "ls -d /usr/lib/postgresql/*/bin | tail -1"])).trim();
  const options = { cwd: data };
  await must([...prefix, `${bin}/initdb`, "-D", data, "-U", "check", "-A", "trust", "-N"], options);
  const settings = ["-c", `unix_socket_directories=${data}`, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"];
  const running = start([...prefix, `${bin}/postgres`, "-D", data, "-p", String(port), ...settings], options);
  await running.stderr.find(/database system is ready to accept connections/);
  return { port, running };
}

async function startSmtp(): Promise<{ port: number; running: Running }> {
  const port = await freePort();
  const running = start(["python3", "-W", "ignore", "-m", "smtpd", "-n", "-c", "DebuggingServer", `127.0.0.1:${port}`]);
  await listening(port);
  return { port, running };
}

/** What a check log line says of a server, without how long it took. */
function verdicts(log: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, server = "", text = ""] of log.matchAll(/Health check for server (\S+) (.*)$/gm)) {
    if (!found.has(server)) found.set(server, text.replace(/check duration: [0-9]+ms/, "check duration: Nms"));
  }
  return found;
}

/** Runs HAProxy on a file until each of so many servers has been told of. */
async function haproxyVerdicts(sections: string, count: number): Promise<Map<string, string>> {
  using folder = scratch();
  const file = folder.file("compare.cfg");
  writeFileSync(file, sections);
  await using running = start([commandPath("haproxy"), "-db", "-f", file]);
  await waitUntil("HAProxy's verdicts", () => verdicts(running.stdout.text).size >= count);
  return verdicts(running.stdout.text);
}

interface Case {
  readonly name: string;
  readonly port: number;
  readonly lines: readonly string[];
  readonly options?: string;
}

/** A file whose backends have one checked server each; `front` is where its only frontend listens. */
function configuration(cases: readonly Case[], front: number): string {
  const backends = cases.map(({ name, port, lines, options = "" }) =>
    [`backend ${name}`, ...lines, `server s 127.0.0.1:${port} check inter 1s ${options}`].join("\n    "),
  );
  return `global
    log stdout format raw local0
defaults
    mode tcp
    log global
    timeout connect 1s
    timeout client 1m
    timeout server 1m
    option log-health-checks
frontend front
    bind 127.0.0.1:${front}
    default_backend ${cases[0]?.name}
${backends.join("\n")}
`;
}

function script(expected: string): string[] {
  return ["option tcp-check", `tcp-check expect ${expected}`];
}

function sorted(map: Map<string, string>): string[] {
  return Array.from(map, ([server, text]) => `${server} ${text}`).toSorted();
}

/** What happened to the one server of a log, in order. */
function states(log: string): string[] {
  return Array.from(
    log.matchAll(/^Health check for server \S+ (\S+), .*status: (.*)\.$/gm),
    (match) => `${match[1]} ${match[2]}`,
  );
}

const needs = ["fairlead", "haproxy", "redis-server", "setpriv", "python3", "sshd", "ssh-keygen"];

testWith(needs, "real services are found up and down in HAProxy's words", async () => {
  using folder = scratch();
  const redis = await startRedis(folder.path);
  await using _redis = redis.running;
  const postgres = await startPostgres(folder.path);
  await using _postgres = postgres.running;
  const smtp = await startSmtp();
  await using _smtp = smtp.running;
  await using sshd = await startSshd();
  const web = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    // HAProxy asks in HTTP/1.0 without a Host, so there is no whole URL.
    fetch: (request) => new Response('{"state":"RUNNING"}', { status: request.url.endsWith("/status") ? 200 : 503 }),
  });
  const closed = await freePort();
  const webPort = web.port ?? 0;
  const cases: Case[] = [
    { name: "ssh-layer4", port: sshd.port, lines: [] },
    { name: "ssh-banner", port: sshd.port, lines: script("rstring ^SSH-2\\.0-") },
    { name: "ssh-unwanted", port: sshd.port, lines: script("! string SSH comment no-ssh-here") },
    { name: "redis", port: redis.port, lines: ["option redis-check"] },
    {
      name: "redis-script",
      port: redis.port,
      lines: ["option tcp-check", "tcp-check send PING\\r\\n", "tcp-check expect string +PONG"],
    },
    { name: "pgsql", port: postgres.port, lines: ["option pgsql-check user check"] },
    { name: "pgsql-stranger", port: postgres.port, lines: ["option pgsql-check user nobody-here"] },
    { name: "smtp", port: smtp.port, lines: ["option smtpchk EHLO check.test"] },
    {
      name: "http-beside",
      port: sshd.port,
      options: `port ${webPort}`,
      lines: ["option httpchk GET /status", "http-check expect string RUNNING"],
    },
    { name: "http-unready", port: sshd.port, options: `port ${webPort}`, lines: ["option httpchk GET /other"] },
    { name: "not-tls", port: sshd.port, lines: ["option ssl-hello-chk"] },
    { name: "closed", port: closed, lines: [] },
    { name: "closed-script", port: closed, lines: script("string x") },
    { name: "closed-redis", port: closed, lines: ["option redis-check"] },
  ];
  try {
    const theirs = haproxyVerdicts(configuration(cases, await freePort()), cases.length);
    await using forwarder = await startForwarder(configuration(cases, await freePort()), { whole: true });
    const log = forwarder.process.stdout;
    await waitUntil("our verdicts", () => verdicts(log.text).size >= cases.length);
    expect(sorted(verdicts(log.text))).toEqual(sorted(await theirs));
  } finally {
    await web.stop(true);
  }
});

testWith(
  ["fairlead", "haproxy", "redis-server"],
  "a service that leaves and comes back is followed by rise and fall",
  async () => {
    using folder = scratch();
    const port = await freePort();
    const lines = (front: number): string => `global
    log stdout format raw local0
defaults
    mode tcp
    log global
    timeout connect 1s
    timeout client 1m
    timeout server 1m
    option log-health-checks
frontend front
    bind 127.0.0.1:${front}
    default_backend redis
backend redis
    option redis-check
    server s 127.0.0.1:${port} check inter 200ms rise 2 fall 3
`;
    const file = folder.file("rise.cfg");
    writeFileSync(file, lines(await freePort()));
    // Both begin while nothing listens, so that the first check fails.
    await using haproxy = start([commandPath("haproxy"), "-db", "-f", file]);
    await using forwarder = await startForwarder(lines(await freePort()), { whole: true });
    const histories = (): string[][] => [haproxy.stdout.text, forwarder.process.stdout.text].map(states);
    const both = (what: string, last: string): Promise<unknown> =>
      waitUntil(what, () => histories().every((one) => one.at(-1) === last));
    const command = ["redis-server", "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder.path];
    await both("down at first", "failed 0/2 DOWN");
    {
      await using _redis = start(command);
      await both("up", "succeeded 3/3 UP");
    }
    await both("down", "failed 0/2 DOWN");
    await using _redis = start(command);
    await both("up again", "succeeded 3/3 UP");
    const up = ["succeeded 1/2 DOWN", "succeeded 3/3 UP"];
    const expected = ["failed 0/2 DOWN", ...up, "failed 2/3 UP", "failed 1/3 UP", "failed 0/2 DOWN", ...up];
    expect(histories()).toEqual([expected, expected]);
  },
);
