/** Sessions whose rules look at payloads: what is looked at is held while it is, and no longer. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readText } from "../../../../cases/case.ts";
import type { Session } from "../../../../../src/proxy/session/session.ts";
import { Scene } from "../../proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

test("a session that is relayed holds neither the request nor the answer that its rules saw", async () => {
  await using scene = new Scene();
  const port = await scene.serve("hello");
  const { plan } = readText(`defaults
 mode tcp
 timeout client 5s
 timeout server 5s
 timeout connect 5s
frontend fe
 bind 127.0.0.1:1
 tcp-request inspect-delay 5s
 tcp-request content reject if !{ req.len ge 15000 }
 default_backend be
backend be
 tcp-response inspect-delay 5s
 tcp-response content reject if !{ res.payload(0,5) -m bin 68656c6c6f }
 server s1 127.0.0.1:${port}
`);
  if (plan === null) throw new Error("no plan");
  const frontends = plan.frontends.map((front) => ({
    ...front,
    binds: front.binds.map((bind) => ({ ...bind, address: { ...bind.address, port: 0 } as typeof bind.address })),
  }));
  await scene.apply({ ...plan, frontends });
  const clients = await Promise.all([scene.open(), scene.open()]);
  for (const client of clients) client.socket.write("x".repeat(15_000));
  await scene.until(() => clients.every((client) => client.received.length === 15_005));
  const sessions = [...scene.proxy.running.sessions.running] as unknown as Session[];
  expect(sessions.map(({ request, response }) => [request, response])).toEqual([
    [null, null],
    [null, null],
  ]);
  for (const client of clients) client.socket.end();
  await Promise.all(clients.map((client) => client.ended));
});
