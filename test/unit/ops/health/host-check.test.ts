// Who gets which page of the health endpoint: every path, method and Host, over a socket.
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { hostname } from "node:os";
import { type HealthEndpoint, openHealthEndpoint } from "../../../../src/ops/health/health-endpoint.ts";
import { judge, wrongHealthName } from "../../../../src/ops/health/host-check.ts";
import { scriptedProxy } from "../scripted-proxy.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const names = ["Status.Example.com", "given.example."];
let endpoint: HealthEndpoint;
beforeAll(async () => {
  const { proxy } = scriptedProxy({});
  const info = {
    proxy,
    version: "v",
    releaseDate: "d",
    node: "n",
    description: null,
    descriptors: 9,
    droppedLogs: 0,
    heapBytes: () => 5,
  };
  const opened = await openHealthEndpoint(
    { host: "127.0.0.1", port: 0 },
    { info, tables: () => [], reloads: () => ({ done: 0, failed: 0 }), ownVersion: "0.1.0", names },
  );
  if ("failed" in opened) throw new Error(opened.failed);
  endpoint = opened;
});
afterAll(() => endpoint.close());

/** The status, and the head with the body, of what is answered. */
function ask(text: string): Promise<{ code: number; head: string; body: string }> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(endpoint.address.port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => (received += part));
    socket.on("error", () => {});
    socket.on("close", () => {
      const [head = "", body = ""] = received.split("\r\n\r\n", 2);
      resolve({ code: Number(head.split(" ")[1]), head, body });
    });
  });
}

const machine = hostname();

/** What the Host field says; null: there is none. 200: the pages that are not for everybody are answered. */
const hosts: readonly (readonly [string | null, 200 | 400 | 421])[] = [
  ["127.0.0.1", 200],
  ["127.0.0.1:8404", 200],
  ["192.0.2.7:1", 200],
  ["[::1]", 200],
  ["[::1]:8404", 200],
  ["[2001:DB8::7]:65535", 200],
  ["[::ffff:127.0.0.1]", 200],
  ["localhost", 200],
  ["LocalHost:9000", 200],
  ["localhost.", 200],
  ["localhost.:8404", 200],
  ["localhost:", 200],
  [" localhost\t", 200],
  [machine, 200],
  [`${machine.toUpperCase()}.:8404`, 200],
  [machine.split(".", 1)[0] ?? "", 200],
  ["status.example.com", 200],
  ["STATUS.example.COM.:81", 200],
  ["given.example", 200],
  ["evil.example", 421],
  ["evil.example:8404", 421],
  ["localhost.evil.example", 421],
  ["127.0.0.1.evil.example", 421],
  ["evil.localhost", 421],
  ["example.com", 421],
  ["x.status.example.com", 421],
  ["status.example.com.evil.example", 421],
  ["localhost..", 421],
  [".localhost", 421],
  [".", 421],
  ["", 421],
  [":8404", 421],
  ["localhost:x", 421],
  ["localhost:123456", 421],
  ["localhost:80:80", 421],
  ["evil.example@localhost", 421],
  ["localhost@evil.example", 421],
  ["localhost, evil.example", 421],
  ["localhost evil.example", 421],
  ["localhost/", 421],
  ["localhost#evil.example", 421],
  ["http://localhost", 421],
  ["::1", 421],
  ["[::1", 421],
  ["[localhost]", 421],
  ["[127.0.0.1]", 421],
  ["[::1%25lo]", 421],
  ["[::1]evil.example", 421],
  ["127.1", 421],
  ["2130706433", 421],
  ["0x7f.0.0.1", 421],
  ["constructor", 421],
  ["__proto__", 421],
  [null, 400],
];
const openPaths = [
  "/healthz",
  "/readyz",
  "/metrics",
  "/metrics?scope=global",
  "/;csv",
  "/stats;csv;norefresh",
  "/stats/;csv",
];
const ownPaths = [
  "/",
  "/status",
  "/status?sessions",
  "/?/healthz",
  "/nothing",
  "/healthz/",
  "/Healthz",
  "//healthz",
  "/stats",
  "/status;csv",
  "/stats;csvx",
  "/stats//;csv",
  "/%68ealthz",
];
const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "M-SEARCH"];

/** What a page that may be seen answers with. */
function found(path: string): number {
  return /^\/(?:(?:healthz|readyz|metrics|status)?(?:\?|$)|(?:stats\/?)?;csv(?:;|$))/.test(path) ? 200 : 404;
}

/** What a page is answered with: the one table that there is. */
function expected(path: string, method: string, verdict: 200 | 400 | 421): number {
  if (method !== "GET" && method !== "HEAD") return 405;
  return openPaths.includes(path) || verdict === 200 ? found(path) : verdict;
}

test("every path, method and Host", () => {
  for (const [host, verdict] of hosts) {
    for (const path of [...openPaths, ...ownPaths]) {
      for (const method of methods) {
        const request = { method, target: path, hosts: host === null ? [] : [host.trim()], isOld: false };
        const judged = judge(request, names);
        const code = "code" in judged ? judged.code : found(path);
        expect({ host, path, method, code }).toEqual({ host, path, method, code: expected(path, method, verdict) });
      }
    }
  }
});

