/** Runs one case under one of the two: servers, log receiver and forwarder of its own, the traffic, and what was seen. */
import { readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { commandPath, must, type Running, scratch, start, waitUntil } from "../e2e/harness.ts";
import type { AskOptions, Case, ConnectOptions, Stage } from "./case.ts";
import { type Client, connectClient } from "./client.ts";
import { takeReceiver } from "./log-receiver.ts";
import { ownPort, ownRange } from "./port.ts";
import { type Scripted, script } from "./scripted-server.ts";
import { type Known, mask, type Transcript, visible } from "./transcript.ts";

/** How long a condition may take. */
const waitMs = 12_000;

/** One thread, so that what is counted has one order. */
const globalText = "global\n    nbthread 1\n    log <log> local0\n    stats socket <admin> level admin\n";
const defaultsText = `defaults
    mode tcp
    log global
    option tcplog
    timeout connect 1s
    timeout client 5s
    timeout server 5s
`;

const binaries = {
  haproxy: () => [commandPath("haproxy"), "-db"],
  fairlead: () => [
    process.env["FAIRLEAD"] ?? join(import.meta.dir, "../../dist/bin/fairlead"),
    "-db",
    "--health",
    "off",
  ],
};

/** What is logged of servers and proxies; all else is of sessions. */
const tidings =
  /\]: (?:(?:Backup )?Server \S+ (?:is|was|ad|re)|Health check for |backend \S+ has no|Proxy \S+ )|changed its (?:IP|FQDN)/;

/** What is said besides of headers that are set wrongly on one side, of which HAProxy tells nobody. */
const advice = /\]: Bind line \S+ of /;

interface Front {
  readonly host: string;
  readonly port: number;
}

/** Runs a case; throws with what the forwarder said when it cannot. */
export async function perform(row: Case, side: Stage["side"]): Promise<Transcript> {
  // A port that the kernel chose may be taken again before the forwarder binds it.
  for (let attempt = 1; ; attempt++) {
    try {
      return await performOnce(row, side);
    } catch (error) {
      if (attempt === 3 || !/Address already in use|EADDRINUSE/.test(String(error))) throw error;
    }
  }
}

async function performOnce(row: Case, side: Stage["side"]): Promise<Transcript> {
  await using open = new AsyncDisposableStack();
  const folder = open.use(scratch()).path;
  open.defer(() => endPrograms(folder));
  const servers = new Map<string, Scripted>();
  for (const [name, given] of Object.entries(row.servers ?? {}))
    servers.set(name, open.use(await script(name, given, folder)));
  const { lines, address: log } = open.use(await takeReceiver());
  const fronts = new Map<string, Front>();
  for (const name of row.ports ?? []) fronts.set(name, { host: "127.0.0.1", port: await ownPort() });
  const text = await fill(row.configuration, { folder, log, servers, fronts });
  for (const [name, content] of Object.entries(row.files ?? {}))
    writeFileSync(join(folder, name), content, { encoding: "latin1", mode: 0o755 });
  const file = join(folder, "case.cfg");
  writeFileSync(file, text);
  const running = open.use(start([...binaries[side](), "-f", file], { cwd: folder }));
  const admin = join(folder, "admin");
  await ready(running, admin, text);
  const clients: Client[] = [];
  open.defer(() => clients.forEach((client) => client.close()));
  const notes: string[] = [];
  const stage = makeStage({
    side,
    folder,
    servers,
    fronts,
    running,
    admin,
    lines,
    notes,
    clients,
    open,
    logs: row.logs,
  });
  try {
    await row.traffic(stage);
    if (row.logs === undefined) await sessionsLogged(lines, clients.length);
    else await stage.logged(row.logs);
    // Whatever was sent before this answer has come by now.
    await command(admin, "show info");
    await Bun.sleep(20);
  } catch (error) {
    const seen = { notes, lines, servers: Object.fromEntries([...servers].map(([name, one]) => [name, one.record])) };
    throw new Error(
      `${side}: ${(error as Error).message}\n${running.stderr.text}\n${text}\n${JSON.stringify(seen, null, 1)}`,
      { cause: error },
    );
  }
  const known: Known = { pid: running.pid, folder, names: namesOf(servers, fronts) };
  const masked = (all: readonly string[]): string[] => all.map((line) => mask(line, known));
  return {
    clients: masked(notes),
    servers: Object.fromEntries([...servers].map(([name, one]) => [name, masked(one.record)])),
    logs: masked(lines.filter((line) => !advice.test(line))),
  };
}

