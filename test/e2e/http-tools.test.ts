/** Clients and servers that people run, with `mode http` between them: curl, wget, wrk, WebSockets; nginx, node, python, Bun. */
import { expect } from "bun:test";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { startForwarder } from "./forwarder.ts";
import { freePort, must, run, scratch, testWith } from "./harness.ts";
import { seenText, servers } from "./http-servers.ts";

const mebibyte = 1024 * 1024;

function sections(port: number, server: number): string {
  return `listen web
    mode http
    option httplog
    bind 127.0.0.1:${port}
    timeout tunnel 1m
    server s 127.0.0.1:${server} pool-purge-delay 100ms
`;
}

async function curl(...words: string[]): Promise<string> {
  return must(["curl", "-sS", "-m", "20", "--expect100-timeout", "0.2", ...words]);
}

/** What a server says of a body; nginx only keeps it. */
function seen(server: string, body: Buffer, coding = "", transfer = ""): string {
  return server === "nginx" ? seenText(body, "-", "-") : seenText(body, coding, transfer);
}

for (const [name, server] of servers) {
  testWith(["curl", "wget", ...server.needs], `curl and wget get from ${name}, and send to it`, async () => {
    using folder = scratch();
    const bytes = randomBytes(3 * mebibyte);
    writeFileSync(folder.file("file"), bytes);
    await using running = await server.start(folder.path);
    const port = await freePort();
    await using forwarder = await startForwarder(sections(port, running.port));
    const url = `http://127.0.0.1:${port}`;

    await curl("-o", folder.file("one"), `${url}/file`, "-o", folder.file("two"), `${url}/file`);
    await must(["wget", "-q", "-O", folder.file("three"), `${url}/file`]);
    for (const got of ["one", "two", "three"]) expect(readFileSync(folder.file(got)).equals(bytes)).toBe(true);
    expect(await curl("-I", `${url}/file`)).toMatch(/^HTTP\/1\.[01] 200 [^]*\r\ncontent-length: 3145728\r\n/i);

    // In one piece and in chunks, asked for and not, as it is and in gzip.
    const packed = gzipSync(bytes.subarray(0, 100_000));
    writeFileSync(folder.file("packed"), packed);
    const sent = async (file: string, ...words: string[]): Promise<string> => {
      const answer = await curl("-T", folder.file(file), ...words, `${url}/up`);
      return existsSync(folder.file("up")) ? seenText(readFileSync(folder.file("up")), "-", "-") : answer;
    };
    expect(await sent("file")).toBe(seen(name, bytes));
    expect(await sent("file", "-H", "Expect:", "-H", "Transfer-Encoding: chunked")).toBe(
      seen(name, bytes, "", "chunked"),
    );
    expect(await sent("packed", "-H", "Content-Encoding: gzip")).toBe(seen(name, packed, "gzip"));
    await forwarder.line(/"PUT \/up HTTP\/1\.1"/);
    await forwarder.expectQuiet();
  });
}

testWith(["curl", "wget", "nginx"], "nginx answers in gzip, in parts, and that nothing has changed", async () => {
  using folder = scratch();
  const text = "Some text that becomes short. ".repeat(20_000);
  writeFileSync(folder.file("file"), text);
  await using nginx = await (servers.get("nginx")?.start(folder.path) ?? Promise.reject(new Error("none")));
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port, nginx.port));
  const url = `http://127.0.0.1:${port}/file`;
  expect(await curl("--compressed", url)).toBe(text);
  const head = await curl("-D", "-", "-o", "/dev/null", "-H", "Accept-Encoding: gzip", url);
  expect(head).toMatch(/\r\ntransfer-encoding: chunked\r\n/);
  expect(head).toMatch(/\r\ncontent-encoding: gzip\r\n/);
  expect(await curl("-r", "10-19", url)).toBe(text.slice(10, 20));
  const tag = /etag: (\S+)/.exec(await curl("-I", url))?.[1] ?? "";
  expect(await curl("-w", "%{http_code}", "-H", `If-None-Match: ${tag}`, url, url)).toBe("304304");
  writeFileSync(folder.file("half"), text.slice(0, 1000));
  await must(["wget", "-q", "-c", "-O", folder.file("half"), url]);
  expect(readFileSync(folder.file("half"), "utf8")).toBe(text);
  await forwarder.expectQuiet();
});

