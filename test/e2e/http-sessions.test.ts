/** Clients of `mode http` as they are: curl, WebSockets, those that read or send slowly, and those that leave. */
import { expect } from "bun:test";
import { createServer, type Server } from "node:http";
import { residentBytes, startForwarder } from "./forwarder.ts";
import { freePort, must, testWith, waitUntil } from "./harness.ts";
import { open, readAll, serve } from "./sockets.ts";

const mebibyte = 1024 * 1024;

function sections(port: number, server: number, more = ""): string {
  return `listen web
    mode http
    option httplog
    bind 127.0.0.1:${port}
${more}    server s 127.0.0.1:${server}
`;
}

/** A server of node's that tells method, target and how many requests its connection has had. */
async function teller(): Promise<AsyncDisposable & { readonly port: number }> {
  const counts = new WeakMap<object, number>();
  const server: Server = createServer((incoming, answer) => {
    const count = (counts.get(incoming.socket) ?? 0) + 1;
    counts.set(incoming.socket, count);
    let length = 0;
    incoming.on("data", (bytes: Buffer) => (length += bytes.length));
    incoming.on("end", () => answer.end(`${incoming.method} ${incoming.url} ${length} #${count}\n`));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

testWith(["curl"], "curl is served over one connection, which is one to the server", async () => {
  await using server = await teller();
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port, server.port));
  const url = `http://127.0.0.1:${port}`;
  const words = ["curl", "-s", "-m", "10", "-w", "%{num_connects}\n"];
  expect(await must([...words, `${url}/a`, `${url}/b`, `${url}/c`])).toBe(
    "GET /a 0 #1\n1\nGET /b 0 #2\n0\nGET /c 0 #3\n0\n",
  );
  expect(await must(["curl", "-s", "-m", "10", "-I", url])).toContain("HTTP/1.1 200 OK");
  // Large enough that curl asks whether to go on.
  const body = "x".repeat(2 * mebibyte);
  const posted = await must(["curl", "-s", "-m", "10", "--data-binary", "@-", `${url}/p`], { input: body });
  expect(posted).toMatch(/^POST \/p 2097152 #\d+\n$/);
  await forwarder.expectQuiet();
});

testWith(["curl"], "a WebSocket goes through, and stays open", async () => {
  await using server = serveSockets();
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port, server.port, "    timeout tunnel 1h\n"));
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const heard: string[] = [];
  socket.addEventListener("message", (event) => heard.push(String(event.data)));
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  socket.send("one");
  await waitUntil("an echo", () => heard.length === 1);
  socket.send("two".repeat(100_000));
  await waitUntil("another", () => heard.length === 2);
  expect(heard.map((text) => text.length)).toEqual([3, 300_000]);
  socket.close();
  await forwarder.expectQuiet();
});

function serveSockets(): AsyncDisposable & { readonly port: number } {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, own) => (own.upgrade(request) ? undefined : new Response("no", { status: 400 })),
    websocket: { message: (socket, message) => void socket.send(message) },
  });
  return { port: server.port ?? 0, [Symbol.asyncDispose]: () => server.stop(true) };
}

testWith(["curl"], "a client that reads slowly holds its server back, not the memory", async () => {
  const total = 64 * mebibyte;
  let sent = 0;
  const chunk = Buffer.alloc(mebibyte, "y");
  await using server = await serve((socket) => {
    socket.once("data", () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
      const more = (): void => {
        while (sent < total) {
          sent += chunk.length;
          if (!socket.write(chunk)) return void socket.once("drain", more);
        }
      };
      more();
    });
  });
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port, server.port));
  const before = residentBytes(forwarder.pid);
  const client = await open(port);
  client.pause();
  client.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  let last = -1;
  await waitUntil("the server to be held back", async () => {
    const was = last;
    last = sent;
    await Bun.sleep(200);
    return sent > 0 && sent === was;
  });
  expect(sent).toBeLessThan(48 * mebibyte);
  expect(residentBytes(forwarder.pid) - before).toBeLessThan(24 * mebibyte);
  const all = readAll(client);
  client.resume();
  const { bytes } = await all;
  expect(bytes.length - bytes.indexOf("\r\n\r\n") - 4).toBe(total);
  client.destroy();
  await forwarder.expectQuiet();
});

testWith(["curl"], "a client that leaves in the midst is let go on both sides", async () => {
  const ended: number[] = [];
  await using server = await serve((socket) => {
    socket.on("close", () => ended.push(1));
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nsome"));
  });
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port, server.port));
  const client = await open(port);
  client.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await new Promise((resolve) => client.once("data", resolve));
  client.resetAndDestroy();
  await waitUntil("the server's connection to end", () => ended.length === 1);
  await forwarder.line(/ CD/);
  await forwarder.expectQuiet();
});

testWith(["curl"], "clients that send a byte at a time are served as others are, or not in time", async () => {
  await using server = await teller();
  const port = await freePort();
  const more = "    timeout http-request 2s\n";
  await using forwarder = await startForwarder(sections(port, server.port, more));
  const text = "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc";
  const clients = await Promise.all(Array.from({ length: 50 }, () => open(port)));
  const ends = clients.map((client) => readAll(client));
  for (const byte of text) {
    for (const client of clients) client.write(byte);
    await Bun.sleep(5);
  }
  for (const { bytes } of await Promise.all(ends)) expect(bytes.toString()).toContain("POST /slow 3 #");
  const late = await open(port);
  late.write("GET / HT");
  expect((await readAll(late)).bytes.toString()).toStartWith("HTTP/1.1 408 ");
  for (const client of [...clients, late]) client.destroy();
  await forwarder.expectQuiet();
});
