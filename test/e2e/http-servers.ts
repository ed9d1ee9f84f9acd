/** Servers of HTTP that people run, each of which gives one file and says what it was sent. */
import { createHash } from "node:crypto";
import { commandPath, freePort, type Need, start, waitUntil } from "./harness.ts";
import { runNginx } from "./nginx.ts";
import { connect } from "node:net";

/**
 * `GET /file` is the file in the folder; `PUT /up` is answered with what came, by `seenText` (nginx stores it as `up` instead).
 */
export interface WebServer extends AsyncDisposable {
  readonly port: number;
}

/** A body as a server saw it: bytes, digest, Content-Encoding, Transfer-Encoding. */
export function seenText(bytes: Uint8Array, coding: string, transfer: string): string {
  return `${bytes.length} ${createHash("sha256").update(bytes).digest("hex")} [${coding}] [${transfer}]`;
}

interface ServerKind {
  readonly needs: readonly Need[];
  start(folder: string): Promise<WebServer>;
}

/** How each is started over a folder with `file` in it, and what it takes. */
export const servers: ReadonlyMap<string, ServerKind> = new Map<string, ServerKind>([
  ["nginx", { needs: ["nginx"], start: startNginx }],
  [
    "node",
    { needs: ["node"], start: (folder) => startScript(["node", "--input-type=module", "-e", nodeText], folder) },
  ],
  // Unless it is told otherwise it answers in HTTP/1.0, and closes.
  ["python", { needs: ["python3"], start: (folder) => startScript(["python3", "-c", pythonText], folder) }],
  ["python 1.1", { needs: ["python3"], start: (folder) => startScript(["python3", "-c", pythonText], folder, "1.1") }],
  ["Bun", { needs: [], start: startBun }],
]);

async function startScript(words: readonly string[], folder: string, version = "1.0"): Promise<WebServer> {
  const port = await freePort();
  const [name = "", ...rest] = words;
  const running = start([commandPath(name), ...rest], {
    env: { PORT: String(port), FOLDER: folder, VERSION: `HTTP/${version}` },
  });
  await listening(port);
  return { port, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

async function listening(port: number): Promise<void> {
  await waitUntil(`port ${port}`, () => {
    const { promise, resolve, reject } = Promise.withResolvers<true>();
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", reject);
    return promise;
  });
}

const nodeText = `
import { createServer } from "node:http";
import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
const file = process.env.FOLDER + "/file";
createServer((request, response) => {
  if (request.method === "GET" || request.method === "HEAD") {
    response.writeHead(200, { "content-length": statSync(file).size });
    if (request.method === "HEAD") return void response.end();
    return void createReadStream(file).pipe(response);
  }
  const hash = createHash("sha256");
  let length = 0;
  request.on("data", (bytes) => { hash.update(bytes); length += bytes.length; });
  request.on("end", () => response.end([length, hash.digest("hex"), "[" + (request.headers["content-encoding"] ?? "") + "]", "[" + (request.headers["transfer-encoding"] ?? "") + "]"].join(" ")));
}).listen(Number(process.env.PORT), "127.0.0.1");
`;

const pythonText = `
import hashlib, os, http.server
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = os.environ["VERSION"]
    def __init__(self, *rest): super().__init__(*rest, directory=os.environ["FOLDER"])
    def log_message(self, *rest): pass
    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip(): pass
            return
        left = int(self.headers.get("Content-Length", "0"))
        while left:
            part = self.rfile.read(min(left, 65536))
            left -= len(part)
            yield part
    def do_PUT(self):
        hash, length = hashlib.sha256(), 0
        for part in self.body():
            hash.update(part)
            length += len(part)
        names = [self.headers.get(name, "") for name in ("Content-Encoding", "Transfer-Encoding")]
        text = f"{length} {hash.hexdigest()} [{names[0]}] [{names[1]}]".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`;

async function startNginx(folder: string): Promise<WebServer> {
  const port = await freePort();
  const running = runNginx(
    folder,
    `  access_log off;
  gzip on;
  gzip_types application/octet-stream text/plain;
  server {
    listen 127.0.0.1:${port};
    root ${folder};
    dav_methods PUT DELETE;
  }
`,
  );
  await listening(port);
  return { port, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

async function startBun(folder: string): Promise<WebServer> {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 30,
    maxRequestBodySize: 2 ** 31,
    async fetch(request) {
      if (request.method === "GET" || request.method === "HEAD") return new Response(Bun.file(`${folder}/file`));
      const { headers } = request;
      const bytes = new Uint8Array(await request.arrayBuffer());
      return new Response(
        seenText(bytes, headers.get("content-encoding") ?? "", headers.get("transfer-encoding") ?? ""),
      );
    },
  });
  return { port: server.port ?? 0, [Symbol.asyncDispose]: () => server.stop(true) };
}
