/** `compression` between clients and servers that people run: curl and streams of node; nginx, node, python, Bun. */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { residentBytes, startForwarder } from "./forwarder.ts";
import { freePort, must, scratch, start, testWith, waitUntil } from "./harness.ts";
import { servers } from "./http-servers.ts";
import { serve } from "./sockets.ts";

function sections(port: number, server: number, lines: string): string {
  return `listen web
    mode http
    bind 127.0.0.1:${port}
    log-format "%ST %B %[res.comp] %[res.comp_algo]"
${lines}
    server s 127.0.0.1:${server} pool-purge-delay 100ms
`;
}

/** So many bytes of lines that are not the same. */
function lines(bytes: number): Buffer {
  const all: string[] = [];
  for (let [line, length] = [0, 0]; length < bytes; line++) {
    const text = `${line}: ${(line * 7919).toString(36)} of many lines that look alike\n`;
    all.push(text);
    length += text.length;
  }
  return Buffer.from(all.join("").slice(0, bytes));
}

for (const [name, server] of servers) {
  // Python answers in HTTP/1.0 unless it is told otherwise: that goes on as it is.
  const isOld = name === "python";
  testWith(["curl", ...server.needs], `curl --compressed has what ${name} has`, async () => {
    using folder = scratch();
    const text = lines(2_000_000);
    writeFileSync(folder.file("file"), text);
    await using running = await server.start(folder.path);
    for (const algorithm of ["gzip", "deflate"]) {
      const port = await freePort();
      await using forwarder = await startForwarder(
        sections(port, running.port, `    compression algo ${algorithm}\n    compression offload`),
      );
      const url = `http://127.0.0.1:${port}/file`;
      const curl = ["curl", "-sSf", "-m", "20", "--compressed", "-w", "%{size_download} "];
      const sizes = await must([...curl, "-o", folder.file("one"), url, "-o", folder.file("two"), url]);
      for (const got of ["one", "two"]) expect(readFileSync(folder.file(got)).equals(text)).toBe(true);
      const [size = 0] = sizes.trim().split(" ").map(Number);
      expect(size < 1_000_000).toBe(!isOld);
      const line = await forwarder.line(/^200 /);
      expect(Number(line.split(" ")[1])).toBeGreaterThan(text.length);
      expect(line).toEndWith(isOld ? " 0 -" : ` 1 ${algorithm}`);
      await forwarder.expectQuiet();
    }
  });
}

testWith(["curl"], "what a server says before it pauses is there", async () => {
  await using server = await serve((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nfirst\n\r\n"));
  });
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port, server.port, "    compression algo gzip"));
  await using client = start(["curl", "-sSN", "--compressed", `http://127.0.0.1:${port}/`]);
  await client.stdout.find(/^first$/);
  server.connections[0]?.write("7\r\nsecond\n\r\n");
  await client.stdout.find(/^second$/);
  server.connections[0]?.write("0\r\n\r\n");
  expect(await client.exited).toBe(0);
  await forwarder.line(/^200 \d+ 1 gzip/);
  await forwarder.expectQuiet();
});

/** Asks, reads little or nothing, and leaves in one of the ways there are. */
function visit(port: number, turn: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"),
    );
    const leave = (): void => {
      if (turn % 3 === 0) socket.resetAndDestroy();
      else if (turn % 3 === 1) socket.destroy();
      else socket.end();
    };
    if (turn % 2 === 0) socket.once("data", leave);
    else setTimeout(leave, 20);
    socket.on("error", () => undefined);
    socket.on("end", () => socket.end());
    socket.on("close", () => resolve());
    setTimeout(() => socket.destroy(), 200);
  });
}

/** Says more than anybody reads, and stops saying it with its client. */
function pour(socket: Socket, body: Buffer): void {
  socket.on("data", () => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length * 100}\r\n\r\n`);
    for (let part = 0; part < 100; part++) socket.write(body);
  });
}

testWith([], "answers that nobody reads to the end give their memory back", async () => {
  const body = lines(200_000);
  await using server = await serve((socket) => pour(socket, body));
  const port = await freePort();
  await using forwarder = await startForwarder(
    sections(port, server.port, "    timeout client 2s\n    timeout server 2s\n    compression algo gzip"),
  );
  const crowd = async (from: number, count: number): Promise<void> => {
    for (let turn = from; turn < from + count; turn += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, at) => visit(port, turn + at)));
    }
  };
  const clients = process.env["SOAK"] === "1" ? 600 : 300;
  await crowd(0, 100);
  const before = residentBytes(forwarder.pid);
  await crowd(100, clients);
  await forwarder.expectQuiet();
  // It would be 75 MiB or more, if none of it came back.
  expect(residentBytes(forwarder.pid) - before).toBeLessThan(48 * 1024 * 1024);
});

testWith([], "maxzlibmem bounds how many answers are compressed at once", async () => {
  await using server = await serve((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello"));
  });
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port, server.port, "    compression algo gzip"), {
    global: "    maxzlibmem 1\n",
  });
  const heads: string[] = [];
  const sockets = Array.from({ length: 7 }, () => {
    const socket = connect(port, "127.0.0.1", () =>
      socket.write("GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"),
    );
    socket.once("data", (bytes: Buffer) => heads.push(bytes.toString("latin1")));
    return socket;
  });
  await waitUntil("all have heads", () => heads.length === 7);
  expect(heads.filter((one) => one.includes("content-encoding: gzip"))).toHaveLength(4);
  expect((await forwarder.page("/metrics")).body).toContain("haproxy_process_current_zlib_memory 1048576\n");
  for (const socket of sockets) socket.destroy();
  for (const socket of server.connections) socket.destroy();
  await forwarder.expectQuiet();
});
