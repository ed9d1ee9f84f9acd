/** Reloads of files in `mode http` under load: what was asked is answered, by the file that held then or a later one. */
import { expect } from "bun:test";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { type Random, seededRandom } from "../property/seed.ts";
import { type Forwarder, startForwarder } from "./forwarder.ts";
import { freePort, testWith, waitUntil } from "./harness.ts";

const reloads = process.env["SOAK"] === "1" ? 300 : 12;
const clientsAtOnce = 8;

/** Says which server it is, for which file it was asked, and what it was asked. */
async function teller(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((request, answer) => {
    request.resume();
    request.on("end", () => {
      const { port } = server.address() as { port: number };
      const text = `${port} ${String(request.headers["x-file"])} ${request.url}`;
      setTimeout(() => answer.end(text), request.url?.includes("slow") === true ? 30 : 0);
    });
  });
  // It closes nothing by itself: what a client sees closed is ours.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The file of this number: other servers, addresses, names and options each time. */
function fileOf(random: Random, number: number, port: number, servers: readonly number[]): string {
  const lines = ["defaults", "mode http", "timeout connect 5s", "timeout client 1m", "timeout server 1m"];
  lines.push("frontend web", `bind 127.0.0.1:${port}`, `http-request set-header x-file ${number}`);
  if (random.next() < 0.3) lines.push("maxconn 300");
  const backend = random.pick(["a", "b"]);
  lines.push(
    `default_backend ${backend}`,
    `backend ${backend}`,
    `http-reuse ${random.pick(["always", "safe", "never"])}`,
  );
  if (random.next() < 0.3) lines.push("balance leastconn");
  const first = random.between(0, servers.length - 1);
  // The same name leads to another address.
  for (let at = 0; at < random.between(1, servers.length); at++) {
    const address = `127.0.0.1:${servers[(first + at) % servers.length]}`;
    lines.push(`server s${at} ${address} pool-purge-delay 100ms ${random.pick(["", "weight 3"])}`);
  }
  return `${lines.join("\n")}\n`;
}

/** What holds now. */
interface Now {
  /** The last file that is known to run. */
  file: number;
  isOver: boolean;
}

/** Asks over one connection until that ends. What is wrong with the answers; `count` is told of each that is right. */
function visit(random: Random, port: number, now: Now, count: () => void): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>();
  const socket = connect(port, "127.0.0.1");
  let text = "";
  let asked = "";
  let fileThen = 0;
  let answers = 0;
  const ask = (): void => {
    asked = `/${random.between(0, 1e9)}${random.pick(["", "slow"])}`;
    fileThen = now.file;
    text = "";
    const body = random.pick(["", "some"]);
    const [method, length] = body === "" ? ["GET", ""] : ["POST", "Content-Length: 4\r\n"];
    socket.write(`${method} ${asked} HTTP/1.1\r\nHost: a\r\n${length}\r\n${body}`);
  };
  socket.on("connect", ask);
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
    const whole = /^HTTP\/1\.1 200 [^]*\r\n\r\n(\d+) (\d+) (\S+)$/.exec(text);
    if (whole === null || whole[3] !== asked) return;
    if (Number(whole[2]) < fileThen) return resolve(`asked under file ${fileThen}: ${text}`);
    answers += 1;
    count();
    asked = "";
    if (/\r\nconnection: close\r\n/.test(text)) return;
    if (now.isOver) socket.end();
    else setTimeout(() => (socket.writable ? ask() : undefined), random.between(0, 10));
  });
  socket.on("error", () => undefined);
  // A client that asks just as its connection is closed asks again.
  socket.on("close", () =>
    resolve(asked === "" || (answers > 0 && text === "") ? null : `${answers}, ${asked}: '${text}'`),
  );
  return promise;
}

async function reload(forwarder: Forwarder, text: string): Promise<void> {
  writeFileSync(forwarder.file, text);
  const { stderr } = forwarder.process;
  const ended = (): number => stderr.all.filter((line) => /Loading (?:success|failed)/.test(line)).length;
  const before = ended();
  forwarder.process.kill("SIGUSR2");
  await waitUntil("the end of the reload", () => ended() > before);
  if (stderr.all.at(-1)?.includes("Loading failed") === true) throw new Error(`${stderr.all.join("\n")}\n${text}`);
}

testWith(
  ["fairlead", "curl"],
  `${reloads} reloads under load in mode http: no request lost, none under a former file`,
  async () => {
    const random = seededRandom("http reloads");
    await using one = await teller();
    await using two = await teller();
    await using three = await teller();
    const servers = [one.port, two.port, three.port];
    const port = await freePort();
    await using forwarder = await startForwarder(fileOf(random, 0, port, servers), { whole: true });
    const now: Now = { file: 0, isOver: false };
    const wrong: string[] = [];
    let served = 0;
    const come = async (): Promise<void> => {
      while (!now.isOver && wrong.length < 5) {
        const fault = await visit(random, port, now, () => (served += 1));
        if (fault !== null) wrong.push(fault);
      }
    };
    const clients = Array.from({ length: clientsAtOnce }, come);
    for (let number = 1; number <= reloads; number++) {
      const until = served + 30;
      await waitUntil("thirty answers", () => served > until || wrong.length > 0);
      await reload(forwarder, fileOf(random, number, port, servers));
      now.file = number;
    }
    now.isOver = true;
    await Promise.all(clients);
    expect(wrong).toEqual([]);
    expect(served).toBeGreaterThan(30 * reloads);
    await forwarder.expectQuiet();
  },
  reloads * 2000 + 60_000,
);
