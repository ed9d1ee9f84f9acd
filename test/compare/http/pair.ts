/** Many cases in one file, which HAProxy and fairlead run beside each other; each case is a section, a client and a server. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { commandPath, type Running, scratch, start, waitUntil } from "../../e2e/harness.ts";
import { type Client, connectClient } from "../client.ts";
import { takeReceiver } from "../log-receiver.ts";
import { visible } from "../transcript.ts";
import type { HttpCase, Seen, Step } from "./case.ts";
import { type Origin, startOrigin } from "./origin.ts";
import { unpacked } from "./unpacked.ts";

const waitMs = 12_000;
const settleMs = 60;

const binaries = {
  haproxy: () => [commandPath("haproxy"), "-db"],
  fairlead: () => [
    process.env["FAIRLEAD"] ?? join(import.meta.dir, "../../../dist/bin/fairlead"),
    "-db",
    "--health",
    "off",
  ],
};
type Name = keyof typeof binaries;

const head = `defaults
    mode http
    log global
    option httplog
    timeout connect 1s
    timeout client 8s
    timeout server 8s
`;

/** One of the two, with all cases' sections. */
interface Side {
  readonly name: Name;
  readonly folder: string;
  readonly ports: readonly number[];
  readonly origins: readonly Origin[];
  readonly lines: readonly string[];
}

/** A port that the kernel chose may be taken before the forwarder binds it. */
async function startSide(
  name: Name,
  rows: readonly HttpCase[],
  globals: string,
  open: AsyncDisposableStack,
): Promise<Side> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(name, rows, globals, open);
    } catch (error) {
      if (attempt === 3 || !/Address already in use|EADDRINUSE/.test(String(error))) throw error;
    }
  }
}

async function startOnce(
  name: Name,
  rows: readonly HttpCase[],
  globals: string,
  open: AsyncDisposableStack,
): Promise<Side> {
  const folder = open.use(scratch()).path;
  const { lines, address } = open.use(await takeReceiver());
  const origins: Origin[] = [];
  for (const row of rows) origins.push(open.use(await startOrigin(row)));
  const ports = await freePorts(rows.length);
  let text = `global\n    nbthread 1\n    log ${address} len 8192 local0\n    stats socket ${join(folder, "admin")} level admin\n${globals}${head}`;
  for (const [index, row] of rows.entries()) {
    const [origin, port] = [origins[index] as Origin, ports[index] as number];
    const lines_ = row.lines ?? "";
    const server = /^\s*(?:server |use_backend |default_backend |dispatch |(?:option )?transparent$)/m.test(lines_)
      ? ""
      : `    server s <server> ${row.options ?? ""}\n`;
    text += `${row.sections ?? ""}\nlisten <name>\n    bind 127.0.0.1:${port}\n${lines_}\n${server}`
      .replaceAll("<name>", `c${index}`)
      .replaceAll("<server:port>", String(origin.port))
      .replaceAll("<server>", row.server === null ? "127.0.0.2:1" : `127.0.0.1:${origin.port}`)
      .replaceAll("<front>", `127.0.0.1:${port}`)
      .replaceAll("<dir>", folder);
  }
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), content, "latin1");
  writeFileSync(join(folder, "case.cfg"), text);
  const running = open.use(start([...binaries[name](), "-f", join(folder, "case.cfg")], { cwd: folder }));
  await ready(running, join(folder, "admin"), name);
  return { name, folder, ports, origins, lines };
}

/** So many ports that the kernel chose and nobody holds. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => server.listening || once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Files that sections may name, in `<dir>`. */
export const files: Readonly<Record<string, string>> = {
  "503.http":
    "HTTP/1.0 503 Own\r\nCache-Control: no-cache\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nown\n",
  "403.http": "HTTP/1.1 403 Own Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nno\n",
  "page.txt": "a page\n",
  "format.txt": "%[src] %[path]\n",
};

async function ready(running: Running, admin: string, name: Name): Promise<void> {
  const ended = running.exited.then((code) => `ended with ${code}`);
  const serving = waitUntil("it serves", () => isServing(admin), waitMs).then(
    () => null,
    (error: Error) => error.message,
  );
  const failed = await Promise.race([ended, serving]);
  if (failed !== null) throw new Error(`${name} ${failed}\n${running.stderr.text}`);
}

function isServing(admin: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let reply = "";
    const socket = connect(admin, () => socket.write("show info\n"));
    socket.on("data", (text: Buffer) => (reply += text.toString()));
    socket.on("end", () => resolve(reply.includes("Pid:")));
    socket.on("error", reject);
  });
}

