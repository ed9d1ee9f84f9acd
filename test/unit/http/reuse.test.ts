/** Which exchanges share connections to servers, for how long these are kept, and what is tried again. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { httpServerDefaults, type HttpServerOptions } from "../../../src/plan/http.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import type { Scene } from "../proxy/proxy-scene.ts";
import { hasHead, httpPlan, httpScene, ok, Origin, type Parts } from "./http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

function withServers(plan: Plan, own: Partial<HttpServerOptions>): Plan {
  const backends = plan.backends.map((one) => ({
    ...one,
    servers: one.servers.map((server) => ({ ...server, http: { ...httpServerDefaults, ...own } })),
  }));
  return { ...plan, backends };
}

/** One client after the other sends so many requests; what the server saw of connections. */
async function visit(scene: Scene, clients: number, requests: number): Promise<void> {
  for (let client = 0; client < clients; client++) {
    const one = await scene.open();
    for (let count = 1; count <= requests; count++) {
      one.socket.write(get);
      await scene.until(() => one.received.split("HTTP/1.1 200").length === count + 1);
    }
    one.socket.end();
    await one.ended;
  }
}

async function connectionsFor(parts: Parts, own: Partial<HttpServerOptions> = {}, requests = 2): Promise<number> {
  await using origin = await Origin.start((text) => (hasHead(text) ? ok("x") : null));
  await using scene = httpScene();
  await scene.apply(withServers(httpPlan([origin.port], parts), own));
  await visit(scene, 3, requests);
  return origin.sockets.length;
}

/** A server that answers its connections with these words in turn; null: it ends without. */
async function inTurn(words: readonly (string | null)[]): Promise<Origin> {
  let at = 0;
  return Origin.start((text, socket) => {
    if (!hasHead(text)) return null;
    const word = words[Math.min(at++, words.length - 1)] ?? null;
    if (word === null) socket.end();
    return word;
  });
}

describe("reuse", () => {
  test("safe: a client's first request has a connection of its own, later ones have whichever is idle", async () => {
    expect(await connectionsFor({ httpBack: { reuse: "safe" } })).toBe(3);
  });

  test("aggressive: first requests take connections that were used more than once", async () => {
    expect(await connectionsFor({ httpBack: { reuse: "aggressive" } })).toBe(1);
  });

  test("always: any request takes what is idle", async () => {
    expect(await connectionsFor({ httpBack: { reuse: "always" } }, {}, 1)).toBe(1);
  });

  test("never: a client's connection is nobody else's", async () => {
    expect(await connectionsFor({ httpBack: { reuse: "never" } })).toBe(3);
  });

  test("server-close and close end each connection to a server", async () => {
    expect(await connectionsFor({ httpBack: { reuse: "always", connection: "server-close" } })).toBe(6);
  });

  test("pool-max-conn 0 keeps none, and max-reuse ends one after so many requests more", async () => {
    expect(await connectionsFor({ httpBack: { reuse: "always" } }, { poolMax: 0 })).toBe(6);
    expect(await connectionsFor({ httpBack: { reuse: "always" } }, { maxReuse: 1 })).toBe(3);
  });

  test("half of those that nobody needs are closed at each interval", async () => {
    await using origin = await Origin.start((text) => (hasHead(text) ? ok("x") : null));
    await using scene = httpScene();
    await scene.apply(withServers(httpPlan([origin.port]), { poolPurgeMs: 40 }));
    const clients = await Promise.all([1, 2, 3, 4].map(() => scene.open()));
    for (const one of clients) one.socket.write(get);
    await scene.until(() => clients.every((one) => one.received.endsWith("x")));
    const server = scene.proxy.running.backends.get("be")?.servers[0];
    expect(server?.counters.http.idle).toBe(4);
    await scene.until(() => server?.counters.http.idle === 0);
    for (const one of clients) one.socket.end();
    await Promise.all(clients.map((one) => one.ended));
  });
});

describe("trying again", () => {
  const busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
  const retryOn = { emptyResponse: false, junkResponse: false, responseTimeout: false, statuses: [] as number[] };

  async function told(words: readonly (string | null)[], own: Partial<typeof retryOn>, text = get): Promise<string> {
    await using origin = await inTurn(words);
    await using scene = httpScene();
    const back = {
      retries: 3,
      timeouts: { connectMs: 1000, serverMs: 150, serverFinMs: 0, tunnelMs: 0, queueMs: 0, checkMs: 0 },
    };
    await scene.apply(httpPlan([origin.port], { back, httpBack: { retryOn: { ...retryOn, ...own } } }));
    const client = await scene.open();
    client.socket.write(text);
    await scene.until(() => scene.records.length === 1);
    client.socket.end();
    await client.ended;
    const [record] = scene.records;
    return `${record?.http?.status} ${record?.termination} ${record?.retries} ${origin.requests.length}`;
  }

  test("an empty answer, where retry-on says so", async () => {
    expect(await told([null, ok("x")], {})).toBe("502 SH 0 0");
    expect(await told([null, ok("x")], { emptyResponse: true })).toBe("200 -- 1 1");
    expect(await told([null], { emptyResponse: true })).toBe("502 SH 3 0");
  });

  test("a status, with the body that was sent", async () => {
    const post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
    expect(await told([busy, busy, ok("x")], { statuses: [503] }, post)).toBe("200 -- 2 3");
    expect(await told([busy], { statuses: [503] })).toBe("503 -- 3 4");
    expect(await told([busy], {})).toBe("503 -- 0 1");
  });

  test("junk", async () => {
    expect(await told(["nonsense\r\n\r\n", ok("x")], { junkResponse: true })).toBe("200 -- 1 2");
    expect(await told(["nonsense\r\n\r\n", ok("x")], {})).toBe("502 PH 0 1");
  });
});
