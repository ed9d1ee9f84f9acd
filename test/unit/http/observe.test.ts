/** `observe layer7`: what a server's answers, and their lack, are to its health. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { ServerPlan } from "../../../src/plan/server.ts";
import { serverPlan } from "../proxy/plans.ts";
import { hasHead, httpPlan, httpScene, ok, Origin } from "./http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const check: ServerPlan["check"] = {
  interMs: 1e9,
  fastInterMs: 0,
  downInterMs: 0,
  rise: 2,
  fall: 3,
  address: null,
  port: null,
  sendProxy: false,
  tls: null,
};

test.each([
  ["HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "Wrong http response"],
  ["HTTP/1.1 200 OK\r\nno field\r\n\r\n", "Invalid http response (headers)"],
  ["close", "Close from server (http)"],
  ["reset", "Read error (http)"],
  ["nothing", "Read timeout (http)"],
  ["HTTP/1.1 501 No\r\nContent-Length: 0\r\n\r\n", null],
  [ok("x"), null],
])("%j", async (said, words) => {
  await using origin = await Origin.start((text, socket) => {
    if (!hasHead(text) || said === "nothing") return null;
    if (said === "close") socket.end();
    else if (said === "reset") socket.resetAndDestroy();
    else return said;
    return null;
  });
  await using scene = httpScene();
  const server = serverPlan("s1", origin.port, { observe: "layer7", errorLimit: 1, onError: "mark-down", check });
  const timeouts = { connectMs: 5000, serverMs: 200, serverFinMs: 0, tunnelMs: 0, queueMs: 5000, checkMs: 0 };
  await scene.apply(httpPlan([], { back: { servers: [server], timeouts } }));
  const monitor = scene.proxy.running.backends.get("be")?.servers[0]?.monitor;
  await scene.until(() => monitor?.last?.status === "L4OK");
  const client = await scene.open();
  client.socket.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await client.ended;
  const info = words === null ? null : `Detected 1 consecutive errors, last one was: ${words}`;
  expect(monitor?.last?.info ?? null).toBe(info);
});
