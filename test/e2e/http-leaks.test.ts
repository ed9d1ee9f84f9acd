/** Exchanges of `mode http` that end anyhow: whatever either side does at whatever time, nothing is left behind. */
import { expect } from "bun:test";
import { connect, type Socket } from "node:net";
import { type Forwarder, residentBytes, startForwarder } from "./forwarder.ts";
import { freePort, must, scratch, testWith, waitUntil } from "./harness.ts";
import { serve } from "./sockets.ts";

const isSoak = process.env["SOAK"] === "1";
const total = Number(process.env["EXCHANGES"] ?? (isSoak ? 50_000 : 600));
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const deadlineMs = isSoak ? 400_000 : 6000;

/** Numbers from 0 to 1 (mulberry32). */
function generator(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Chance = () => number;

function oneOf<Value>(chance: Chance, values: readonly Value[]): Value {
  return values[Math.floor(chance() * values.length)] as Value;
}

function leave(chance: Chance, socket: Socket): void {
  const how = chance();
  if (how < 0.5) socket.resetAndDestroy();
  else if (how < 0.75) socket.destroy();
  else socket.end();
}

/** What a server says, whole, of a request. */
function answer(chance: Chance): string {
  const body = "b".repeat(Math.floor(chance() ** 3 * 60_000));
  return oneOf(chance, [
    () => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    () =>
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body ? `${body.length.toString(16)}\r\n${body}\r\n` : ""}0\r\n\r\n`,
    () => `HTTP/1.1 204 No Content\r\n\r\n`,
    () => `HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    () => `HTTP/1.1 503 No\r\nContent-Length: 1\r\n\r\nx`,
    () => `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`,
    () => `HTTP/1.0 200 OK\r\n\r\n${body}`,
    () => `nonsense\r\n\r\n`,
  ])();
}

/** Answers whatever comes, in part or whole, now or later, or leaves. */
function misbehave(chance: Chance, socket: Socket): void {
  if (chance() < 0.03) return leave(chance, socket);
  socket.on("end", () => socket.end());
  socket.on("data", () => {
    if (socket.destroyed) return;
    const text = answer(chance);
    const isOld = text.startsWith("HTTP/1.0");
    const fate = chance();
    if (fate < 0.08) return leave(chance, socket);
    const part = fate < 0.2 ? text.slice(0, Math.floor(chance() * text.length)) : text;
    const tell = (): void => {
      if (socket.destroyed) return;
      socket.write(part, "latin1");
      if (part !== text || isOld) leave(chance, socket);
    };
    if (chance() < 0.3) setTimeout(tell, chance() * 20);
    else tell();
  });
}

function request(chance: Chance): string {
  const body = "r".repeat(Math.floor(chance() ** 3 * 40_000));
  return oneOf(chance, [
    () => `GET /${chance()} HTTP/1.1\r\nHost: a\r\n\r\n`,
    () => `GET /${chance()} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n`,
    () => `GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: deflate\r\n\r\n`,
    () => `HEAD / HTTP/1.1\r\nHost: a\r\n\r\n`,
    () => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    () => `PUT /wait HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n`,
    () => `GET /deny HTTP/1.1\r\nHost: a\r\n\r\n`,
    () => `GET /tarpit HTTP/1.1\r\nHost: a\r\n\r\n`,
    () => `GET /drop HTTP/1.1\r\nHost: a\r\n\r\n`,
    () => `GET /go HTTP/1.1\r\nHost: a\r\n\r\n`,
    () => `GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n`,
    () => `GET / HTTP/1.0\r\n\r\n`,
    () => `junk \u0001\r\n\r\n`,
    () => `GET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n`,
  ])();
}

