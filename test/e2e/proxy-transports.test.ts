/** What depends on how connections are made, once copied and once spliced. */
import { expect } from "bun:test";
import { connect, type Socket } from "node:net";
import { startForwarder } from "./forwarder.ts";
import { freePort, scratch, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, readAll, readBytes, serve } from "./sockets.ts";

/** A client from `host`. */
function openFrom(host: string, port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", localAddress: host });
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Sends a byte and waits for its echo. */
async function exchange(socket: Socket): Promise<void> {
  const echo = readBytes(socket, 1);
  socket.write("x");
  expect((await echo).toString()).toBe("x");
}

async function fromSource(option: string, source: string, seen: string): Promise<void> {
  await using server = await serve((socket) => socket.end(socket.remoteAddress ?? "nobody"));
  const port = await freePort();
  await using forwarder = await startForwarder(`listen in
${option}    bind 127.0.0.1:${port}
    ${source}
    server one 127.0.0.1:${server.port}
`);
  expect((await readAll(await openFrom("127.0.0.7", port))).bytes.toString()).toBe(seen);
  await forwarder.expectQuiet();
}

for (const option of ["", "    option splice-auto\n"]) {
  const how = option === "" ? "copied" : "spliced";

  testWith(["curl", "root"], `${how}: source shows the server the address that was asked for`, () =>
    fromSource(option, "source 127.0.0.9", "127.0.0.9"),
  );

  testWith(["curl", "root", "libc's sockets: usesrc"], `${how}: usesrc shows the server the client's address`, () =>
    fromSource(option, "source 0.0.0.0 usesrc clientip", "127.0.0.7"),
  );

  testWith(["curl"], `${how}: through unix and abstract sockets`, async () => {
    using folder = scratch();
    await using echo = await echoServer();
    const port = await freePort();
    const name = `fairlead-test-${process.pid}-${how}`;
    await using forwarder = await startForwarder(`listen first
${option}    bind 127.0.0.1:${port}
    server next unix@${folder.file("next")}
listen second
${option}    bind unix@${folder.file("next")}
    server next abns@${name}
listen third
${option}    bind abns@${name}
    server one 127.0.0.1:${echo.port}
`);
    const client = await open(port);
    await exchange(client);
    client.end();
    expect((await readAll(client)).bytes.length).toBe(0);
    await forwarder.line(/ first first\/next .* -- /);
    await forwarder.line(/ second second\/next .* -- /);
    await forwarder.line(/ third third\/one .* -- /);
    await forwarder.expectQuiet();
  });

  testWith(["curl"], `${how}: sessions that cannot be connected mark a server down`, async () => {
    await using spare = await echoServer();
    const [port, gone] = [await freePort(), await freePort()];
    // The check passes at first, then the server goes away between two checks.
    const server = await echoServer("127.0.0.1");
    await using forwarder = await startForwarder(`listen ssh
${option}    bind 127.0.0.1:${port}
    retries 0
    server one 127.0.0.1:${server.port} check inter 100s observe layer4 error-limit 2 on-error mark-down
    server two 127.0.0.1:${spare.port} backup
    server never 127.0.0.1:${gone} disabled
`);
    const first = await open(port);
    await exchange(first);
    first.end();
    await readAll(first);
    await server[Symbol.asyncDispose]();
    for (let count = 0; count < 2; count++) {
      const client = await open(port);
      expect((await readAll(client)).bytes.length).toBe(0);
      client.destroy();
    }
    const client = await open(port);
    await exchange(client);
    client.end();
    await readAll(client);
    await forwarder.line(/ ssh ssh\/two .* -- /);
    await forwarder.expectQuiet();
  });

  testWith(["curl"], `${how}: a rate limit lets clients wait, and none is lost`, async () => {
    await using echo = await echoServer();
    const port = await freePort();
    await using forwarder = await startForwarder(`frontend ssh
${option}    bind 127.0.0.1:${port}
    rate-limit sessions 5
    default_backend servers
backend servers
${option}    server one 127.0.0.1:${echo.port}
`);
    const began = performance.now();
    const clients = await Promise.all(Array.from({ length: 12 }, () => open(port)));
    const served = clients.map((client) => exchange(client));
    await waitUntil("the first ones", () => echo.connections.length >= 5);
    await Promise.all(served);
    const tookMs = performance.now() - began;
    expect(tookMs).toBeGreaterThan(800);
    expect(tookMs).toBeLessThan(6000);
    for (const client of clients) client.destroy();
    await forwarder.expectQuiet();
  });
}
