/**
 * git over HTTP: `git http-backend` in nginx, as sites run it, with `mode http` before it.
 *
 * SOAK=1 pushes and clones 1 GiB in place of 96 MiB.
 */
import { expect } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createReadStream, readFileSync, writeFileSync } from "node:fs";
import { residentBytes, startForwarder } from "./forwarder.ts";
import { repositories, startSite } from "./git-site.ts";
import { freePort, must, scratch, testWith } from "./harness.ts";

const mebibyte = 1024 * 1024;
const files = process.env["SOAK"] === "1" ? 64 : 6;
const fileSize = 16 * mebibyte;

async function digest(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** The most memory that a process has had. */
function peakBytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0) * 1024;
}

/** What `git fast-import` makes commits of, each with files of its own and a branch: many branches make a client's question long. */
function history(commits: number, each: number): string {
  return Array.from({ length: commits }, (_, commit) => {
    const file = (index: number): string => {
      const text = `${commit} ${index}\n`;
      return `M 644 inline ${commit}/${index}\ndata ${text.length}\n${text}`;
    };
    const tree = Array.from({ length: each }, (_unused, index) => file(index)).join("");
    const head = `commit refs/heads/main\nmark :${commit + 1}\ncommitter Test <test@example.com> ${commit} +0000\ndata 1\nx\n`;
    return `${head}${tree}reset refs/heads/b${commit}\nfrom :${commit + 1}\n\n`;
  }).join("");
}

function sections(port: number, server: number, more = ""): string {
  return `listen git
    mode http
    option httplog
    bind 127.0.0.1:${port}
${more}    server s 127.0.0.1:${server} pool-purge-delay 100ms
`;
}

const needs = ["git", "nginx", "fcgiwrap", "curl"];

testWith(
  needs,
  `git pushes and clones ${(files * fileSize) / mebibyte} MiB, and no memory grows`,
  async () => {
    using folder = scratch();
    const git = await repositories(folder.path);
    await using site = await startSite(folder.path);
    const port = await freePort();
    await using forwarder = await startForwarder(sections(port, site.port));
    const url = `http://127.0.0.1:${port}/origin.git`;
    writeFileSync(folder.file("work/small"), "small");
    await git("-C", "work", "add", ".");
    await git("-C", "work", "commit", "-q", "-m", "Small");
    await git("-C", "work", "push", "-q", url, "main");
    await git("clone", "-q", url, "warm");
    const before = residentBytes(forwarder.pid);
    const sums = new Map<string, string>();
    for (let file = 0; file < files; file++) {
      writeFileSync(folder.file(`work/file-${file}`), randomBytes(fileSize));
      sums.set(`file-${file}`, await digest(folder.file(`work/file-${file}`)));
    }
    await git("-C", "work", "add", ".");
    await git("-C", "work", "commit", "-q", "-m", "Large");
    await git("-C", "work", "push", "-q", url, "main");
    await git("clone", "-q", url, "copy");
    for (const [name, sum] of sums) expect([name, await digest(folder.file(`copy/${name}`))]).toEqual([name, sum]);
    // Within what the collector leaves lying, however much goes through.
    expect(peakBytes(forwarder.pid) - before).toBeLessThan(80 * mebibyte);
    expect(site.log()).toContain("POST /origin.git/git-receive-pack HTTP/1.1 [-] [chunked]");
    await forwarder.line(/"POST \/origin.git\/git-receive-pack HTTP\/1.1"/);
    await forwarder.expectQuiet();
  },
  600_000,
);

