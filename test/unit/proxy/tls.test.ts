/** TLS with clients and with servers, through a whole proxy. */
import { type AddressInfo, createServer } from "node:net";
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Plan } from "../../../src/plan/plan.ts";
import type { BackendPlan } from "../../../src/plan/proxy.ts";
import type { ServerTlsPlan } from "../../../src/plan/tls.ts";
import { bindPlan, onePlan, serverPlan } from "./plans.ts";
import { bindTls, certificate, serverTls, tlsFiles } from "./tls/certificates.ts";
import { Scene } from "./proxy-scene.ts";
import { openTlsClient, readAll, serveTls, loadTls } from "./tls-scene.ts";
import { transport } from "../../transport.ts";

setDefaultTimeout(20_000);

const quick = { connectMs: 300, serverMs: 5000, serverFinMs: 0, tunnelMs: 0, queueMs: 0, checkMs: 0 };
const one = certificate("one", "one.example");
const two = certificate("two", "two.example");

test("clients are spoken TLS with, by the certificate of the name that they ask for", async () => {
  await using scene = new Scene(transport, () => {}, { tls: loadTls });
  const port = await scene.serve("hello ");
  const binds = [bindPlan({ tls: bindTls(["one", "two"]) })];
  await scene.apply({ ...onePlan({ binds }, { servers: [serverPlan("s1", port)] }), tls: tlsFiles(one, two) });
  for (const servername of ["one.example", "two.example"]) {
    const client = await openTlsClient(scene.port(), { servername });
    expect(client.getPeerCertificate().subjectaltname).toBe(`DNS:${servername}`);
    const all = readAll(client);
    client.end("world");
    expect(await all).toBe("hello world");
  }
  await scene.until(() => scene.records.length === 2);
  expect(scene.records.map(({ termination, bytesIn, bytesOut }) => [termination, bytesIn, bytesOut])).toEqual([
    ["--", 5, 11],
    ["--", 5, 11],
  ]);
  expect(scene.proxy.operator.process.tls).toMatchObject({ current: 0, total: 2, rate: { max: 2 } });
});

/** `server … ssl ca-file one sni str(NAME)`. */
function asking(name: string | null, own: Partial<ServerTlsPlan> = {}): ServerTlsPlan {
  const text = `str(${name})`;
  const sni = name === null ? null : { fetch: "str", arguments: [name], converters: [], text };
  return serverTls({ sni, verify: "required", authorities: "one", ...own });
}

/** A plan of one server that is spoken TLS with. */
function servedBy(port: number, terms: ServerTlsPlan, back: Partial<BackendPlan> = {}): Plan {
  const server = serverPlan("s1", port, { tls: terms, usesTls: true });
  return { ...onePlan({}, { servers: [server], ...back }), tls: tlsFiles(one, two) };
}

test("servers are spoken TLS with, for the name that is asked for", async () => {
  await using server = await serveTls({ cert: one.chain, key: one.key });
  await using scene = new Scene(transport, () => {}, { tls: loadTls });
  await scene.apply(servedBy(server.port, asking("one.example")));
  for (let round = 0; round < 2; round++) {
    const client = await scene.open();
    client.socket.end("world");
    await client.ended;
    expect(client.received).toBe("name=one.example;world");
  }
  expect(scene.proxy.operator.process.tls).toMatchObject({ current: 0, total: 2 });
});

test("a server that is not trusted, or is another, is no server: tried again, and the client gets no byte", async () => {
  await using server = await serveTls({ cert: one.chain, key: one.key });
  for (const terms of [
    asking("one.example", { authorities: "two" }),
    asking("one.example", { authorities: "nobody" }),
    asking("other.example"),
    asking(null, { verifyHost: "other.example" }),
  ]) {
    await using scene = new Scene(transport, () => {}, { tls: loadTls });
    await scene.apply(servedBy(server.port, terms, { retries: 1, timeouts: quick }));
    const client = await scene.open();
    await client.ended;
    expect(client.received).toBe("");
    await scene.until(() => scene.records.length === 1);
    expect(scene.records[0]).toMatchObject({ termination: "SC", retries: 1, bytesOut: 0 });
    expect(scene.proxy.operator.server("be", "s1")).toMatchObject({ connectErrors: 1, retries: 1 });
    expect(scene.proxy.operator.server("be", "s1")?.tls).toMatchObject({ handshakes: 0, failed: 2 });
  }
});

