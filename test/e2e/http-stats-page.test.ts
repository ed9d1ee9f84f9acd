/** The statistics page as tools and browsers use it: over HTTP, beside other traffic, by name and password. */
import { expect } from "bun:test";
import { type Forwarder, startForwarder } from "./forwarder.ts";
import { freePort, must, scratch, testWith, waitUntil } from "./harness.ts";
import { open } from "./sockets.ts";

interface Ports {
  readonly page: number;
  readonly locked: number;
  readonly back: number;
  readonly metrics: number;
}

function sections({ page, locked, back, metrics }: Ports, socket: string): string {
  return `global
    log stdout format raw daemon
    stats socket ${socket} level admin
defaults
    mode http
    log global
    option httplog
    timeout connect 5s
    timeout client 10s
    timeout server 10s
listen st
    bind 127.0.0.1:${page}
    stats enable
    stats uri /stats
    stats admin if TRUE
    stats refresh 9s
    server s1 127.0.0.1:1
    server s2 127.0.0.1:1 disabled
frontend locked
    bind 127.0.0.1:${locked}
    stats enable
    stats auth user:password
    stats realm Ours
    stats hide-version
frontend figures
    bind 127.0.0.1:${metrics}
    http-request use-service prometheus-exporter if TRUE
frontend other
    bind 127.0.0.1:${back}
    default_backend behind
backend behind
    stats enable
    stats scope .
    server x 127.0.0.1:1
`;
}

async function curl(...words: string[]): Promise<string> {
  return must(["curl", "-s", "-m", "10", ...words]);
}