testWith(
  needs,
  "git pushes, clones and fetches thousands of small objects, with what it asks for in gzip",
  async () => {
    using folder = scratch();
    const git = await repositories(folder.path);
    await using site = await startSite(folder.path);
    const port = await freePort();
    await using forwarder = await startForwarder(sections(port, site.port));
    const url = `http://127.0.0.1:${port}/origin.git`;
    await git("-C", "work", "remote", "add", "origin", url);
    await must(["git", "-C", "work", "fast-import", "--quiet"], { cwd: folder.path, input: history(20, 150) });
    await git("-C", "work", "reset", "-q", "--hard");
    // In one piece, with a length.
    await git("-C", "work", "-c", "http.postBuffer=64m", "push", "-q", "--all", "origin");
    await git("clone", "-q", "-c", "protocol.version=0", url, "copy");
    writeFileSync(folder.file("work/last"), "last");
    await git("-C", "work", "add", ".");
    await git("-C", "work", "commit", "-q", "-m", "Last");
    await git("-C", "work", "push", "-q", "origin", "main");
    await git("-C", "copy", "-c", "protocol.version=0", "pull", "-q");
    await git("-C", "copy", "fsck", "--strict");
    expect(await git("-C", "copy", "rev-parse", "HEAD")).toBe(await git("-C", "work", "rev-parse", "HEAD"));
    expect(site.log().filter((line) => line.includes("[gzip]"))).not.toEqual([]);
    await forwarder.expectQuiet();
  },
  120_000,
);

/** Where git-lfs keeps its objects: it asks for what it may do with them, and does it. */
async function startStore(): Promise<
  AsyncDisposable & { readonly port: number; readonly stored: Map<string, Buffer> }
> {
  const stored = new Map<string, Buffer>();
  const server = createServer((request, response) => void serveObjects(stored, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    stored,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Batch {
  readonly operation: "upload" | "download";
  readonly objects: readonly { readonly oid: string; readonly size: number }[];
}

async function serveObjects(
  stored: Map<string, Buffer>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts);
  const { method, url = "", headers } = request;
  const oid = url.slice(url.lastIndexOf("/") + 1);
  if (method === "PUT") stored.set(oid, body);
  if (method === "GET") return void response.end(stored.get(oid));
  if (url !== "/lfs/objects/batch") return void response.writeHead(method === "PUT" ? 200 : 404).end();
  const { operation, objects } = JSON.parse(body.toString()) as Batch;
  const href = `http://${headers.host}/lfs/store`;
  const answer = objects.map((one) => ({ ...one, actions: { [operation]: { href: `${href}/${one.oid}` } } }));
  response.setHeader("content-type", "application/vnd.git-lfs+json");
  response.end(JSON.stringify({ transfer: "basic", objects: answer }));
}

testWith(
  [...needs, "git-lfs"],
  "git-lfs stores large files beside a repository, and fetches them",
  async () => {
    using folder = scratch();
    const git = await repositories(folder.path);
    await using site = await startSite(folder.path);
    await using store = await startStore();
    const port = await freePort();
    const more = "    use_backend lfs if { path_beg /lfs/ }\n";
    const lfs = `backend lfs\n    mode http\n    server l 127.0.0.1:${store.port} pool-purge-delay 100ms\n`;
    await using forwarder = await startForwarder(sections(port, site.port, more) + lfs);
    const url = `http://127.0.0.1:${port}`;
    const large = ["-c", `lfs.url=${url}/lfs`];
    await git("-C", "work", "lfs", "install", "--local");
    await git("-C", "work", "lfs", "track", "*.bin");
    const files = new Map(["a.bin", "b.bin", "c.bin"].map((name) => [name, randomBytes(fileSize / 2)]));
    for (const [name, bytes] of files) writeFileSync(folder.file(`work/${name}`), bytes);
    await git("-C", "work", "add", ".");
    await git("-C", "work", "commit", "-q", "-m", "Large");
    await git("-C", "work", ...large, "push", "-q", `${url}/origin.git`, "main");
    expect(store.stored.size).toBe(3);
    await git("clone", "-q", `${url}/origin.git`, "copy");
    expect(readFileSync(folder.file("copy/a.bin"), "utf8")).toStartWith("version https://git-lfs.github.com/spec/v1\n");
    await git("-C", "copy", "lfs", "install", "--local");
    await git("-C", "copy", ...large, "lfs", "pull");
    for (const [name, bytes] of files) expect(readFileSync(folder.file(`copy/${name}`)).equals(bytes)).toBe(true);
    await forwarder.line(/ lfs\/l .*"PUT \/lfs\/store\//);
    await forwarder.expectQuiet();
  },
  120_000,
);