test("a mute server has as long as `timeout connect` for connection and handshake together", async () => {
  const mute = createServer((socket) => socket.on("error", () => {}).resume());
  await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  try {
    await using scene = new Scene(transport, () => {}, { tls: loadTls });
    const { port } = mute.address() as AddressInfo;
    await scene.apply(servedBy(port, asking(null), { retries: 0, timeouts: quick }));
    const client = await scene.open();
    await client.ended;
    await scene.until(() => scene.records.length === 1);
    expect(scene.records[0]).toMatchObject({ termination: "sC", bytesOut: 0 });
    expect(scene.proxy.operator.server("be", "s1")?.tls.failed).toBe(0);
  } finally {
    mute.close();
  }
});

test("an operator says whether TLS is spoken with a server", async () => {
  await using server = await serveTls({ cert: one.chain, key: one.key });
  await using scene = new Scene(transport, () => {}, { tls: loadTls });
  await scene.apply(servedBy(server.port, asking("one.example"), { retries: 0, timeouts: quick }));
  const { operator } = scene.proxy;
  const greeting = async (): Promise<string> => {
    const client = await scene.open();
    client.socket.end("x");
    await client.ended;
    return client.received;
  };
  expect(operator.setServerTls("be", "s1", false)).toBeNull();
  expect([await greeting(), operator.server("be", "s1")?.usesTls]).not.toContain("name=one.example;x");
  expect(operator.setServerTls("be", "s1", true)).toBeNull();
  expect([await greeting(), operator.server("be", "s1")?.usesTls]).toEqual(["name=one.example;x", true]);
  await scene.apply({ ...onePlan({}, { servers: [serverPlan("s1", server.port)] }), tls: tlsFiles() });
  expect(operator.setServerTls("be", "s1", true)).toHaveProperty("refused");
});

test("what the engine does not take is told, and the plan before goes on", async () => {
  await using scene = new Scene(transport, () => {}, { tls: loadTls });
  const port = await scene.serve("hello ");
  const planOf = (ciphers: string | null): Plan => {
    const server = serverPlan("s1", port, { tls: serverTls({ ciphers }) });
    const binds = [bindPlan({ tls: bindTls(["one"], { ciphers }) })];
    return { ...onePlan({ binds }, { servers: [server] }), tls: tlsFiles(one) };
  };
  await scene.apply(planOf(null));
  const { plan } = scene.proxy;
  const failures = await scene.proxy.apply(planOf("NONSENSE"));
  expect(failures.map((failure) => [failure.kind, "text" in failure && failure.text.split("(")[0]])).toEqual([
    ["tls", "bind '127.0.0.1:0' of frontend 'fe' : unable to use its ciphers "],
    ["tls", "server 's1' of backend 'be' : unable to use its ciphers "],
  ]);
  expect(scene.proxy.plan).toBe(plan);
  (await openTlsClient(scene.port())).destroy();
});

test("no more clients of TLS are taken a second than may be", async () => {
  await using scene = new Scene(transport, () => {}, { tls: loadTls });
  const port = await scene.serve("hello ");
  const binds = [bindPlan({ tls: bindTls(["one"]) })];
  await scene.apply({ ...onePlan({ binds }, { servers: [serverPlan("s1", port)] }), tls: tlsFiles(one) });
  scene.proxy.operator.setRateLimit("ssl-sessions", 2);
  const clients = [0, 1, 2].map(() => openTlsClient(scene.port()));
  await Promise.all(clients.slice(0, 2));
  await scene.until(() => scene.proxy.state.waiting.size === 1);
  expect(scene.proxy.operator.process.tls.rate).toMatchObject({ current: 2, limit: 2 });
  scene.proxy.operator.setRateLimit("ssl-sessions", 0);
  for (const client of clients) (await client).destroy();
});
