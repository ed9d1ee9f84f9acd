/** Bad messages are kept for the operator: the last request of a frontend, the last response of a backend. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { CapturedFault } from "../../../src/proxy/public.ts";
import type { Scene } from "../proxy/proxy-scene.ts";
import { hasHead, httpPlan, httpScene, ok, Origin } from "./http-scene.ts";

setDefaultTimeout(60_000);

const chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

function captured(scene: Scene): { readonly request: CapturedFault | null; readonly response: CapturedFault | null } {
  const { operator } = scene.proxy;
  const [front, back] = [operator.frontends()[0], operator.backends()[0]];
  if (front === undefined || back === undefined) throw new Error("no proxy");
  return { request: operator.lastFault(front), response: operator.lastFault(back) };
}

async function ask(scene: Scene, text: string): Promise<void> {
  const client = await scene.open();
  client.socket.write(text);
  await scene.until(() => scene.proxy.operator.capturedFaults > 0);
  client.socket.destroy();
}

function shown(fault: CapturedFault | null): unknown {
  if (fault === null) return null;
  const { bytes, position, part, other, server, isFirst, event } = fault;
  return { text: Buffer.from(bytes).toString("latin1"), position, part, other, server, isFirst, event };
}

test.each([
  ["2\r\nab\r\nzz\r\n", 7, "chunk-size"],
  ["2\r\nabX", 5, "chunk-end"],
  ["0\r\nX : 1\r\n\r\n", 4, "trailers"],
])("a request's body %j", async (body, position, part) => {
  await using scene = httpScene();
  await using origin = await Origin.start(() => null);
  await scene.apply(httpPlan([origin.port]));
  await ask(scene, chunked + body);
  const { request, response } = captured(scene);
  expect(shown(request)).toEqual({
    text: body,
    position,
    part,
    other: { name: "be", id: expect.any(Number) },
    server: { name: "s1", id: expect.any(Number) },
    isFirst: true,
    event: 0,
  });
  expect(response).toBeNull();
});

test("a response's body, and what stays over a reload and what is cleared", async () => {
  await using scene = httpScene();
  const answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n";
  await using origin = await Origin.start((text) => (hasHead(text) ? answer : null));
  await scene.apply(httpPlan([origin.port]));
  await ask(scene, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await scene.apply(httpPlan([origin.port], { front: { maxconn: 99 } }));
  for (const _ of scene.proxy.operator.clearCounters(true));
  const { request, response } = captured(scene);
  expect(request).toBeNull();
  expect(shown(response)).toMatchObject({
    text: "2\r\nab\r\nzz\r\n",
    position: 7,
    part: "chunk-size",
    other: { name: "fe", id: expect.any(Number) },
  });
});

test("no more is kept than a buffer holds, and nothing of sound messages", async () => {
  await using scene = httpScene();
  await using origin = await Origin.start((text) => (hasHead(text) ? ok("hello") : null));
  await scene.apply(httpPlan([origin.port]));
  const client = await scene.open();
  client.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await scene.until(() => client.received.endsWith("hello"));
  client.socket.destroy();
  expect(scene.proxy.operator.capturedFaults).toBe(0);
  await ask(scene, `GET / HTTP/1.1\r\nX: ${"x".repeat(100_000)}`);
  expect(captured(scene).request?.bytes.length).toBeLessThanOrEqual(16_384);
});
