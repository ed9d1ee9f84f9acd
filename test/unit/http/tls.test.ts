/** HTTP over TLS, with clients and with servers. */
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { expect, setDefaultTimeout, test } from "bun:test";
import { httpServing } from "../../../src/http/serving.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { transport } from "../../transport.ts";
import { bindPlan, serverPlan } from "../proxy/plans.ts";
import { bindTls, certificate, serverTls, tlsFiles } from "../proxy/tls/certificates.ts";
import { Scene } from "../proxy/proxy-scene.ts";
import { openTlsClient, readAll, loadTls } from "../proxy/tls-scene.ts";
import { httpPlan, type Parts } from "./http-scene.ts";

setDefaultTimeout(20_000);

const one = certificate("one", "one.example a.example b.example");

/** A server that tells the name it was asked for, and by which of its connections. */
class SecureOrigin implements AsyncDisposable {
  connections = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<SecureOrigin> {
    const server = createServer({ cert: one.chain, key: one.key });
    const origin = new SecureOrigin(server);
    const numbers = new WeakMap<object, number>();
    server.on("secureConnection", (socket) => numbers.set(socket, ++origin.connections));
    server.on("request", (request, response) => {
      const { servername } = request.socket as { servername?: string };
      response.end(`${numbers.get(request.socket)} ${String(servername)};`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

function secureScene(): Scene {
  return new Scene(transport, undefined, {
    tls: loadTls,
    http: (sessions, global) => httpServing(sessions, global, null),
  });
}

const sni = { fetch: "req.hdr", arguments: ["host"], converters: [], text: "req.hdr(host)" };

/** TLS on both sides; the server is asked for what the request's Host names. */
function securePlan(port: number, parts: Parts = {}): Plan {
  const server = serverPlan("s1", port, {
    tls: serverTls({ sni, verify: "required", authorities: "one", verifyHost: "one.example" }),
    usesTls: true,
  });
  const binds = [bindPlan({ tls: bindTls(["one"], { alpn: ["http/1.1"] }) })];
  const plan = httpPlan([], { ...parts, front: { binds, ...parts.front }, back: { servers: [server], ...parts.back } });
  return { ...plan, tls: tlsFiles(one) };
}

function request(host: string, last = false): string {
  return `GET / HTTP/1.1\r\nHost: ${host}\r\n${last ? "Connection: close\r\n" : ""}\r\n`;
}

function bodies(text: string): string[] {
  return [...text.matchAll(/\r\n\r\n([^;]*);/g)].map(([, body]) => body ?? "");
}

test("requests go over TLS on both sides, one after the other, and ALPN is agreed on", async () => {
  await using origin = await SecureOrigin.start();
  await using scene = secureScene();
  await scene.apply(securePlan(origin.port));
  const client = await openTlsClient(scene.port(), { ALPNProtocols: ["h2", "http/1.1"] });
  expect(client.alpnProtocol).toBe("http/1.1");
  const all = readAll(client);
  client.write(request("one.example") + request("one.example") + request("one.example", true));
  expect(bodies(await all)).toEqual(["1 one.example", "1 one.example", "1 one.example"]);
  await scene.until(() => scene.records.length === 3);
  expect(scene.records.map((one) => one.termination)).toEqual(["--", "--", "--"]);
});

test("a connection that was opened for one name serves no other, be it the same client", async () => {
  await using origin = await SecureOrigin.start();
  await using scene = secureScene();
  await scene.apply(securePlan(origin.port, { httpBack: { reuse: "always" } }));
  const client = await openTlsClient(scene.port());
  const all = readAll(client);
  const names = ["a.example", "b.example", "a.example", "b.example"];
  client.write(names.map((name, at) => request(name, at === names.length - 1)).join(""));
  expect(bodies(await all)).toEqual(["1 a.example", "2 b.example", "1 a.example", "2 b.example"]);
  const { operator } = scene.proxy;
  expect(operator.server("be", "s1")?.http).toMatchObject({ connects: 2, reuses: 2, idle: 2 });
  operator.setServerTls("be", "s1", false);
  operator.setServerTls("be", "s1", true);
  const other = await openTlsClient(scene.port());
  const rest = readAll(other);
  other.write(request("a.example", true));
  expect(bodies(await rest)).toEqual(["3 a.example"]);
});

test("a name whose certificate the server lacks is answered with 503", async () => {
  await using origin = await SecureOrigin.start();
  await using scene = secureScene();
  const timeouts = { connectMs: 200, serverMs: 5000, serverFinMs: 0, tunnelMs: 0, queueMs: 0, checkMs: 0 };
  await scene.apply(
    securePlan(origin.port, { back: { retries: 0, timeouts, servers: securePlan(origin.port).backends[0]!.servers } }),
  );
  const client = await openTlsClient(scene.port());
  const all = readAll(client);
  client.write(request("other.example", true));
  expect(await all).toStartWith("HTTP/1.1 503 ");
  await scene.until(() => scene.records.length === 1);
  expect(scene.records[0]?.termination).toBe("SC");
});

test("a frontend in mode tcp goes on in HTTP over the same TLS", async () => {
  await using origin = await SecureOrigin.start();
  await using scene = secureScene();
  const plan = securePlan(origin.port);
  const frontends = plan.frontends.map((front) => ({ ...front, mode: "tcp" as const, http: null }));
  await scene.apply({ ...plan, frontends });
  const client = await openTlsClient(scene.port());
  const all = readAll(client);
  client.write(request("one.example", true));
  expect(bodies(await all)).toEqual(["1 one.example"]);
  await scene.until(() => scene.proxy.state.current === 0);
  expect(scene.proxy.operator.process.tls.current).toBeLessThanOrEqual(1);
});

test("a client that does not go on with its handshake is told of in mode http too, after `timeout client`", async () => {
  await using scene = secureScene();
  const timeouts = { clientMs: 150, clientFinMs: 0, clientHandshakeMs: 0 };
  await scene.apply(securePlan(1, { front: { timeouts } }));
  const client = await scene.open();
  await client.ended;
  await scene.until(() => scene.events.some((event) => event.type === "connection-failed"));
  const failed = scene.events.find((event) => event.type === "connection-failed");
  expect([failed?.reason, client.received, scene.records.length]).toEqual(["Timeout during SSL handshake", "", 0]);
});

test("a session under way with its handshake ends with the process", async () => {
  await using scene = secureScene();
  await scene.apply(securePlan(1));
  const client = await scene.open();
  await scene.until(() => scene.proxy.state.tls.handshakes.count === 1);
  scene.proxy.hardStop();
  await client.ended;
  await scene.until(() => scene.proxy.state.tls.handshakes.count === 0);
});

test("a request has all its time behind a slow handshake, and behind a slow PROXY header", async () => {
  await using scene = secureScene();
  const httpTimeouts = { httpRequestMs: 1000, httpKeepAliveMs: 0, tarpitMs: 0 };
  const plan = securePlan(1, { httpFront: { httpTimeouts } });
  await scene.apply({
    ...plan,
    frontends: plan.frontends.map((front) => ({
      ...front,
      binds: front.binds.map((bind) => ({ ...bind, acceptProxy: true })),
    })),
  });
  const { socket } = await scene.open();
  await Bun.sleep(400);
  socket.write("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
  await Bun.sleep(400);
  socket.removeAllListeners("data");
  const client = connect({ socket, rejectUnauthorized: false });
  const all = readAll(client);
  await new Promise<void>((resolve) => client.once("secureConnect", resolve));
  await Bun.sleep(400);
  client.write("GET / HTTP/9.9\r\n\r\n");
  // It comes in time to be judged.
  expect(await all).toStartWith("HTTP/1.1 400 ");
});
