/** Clients whose handshakes come to nothing: what is told of them, and that nothing of them is left. */
import { connect } from "node:net";
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Event } from "../../../src/events.ts";
import type { BindPlan } from "../../../src/plan/bind.ts";
import type { FrontendPlan } from "../../../src/plan/proxy.ts";
import { descriptorCount } from "../../contract/kernel.ts";
import { transport } from "../../transport.ts";
import { bindPlan, onePlan, serverPlan } from "./plans.ts";
import { bindTls, certificate, tlsFiles } from "./tls/certificates.ts";
import { Scene } from "./proxy-scene.ts";
import { openTlsClient, readAll, loadTls } from "./tls-scene.ts";

setDefaultTimeout(20_000);

const one = certificate("one", "one.example");

async function sceneWith(bind: Partial<BindPlan>, front: Partial<FrontendPlan> = {}): Promise<Scene> {
  const scene = new Scene(transport, () => {}, { tls: loadTls });
  const port = await scene.serve("hello ");
  const binds = [bindPlan({ tls: bindTls(["one"]), ...bind })];
  await scene.apply({ ...onePlan({ binds, ...front }, { servers: [serverPlan("s1", port)] }), tls: tlsFiles(one) });
  return scene;
}

function reasons({ events }: Scene): string[] {
  return events.flatMap((event: Event) => (event.type === "connection-failed" ? [event.reason] : []));
}

/** The hello of a client, as it goes over the wire. */
async function helloBytes(): Promise<Buffer> {
  const { createServer } = await import("node:net");
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.once("data", (bytes) => {
        resolve(bytes);
        socket.destroy();
        server.close();
      });
    });
    server.listen(0, "127.0.0.1", () => {
      openTlsClient((server.address() as { port: number }).port, { servername: "one.example" }).catch(() => {});
    });
  });
}

const hello = await helloBytes();
/** What each does with its connection; which words that is worth. */
const ways: readonly (readonly [what: string, does: (socket: ReturnType<typeof connect>) => void, reason: string])[] = [
  ["nothing, and leaves", (socket) => socket.end(), "Connection closed during SSL handshake"],
  [
    "a half of a hello, and leaves",
    (socket) => socket.end(hello.subarray(0, 50)),
    "Connection closed during SSL handshake",
  ],
  [
    "a half of a hello, and resets",
    (socket) => socket.write(hello.subarray(0, 50), () => socket.resetAndDestroy()),
    "SSL handshake failure",
  ],
  ["a hello, and leaves", (socket) => socket.end(hello), "SSL handshake failure"],
  ["a hello, and resets", (socket) => socket.write(hello, () => socket.resetAndDestroy()), "SSL handshake failure"],
  ["HTTP", (socket) => socket.write("GET / HTTP/1.1\r\n\r\n"), "SSL handshake failure"],
  ["SSH", (socket) => socket.write("SSH-2.0-x\r\n"), "SSL handshake failure"],
  [
    "a bent record",
    (socket) => socket.write(Buffer.concat([Buffer.of(22, 3, 1, 0, 5), Buffer.alloc(600, 7)])),
    "SSL handshake failure",
  ],
  [
    "a hello, then noise",
    (socket) => socket.write(Buffer.concat([hello, Buffer.alloc(600, 7)])),
    "SSL handshake failure",
  ],
  ["a hello twice", (socket) => socket.write(Buffer.concat([hello, hello])), "SSL handshake failure"],
];

test("each way not to shake hands is told in HAProxy's words, and leaves nothing behind", async () => {
  await using scene = await sceneWith({});
  const port = scene.port();
  const before = descriptorCount();
  for (const [what, does, reason] of ways) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.on("data", () => {});
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    const told = reasons(scene).length;
    does(socket);
    await scene.until(() => reasons(scene).length > told && scene.proxy.state.current === 0);
    socket.destroy();
    expect([what, reasons(scene).at(-1)]).toEqual([what, reason]);
  }
  await scene.until(() => descriptorCount() <= before);
  const { counters, listeners } = scene.proxy.running.frontends.get("fe")!;
  expect(counters.tls).toMatchObject({ handshakes: 0, failed: ways.length });
  expect(listeners[0]?.tls.failed).toBe(ways.length);
  expect([counters.sessionsTotal, scene.records.length, scene.proxy.state.tls.handshakes.count]).toEqual([0, 0, 0]);
});

test("who does not go on with a handshake has `timeout client`", async () => {
  for (const clientHandshakeMs of [0, 150]) {
    const timeouts = { clientMs: clientHandshakeMs === 0 ? 150 : 60_000, clientFinMs: 0, clientHandshakeMs };
    await using scene = await sceneWith({}, { timeouts });
    const client = await scene.open();
    client.socket.write(hello.subarray(0, 20));
    await client.ended;
    await scene.until(() => reasons(scene).length === 1);
    expect(reasons(scene)).toEqual(["Timeout during SSL handshake"]);
    // As in HAProxy's statistics it has not failed.
    expect(scene.proxy.running.frontends.get("fe")?.counters.tls.failed).toBe(0);
  }
});

