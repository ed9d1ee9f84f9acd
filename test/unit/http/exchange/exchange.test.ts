/** Exchanges over sockets: what goes to the server, what comes to the client, and what is told of it. */
import { jscDescribe } from "bun:jsc";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { CookiePlan } from "../../../../src/plan/http.ts";
import { hasHead, httpPlan, httpScene, ok, Origin } from "../http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
const cookie: CookiePlan = {
  name: "SRV",
  mode: "insert",
  indirect: false,
  nocache: false,
  postonly: false,
  preserve: false,
  httponly: false,
  secure: false,
  domains: [],
  maxIdleSeconds: 0,
  maxLifeSeconds: 0,
  dynamic: false,
  attributes: [],
};

describe("exchange", () => {
  test("a request goes to the server and its answer to the client, names in lower case", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start((text) => (hasHead(text) ? ok("hello") : null));
    await scene.apply(httpPlan([origin.port]));
    const client = await scene.open();
    client.socket.write(get);
    await scene.until(() => client.received.endsWith("hello"));
    expect(origin.requests).toEqual(["GET /a HTTP/1.1\r\nhost: x\r\n\r\n"]);
    expect(client.received).toBe("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    await scene.until(() => scene.records.length === 1);
    const [record] = scene.records;
    expect(record?.termination).toBe("--");
    expect(record?.http).toMatchObject({ method: "GET", target: "/a", version: "HTTP/1.1", status: 200 });
    expect(record?.bytesOut).toBe(client.received.length);
    client.socket.end();
    await client.ended;
  });

  test("has no more fields than are quickly made, 62 and 32 besides, each a slot of the engine's", async () => {
    await using scene = httpScene();
    await scene.apply(httpPlan([]));
    const client = await scene.open();
    await scene.until(() => scene.proxy.running.sessions.running.size === 1);
    const [session] = scene.proxy.running.sessions.running;
    const [, within, besides] = /\(\d+\/(\d+), \d+\/(\d+)\)/.exec(jscDescribe(Reflect.get(session!, "exchange"))) ?? [];
    expect([Number(within), Number(besides) <= 32]).toEqual([62, true]);
    client.socket.end();
    await client.ended;
  });

  test("option logasap tells of an answer when its head goes, with the head's bytes", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start((text) =>
      hasHead(text) ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe" : null,
    );
    await scene.apply(httpPlan([origin.port], { front: { logAsap: true } }));
    const client = await scene.open();
    client.socket.write(get);
    await scene.until(() => scene.records.length === 1);
    const head = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
    expect(scene.records[0]).toMatchObject({ bytesOut: head.length, unfinished: true });
    origin.sockets[0]?.write("llo");
    await scene.until(() => client.received === `${head}hello`);
    client.socket.end();
    await client.ended;
    expect(scene.records.length).toBe(1);
  });

  test("requests that follow each other on one connection use one connection to the server", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start((text) => (hasHead(text) ? ok("x") : null));
    await scene.apply(httpPlan([origin.port]));
    const client = await scene.open();
    for (let number = 1; number <= 3; number++) {
      client.socket.write(get);
      await scene.until(() => client.received.split("HTTP/1.1 200").length === number + 1);
    }
    expect(origin.sockets.length).toBe(1);
    expect(scene.records.map((one) => one.id)).toEqual([1, 2, 3]);
    client.socket.end();
    await client.ended;
  });

  test("pipelined requests are answered in order", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start((text) => {
      const found = /^GET (\S+)/.exec(text);
      return hasHead(text) ? ok(found?.[1] ?? "?") : null;
    });
    await scene.apply(httpPlan([origin.port]));
    const client = await scene.open();
    client.socket.write([1, 2, 3, 4, 5].map((one) => `GET /${one} HTTP/1.1\r\nHost: x\r\n\r\n`).join(""));
    await scene.until(() => client.received.endsWith("/5"));
    expect([...client.received.matchAll(/\n\/(\d)/g)].map((one) => one[1]).join("")).toBe("12345");
    client.socket.end();
    await client.ended;
  });

  test("chunked bodies go both ways with their trailers", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start((text) =>
      text.endsWith("\r\nx: y\r\n\r\n")
        ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\nT: u\r\n\r\n"
        : null,
    );
    await scene.apply(httpPlan([origin.port]));
    const client = await scene.open();
    client.socket.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.socket.write("1\r\nc\r\n0\r\nX: y\r\n\r\n");
    await scene.until(() => client.received.endsWith("\r\n\r\n") && client.received.includes("t: u"));
    expect(origin.requests[0]).toBe(
      "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nx: y\r\n\r\n",
    );
    expect(client.received).toBe("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nt: u\r\n\r\n");
    client.socket.end();
    await client.ended;
  });

  test("what is no request gets 400 and the connection ends", async () => {
    await using scene = httpScene();
    await scene.apply(httpPlan([1]));
    const client = await scene.open();
    client.socket.write("GET /\r\n\r\n");
    await client.ended;
    expect(client.received).toBe(
      "HTTP/1.1 400 Bad request\r\nContent-length: 90\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<html><body><h1>400 Bad request</h1>\nYour browser sent an invalid request.\n</body></html>\n",
    );
    const [record] = scene.records;
    expect(record?.termination).toBe("PR");
    expect(record?.http).toMatchObject({ status: 400, requestLine: "<BADREQ>" });
  });

  test("a server that is not there gives 503, and the client may ask again", async () => {
    await using scene = httpScene();
    await scene.apply(httpPlan([1], { back: { retries: 0 } }));
    const client = await scene.open();
    client.socket.write(get + get);
    await scene.until(() => client.received.split("HTTP/1.1 503").length === 3);
    expect(scene.records.map((one) => [one.termination, one.http?.status])).toEqual([
      ["SC", 503],
      ["SC", 503],
    ]);
    client.socket.end();
    await client.ended;
  });

  test("a server that leaves without an answer gives 502", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start((_, socket) => (socket.end(), null));
    await scene.apply(httpPlan([origin.port]));
    const client = await scene.open();
    client.socket.write(get);
    await scene.until(() => client.received.startsWith("HTTP/1.1 502"));
    expect(scene.records[0]?.termination).toBe("SH");
    client.socket.end();
    await client.ended;
  });

  test("a silent server gives 504, a silent client 408 or nothing", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start(() => null);
    const plan = httpPlan([origin.port], {
      front: { timeouts: { clientMs: 10_000, clientFinMs: 0, clientHandshakeMs: 0 } },
      httpFront: { httpTimeouts: { httpRequestMs: 150, httpKeepAliveMs: 100, tarpitMs: 0 } },
      back: {
        timeouts: { connectMs: 1000, serverMs: 100, serverFinMs: 0, tunnelMs: 0, queueMs: 0, checkMs: 0 },
      },
    });
    await scene.apply(plan);
    const client = await scene.open();
    client.socket.write(get);
    await scene.until(() => client.received.startsWith("HTTP/1.1 504"));
    client.received = "";
    client.socket.write("GET ");
    await client.ended;
    expect(client.received).toStartWith("HTTP/1.1 408 Request Time-out\r\n");
    const idle = await scene.open();
    idle.socket.write(get);
    await idle.ended;
    expect(idle.received).not.toContain("408");
    expect(scene.records.map((one) => `${one.termination} ${one.http?.status}`)).toEqual([
      "sH 504",
      "cR 408",
      "sH 504",
    ]);
  });

  test("101 opens a tunnel, and bytes that came before it go first", async () => {
    await using scene = httpScene();
    let isOpen = false;
    await using origin = await Origin.start((text) => {
      if (isOpen) return text;
      if (!hasHead(text)) return null;
      isOpen = true;
      return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nfirst";
    });
    await scene.apply(httpPlan([origin.port]));
    const client = await scene.open();
    client.socket.write("GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await scene.until(() => client.received.endsWith("first"));
    client.socket.write("ping");
    await scene.until(() => client.received.endsWith("ping"));
    client.socket.end();
    await client.ended;
    await scene.until(() => scene.records.length === 1);
    expect(scene.records[0]?.http?.status).toBe(101);
    expect(scene.records[0]?.termination).toBe("--");
  });

  test("a pooled connection that its server has closed is noticed, and another one opened", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start((text, socket) => {
      if (!hasHead(text)) return null;
      setTimeout(() => socket.end(), 5);
      return ok("x");
    });
    await scene.apply(httpPlan([origin.port]));
    const client = await scene.open();
    for (let number = 1; number <= 3; number++) {
      client.socket.write(get);
      await scene.until(() => client.received.split("HTTP/1.1 200").length === number + 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(origin.sockets.length).toBe(3);
    client.socket.end();
    await client.ended;
  });

  test("a pooled connection that the server resets as the request comes is tried again where that is safe", async () => {
    await using scene = httpScene();
    const seen = new Map<unknown, number>();
    await using origin = await Origin.start((text, socket) => {
      if (!hasHead(text)) return null;
      const count = (seen.get(socket) ?? 0) + 1;
      seen.set(socket, count);
      if (count > 1) {
        socket.resetAndDestroy();
        return null;
      }
      return ok("x");
    });
    await scene.apply(httpPlan([origin.port]));
    const client = await scene.open();
    client.socket.write(get);
    await scene.until(() => client.received.endsWith("x"));
    client.received = "";
    client.socket.write(get);
    await scene.until(() => client.received.endsWith("x"));
    client.received = "";
    client.socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\ny");
    await client.ended;
    expect(client.received).toBe("");
  });

  test("a frontend in mode tcp whose backend is in mode http speaks HTTP from there on", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start((text) => (hasHead(text) ? ok("x") : null));
    await scene.apply(httpPlan([origin.port], { front: { mode: "tcp", http: null } as never }));
    const client = await scene.open();
    client.socket.write(get + get);
    await scene.until(() => client.received.split("HTTP/1.1 200").length === 3);
    expect(origin.requests).toEqual(Array.from({ length: 2 }, () => "GET /a HTTP/1.1\r\nhost: x\r\n\r\n"));
    client.socket.end();
    await client.ended;
    await scene.until(() => scene.records.length === 2);
  });

  test("a server's redir is told to the client, which nobody connects for", async () => {
    await using scene = httpScene();
    const plan = httpPlan([1]);
    const [backend] = plan.backends;
    const servers = backend!.servers.map((one) => ({ ...one, http: { ...one.http, redirectPrefix: "http://b" } }));
    await scene.apply({ ...plan, backends: [{ ...backend!, servers }] });
    const client = await scene.open();
    client.socket.write(get);
    await scene.until(() => client.received.endsWith("\r\n\r\n"));
    expect(client.received).toBe(
      "HTTP/1.1 302 Found\r\ncache-control: no-cache\r\ncontent-length: 0\r\nlocation: http://b/a\r\n\r\n",
    );
    expect(scene.records[0]?.termination).toBe("LC");
    client.socket.end();
    await client.ended;
  });

  test.each([
    ["/a", "Set-Cookie: a=b\r\nETag: x\r\n", "PH 502"],
    ["/a", "Set-Cookie2: a=b\r\nExpires: 0\r\n", "PH 502"],
    ["/a", "Set-Cookie: a=b\r\n", "-- 200"],
    ["/a", "Set-Cookie: a=b\r\nETag: x\r\nCache-Control: private\r\n", "-- 200"],
    ["/a", "ETag: x\r\n", "-- 200"],
    ["/nocache", "Set-Cookie: a=b\r\nETag: x\r\n", "-- 200"],
  ])("checkcache: %s %j %s", async (path, fields, end) => {
    await using scene = httpScene();
    await using origin = await Origin.start((text) => (hasHead(text) ? ok("x", fields) : null));
    const nocache = path === "/nocache";
    await scene.apply(httpPlan([origin.port], { httpBack: { checksCache: true, cookie: { ...cookie, nocache } } }));
    const client = await scene.open();
    client.socket.write(get);
    await scene.until(() => scene.records.length === 1);
    expect(scene.records.map((one) => `${one.termination} ${one.http?.status}`)).toEqual([end]);
    client.socket.end();
    await client.ended;
  });

  test("rules see the server's cookies, not the one that says where the client is", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start((text) => (hasHead(text) ? ok("x", "Set-Cookie: a=b\r\n") : null));
    const action = { kind: "del-header", name: "set-cookie", match: "str" } as const;
    const responseRules = [{ position: { file: "x.cfg", line: 1 }, action, condition: null }];
    await scene.apply(httpPlan([origin.port], { httpBack: { responseRules, cookie } }));
    const client = await scene.open();
    client.socket.write(get);
    await scene.until(() => client.received.endsWith("\r\n\r\nx"));
    expect(client.received.match(/set-cookie: [^\r]*/gi)).toEqual([expect.stringMatching(/^set-cookie: SRV=;/)]);
    client.socket.end();
    await client.ended;
  });

  test("what is left of a request whose server has answered and gone is never taken for another one", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start((text, socket) => {
      if (!hasHead(text)) return null;
      setTimeout(() => socket.destroy(), 1);
      return "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
    });
    await scene.apply(httpPlan([origin.port]));
    for (let round = 0; round < 10; round++) {
      const client = await scene.open();
      client.socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\n\r\n");
      client.socket.write(get.repeat(80_000).slice(0, round % 2 === 0 ? 2_000_000 : 100_000));
      await scene.until(() => scene.records.length > round);
      // Where all of it has gone to the server, the client may go on.
      client.socket.end();
      await client.ended;
    }
    expect(scene.records.map((one) => one.http?.method).filter((method) => method !== "POST")).toEqual([]);
    expect(scene.records.length).toBe(10);
  });
});