/** A server of a handler; it ends with its block. */
async function serving(
  take: (request: IncomingMessage, response: ServerResponse) => void,
  asked?: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer(take);
  if (asked !== undefined) server.on("checkContinue", asked);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function bodyOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => resolve(Buffer.concat(parts)));
    request.on("error", reject);
  });
}

async function tell(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.end(seenText(await bodyOf(request), "", request.headers["transfer-encoding"] ?? ""));
}

testWith(["curl"], "a large upload that asks first, as of git-lfs: refused before it is sent, then taken", async () => {
  using folder = scratch();
  const bytes = randomBytes(32 * mebibyte);
  writeFileSync(folder.file("large"), bytes);
  const asked: string[] = [];
  await using server = await serving(
    (request, response) => void tell(request, response),
    (request, response) => {
      asked.push(request.headers.authorization ?? "nobody");
      if (request.headers.authorization === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="lfs"', "content-length": 0 }).end();
        return;
      }
      response.writeContinue();
      void tell(request, response);
    },
  );
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port, server.port));
  const words = ["--anyauth", "-u", "u:p", "-H", "Expect: 100-continue", "--expect100-timeout", "10"];
  const answer = await curl(
    ...words,
    "-T",
    folder.file("large"),
    "-w",
    " %{size_upload}",
    `http://127.0.0.1:${port}/objects/1`,
  );
  // curl rewinds what it did not have to send.
  expect(answer).toBe(`${seenText(bytes, "", "")} ${bytes.length}`);
  expect(asked).toEqual(["nobody", `Basic ${Buffer.from("u:p").toString("base64")}`]);
  await forwarder.line(/ 401 .*"PUT \/objects\/1 HTTP\/1\.1"/);
  await forwarder.expectQuiet();
});

testWith(
  ["curl"],
  "an image's layer is pushed as to a registry: begun, in chunks, ended, looked for, pulled",
  async () => {
    using folder = scratch();
    const layer = randomBytes(5 * mebibyte);
    writeFileSync(folder.file("first"), layer.subarray(0, 3 * mebibyte));
    writeFileSync(folder.file("second"), layer.subarray(3 * mebibyte));
    let [stored, isDone] = [Buffer.alloc(0), false];
    const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const { method, url = "" } = request;
      const body = await bodyOf(request);
      if (method === "POST") {
        // A Location with the name that it was asked by.
        response
          .writeHead(202, { location: `http://${request.headers.host}/v2/a/blobs/uploads/1`, "content-length": 0 })
          .end();
      } else if (method === "PATCH") {
        expect(request.headers["transfer-encoding"]).toBe("chunked");
        stored = Buffer.concat([stored, body]);
        response
          .writeHead(202, { range: `0-${stored.length - 1}`, "docker-upload-uuid": "1", "content-length": 0 })
          .end();
      } else if (method === "PUT") {
        isDone = url.endsWith("?digest=sha256:x");
        response.writeHead(201, { "content-length": 0 }).end();
      } else if (!isDone) response.writeHead(404, { "content-length": 0 }).end();
      else response.writeHead(200, { "content-length": stored.length }).end(method === "HEAD" ? undefined : stored);
    };
    await using server = await serving((request, response) => void take(request, response));
    const port = await freePort();
    await using forwarder = await startForwarder(sections(port, server.port));
    const url = `http://127.0.0.1:${port}/v2/a/blobs`;
    const blob = `${url}/sha256:x`;
    expect(await curl("-I", "-w", "%{http_code}", "-o", "/dev/null", blob)).toBe("404");
    const place = await curl("-X", "POST", "-d", "", "-w", "%header{location}", `${url}/uploads/`);
    expect(place).toBe(`${url}/uploads/1`);
    for (const part of ["first", "second"]) {
      // From a pipe, so that nobody knows how long it is.
      const { stdout } = await run([
        "sh",
        "-c",
        `cat ${folder.file(part)} | curl -sS -m 20 -X PATCH -T - -w '%{http_code} %header{range}' ${place}`,
      ]);
      expect(stdout).toBe(`202 0-${part === "first" ? 3 * mebibyte - 1 : layer.length - 1}`);
    }
    expect(await curl("-X", "PUT", "-d", "", "-w", "%{http_code}", `${place}?digest=sha256:x`)).toBe("201");
    expect(await curl("-I", blob)).toContain(`\r\ncontent-length: ${layer.length}\r\n`);
    await curl("-o", folder.file("pulled"), blob);
    expect(readFileSync(folder.file("pulled")).equals(layer)).toBe(true);
    await forwarder.expectQuiet();
  },
);

