/** Both directions at once: what is sent to a side is its activity, unless its section's streams are independent. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Socket } from "node:net";
import { hasHead, httpPlan, httpScene, Origin } from "./http-scene.ts";

setDefaultTimeout(60_000);

const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const request = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n";
const limitMs = 400;
const pieces = 12;

/** Sends a chunk each 100 ms, and says so. */
function drip(socket: Socket, text: string, last: string): void {
  let sent = 0;
  const timer = setInterval(() => {
    sent += 1;
    if (!socket.writable || sent > pieces) {
      clearInterval(timer);
      if (socket.writable) socket.write(last);
    } else socket.write(text);
  }, 100);
}

test.each([
  [false, true],
  [true, false],
])("a client that takes an answer, and sends nothing; independent: %p", async (independentStreams, isServed) => {
  await using one = httpScene();
  await using origin = await Origin.start((text, socket) => {
    if (!hasHead(text) || !text.includes("POST")) return null;
    drip(socket, "1\r\nx\r\n", "0\r\n\r\n");
    return head;
  });
  const timeouts = { clientMs: limitMs, clientFinMs: 0, clientHandshakeMs: 0 };
  await one.apply(httpPlan([origin.port], { front: { timeouts, independentStreams } }));
  const client = await one.open();
  client.socket.on("error", () => {});
  client.socket.write(request);
  await one.until(() => client.received.endsWith("0\r\n\r\n") || client.socket.destroyed);
  client.socket.destroy();
  expect(client.received.split("1\r\nx\r\n").length - 1 === pieces).toBe(isServed);
});

test.each([
  [false, true],
  [true, false],
])("a server that takes a request, and says nothing more; independent: %p", async (independentStreams, isServed) => {
  await using one = httpScene();
  let isTold = false;
  await using origin = await Origin.start((text) => {
    if (text.endsWith("0\r\n\r\n")) return "0\r\n\r\n";
    if (isTold || !hasHead(text)) return null;
    isTold = true;
    return head;
  });
  const timeouts = { connectMs: 5000, serverMs: limitMs, serverFinMs: 0, tunnelMs: 0, queueMs: 0, checkMs: 0 };
  await one.apply(httpPlan([origin.port], { back: { timeouts, independentStreams } }));
  const client = await one.open();
  client.socket.on("error", () => {});
  client.socket.write(request);
  await one.until(() => client.received.length > 0);
  drip(client.socket, "1\r\nx\r\n", "0\r\n\r\n");
  await one.until(
    () => client.received.endsWith("0\r\n\r\n") || client.socket.destroyed || client.socket.readableEnded,
  );
  client.socket.destroy();
  expect(client.received.endsWith("0\r\n\r\n")).toBe(isServed);
});