/** Ends what a forwarder that was killed leaves running: the programs of its checks, in the folder that it was started in. */
function endPrograms(folder: string): void {
  for (const name of readdirSync("/proc").filter((one) => /^\d+$/.test(one))) {
    try {
      if (readlinkSync(`/proc/${name}/cwd`) === folder) process.kill(Number(name), "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}

function namesOf(servers: ReadonlyMap<string, Scripted>, fronts: ReadonlyMap<string, Front>): Map<string, string> {
  const names = new Map<string, string>();
  for (const [name, { host, port }] of [...servers, ...fronts]) {
    if (port === 0) continue;
    names.set(`${host}:${port}`, name);
    names.set(String(port), name);
  }
  return names;
}

interface Places {
  readonly folder: string;
  readonly log: string;
  readonly servers: ReadonlyMap<string, Scripted>;
  readonly fronts: Map<string, Front>;
}

/** The whole configuration, with every `<word>` replaced. */
async function fill(configuration: string, places: Places): Promise<string> {
  const { folder, log, servers, fronts } = places;
  const hasGlobal = configuration.startsWith("global\n");
  const isWhole = /^defaults/m.test(configuration);
  // `log global` takes what stands before it.
  const text =
    (hasGlobal ? "" : globalText) +
    (isWhole ? configuration : configuration.replace(/^(?=frontend|listen|backend)/m, defaultsText));
  const pattern = /<([a-z]\w*)(?:@([\da-f.:]+))?(?::(port)|-([a-z]\w*)|\+(\d))?>/g;
  for (const [, name = "", host, , other, size] of text.matchAll(pattern)) {
    for (const one of other === undefined ? [name] : [name, other]) {
      if (["dir", "log", "admin"].includes(one) || servers.has(one) || fronts.has(one)) continue;
      const at = host ?? "127.0.0.1";
      fronts.set(one, { host: at, port: size === undefined ? await ownPort(at) : await ownRange(at, Number(size)) });
    }
  }
  return text.replace(pattern, (_, name: string, _host, isPort?: string, other?: string, size?: string) => {
    if (name === "dir") return folder;
    if (name === "log") return log;
    if (name === "admin") return join(folder, "admin");
    const place = (servers.get(name) ?? fronts.get(name)) as Front & { address?: string };
    if (other !== undefined) {
      const difference = place.port - ((servers.get(other) ?? fronts.get(other)) as Front).port;
      return difference < 0 ? String(difference) : `+${difference}`;
    }
    if (size !== undefined) return `${place.host}:${place.port}-${place.port + Number(size) - 1}`;
    return isPort === undefined ? (place.address ?? `${place.host}:${place.port}`) : String(place.port);
  });
}

async function ready(running: Running, admin: string, text: string): Promise<void> {
  const ended = running.exited.then((code) => `ended with ${code}`);
  const serving = waitUntil("it serves", async () => (await command(admin, "show info")).includes("Pid:"), waitMs).then(
    () => null,
    (error: Error) => error.message,
  );
  const failed = await Promise.race([ended, serving]);
  if (failed !== null) throw new Error(`${failed}\n${running.stderr.text}\n${text}`);
}

/** One command over the stats socket; the whole reply. */
function command(path: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = "";
    const socket = connect(path, () => socket.write(`${line}\n`));
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => (reply += text));
    socket.on("end", () => resolve(reply));
    socket.on("error", reject);
  });
}

interface Props {
  readonly side: Stage["side"];
  readonly folder: string;
  readonly servers: ReadonlyMap<string, Scripted>;
  readonly fronts: ReadonlyMap<string, Front>;
  readonly running: Running;
  readonly admin: string;
  readonly lines: readonly string[];
  readonly notes: string[];
  readonly clients: Client[];
  readonly open: AsyncDisposableStack;
  readonly logs: number | undefined;
}

function makeStage(props: Props): Stage {
  const { side, folder, servers, fronts, admin, lines, notes, clients, open, logs } = props;
  async function logged(count: number): Promise<void> {
    await waitUntil(`${count} log lines`, () => atLeast(lines.length, count), waitMs);
  }
  const server = (name: string): Scripted => {
    const found = servers.get(name);
    if (found === undefined) throw new Error(`no server ${name}`);
    return found;
  };
  async function connectTo(front: string, options: ConnectOptions = {}): Promise<Client> {
    const place = fronts.get(front) ?? servers.get(front);
    const path = options.unix === undefined ? undefined : join(folder, options.unix);
    if (place === undefined && path === undefined) throw new Error(`no frontend ${front}`);
    const port = (place?.port ?? 0) + (options.offset ?? 0);
    const client = await connectClient(port, options.to ?? place?.host ?? "", options, path);
    clients.push(client);
    return client;
  }
  async function ask(front: string, options: AskOptions = {}): Promise<string> {
    const before = sessionLines(lines);
    const client = await connectTo(front, options);
    if (options.send !== undefined) client.send(options.send);
    if (options.end === true) client.end();
    const text = options.until === undefined ? "" : await client.receive(options.until);
    const end = text.includes(options.until ?? "\0") ? "open" : await client.ended();
    notes.push(`${options.as === undefined ? "" : `${options.as}: `}${visible(client.text)} ${end}`);
    client.close();
    // Until the session is over, so that the next one meets none. Where not every client leaves a line, a moment.
    if (logs === undefined) await sessionsLogged(lines, before + 1);
    else if (logs > 0) await sessionsLogged(lines, before + 1, 500).catch(() => undefined);
    return client.text;
  }
  async function status(name: string, wanted: string): Promise<void> {
    const [backend, own] = name.split("/");
    await waitUntil(
      `${name} is ${wanted}`,
      async () => {
        const text = await command(admin, "show stat");
        const rows = text.split("\n").map((line) => line.split(","));
        const column = rows[0]?.indexOf("status") ?? -1;
        const now = rows.find((row) => row[0] === backend && row[1] === own)?.[column] ?? "none";
        if (now.startsWith(wanted)) return true;
        throw new Error(now);
      },
      waitMs,
    );
  }
  return {
    side,
    folder,
    lines,
    port: (name) => (fronts.get(name) ?? server(name)).port,
    note: (line) => void notes.push(line),
    connect: connectTo,
    ask,
    command: (line) => command(admin, line),
    status,
    logged: (count) => logged(count),
    record: (name) => server(name).record,
    served: (name, count) =>
      waitUntil(`${name} was asked ${count} times`, () => atLeast(server(name).count, count), waitMs).then(
        () => undefined,
      ),
    until: (what, condition) => waitUntil(what, condition, waitMs).then(() => undefined),
    run: (words, input) => must(words, input === undefined ? { cwd: folder } : { cwd: folder, input }),
    async start(words, ready) {
      const helper = open.use(start(words, { cwd: folder }));
      if (ready !== undefined) await helper.stderr.find(ready);
      return { stop: async () => helper[Symbol.asyncDispose]() };
    },
    stop: (name) => server(name).stop(),
    open: (name) => server(name).open(),
  };
}

function sessionLines(lines: readonly string[]): number {
  return lines.filter((line) => !tidings.test(line) && !advice.test(line)).length;
}

/** A server's going down may be logged between a session's end and its line: only the sessions' own lines tell that they are over. */
async function sessionsLogged(lines: readonly string[], count: number, atMostMs = waitMs): Promise<void> {
  await waitUntil(`${count} sessions' lines`, () => atLeast(sessionLines(lines), count), atMostMs);
}

function atLeast(have: number, wanted: number): true {
  if (have >= wanted) return true;
  throw new Error(`${have} of ${wanted}`);
}