testWith(["wrk", "nginx"], "wrk gets every answer that it asks for", async () => {
  using folder = scratch();
  writeFileSync(folder.file("file"), "x".repeat(500));
  await using nginx = await (servers.get("nginx")?.start(folder.path) ?? Promise.reject(new Error("none")));
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port, nginx.port));
  const said = await must(["wrk", "-t", "1", "-c", "64", "-d", "1s", `http://127.0.0.1:${port}/file`]);
  expect(said).not.toMatch(/Socket errors|Non-2xx/);
  const [, count = "0"] = /(\d+) requests in/.exec(said) ?? [];
  expect(Number(count)).toBeGreaterThan(100);
  await forwarder.expectQuiet();
  const lines = forwarder.process.stdout.all.filter((line) => line.includes('"GET /file HTTP/1.1"'));
  // Those that were under way at the end count here alone.
  expect(lines.length).toBeGreaterThanOrEqual(Number(count));
  expect(lines.filter((line) => !/ 200 \d+ - - (?:--|CD|CL)/.test(line))).toEqual([]);
});

/** A WebSocket by hand (RFC 6455): a text in two frames with a ping between them, one of 1 MiB, and the end. */
const socketText = `
import base64, os, socket, struct, sys
port = int(sys.argv[1])
s = socket.create_connection(("127.0.0.1", port), 10)
s.sendall(b"GET /ws HTTP/1.1\\r\\nHost: a\\r\\nUpgrade: websocket\\r\\nConnection: keep-alive, Upgrade\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: " + base64.b64encode(bytes(16)) + b"\\r\\n\\r\\n")
f = s.makefile("rb")
status = f.readline().decode().strip()
fields = dict(line.lower().split(": ", 1) for line in iter(lambda: f.readline().decode().strip(), ""))
def send(code, data):
    mask = os.urandom(4)
    size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\\xff" + struct.pack(">Q", len(data))
    if len(data) < 2048: masked = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
    else: masked = (int.from_bytes(data, "big") ^ int.from_bytes(mask * (len(data) // 4), "big")).to_bytes(len(data), "big")
    s.sendall(bytes([code]) + size + mask + masked)
def receive():
    code, size = f.read(2)
    size = struct.unpack(">H", f.read(2))[0] if size == 126 else struct.unpack(">Q", f.read(8))[0] if size == 127 else size
    return code, f.read(size)
print(status, fields["sec-websocket-accept"], fields["upgrade"])
send(0x01, b"one ")
send(0x89, b"ping")
print(*receive())
send(0x80, b"two")
print(*receive())
large = os.urandom(1 << 20)
send(0x82, large)
print(receive() == (0x82, large))
send(0x88, struct.pack(">H", 1000))
print(*receive(), f.read())
`;

testWith(["python3"], "a WebSocket of python's: frames, a ping, 1 MiB, and the end of it", async () => {
  await using server = serveSockets();
  const port = await freePort();
  await using forwarder = await startForwarder(sections(port, server.port));
  expect(await must(["python3", "-c", socketText, String(port)])).toBe(
    "HTTP/1.1 101 Switching Protocols icx+yqv66kxgm0fcwalwlflwtai= websocket\n138 b'ping'\n129 b'one two'\nTrue\n136 b'\\x03\\xe8' b''\n",
  );
  await forwarder.line(/ 101 .*"GET \/ws HTTP\/1\.1"/);
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
