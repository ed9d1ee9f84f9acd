/** Requests with bodies that are waited for, break off, or must not be; and what times are told of what was refused. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { httpServing } from "../../../src/http/serving.ts";
import { httpGlobalDefaults } from "../../../src/plan/http.ts";
import { readText } from "../../cases/case.ts";
import { Scene } from "../proxy/proxy-scene.ts";
import { hasHead, httpPlan, ok, Origin } from "./http-scene.ts";

setDefaultTimeout(60_000);

const half = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab";
const echo = (text: string): string | null => (hasHead(text) ? ok("hello") : null);

function scene(acceptsAnyPayload = false): Scene {
  const global = { ...httpGlobalDefaults, acceptsAnyPayload };
  return new Scene(undefined, undefined, { http: (sessions) => httpServing(sessions, () => global) });
}

/** A frontend with these lines, and a backend with those. */
async function apply(one: Scene, port: number, front: string, back = ""): Promise<void> {
  const { plan } = readText(`defaults
 mode http
 timeout client 20s
 timeout server 20s
 timeout connect 5s
frontend fe
 bind 127.0.0.1:1
${front}
 default_backend be
backend be
${back}
 server s1 127.0.0.1:${port}
`);
  if (plan === null) throw new Error("no plan");
  const frontends = plan.frontends.map((frontend) => ({
    ...frontend,
    logFormat: null,
    binds: frontend.binds.map((bind) => ({ ...bind, address: { ...bind.address, port: 0 } as typeof bind.address })),
  }));
  await one.apply({ ...plan, frontends });
}

describe("a body in HTTP/1.0", () => {
  test.each([
    ["GET", false, 413],
    ["HEAD", false, 413],
    ["DELETE", false, 413],
    ["GET", true, 200],
    ["POST", false, 200],
  ])("of %s, accepted: %p", async (method, isAccepted, status) => {
    await using one = scene(isAccepted);
    await using origin = await Origin.start(echo);
    await one.apply(httpPlan([origin.port]));
    const client = await one.open();
    client.socket.write(`${method} / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab`);
    await one.until(() => hasHead(client.received));
    client.socket.destroy();
    expect([client.received.slice(9, 12), origin.requests.length > 0]).toEqual([String(status), status === 200]);
  });

  test("an empty one is none", async () => {
    await using one = scene();
    await using origin = await Origin.start(echo);
    await one.apply(httpPlan([origin.port]));
    const client = await one.open();
    client.socket.write("GET / HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
    await one.until(() => hasHead(client.received));
    client.socket.destroy();
    expect(client.received.slice(9, 12)).toBe("200");
  });
});

describe("a client that ends in the body", () => {
  test.each([
    ["option http-buffer-request", " option http-buffer-request", ""],
    ["option http-buffer-request behind", "", " option http-buffer-request"],
    ["wait-for-body", " http-request wait-for-body time 15s", ""],
    ["check_post", "", " balance url_param x check_post"],
  ])("which is waited for: %s", async (_, front, back) => {
    await using one = scene();
    await using origin = await Origin.start(echo);
    await apply(one, origin.port, front, back);
    for (const body of [
      half,
      half.replace("Content-Length: 5", "Transfer-Encoding: chunked").replace("ab", "2\r\nab\r\n"),
    ]) {
      const client = await one.open();
      client.socket.end(body);
      await client.ended;
      expect(client.received).toBe("");
    }
    await one.until(() => one.proxy.running.state.current === 0);
    expect([origin.requests, origin.sockets.length]).toEqual([[], 0]);
  });

  test("whole bodies of any length are there", async () => {
    await using one = scene();
    await using origin = await Origin.start((text) => (text.endsWith("end") ? ok("hello") : null));
    await apply(one, origin.port, " option http-buffer-request");
    const client = await one.open();
    const body = `${"x".repeat(40_000)}end`;
    client.socket.end(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await one.until(() => client.received.endsWith("hello"));
    client.socket.destroy();
  });

  test("before there is a server", async () => {
    await using one = scene();
    await using origin = await Origin.start(() => null);
    await apply(one, origin.port, "", " default-server maxconn 1");
    const first = await one.open();
    first.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await one.until(() => origin.sockets.length === 1);
    const second = await one.open();
    second.socket.end(half);
    await one.until(
      () => one.proxy.operator.backend("be")?.queued === 0 || one.proxy.operator.server("be", "s1")?.queued === 1,
    );
    const before = performance.now();
    await one.until(() => performance.now() - before > 100);
    first.socket.resetAndDestroy();
    await second.ended;
    await one.until(() => one.proxy.running.state.current === 0);
    expect([second.received, one.proxy.operator.backend("be")?.clientAborts]).toEqual(["", 2]);
  });
});

test("each half waits for a body as long as its own lines say", async () => {
  await using one = scene();
  await using origin = await Origin.start(echo);
  await apply(one, origin.port, " timeout http-request 15s", " option http-buffer-request\n timeout http-request 50ms");
  const client = await one.open();
  client.socket.write(half);
  await one.until(() => client.received.startsWith("HTTP/1.1 408"));
  client.socket.destroy();
  expect(origin.sockets.length).toBe(0);
});

test("option httpclose of a backend alone closes no client", async () => {
  await using one = scene();
  await using origin = await Origin.start(echo);
  await apply(one, origin.port, "", " option httpclose");
  const client = await one.open();
  const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  client.socket.write(get + get);
  await one.until(() => client.received.split("hello").length === 3);
  expect(client.received).not.toContain("connection:");
  client.socket.destroy();
  await one.until(() => one.proxy.running.state.current === 0);
  expect([origin.sockets.length, origin.requests.every((text) => text.includes("connection: close"))]).toEqual([
    2,
    true,
  ]);
});

test("what is refused is told of from its first byte on", async () => {
  await using one = scene();
  await using origin = await Origin.start(echo);
  await one.apply(httpPlan([origin.port]));
  const client = await one.open();
  client.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await one.until(() => client.received.endsWith("hello"));
  const before = performance.now();
  await one.until(() => performance.now() - before > 300);
  client.socket.write("X\r\n\r\n");
  await client.ended;
  await one.until(() => one.records.length === 2);
  const http = one.records[1]?.http;
  expect([http?.requestMs, http?.idleMs]).toEqual([-1, -1]);
  expect(http?.activeMs).toBeLessThan(250);
});
