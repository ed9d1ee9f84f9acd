/** What rules make of exchanges on their way: hints, and answers whose body is not what their status says. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Action, Rule } from "../../../src/plan/rules/rule.ts";
import { format } from "../rules/session.ts";
import { hasHead, httpPlan, httpScene, ok, Origin } from "./http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

function rule(action: Action): Rule {
  return { position: { file: "x.cfg", line: 1 }, action, condition: null };
}

/** What comes of two requests in a row on one connection, up to `end`. */
async function received(
  rules: { readonly requestRules?: readonly Rule[]; readonly responseRules?: readonly Rule[] },
  end: string,
  asked = get + get,
  answer = ok("hello"),
): Promise<string> {
  await using scene = httpScene();
  await using origin = await Origin.start((text) => (hasHead(text) ? answer : null));
  await scene.apply(httpPlan([origin.port], { httpFront: rules }));
  const client = await scene.open();
  client.socket.write(asked);
  await scene.until(() => client.received.endsWith(end));
  client.socket.end();
  await client.ended;
  return client.received;
}

const hint = (name: string): Rule => rule({ kind: "early-hint", name, value: format("b") });
const status = (code: number): Rule => rule({ kind: "set-status", status: code, reason: null });

describe("hints", () => {
  test("those of one list are one 103, before whatever answers", async () => {
    const reply = { kind: "made", status: 404, contentType: null, content: null, fields: [] } as const;
    const requestRules = [hint("link"), hint("x-a"), rule({ kind: "return", reply })];
    const one =
      "HTTP/1.1 103 Early Hints\r\nlink: b\r\nx-a: b\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    expect(await received({ requestRules }, one + one)).toBe(one + one);
  });

  test("HTTP/1.0 knows none", async () => {
    const text = await received({ requestRules: [hint("link")] }, "hello", "GET / HTTP/1.0\r\n\r\n");
    expect(text).not.toContain("103");
  });
});

describe("an answer's body is what its status says", () => {
  test.each([204, 304])(
    "set-status %d: what the server says is dropped, and the next answer is whole",
    async (code) => {
      const text = await received({ responseRules: [status(code)] }, "\r\n\r\n");
      expect(text).not.toContain("hello");
      expect(text.split(`HTTP/1.1 ${code}`)).toHaveLength(3);
    },
  );

  test("set-status 200 of one without a body: it is empty", async () => {
    const answer = "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n";
    const one = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    expect(await received({ responseRules: [status(200)] }, one + one, get + get, answer)).toBe(one + one);
  });

  test("set-method GET of HEAD: the client gets no body", async () => {
    const requestRules = [rule({ kind: "set-method", value: format("GET") })];
    const head = "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n";
    const one = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
    expect(await received({ requestRules }, one + one, head + head)).toBe(one + one);
  });

  test("set-method HEAD of GET: the client is not told of a body that does not come", async () => {
    const requestRules = [rule({ kind: "set-method", value: format("HEAD") })];
    const one = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    const answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    expect(await received({ requestRules }, one + one, get + get, answer)).toBe(one + one);
  });

  test("a reply that says so is the last of its connection", async () => {
    const fields = [{ name: "connection", value: format("close") }];
    const reply = { kind: "made", status: 200, contentType: "a/b", content: "x", fields } as const;
    const text = await received({ requestRules: [rule({ kind: "return", reply })] }, "x");
    expect(text).toBe("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-type: a/b\r\nconnection: close\r\n\r\nx");
  });
});

test("a frontend without a format tells of each request as it comes, and of connections nothing", async () => {
  await using scene = httpScene();
  await using origin = await Origin.start((text) => (hasHead(text) ? ok("hello") : null));
  await scene.apply(httpPlan([origin.port], { front: { logFormat: null } }));
  const silent = await scene.open();
  const client = await scene.open();
  client.socket.write(get + get);
  await scene.until(() => client.received.split("hello").length === 3);
  const told = scene.events.filter((event) => event.type === "accepted");
  expect(told.map((event) => event.client)).toEqual(
    Array.from({ length: 2 }, () => ({ kind: "tcp", host: "127.0.0.1", port: client.socket.localPort })) as never,
  );
  for (const one of [silent, client]) {
    one.socket.end();
    await one.ended;
  }
});

describe("a rule that cannot write", () => {
  const broken = rule({ kind: "replace-header", name: "host", regex: ".", value: format("\\") });
  const ofAnswer = rule({ kind: "replace-header", name: "x-a", regex: ".", value: format("\\") });
  const lenient = rule({ kind: "strict-mode", isOn: false });

  // As HAProxy 2.6 counts: frontend, backend, server.
  test.each([
    ["front", { httpFront: { requestRules: [broken] } }, "PR 500", [1, 0, 0], [1, 0, 0]],
    ["back", { httpBack: { requestRules: [broken] } }, "PR 500", [1, 1, 0], [1, 1, 0]],
    ["of the answer", { httpFront: { responseRules: [ofAnswer] } }, "PH 500", [1, 1, 1], [1, 1, 1]],
    ["behind the answer", { httpBack: { afterResponseRules: [ofAnswer] } }, "PH 500", [1, 1, 1], [1, 1, 1]],
    [
      "lenient",
      { httpFront: { requestRules: [lenient, broken] }, httpBack: { responseRules: [lenient, ofAnswer] } },
      "-- 200",
      [2, 1, 1],
      [0, 0, 0],
    ],
  ] as const)("%s", async (_, parts, end, rewrites, errors) => {
    await using scene = httpScene();
    await using origin = await Origin.start((text) => (hasHead(text) ? ok("x", "X-A: b\r\n") : null));
    await scene.apply(httpPlan([origin.port], parts));
    const client = await scene.open();
    client.socket.write(get);
    await scene.until(() => scene.records.length === 1);
    const { frontends, backends } = scene.proxy.running;
    const backend = backends.get("be");
    const counted = [frontends.get("fe"), backend, backend?.servers[0]].map((one) => one?.counters);
    expect(scene.records.map((one) => `${one.termination} ${one.http?.status}`)).toEqual([end]);
    expect(counted.map((one) => one?.http.failedRewrites)).toEqual([...rewrites]);
    expect(counted.map((one) => one?.http.internalErrors)).toEqual([...errors]);
    expect(counted.map((one) => one?.deniedResponses ?? 0)).toEqual([0, 0, 0]);
    client.socket.end();
    await client.ended;
  });
});