test("a name that nobody has is refused where names are strict", async () => {
  await using scene = await sceneWith({ tls: bindTls(["one"], { strictSni: true }) });
  const refused = await openTlsClient(scene.port(), { servername: "no.example" }).catch(() => null);
  expect(refused).toBeNull();
  await scene.until(() => reasons(scene).length === 1);
  expect(reasons(scene)).toEqual(["SSL handshake failure"]);
  const client = await openTlsClient(scene.port(), { servername: "one.example" });
  const all = readAll(client);
  client.end();
  expect(await all).toBe("hello ");
});

test("rules of connections come before, rules of sessions behind the handshake", async () => {
  const never = { kind: "reject" } as const;
  const rule = { action: never, condition: null, position: { file: "f", line: 1 } };
  await using early = await sceneWith({}, { connectionRules: [rule as never] });
  expect(await openTlsClient(early.port()).catch(() => null)).toBeNull();
  expect([reasons(early), early.proxy.running.frontends.get("fe")?.counters.deniedConnections]).toEqual([[], 1]);
  await using late = await sceneWith({}, { sessionRules: [rule as never] });
  const client = await openTlsClient(late.port());
  expect(await readAll(client)).toBe("");
  expect([reasons(late), late.proxy.running.frontends.get("fe")?.counters.deniedSessions]).toEqual([[], 1]);
});

test("a PROXY header comes before the handshake, in pieces as well", async () => {
  await using scene = await sceneWith({ acceptProxy: true });
  const plain = await scene.open();
  for (const piece of ["PROXY TCP4 192.0.2.7 ", "192.0.2.8 1000 2000\r\n"]) {
    plain.socket.write(piece);
    await Bun.sleep(5);
  }
  plain.socket.removeAllListeners("data");
  const { connect: connectTls } = await import("node:tls");
  const client = connectTls({ socket: plain.socket, rejectUnauthorized: false });
  const all = readAll(client);
  await new Promise<void>((resolve) => client.once("secureConnect", resolve));
  client.end();
  expect(await all).toBe("hello ");
  await scene.until(() => scene.records.length === 1);
  expect(scene.records[0]?.client).toEqual({ kind: "tcp", host: "192.0.2.7", port: 1000 });
});

test("one that is under way ends with the process, and with an operator's word", async () => {
  await using scene = await sceneWith({});
  const clients = [await scene.open(), await scene.open()];
  for (const client of clients) client.socket.write(hello.subarray(0, 20));
  const { running } = scene.proxy.running.sessions;
  await scene.until(() => running.size === 2 && scene.proxy.state.tls.handshakes.count === 2);
  const [first] = running;
  expect(scene.proxy.operator.killSession(first!.sessionId)).toBeTrue();
  await scene.until(() => running.size === 1 && scene.proxy.state.tls.handshakes.count === 1);
  scene.proxy.softStop(0, null);
  expect(running.size).toBe(1);
  scene.proxy.hardStop();
  for (const client of clients) await client.ended;
  await scene.proxy.drained;
  await scene.until(() => scene.proxy.state.tls.handshakes.count === 0);
});

test("a reload lets those under way go on by what they began with, and the next have the new certificate", async () => {
  await using scene = await sceneWith({});
  const two = certificate("one", "two.example");
  const port = scene.port();
  const client = await scene.open();
  client.socket.write(hello.subarray(0, 20));
  await scene.until(() => scene.proxy.state.tls.handshakes.count === 1);
  const { plan } = scene.proxy;
  await scene.apply({ ...plan!, tls: tlsFiles(two) });
  const names = async (): Promise<string | undefined> => {
    const opened = await openTlsClient(port);
    const name = opened.getPeerCertificate().subjectaltname;
    opened.destroy();
    return name;
  };
  expect([await names(), scene.port()]).toEqual(["DNS:two.example", port]);
  // Without TLS from now on, on the same socket; who came in TLS is counted off all the same.
  await scene.apply({ ...plan!, frontends: plan!.frontends.map((one) => ({ ...one, binds: [bindPlan()] })) });
  client.socket.destroy();
  await scene.until(() => scene.proxy.state.current === 0);
  expect([scene.proxy.operator.process.tls.current, scene.port()]).toEqual([0, port]);
});

test("no source has more than its part under way, and no more are taken than may be", async () => {
  await using scene = await sceneWith({});
  scene.proxy.state.maxconn = 80;
  const clients = await Promise.all(Array.from({ length: 21 }, () => scene.open()));
  await scene.until(() => reasons(scene).length === 1);
  expect(reasons(scene)).toEqual(["Too many SSL connections"]);
  expect(scene.proxy.state.tls.handshakes.count).toBe(20);
  // As in HAProxy whoever is more than may be waits in the kernel's queue.
  scene.proxy.state.tls.use.maxconn = 20;
  const last = await scene.open();
  await scene.until(() => scene.proxy.state.waiting.size === 1);
  expect([scene.proxy.state.current, scene.proxy.state.tls.use.current]).toEqual([20, 20]);
  clients.at(-1)?.socket.destroy();
  await scene.until(() => scene.proxy.state.total === 22);
  expect(scene.proxy.state.current).toBe(20);
  last.socket.destroy();
  for (const client of clients) client.socket.destroy();
});
