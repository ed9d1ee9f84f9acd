/** What an operator sees of a client's connection in `mode http`. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { clockMs } from "../../../src/clock.ts";
import { hasHead, httpPlan, httpScene, Origin } from "./http-scene.ts";
import { population } from "../../population.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const request = "GET /silent HTTP/1.1\r\nHost: x\r\n\r\n";

test("a connection shows what its exchange does", async () => {
  await using origin = await Origin.start((text) =>
    hasHead(text) ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart" : null,
  );
  await using scene = httpScene();
  await scene.apply(httpPlan([origin.port]));
  const before = Date.now();
  const beganMs = clockMs();
  const client = await scene.open();
  client.socket.write(request);
  await scene.until(() => client.received.endsWith("part"));
  const [seen, ...others] = [...scene.proxy.operator.sessions()];
  expect(others).toEqual([]);
  expect(seen).toMatchObject({ frontend: "fe", backend: "be", server: "s1", state: "relaying" });
  expect(seen?.id).toBeGreaterThan(0);
  expect(seen?.client).toMatchObject({ host: "127.0.0.1", port: client.socket.localPort });
  expect(seen?.frontendAddress).toMatchObject({ host: "127.0.0.1", port: scene.port() });
  expect(seen?.serverAddress).toMatchObject({ host: "127.0.0.1", port: origin.port });
  expect(seen?.bytesIn).toBe(request.length);
  expect(seen?.bytesOut).toBe(client.received.length);
  expect(seen?.startedAt).toBeWithin(before, Date.now() + 1);
  expect(seen?.ageMs).toBeWithin(0, clockMs() - beganMs + 1);
  client.socket.destroy();
});

test("one that has yet to ask is at no backend", async () => {
  await using scene = httpScene();
  await scene.apply(httpPlan([1]));
  const client = await scene.open();
  client.socket.write(request.slice(0, 20));
  await scene.until(() => [...scene.proxy.operator.sessions()].length === 1);
  const [seen] = [...scene.proxy.operator.sessions()];
  expect(seen).toMatchObject({ backend: "fe", server: null, serverAddress: null, state: "rules", bytesOut: 0 });
  client.socket.destroy();
});

test("clients between two requests hold nothing of how the last one came to its server", async () => {
  await using origin = await Origin.start((text) =>
    hasHead(text) ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" : null,
  );
  await using scene = httpScene();
  await scene.apply(httpPlan([origin.port]));
  const clients = await Promise.all(Array.from({ length: 50 }, () => scene.open()));
  for (const client of clients) client.socket.write(request);
  await scene.until(() => clients.every((client) => client.received.endsWith("ok")));
  const [sessions, searches] = population("HttpSession", "ServerSearch");
  expect(sessions).toBeGreaterThanOrEqual(50);
  expect(searches).toBeLessThan(25);
  for (const client of clients) client.socket.destroy();
});
