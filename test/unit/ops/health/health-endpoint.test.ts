import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect, createServer, type Socket } from "node:net";
import {
  askHealthEndpoint,
  isBoundBy,
  openHealthEndpoint,
  parseHealthAddress,
} from "../../../../src/ops/health/health-endpoint.ts";
import { connectionsLimit } from "../../../../src/ops/health/http-connections.ts";
import { waitUntil } from "../../../e2e/harness.ts";
import { bindPlan, onePlan } from "../../proxy/plans.ts";
import { backendStats, infoSource, metricsSource, scriptedProxy, serverStats } from "../scripted-proxy.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

async function open(own: Parameters<typeof scriptedProxy>[0] = {}) {
  const endpoint = await openHealthEndpoint(
    { host: "127.0.0.1", port: 0 },
    { ...metricsSource(own), ownVersion: "0.1.0", names: [] },
  );
  if ("failed" in endpoint) throw new Error(endpoint.failed);
  return { ...endpoint, [Symbol.dispose]: () => endpoint.close() };
}

const metricsRequest = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

test("an answer that throws breaks off, and is told of", async () => {
  const broken = new Error("broken");
  const faults: unknown[] = [];
  const { proxy } = scriptedProxy();
  const fault = (error: unknown): void => void faults.push(error);
  const throwing = {
    ...proxy,
    readiness() {
      throw broken;
    },
  };
  const sources = { ...metricsSource(), info: { ...infoSource(), proxy: throwing, fault }, ownVersion: "", names: [] };
  const endpoint = await openHealthEndpoint({ host: "127.0.0.1", port: 0 }, sources);
  if ("failed" in endpoint) throw new Error(endpoint.failed);
  expect(await exchange(endpoint.address.port, "GET /readyz HTTP/1.1\r\n\r\n")).toBe("");
  expect(await exchange(endpoint.address.port, "GET /healthz HTTP/1.1\r\n\r\n")).toStartWith("HTTP/1.1 200 OK");
  expect(faults).toEqual([broken]);
  endpoint.close();
});

/** Opens so many connections that send `text` and nothing else. */
async function hang(port: number, count: number, text: string, isReading: boolean) {
  const sockets: Socket[] = [];
  let closed = 0;
  for (let index = 0; index < count; index++) {
    const socket = connect(port, "127.0.0.1");
    if (!isReading) socket.pause();
    else socket.resume();
    socket.on("error", () => {});
    socket.on("close", () => (closed += 1));
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write(text);
    sockets.push(socket);
  }
  return {
    closed: () => closed,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await waitUntil("all are closed", () => closed === count);
    },
  };
}

