/** A crowd that sends a byte a second in `mode http`: it costs little, others are served meanwhile, and its time comes. */
import { expect } from "bun:test";
import type { Socket } from "node:net";
import { cpuSeconds, descriptors, residentBytes, startForwarder } from "./forwarder.ts";
import { freePort, testWith, waitUntil } from "./harness.ts";
import { open, serve } from "./sockets.ts";

const count = 1000;
const seconds = 4;
const head = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
const upload = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n";

testWith(
  [],
  "1,000 clients that send a byte a second, in heads and in bodies",
  async () => {
    await using server = await serve((socket) => {
      socket.on("data", (bytes) => {
        if (String(bytes).startsWith("GET")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      });
    });
    const [port, other] = [await freePort(), await freePort()];
    const sections = `listen slow
    mode http
    bind 127.0.0.1:${port}
    timeout client 3s
    timeout http-request 10s
    server s 127.0.0.1:${server.port}
listen quick
    mode http
    http-reuse never
    bind 127.0.0.1:${other}
    server s 127.0.0.1:${server.port}
`;
    await using forwarder = await startForwarder(sections, {});
    const before = descriptors(forwarder.pid).sockets;
    const clients: Socket[] = [];
    while (clients.length < count) clients.push(...(await Promise.all(Array.from({ length: 50 }, () => open(port)))));
    let ended = 0;
    const statuses = new Set<string>();
    for (const [at, client] of clients.entries()) {
      client.write(at % 2 === 0 ? head : upload);
      client.on("data", (bytes) => statuses.add(String(bytes).slice(9, 12)));
      client.on("end", () => client.destroy());
      client.on("close", () => (ended += 1));
    }
    const [memory, processor] = [residentBytes(forwarder.pid), cpuSeconds(forwarder.pid)];
    const waits: number[] = [];
    for (let second = 0; second < seconds; second++) {
      for (const client of clients) client.write("x");
      const begun = performance.now();
      const quick = await open(other);
      quick.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      await new Promise((resolve) => quick.once("data", resolve));
      quick.destroy();
      waits.push(performance.now() - begun);
      await Bun.sleep(1000);
    }
    // 4,000 bytes one by one.
    expect(cpuSeconds(forwarder.pid) - processor).toBeLessThan(2);
    expect(residentBytes(forwarder.pid) - memory).toBeLessThan(24 * 1024 * 1024);
    expect(Math.min(...waits)).toBeLessThan(1000);
    // Nobody sends any more: heads are over at timeout http-request, bodies at timeout client.
    await waitUntil("all ends", () => ended === count, 30_000);
    expect([...statuses]).toEqual(["408"]);
    await waitUntil("nothing is open", () => descriptors(forwarder.pid).sockets <= before);
    await forwarder.expectQuiet();
  },
  90_000,
);