/** Plays one case on one side. */
async function play(side: Side, row: HttpCase, index: number, patience: number): Promise<Seen> {
  const origin = side.origins[index] as Origin;
  const port = side.ports[index] as number;
  origin.forget();
  const own = new RegExp(`[ "]c${index}~?[ "]`);
  const before = side.lines.length;
  const mine = (): string[] => side.lines.slice(before).filter((line) => own.test(line));
  const client = await connectClient(port, "127.0.0.1", {});
  try {
    const steps: readonly Step[] = Array.isArray(row.client) ? row.client : [row.client as Step];
    for (const step of steps) await take(step, client, origin);
    const wanted = row.logs ?? 1;
    await waitUntil(`${wanted} log lines`, () => mine().length >= wanted || fewer(mine(), client), 9000);
    await Bun.sleep((row.settleMs ?? settleMs) * patience);
    const end = await client.ended(0);
    const names = { port, server: origin.port, index };
    const text = row.unpacks === true ? unpacked(client.text) : client.text;
    return {
      client: `${masked(visible(text), names)} ${end}`,
      server: origin.record.map((text) => masked(visible(text), names)),
      log: mine().map((line) => maskedLine(masked(line, names), text.length, side.name, wanted)),
    };
  } finally {
    client.close();
  }
}

function fewer(lines: readonly string[], client: Client): never {
  throw new Error(`got ${JSON.stringify(lines)} and ${JSON.stringify(client.text)}`);
}

async function take(step: Step, client: Client, origin: Origin): Promise<void> {
  if (step === "FIN") client.end();
  else if (step === "RST") client.reset();
  else if (step === "ended") await client.ended();
  else if (typeof step === "string") client.send(step);
  else if ("until" in step) await client.receive(step.until);
  else if ("served" in step) await waitUntil("requests", () => origin.served >= step.served, waitMs);
  else if ("pause" in step) await Bun.sleep(step.pause);
  else {
    for (const byte of step.slowly) {
      client.send(byte);
      await Bun.sleep(1);
    }
  }
}

interface Names {
  readonly port: number;
  readonly server: number;
  readonly index: number;
}

function masked(line: string, { port, server, index }: Names): string {
  return line
    .replaceAll(`127.0.0.1:${port}`, "<front>")
    .replaceAll(`127.0.0.1:${server}`, "<server>")
    .replace(/(127\.0\.0\.1):\d{4,5}(?!\d)/g, "$1:<port>")
    .replaceAll(new RegExp(`\\bc${index}\\b`, "g"), "<name>");
}

const httpNumbers = / ((?:-?\d+\/){4}\+?-?\d+) (-?\d+) (\+?\d+) (?=\S+ \S+ \S{4} \d+\/)/;

/**
 * Timers as "there is one" or -1. What HAProxy counts as bytes is its own business (it counts heads as it keeps them), so that is not
 * compared; here it is what the client got.
 */
function maskedLine(line: string, received: number, name: Name, lines: number): string {
  return line
    .trimEnd()
    .replace(/^<\d+>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+\[\d+\]: /, "")
    .replace(/\[\d\d\/[A-Z][a-z]{2}\/\d{4}[^\]]*\]/, "[date]")
    .replace(httpNumbers, (_, timers: string, status: string, bytes: string) => {
      const isTrue = name === "haproxy" || lines !== 1 || bytes.startsWith("+") || Number(bytes) === received;
      return ` ${timers.replace(/(?<![-\d])\d+/g, "N")} ${status} ${isTrue ? "B" : `${bytes} for ${received}`} `;
    })
    .replace(/ \d+(\/\d+\/\d+\/\d+\/\+?\d+ \d+\/\d+)/, " A$1")
    .replace(/^.* - - \[date\].*$/, (clf) => clf.replaceAll(/(?<=[ "])\d+(?=[ "])/g, "N"));
}

async function both<Value>(one: Promise<Value>, other: Promise<Value>): Promise<[Value, Value]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}

async function compare(sides: readonly [Side, Side], row: HttpCase, index: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const patience = [1, 4, 12][attempt - 1] as number;
    try {
      const [wanted, seen] = await both(play(sides[0], row, index, patience), play(sides[1], row, index, patience));
      return judge(row, wanted, seen);
    } catch (error) {
      // A machine that stalls shows the same things in another order.
      if (attempt === 3) throw error;
    }
  }
}

function judge(row: HttpCase, wanted: Seen, seen: Seen): void {
  const left = (all: Seen): Seen => ({
    client: row.chance?.includes("client") === true ? "" : all.client,
    server: row.chance?.includes("server") === true ? [] : all.server,
    log: row.chance?.includes("log") === true ? [] : all.log,
  });
  if (row.differs === undefined) return void expect(left(seen)).toEqual(left(wanted));
  const { because: _, ...here } = row.differs;
  expect(left(seen)).toEqual(left({ ...wanted, ...here }));
  // A difference that is none any more is not to stand here.
  expect(left(wanted)).not.toEqual(left(seen));
}

/** Registers a test for each case; all of them have one pair of processes. `globals`: lines of `global`, and sections behind them. */
export function compareAll(rows: readonly HttpCase[], globals = ""): void {
  const open = new AsyncDisposableStack();
  let pair: Promise<[Side, Side]> | null = null;
  const sides = (): Promise<[Side, Side]> =>
    (pair ??= (async () => [
      await startSide("haproxy", rows, globals, open),
      await startSide("fairlead", rows, globals, open),
    ])());
  let running = rows.length;
  for (const [index, row] of rows.entries()) {
    test.concurrent(
      row.name,
      async () => {
        try {
          await compare(await sides(), row, index);
        } finally {
          running -= 1;
          if (running === 0) await open.disposeAsync();
        }
      },
      60_000,
    );
  }
}