/** One client: some requests, whole or not, and an end of its own. Resolves when its connection has gone. */
function visit(chance: Chance, port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: chance() < 0.3 });
    let left = 1 + Math.floor(chance() * 4);
    const timer = setTimeout(() => socket.destroy(), 400 + chance() * 400);
    const send = (): void => {
      if (socket.destroyed || socket.writableEnded) return;
      left -= 1;
      const text = request(chance);
      const fate = chance();
      const part = fate < 0.15 ? text.slice(0, Math.floor(chance() * text.length)) : text;
      socket.write(part, "latin1");
      if (fate < 0.25) setTimeout(() => leave(chance, socket), chance() * 15);
      if (fate > 0.95) socket.pause();
    };
    socket.on("connect", send);
    socket.on("data", () => (left > 0 ? send() : leave(chance, socket)));
    socket.on("end", () => socket.end());
    socket.on("error", () => undefined);
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function sections(port: number, first: number, second: number): string {
  return `frontend web
    mode http
    option httplog
    bind 127.0.0.1:${port}
    timeout http-request 300ms
    timeout http-keep-alive 300ms
    timeout client 500ms
    timeout tarpit 30ms
    stick-table type ip size 1k expire 10m store gpc0,conn_cur,http_req_rate(10s),http_err_rate(10s)
    http-request track-sc0 src
    http-request set-var(txn.path) path
    http-request set-var(sess.path) path
    http-request deny if { path /deny }
    http-request tarpit if { path /tarpit }
    http-request silent-drop if { path /drop }
    http-request redirect location /there if { path /go }
    http-request wait-for-body time 20ms if { path /wait }
    default_backend servers
backend servers
    mode http
    balance roundrobin
    compression algo gzip raw-deflate
    option redispatch
    retries 2
    retry-on conn-failure empty-response
    timeout server 300ms
    timeout queue 100ms
    timeout tunnel 200ms
    http-reuse always
    server one 127.0.0.1:${first} maxconn 3 pool-purge-delay 100ms
    server two 127.0.0.1:${second} maxconn 3 pool-purge-delay 100ms
    server none 127.0.0.1:1 maxconn 1
`;
}

async function crowd(chance: Chance, port: number, count: number, until: number): Promise<void> {
  let begun = 0;
  const one = async (): Promise<void> => {
    while (begun < count && performance.now() < until) {
      begun += 1;
      await visit(chance, port);
    }
  };
  await Promise.all(Array.from({ length: 24 }, one));
}

async function expectNothingLeft(forwarder: Forwarder, socket: string): Promise<void> {
  await waitUntil("no session", async () => (await ask(socket, "show sess")).trim().split("\n").length <= 1);
  await waitUntil("nobody tracked", async () => {
    const text = await ask(socket, "show table web");
    return / use=0 /.test(text) ? true : Promise.reject(new Error(text));
  });
  await waitUntil("no connection kept", async () => {
    const stat = await ask(socket, "show stat");
    const [head = "", ...rows] = stat.replace("# ", "").trim().split("\n");
    const at = (name: string): number => head.split(",").indexOf(name);
    const raised = rows
      .map((row) => row.split(","))
      .flatMap((row) =>
        ["scur", "qcur", "srv_icur", "used_conn_cur"].map((name) => `${row[0]}/${row[1]} ${name}=${row[at(name)]}`),
      )
      .filter((text) => /=[1-9-]/.test(text));
    return raised.length === 0 ? true : Promise.reject(new Error(raised.join(", ")));
  });
  await forwarder.expectQuiet();
}

function ask(path: string, command: string): Promise<string> {
  return must(["socat", "-t5", "-", `UNIX-CONNECT:${path}`], { input: `${command}\n` });
}

testWith(
  ["curl", "socat"],
  `${total} exchanges that end anyhow leave nothing behind (SEED=${seed})`,
  async () => {
    const chance = generator(seed);
    await using first = await serve((socket) => misbehave(chance, socket));
    await using second = await serve((socket) => misbehave(chance, socket));
    const port = await freePort();
    using folder = scratch();
    const socket = folder.file("admin");
    await using forwarder = await startForwarder(sections(port, first.port, second.port), {
      global: `    stats socket ${socket} level admin\n`,
    });
    const until = performance.now() + deadlineMs;
    await crowd(chance, port, total / 5, until);
    await expectNothingLeft(forwarder, socket);
    const before = residentBytes(forwarder.pid);
    await crowd(chance, port, (total * 4) / 5, until);
    await expectNothingLeft(forwarder, socket);
    expect(residentBytes(forwarder.pid) - before).toBeLessThan(32 * 1024 * 1024);
    expect(forwarder.process.stderr.text).not.toContain("ALERT");
  },
  deadlineMs + 60_000,
);
