/** Rules of content that wait for a request's body in `mode http`. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readText } from "../../../cases/case.ts";
import type { Scene, TestClient } from "../../proxy/proxy-scene.ts";
import { hasHead, httpScene, ok, Origin } from "../http-scene.ts";

setDefaultTimeout(60_000);

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
    binds: frontend.binds.map((bind) => ({ ...bind, address: { ...bind.address, port: 0 } as typeof bind.address })),
  }));
  await one.apply({ ...plan, frontends });
}

async function outcome(one: Scene, client: TestClient): Promise<string> {
  await one.until(() => hasHead(client.received) || client.socket.readableEnded || client.socket.destroyed);
  client.socket.destroy();
  return client.received.slice(9, 12);
}

const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab";
const body = " tcp-request content accept if { req.body -m sub cde }\n tcp-request content reject";

test.each([
  ["it comes", "cde", ` tcp-request inspect-delay 15s\n${body}`, "", "200"],
  ["it comes behind", "cde", "", ` tcp-request inspect-delay 15s\n${body}`, "200"],
  ["another comes", "xyz", ` tcp-request inspect-delay 15s\n${body}`, "", ""],
  ["nothing comes", "", ` tcp-request inspect-delay 50ms\n${body}`, "", ""],
  ["nothing is waited for", "", body, "", ""],
])("%s", async (_, more, front, back, status) => {
  await using one = httpScene();
  await using origin = await Origin.start((text) => (hasHead(text) ? ok("hello") : null));
  await apply(one, origin.port, front, back);
  const client = await one.open();
  client.socket.on("error", () => {});
  client.socket.write(head);
  await one.until(() => one.proxy.operator.frontends()[0]?.http?.requestsTotal === 1);
  expect(client.received).toBe("");
  if (more !== "") client.socket.write(more);
  expect(await outcome(one, client)).toBe(status);
});

test("a client that leaves is no request", async () => {
  await using one = httpScene();
  await using origin = await Origin.start(() => null);
  await apply(
    one,
    origin.port,
    " tcp-request inspect-delay 15s\n tcp-request content reject if { req.body -m sub cde }",
  );
  const client = await one.open();
  client.socket.end(head);
  await client.ended;
  await one.until(() => one.proxy.running.state.current === 0);
  expect([client.received, origin.sockets.length]).toEqual(["", 0]);
});

test("who sends no body is not waited for", async () => {
  await using one = httpScene();
  await using origin = await Origin.start((text) => (hasHead(text) ? ok("hello") : null));
  await apply(
    one,
    origin.port,
    " tcp-request inspect-delay 15s\n tcp-request content reject if { req.body -m sub cde }",
  );
  const client = await one.open();
  client.socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  expect(await outcome(one, client)).toBe("200");
});
