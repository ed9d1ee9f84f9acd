/** Requests whose rules ask for a password: they wait where they stand, and nobody else does. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { httpServing } from "../../../src/http/serving.ts";
import type { Verify } from "../../../src/proxy/process/passwords.ts";
import { readText } from "../../cases/case.ts";
import { deferred } from "../../../src/deferred.ts";
import { Scene, type TestClient } from "../proxy/proxy-scene.ts";
import { hasHead, ok, Origin } from "./http-scene.ts";

setDefaultTimeout(60_000);

const hashed = "$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA";

function scene(verify: Verify): Scene {
  return new Scene(undefined, undefined, { verify, http: (sessions, global) => httpServing(sessions, global) });
}

/** Applies a frontend `fe` with these lines, and those of a backend behind it. */
async function apply(one: Scene, port: number, front: string, back = "", mode = "http"): Promise<void> {
  const { plan } = readText(`userlist u
 user bob password ${hashed} groups g
 group g
defaults
 mode ${mode}
 timeout client 20s
 timeout server 20s
 timeout connect 5s
frontend fe
 bind 127.0.0.1:1
${front}
 default_backend be
backend be
${back}
 server s1 127.0.0.1:${port}
backend dead
 server s1 127.0.0.1:9 disabled
backend other
 mode http
 http-request return status 299
`);
  if (plan === null) throw new Error("no plan");
  const frontends = plan.frontends.map((frontend) => ({
    ...frontend,
    binds: frontend.binds.map((bind) => ({ ...bind, address: { ...bind.address, port: 0 } as typeof bind.address })),
  }));
  await one.apply({ ...plan, frontends });
}

function get(password: string, path = "/"): string {
  const field = Buffer.from(`bob:${password}`).toString("base64");
  return `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic ${field}\r\n\r\n`;
}

async function answerTo(one: Scene, request: string): Promise<string> {
  const client = await one.open();
  client.socket.write(request);
  return answerOf(one, client);
}

async function answerOf(one: Scene, client: TestClient): Promise<string> {
  await one.until(() => hasHead(client.received) || client.socket.destroyed);
  client.socket.destroy();
  return client.received.slice(0, 12);
}

const echo = (text: string): string | null => (hasHead(text) ? ok("hello") : null);

test("rules go on where they stood, and other clients are served meanwhile", async () => {
  const verdict = deferred<boolean>();
  const asked: string[] = [];
  await using one = scene((password) => {
    asked.push(password);
    return verdict.promise;
  });
  await using origin = await Origin.start(echo);
  await apply(
    one,
    origin.port,
    ` http-request set-var(txn.n) int(0)
 http-request deny if { hdr(x-n) -m found }
 http-request add-header x-n 1
 http-request set-var(txn.n) var(txn.n),add(1)
 http-request deny if { path_beg /in } !{ http_auth_group(u) g }
 http-request add-header x-ok %[http_auth(u)] if { path_beg /in }
 http-request add-header x-var %[var(txn.n)]`,
  );
  const client = await one.open();
  client.socket.write(get("secret", "/in"));
  await one.until(() => asked.length > 0);
  expect(await answerTo(one, get("secret", "/out"))).toBe("HTTP/1.1 200");
  expect([client.received, origin.requests.length]).toEqual(["", 1]);
  verdict.resolve(true);
  expect(await answerOf(one, client)).toBe("HTTP/1.1 200");
  const [, request = ""] = origin.requests;
  expect(request.split("\r\n").filter((line) => line.startsWith("x-"))).toEqual(["x-n: 1", "x-ok: 1", "x-var: 1"]);
  expect(asked).toEqual(["secret"]);
});

test("what an action tells of a password is known before it is done", async () => {
  await using one = scene(async (password) => password === "secret");
  await using origin = await Origin.start(echo);
  await apply(one, origin.port, " http-request add-header x-ok %[http_auth(u)]");
  for (const password of ["secret", "public"]) expect(await answerTo(one, get(password))).toBe("HTTP/1.1 200");
  expect(origin.requests.map((text) => text.split("\r\n").filter((line) => line.startsWith("x-")))).toEqual([
    ["x-ok: 1"],
    ["x-ok: 0"],
  ]);
});

