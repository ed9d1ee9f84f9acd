/** What a client keeps of servers between its requests: a connection of its own, and the server itself. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { serverPlan } from "../proxy/plans.ts";
import { hasHead, httpPlan, httpScene, ok, Origin } from "./http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;

describe("max-session-srv-conns", () => {
  for (const [most, connections] of [
    [5, 1],
    [0, 2],
  ] as const) {
    test(`${most}: two requests of a client that shares nothing take ${connections}`, async () => {
      await using scene = httpScene();
      await using origin = await Origin.start((text) => (hasHead(text) ? ok("x") : null));
      const parts = { httpFront: { maxSessionServerConnections: most }, httpBack: { reuse: "never" } } as const;
      await scene.apply(httpPlan([origin.port], parts));
      const client = await scene.open();
      for (let number = 1; number <= 2; number++) {
        client.socket.write(get("/a"));
        await scene.until(() => client.received.split("HTTP/1.1 200").length === number + 1);
      }
      expect(origin.sockets.length).toBe(connections);
      client.socket.end();
      await client.ended;
    });
  }
});

test("a connection of its own is used for requests that go the same way, and no other", async () => {
  await using scene = httpScene();
  await using one = await Origin.start((text) => (hasHead(text) ? ok("one") : null));
  await using two = await Origin.start((text) => (hasHead(text) ? ok("two") : null));
  const address = { kind: "tcp", host: "0.0.0.0", isName: false, family: null, port: null, portOffset: 0 } as const;
  const value = { fetch: "req.hdr", arguments: ["x"], converters: [], text: "req.hdr(x)" };
  const rule = {
    position: { file: "x.cfg", line: 1 },
    action: { kind: "set-dst-port", value },
    condition: null,
  } as const;
  const servers = [serverPlan("s1", 1, { address })];
  await scene.apply(httpPlan([], { back: { servers }, httpFront: { requestRules: [rule] } }));
  const client = await scene.open();
  const ports = [one.port, one.port, two.port, two.port];
  for (const [at, port] of ports.entries()) {
    client.socket.write(`GET / HTTP/1.1\r\nHost: a\r\nX: ${port}\r\n\r\n`);
    await scene.until(() => client.received.split("HTTP/1.1 200").length === at + 2);
  }
  expect([one, two].map(({ requests, sockets }) => [requests.length, sockets.length])).toEqual([
    [2, 1],
    [2, 1],
  ]);
  client.socket.end();
  await client.ended;
});

describe("max-keep-alive-queue", () => {
  for (const [most, expected] of [
    [-1, "one"],
    [1, "one"],
    [0, "two"],
  ] as const) {
    test(`${most}: where a client goes whose last server is full`, async () => {
      await using scene = httpScene();
      let release: (() => void) | null = null;
      await using one = await Origin.start((text, socket) => {
        if (!hasHead(text)) return null;
        if (!text.includes("/slow")) return ok("one");
        release = () => socket.write(ok("late"));
        return "";
      });
      await using two = await Origin.start((text) => (hasHead(text) ? ok("two") : null));
      const servers = [serverPlan("s1", one.port, { maxconn: 1 }), serverPlan("s2", two.port)];
      await scene.apply(
        httpPlan([], {
          back: { servers, balance: { algorithm: "first" } },
          httpBack: { prefersLastServer: true, maxKeepAliveQueue: most },
        }),
      );
      const client = await scene.open();
      client.socket.write(get("/a"));
      await scene.until(() => client.received.endsWith("one"));
      const other = await scene.open();
      other.socket.write(get("/slow"));
      await scene.until(() => release !== null);
      client.socket.write(get("/b"));
      if (expected === "two") await scene.until(() => client.received.endsWith("two"));
      else await scene.until(() => scene.proxy.running.backends.get("be")?.servers[0]?.queue.length === 1);
      (release as (() => void) | null)?.();
      await scene.until(() => client.received.split("HTTP/1.1 200").length === 3);
      expect(client.received.slice(-3)).toBe(expected);
      client.socket.end();
      other.socket.end();
      await client.ended;
      await other.ended;
    });
  }
});