/** Sends a text; all that is answered. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => (received += part));
    socket.on("error", () => {});
    socket.on("close", () => resolve(received));
  });
}

describe("health endpoint", () => {
  test("pages", async () => {
    using endpoint = await open();
    const ask = (path: string) => askHealthEndpoint(endpoint.address, path);
    expect(await ask("/healthz")).toEqual({ code: 200, body: "ok\n" });
    expect(await ask("/readyz")).toEqual({ code: 200, body: "ready\n" });
    expect((await ask("/")).body).toStartWith("<!doctype html>");
    expect((await ask("/metrics")).body).toContain("haproxy_process_dropped_logs_total 4\n");
    expect(JSON.parse((await ask("/status?sessions")).body)).toMatchObject({
      name: "fairlead",
      ready: true,
      sessions: [],
    });
    expect((await ask("/nothing")).code).toBe(404);
  });

  test("what others answer is told from it", async () => {
    const answers = {
      "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 3\r\n\r\nok\n": "It says 'nginx'.",
      "HTTP/1.0 200 OK\r\n\r\nok\n": "no fairlead.",
      "SSH-2.0-OpenSSH_9.9\r\n": "It does not speak HTTP.",
      "": "",
    };
    for (const [text, remark] of Object.entries(answers)) {
      const stranger = createServer((socket) => socket.on("error", () => {}).end(text));
      await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", () => resolve()));
      const { port } = stranger.address() as { port: number };
      const { code, body } = await askHealthEndpoint({ host: "127.0.0.1", port }, "/healthz");
      expect([code, body.endsWith(remark), body === ""]).toEqual([0, true, false]);
      stranger.close();
    }
  });

  test("not ready says what is missing", async () => {
    using endpoint = await open({ ready: false });
    expect(await askHealthEndpoint(endpoint.address, "/readyz")).toEqual({
      code: 503,
      body: "not ready: backend be\n",
    });
    expect((await askHealthEndpoint(endpoint.address, "/healthz")).code).toBe(200);
  });

  test("ready names what is in maintenance", async () => {
    const maintenance = { since: 0, text: "x", refused: 0 };
    using endpoint = await open({
      maintenances: [
        ["ssh", maintenance],
        ["git", maintenance],
      ],
    });
    expect(await askHealthEndpoint(endpoint.address, "/readyz")).toEqual({
      code: 200,
      body: "ready\nin maintenance: ssh, git\n",
    });
  });

  test("probes get in while two hundred requests hang half-sent", async () => {
    using endpoint = await open();
    await using hanging = await hang(endpoint.address.port, 200, "GET /hea", true);
    expect(await askHealthEndpoint(endpoint.address, "/healthz")).toEqual({ code: 200, body: "ok\n" });
    await waitUntil("the oldest gave way", () => hanging.closed() >= 200 - connectionsLimit);
    expect(hanging.closed()).toBeLessThan(200);
  });

  test("probes get in while nobody reads the pages that were asked for", async () => {
    using endpoint = await open();
    await using _ = await hang(endpoint.address.port, connectionsLimit, metricsRequest, false);
    expect(await askHealthEndpoint(endpoint.address, "/healthz")).toEqual({ code: 200, body: "ok\n" });
  });

  test("of a page that nobody reads little is made", async () => {
    let made = 0;
    const servers = Array.from({ length: 20_000 }, (_, index) => serverStats({ name: `s${index}`, id: index + 1 }));
    const counted = new Proxy(servers, {
      get(target, name) {
        if (name !== Symbol.iterator) return Reflect.get(target, name) as unknown;
        return function* () {
          for (const one of target) {
            made += 1;
            yield one;
          }
        };
      },
    });
    using endpoint = await open({ backends: [backendStats(counted)] });
    await using _ = await hang(endpoint.address.port, 1, metricsRequest, false);
    await waitUntil("nothing more is made", async () => {
      const before = made;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return before > 0 && made === before;
    });
    // All of it would be some 60 samples of each server.
    expect(made).toBeLessThan(20 * servers.length);
  });

  test("requests as clients write them, and such as are none", async () => {
    using endpoint = await open();
    const ask = (text: string) => exchange(endpoint.address.port, text);
    expect(await ask("GET /healthz HTTP/1.0\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 200 OK\r\n.*\r\nContent-Length: 3\r\n.*\r\n\r\nok\n$/s,
    );
    expect(await ask("GET /healthz HTTP/1.1\nHost: x\n\n")).toEndWith("\r\n\r\nok\n");
    expect(await ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s);
    expect(await ask("OPTIONS / HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 405 .*\r\nAllow: GET, HEAD\r\n/s);
    const posted = `POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n${"x".repeat(100_000)}`;
    expect(await ask(posted)).toEndWith("only GET and HEAD are answered\n");
    expect(await ask("HELLO\r\n\r\n")).toStartWith("HTTP/1.1 400 ");
    expect(await ask(`GET /${"x".repeat(10_000)}`)).toStartWith("HTTP/1.1 431 ");
    // Without chunks where those are not known.
    expect(await ask("GET /metrics HTTP/1.0\r\n\r\n")).toContain("\r\n\r\n# HELP haproxy_process_nbthread ");
    expect(await ask("GET /metrics HTTP/1.1\r\n\r\n")).toMatch(/Transfer-Encoding: chunked\r\n.*\r\n0\r\n\r\n$/s);
  });

  test("an address that is taken is told, not thrown", async () => {
    using endpoint = await open();
    expect(await openHealthEndpoint(endpoint.address, { ...metricsSource(), ownVersion: "", names: [] })).toEqual({
      failed: "EADDRINUSE",
    });
  });

  test("addresses", () => {
    expect(parseHealthAddress("8404")).toEqual({ host: "127.0.0.1", port: 8404 });
    expect(parseHealthAddress("*:1")).toEqual({ host: "0.0.0.0", port: 1 });
    expect(parseHealthAddress("[::1]:2")).toEqual({ host: "::1", port: 2 });
    expect(parseHealthAddress("off")).toBe("off");
    expect(parseHealthAddress("a b:3")).toBeNull();
    expect(parseHealthAddress("1:65536")).toBeNull();
  });

  test("the configuration's own addresses come first", () => {
    const plan = onePlan({ binds: [bindPlan({ address: { kind: "tcp", host: "*", port: 8404 } })] }, {});
    expect(isBoundBy(plan, { host: "127.0.0.1", port: 8404 })).toBe(true);
    expect(isBoundBy(plan, { host: "127.0.0.1", port: 8405 })).toBe(false);
  });

  test("the query of a request", async () => {
    using endpoint = await open();
    const ask = (path: string) => askHealthEndpoint(endpoint.address, path);
    expect((await ask("/metrics?scope=sticktable")).body).toStartWith("# HELP haproxy_sticktable_size ");
    expect(await ask("/metrics?scope=")).toEqual({ code: 200, body: "" });
    expect((await ask("/metrics?scope=x")).code).toBe(400);
  });
});
