/** Random rules of HTTP and random requests under HAProxy and under fairlead: what server and client see must be the same. */
import { expect, setDefaultTimeout } from "bun:test";
import { createServer, type Socket } from "node:net";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandPath, environment, scratch, start, testWith, waitUntil } from "../e2e/harness.ts";
import { seededRandom } from "../property/seed.ts";
import { ask } from "./http/ask.ts";
import { type Generated, generate } from "./http/generate.ts";

setDefaultTimeout(120_000);

// The same ones each time, unless others are asked for: HAProxy has oddities that only a look tells from ours.
if (process.env["SOAK"] !== "1") process.env["SEED"] ??= "2026";
const random = seededRandom("generated rules of HTTP");
const count = process.env["SOAK"] === "1" ? 1500 : 400;
const cases = Array.from({ length: count }, () => generate(random));

function configuration(folder: string): string {
  const sections = cases.map(({ lines }, at) => {
    const rules = lines.map((line) => ` ${line}\n`).join("");
    return `frontend f${at}
 bind unix@${join(folder, `f${at}`)} accept-proxy
${rules} default_backend b${at}
backend b${at}
 server s unix@${join(folder, `o${at}`)}
`;
  });
  return `defaults\n mode http\n timeout client 5s\n timeout server 5s\n timeout connect 5s\n${sections.join("")}`;
}

/** The server of a case: it notes what comes and answers once. */
function serve(path: string, { answer }: Generated, seen: string[]): Disposable {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let text = "";
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      const head = text.indexOf("\r\n\r\n");
      const length = Number(/\ncontent-length: (\d+)/.exec(text)?.[1] ?? 0);
      if (head < 0 || text.length < head + 4 + length) return;
      seen.push(text);
      socket.end(answer);
    });
  });
  server.listen(path);
  return {
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A message with its fields in one order: that is nobody's business. */
function sorted(text: string): string {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...fields] = text.slice(0, end).split("\r\n");
  return [first, ...fields.toSorted(), text.slice(end + 2)].join("\n");
}

/** What each case comes to: what its server saw, and what its client got. */
async function performed(command: readonly string[]): Promise<string[]> {
  using folder = scratch();
  using open = new DisposableStack();
  const file = folder.file("a.cfg");
  writeFileSync(file, configuration(folder.path));
  const seen = cases.map((one, at) => {
    const all: string[] = [];
    open.use(serve(folder.file(`o${at}`), one, all));
    return all;
  });
  await using running = start([...command, "-db", "-f", file], { env: environment });
  await waitUntil("it listens", async () => {
    if (running.signal !== null) throw new Error(running.stderr.text);
    const tried = await ask(folder.file(`f${cases.length - 1}`), "PROXY UNKNOWN\r\nGET\r\n\r\n");
    return tried === "" ? null : true;
  });
  const results: string[] = [];
  for (const [at, { lines, head, body }] of cases.entries()) {
    const client = "PROXY TCP4 10.0.0.1 10.0.0.2 1111 80\r\n";
    const received = await ask(folder.file(`f${at}`), `${client}${head}\r\nConnection: close\r\n\r\n${body}`);
    const saw = (seen[at] ?? []).map((text) => sorted(text).replace(/\nconnection: close/, ""));
    results.push([...lines, head, ...saw, sorted(received)].join("\n"));
  }
  return results;
}

testWith(["haproxy", "fairlead"], `${count} generated lists of rules do what HAProxy's do`, async () => {
  const program = [process.execPath, join(import.meta.dirname, "../../src/main.ts")];
  const [theirs, ours] = [await performed([commandPath("haproxy")]), await performed(program)];
  expect(ours).toEqual(theirs);
});