test("a pipelined request waits for the one before it, and each gets its answer", async () => {
  await using one = scene(async (password) => password === "secret");
  await using origin = await Origin.start(echo);
  await apply(one, origin.port, " http-request deny deny_status 403 unless { http_auth(u) }");
  const client = await one.open();
  client.socket.write(get("secret") + get("public") + get("secret"));
  await one.until(() => client.received.split("HTTP/1.1 ").length === 4);
  client.socket.destroy();
  expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 403", "HTTP/1.1 200"]);
});

test.each([
  ["use_backend", " use_backend other if { http_auth(u) }", ""],
  [
    "a password that a rule has written",
    ` http-request set-header authorization "Basic Ym9iOnNlY3JldA=="\n use_backend other if { http_auth_group(u) g }`,
    "",
  ],
  ["monitor fail", " monitor-uri /\n monitor fail if { http_auth(u) }", ""],
  ["redirect", " redirect location /x code 303 if { http_auth(u) }", ""],
  ["a backend's rule", "", " http-request return status 298 if { http_auth(u) }"],
  ["use-server", "", " balance first\n server s0 127.0.0.1:9 weight 0\n use-server s0 if { http_auth(u) }"],
  ["tcp-request content", " tcp-request content reject if { http_auth(u) }", ""],
])("whoever asks hears of it: %s", async (_, front, back) => {
  await using one = scene(async (password) => password === "secret");
  await using origin = await Origin.start(echo);
  await apply(one, origin.port, front, back);
  const right = await answerTo(one, get("secret"));
  expect(right).not.toBe("HTTP/1.1 200");
  if (!front.includes("set-header")) expect(await answerTo(one, get("public"))).toBe("HTTP/1.1 200");
});

test("what cannot be told is no wrong password", async () => {
  await using one = scene(() => Promise.reject(new Error("no thread")));
  await using origin = await Origin.start(echo);
  await apply(one, origin.port, " http-request auth unless { http_auth(u) }");
  expect(await answerTo(one, get("secret"))).toBe("HTTP/1.1 500");
  expect(one.events.filter((event) => event.type === "notice").map(({ text }) => text)).toEqual([
    expect.stringContaining("while a password was looked at"),
  ]);
});

test("a client that leaves is not waited for, nor asked for", async () => {
  const first = deferred<boolean>();
  const asked: string[] = [];
  await using one = scene((password) => {
    asked.push(password);
    return first.promise;
  });
  await using origin = await Origin.start(echo);
  await apply(one, origin.port, " http-request auth unless { http_auth(u) }");
  const clients = [];
  for (const password of ["a", "b", "c"]) {
    const client = await one.open();
    client.socket.write(get(password));
    clients.push(client);
    await one.until(() => one.proxy.running.state.current === clients.length);
  }
  await one.until(() => asked.length === 1);
  clients[1]?.socket.resetAndDestroy();
  await one.until(() => one.proxy.running.state.current === 2);
  first.resolve(false);
  expect(await Promise.all([clients[0], clients[2]].map((client) => answerOf(one, client as TestClient)))).toEqual([
    "HTTP/1.1 401",
    "HTTP/1.1 401",
  ]);
  expect(asked).toEqual(["a", "c"]);
});

test("they wait as long as a request may take to come", async () => {
  await using one = scene(() => new Promise(() => {}));
  await using origin = await Origin.start(echo);
  await apply(one, origin.port, " timeout http-request 50ms\n http-request auth unless { http_auth(u) }");
  expect(await answerTo(one, get("secret"))).toBe("HTTP/1.1 503");
});

test.each([
  ["rules", " tcp-request content reject if !{ http_auth(u) }"],
  ["use_backend", " tcp-request content accept if HTTP\n use_backend dead if !{ http_auth(u) }"],
])("in mode tcp: %s", async (_, front) => {
  const verdict = deferred<void>();
  const asked: string[] = [];
  await using one = scene(async (password) => {
    asked.push(password);
    await verdict.promise;
    return password === "secret";
  });
  await using origin = await Origin.start(echo);
  await apply(one, origin.port, ` tcp-request inspect-delay 15s\n${front}`, "", "tcp");
  const clients = [await one.open(), await one.open()];
  clients[0]?.socket.write(get("secret"));
  clients[1]?.socket.write(get("public"));
  await one.until(() => asked.length > 0);
  verdict.resolve();
  const answers = await Promise.all(clients.map((client) => answerOf(one, client)));
  expect(answers).toEqual(["HTTP/1.1 200", ""]);
});