/** Rows of CSV by proxy and server, each by column. */
function rowsOf(csv: string): Map<string, Map<string, string>> {
  const [head = "", ...lines] = csv.trimEnd().split("\n");
  const names = head.replace(/^# /, "").split(",");
  return new Map(
    lines.map((line) => {
      const fields = line.split(",");
      return [fields.slice(0, 2).join("/"), new Map(names.map((name, at) => [name, fields[at] ?? ""]))];
    }),
  );
}

/** What says nothing of when it was asked. */
const steady = ["status", "weight", "act", "bck", "iid", "sid", "type", "mode", "slim", "addr", "algo"];

function steadyOf(csv: string): unknown {
  return [...rowsOf(csv)].map(([name, row]) => [name, ...steady.map((column) => row.get(column))]);
}

async function withPage(body: (ports: Ports, forwarder: Forwarder, socket: string) => Promise<void>): Promise<void> {
  using folder = scratch();
  const [page, locked, back, metrics] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const ports = { page, locked, back, metrics };
  const socket = folder.file("socket");
  await using forwarder = await startForwarder(sections(ports, socket), { whole: true });
  await body(ports, forwarder, socket);
}

testWith(["curl", "socat"], "its CSV is what `show stat` tells, here and on the health endpoint", async () => {
  await withPage(async ({ page }, forwarder, socket) => {
    const told = await must(["socat", "-t", "10", "-", `unix-connect:${socket}`], { input: "show stat\n" });
    const csv = await curl(`http://127.0.0.1:${page}/stats;csv`);
    expect(csv.split("\n")[0]).toBe(told.split("\n")[0]);
    expect(steadyOf(csv)).toEqual(steadyOf(told.trimEnd()));
    expect(steadyOf(await curl("-H", "Host: any.example", `http://${forwarder.health}/stats;csv`))).toEqual(
      steadyOf(csv),
    );
    expect(steadyOf(await curl(`http://${forwarder.health}/;csv`))).toEqual(steadyOf(csv));
    const json = JSON.parse(await curl(`http://127.0.0.1:${page}/stats;json`)) as unknown[];
    expect(json).toHaveLength(rowsOf(csv).size);
  });
});

testWith(["curl"], "the form changes servers, and only for its own page", async () => {
  await withPage(async ({ page }, forwarder) => {
    const url = `http://127.0.0.1:${page}/stats`;
    const status = async (name: string): Promise<string | undefined> =>
      rowsOf(await curl(`${url};csv`))
        .get(name)
        ?.get("status");
    const post = (form: string, ...words: string[]): Promise<string> =>
      curl("-o", "/dev/null", "-w", "%{http_code} %header{location}", "-d", form, ...words, url);
    expect(await status("st/s1")).toBe("no check");
    expect(await post("s=s1&action=maint&b=st", "-H", "Origin: http://evil.example")).toBe("303 /stats;st=DENY");
    expect(await post("s=s1&action=maint&b=st", "-H", "Sec-Fetch-Site: cross-site")).toBe("303 /stats;st=DENY");
    expect(await status("st/s1")).toBe("no check");
    expect(await post("s=s1&action=maint&b=st", "-H", `Origin: http://127.0.0.1:${page}`)).toBe("303 /stats;st=DONE");
    expect(await status("st/s1")).toBe("MAINT");
    expect(await post("s=s1&s=s2&action=ready&b=st")).toBe("303 /stats;st=DONE");
    expect(await status("st/s2")).toBe("no check");
    expect(await post(`s=s1&action=maint&b=st&x=${"x".repeat(20_000)}`)).toBe("303 /stats;st=EXCD");
    expect(await forwarder.line(/POST/)).toMatch(/ st st\/<STATS> 0\/0\/0\/0\/\d+ 303 \d+ - - LR-- /);
    expect(await curl("-L", "-d", "s=nope&action=maint&b=st", url)).toContain("invalid parameters");
  });
});

testWith(["curl"], "who has no name and password is asked for them", async () => {
  await withPage(async ({ locked }, forwarder) => {
    const url = `http://127.0.0.1:${locked}/haproxy?stats`;
    const refused = await curl("-i", url);
    expect(refused).toStartWith("HTTP/1.1 401 Unauthorized\r\n");
    expect(refused).toContain('\r\nwww-authenticate: Basic realm="Ours"\r\n');
    expect(await forwarder.line(/ 401 /)).toMatch(/ locked locked\/<STATS> 0\/0\/0\/-1\/\d+ 401 \d+ - - LR-- /);
    expect(await curl("-u", "user:wrong", url)).toContain("401 Unauthorized");
    const page = await curl("-u", "user:password", url);
    expect(page).toContain("<h1>fairlead</h1>");
    expect(await forwarder.line(/ 200 /)).toMatch(/ locked locked\/<STATS> 0\/0\/0\/0\/\d+ 200 \d+ - - LR-- /);
    const posted = await curl("-i", "-u", "user:password", "-d", "s=s1&action=maint&b=st", url);
    expect(posted).toContain("location: /haproxy?stats;st=DENY\r\n");
  });
});

testWith(["curl"], "HEAD, several requests on one connection, and HTTP/1.0", async () => {
  await withPage(async ({ page }, forwarder) => {
    const head = await curl("-I", `http://127.0.0.1:${page}/stats`);
    expect(head).toContain("content-type: text/html");
    expect(await curl("-I", `http://127.0.0.1:${page}/stats;csv`)).toContain("refresh: 9");
    const client = await open(page);
    let text = "";
    client.on("data", (bytes: Buffer) => (text += bytes.toString()));
    const one = "GET /stats;csv HTTP/1.1\r\nHost: x\r\n\r\n";
    client.write(one + one.replace("GET", "HEAD") + one + "GET /stats HTTP/1.0\r\n\r\n");
    await waitUntil("the end", () => text.endsWith("</html>\n"));
    expect(text.match(/^HTTP\/1\.1 200 OK\r$/gm)).toHaveLength(4);
    expect(text.match(/^# pxname/gm)).toHaveLength(2);
    client.destroy();
    await forwarder.expectQuiet();
  });
});

testWith(["curl"], "a backend has a page, too, and metrics are served where a rule says so", async () => {
  await withPage(async ({ back, metrics }, forwarder) => {
    const csv = await curl(`http://127.0.0.1:${back}/haproxy?stats;csv`);
    expect([...rowsOf(csv).keys()]).toEqual(["behind/x", "behind/BACKEND"]);
    expect(await forwarder.line(/csv/)).toMatch(/ other behind\/<STATS> 0\/0\/0\/0\/\d+ 200 \d+ - - LR-- /);
    const text = await curl("-i", `http://127.0.0.1:${metrics}/metrics?scope=backend`);
    expect(text).toContain("content-type: text/plain; version=0.0.4\r\n");
    expect(text).toContain('\nhaproxy_backend_active_servers{proxy="behind"} 1\n');
    expect(text).not.toContain("haproxy_server_");
    expect(await forwarder.line(/metrics/)).toMatch(/ figures figures\/<PROMEX> 0\/0\/0\/0\/\d+ 200 \d+ - - LR-- /);
  });
});

testWith(["curl"], "who only has a page is ready, and who has no server for TCP is not", async () => {
  const [page, port] = await Promise.all([freePort(), freePort()]);
  const alone = `listen st\n    mode http\n    bind 127.0.0.1:${page}\n    stats enable\n`;
  await using ready = await startForwarder(alone);
  expect(await ready.page("/readyz")).toEqual({ status: 200, body: "ready\n" });
  await using other = await startForwarder(`listen nobody\n    bind 127.0.0.1:${port}\n`);
  expect(await other.page("/readyz")).toEqual({ status: 503, body: "not ready: backend nobody\n" });
});