test("every Host, as it is sent", async () => {
  for (const [host, verdict] of hosts) {
    const field = host === null ? "" : `Host: ${host}\r\n`;
    const codes = await Promise.all(
      ["/healthz", "/status"].map(async (path) => (await ask(`GET ${path} HTTP/1.1\r\n${field}\r\n`)).code),
    );
    expect({ host, codes }).toEqual({ host, codes: [200, verdict] });
  }
});

test("every path and method, as it is answered", async () => {
  for (const path of [...openPaths, ...ownPaths]) {
    const answers = await Promise.all(
      methods.map((method) => ask(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`)),
    );
    const seen = answers.map(({ code, head, body }) => ({
      code,
      allow: /^Allow: (.*)$/m.exec(head)?.[1]?.trim(),
      hasBody: body !== "",
      isForOtherOrigins: head.includes("Access-Control"),
    }));
    const wanted = methods.map((method) => ({
      code: expected(path, method, 200),
      allow: method === "GET" || method === "HEAD" ? undefined : "GET, HEAD",
      hasBody: method !== "HEAD",
      isForOtherOrigins: false,
    }));
    expect({ path, seen }).toEqual({ path, seen: wanted });
  }
});

test("HTTP/1.0 without a Host is no browser's; one that is said counts", async () => {
  for (const path of [...openPaths, ...ownPaths]) {
    expect({ path, code: (await ask(`GET ${path} HTTP/1.0\r\n\r\n`)).code }).toEqual({ path, code: found(path) });
    const named = await ask(`GET ${path} HTTP/1.0\r\nHost: evil.example\r\n\r\n`);
    expect({ path, code: named.code }).toEqual({ path, code: openPaths.includes(path) ? 200 : 421 });
  }
});

test("a whole URL says by which name it is asked, whatever the Host", async () => {
  const asked: readonly (readonly [string, string, number])[] = [
    ["http://localhost/status", "evil.example", 200],
    ["HTTP://LOCALHOST:8404/status", "evil.example", 200],
    ["https://[::1]/", "evil.example", 200],
    ["http://localhost", "evil.example", 200],
    ["http://localhost?sessions", "evil.example", 200],
    ["http://evil.example/status", "localhost", 421],
    ["http://evil.example", "localhost", 421],
    ["http://evil.example?/healthz", "localhost", 421],
    ["http://user@localhost/status", "localhost", 421],
    ["http://localhost:80@evil.example/status", "localhost", 421],
    ["http:///status", "localhost", 421],
    ["http://evil.example/healthz", "evil.example", 200],
    ["http://evil.example/metrics?scope=", "localhost", 200],
    ["ftp://localhost/status", "localhost", 400],
    ["http:/status", "localhost", 400],
    ["localhost/status", "localhost", 400],
    ["localhost:80", "localhost", 400],
    ["*", "localhost", 400],
    ["healthz", "localhost", 400],
  ];
  for (const [target, host, expected] of asked) {
    const { code } = await ask(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect({ target, host, code }).toEqual({ target, host, code: expected });
  }
});

test("several Hosts, and fields that are none, are refused whatever is asked for", async () => {
  const heads = [
    "Host: localhost\r\nHost: localhost\r\n",
    "Host: localhost\r\nhOST: evil.example\r\n",
    "Host : localhost\r\n",
    "Host\r\n",
    "Host: evil.example\r\n localhost\r\n",
    " Host: localhost\r\n",
    ": x\r\n",
  ];
  for (const head of heads) {
    for (const path of ["/healthz", "/status"]) {
      expect({ head, code: (await ask(`GET ${path} HTTP/1.1\r\n${head}\r\n`)).code }).toEqual({ head, code: 400 });
    }
  }
  expect((await ask("GET /status HTTP/1.1\nX-Host: evil.example\nhost:localhost\n\n")).code).toBe(200);
});

test("what is refused says what to do", async () => {
  const { body } = await ask("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  expect(body).toContain("--health-name NAME");
});

test("a name that it was told to listen on is one of its own", () => {
  const request = { method: "GET", target: "/status", hosts: ["front.example:1"], isOld: false };
  expect([judge(request, ["front.example"]), judge(request, [])]).toMatchObject([{ path: "/status" }, { code: 421 }]);
});

test("names that may be given", () => {
  const good = ["a", "a.example", "A.Example.", "git-1_x.example", "10.0.0.1", "::1", "x".repeat(63)];
  const bad = [
    "",
    "a:80",
    "*",
    "*.example",
    "http://a",
    "a/b",
    "a b",
    "a@b",
    "..",
    ".a",
    "a..b",
    "[::1]",
    "x".repeat(64),
  ];
  expect(good.map(wrongHealthName)).toEqual(good.map(() => null));
  expect(bad.map(wrongHealthName)).toEqual(bad.map((name) => `expects a host name, without a port, not '${name}'`));
});
