import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect, createServer, type Socket } from "node:net";
import {
  askHealthEndpoint,
  isBoundBy,
  openHealthEndpoint,
  parseHealthAddress,
} from "../../../../src/ops/health/health-endpoint.ts";
import { connectionsLimit } from "../../../../src/ops/health/http-connections.ts";
import { waitUntil } from "../../../e2e/harness.ts";
import { parseMetricsQuery } from "../../../../src/ops/stats/metrics-query.ts";
import { metricsRows } from "../../../../src/ops/stats/metrics.ts";
import { bindPlan, onePlan } from "../../proxy/plans.ts";
import { scriptedFace, serverFigures, backendFigures } from "../figures.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

function info(own: Parameters<typeof scriptedFace>[0] = {}) {
  return {
    face: scriptedFace(own).face,
    version: "v",
    releaseDate: "d",
    node: "n",
    description: null,
    descriptors: 99,
    droppedLogs: 4,
    heapBytes: () => 5,
  };
}

function table(name: string, type: string, size: number, used: number) {
  return { name, plan: { type, size }, used, sweep: () => [undefined] };
}

function metricsOf(own: Parameters<typeof scriptedFace>[0] = {}) {
  const tables = [table("b", "ip", 10_240, 2), table('t"', "string", 1_048_576, 0)];
  return { info: info(own), tables: () => tables, reloads: () => ({ done: 3, failed: 1 }) };
}

async function open(own: Parameters<typeof scriptedFace>[0] = {}) {
  const endpoint = await openHealthEndpoint(
    { host: "127.0.0.1", port: 0 },
    { ...metricsOf(own), ownVersion: "0.1.0", names: [] },
  );
  if ("failed" in endpoint) throw new Error(endpoint.failed);
  return { ...endpoint, [Symbol.dispose]: () => endpoint.close() };
}

const metricsRequest = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

test("an answer that throws breaks off, and is told of", async () => {
  const broken = new Error("broken");
  const faults: unknown[] = [];
  const { face } = scriptedFace();
  const fault = (error: unknown): void => void faults.push(error);
  const throwing = {
    ...face,
    readiness() {
      throw broken;
    },
  };
  const sources = { ...metricsOf(), info: { ...info(), face: throwing, fault }, ownVersion: "", names: [] };
  const endpoint = await openHealthEndpoint({ host: "127.0.0.1", port: 0 }, sources);
  if ("failed" in endpoint) throw new Error(endpoint.failed);
  expect(await exchange(endpoint.address.port, "GET /readyz HTTP/1.1\r\n\r\n")).toBe("");
  expect(await exchange(endpoint.address.port, "GET /healthz HTTP/1.1\r\n\r\n")).toStartWith("HTTP/1.1 200 OK");
  expect(faults).toEqual([broken]);
  endpoint.close();
});

/** Opens so many connections that send `text` and nothing else. */
async function hang(port: number, count: number, text: string, isReading: boolean) {
  const sockets: Socket[] = [];
  let closed = 0;
  for (let index = 0; index < count; index++) {
    const socket = connect(port, "127.0.0.1");
    if (!isReading) socket.pause();
    else socket.resume();
    socket.on("error", () => {});
    socket.on("close", () => (closed += 1));
    await new Promise((resolve) => socket.once("connect", resolve));
    socket.write(text);
    sockets.push(socket);
  }
  return {
    closed: () => closed,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await waitUntil("all are closed", () => closed === count);
    },
  };
}

/** Sends a text; all that is answered. */
function exchange(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => (received += part));
    socket.on("error", () => {});
    socket.on("close", () => resolve(received));
  });
}

describe("health endpoint", () => {
  test("pages", async () => {
    using endpoint = await open();
    const ask = (path: string) => askHealthEndpoint(endpoint.address, path);
    expect(await ask("/healthz")).toEqual({ code: 200, body: "ok\n" });
    expect(await ask("/readyz")).toEqual({ code: 200, body: "ready\n" });
    expect((await ask("/")).body).toStartWith("<!doctype html>");
    expect((await ask("/metrics")).body).toContain("haproxy_process_dropped_logs_total 4\n");
    expect(JSON.parse((await ask("/status?sessions")).body)).toMatchObject({
      name: "fairlead",
      ready: true,
      sessions: [],
    });
    expect((await ask("/nothing")).code).toBe(404);
  });

  test("what others answer is told from it", async () => {
    const answers = {
      "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 3\r\n\r\nok\n": "It says 'nginx'.",
      "HTTP/1.0 200 OK\r\n\r\nok\n": "no fairlead.",
      "SSH-2.0-OpenSSH_9.9\r\n": "It does not speak HTTP.",
      "": "",
    };
    for (const [text, remark] of Object.entries(answers)) {
      const stranger = createServer((socket) => socket.on("error", () => {}).end(text));
      await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", () => resolve()));
      const { port } = stranger.address() as { port: number };
      const { code, body } = await askHealthEndpoint({ host: "127.0.0.1", port }, "/healthz");
      expect([code, body.endsWith(remark), body === ""]).toEqual([0, true, false]);
      stranger.close();
    }
  });

  test("not ready says what is missing", async () => {
    using endpoint = await open({ ready: false });
    expect(await askHealthEndpoint(endpoint.address, "/readyz")).toEqual({
      code: 503,
      body: "not ready: backend be\n",
    });
    expect((await askHealthEndpoint(endpoint.address, "/healthz")).code).toBe(200);
  });

  test("probes get in while two hundred requests hang half-sent", async () => {
    using endpoint = await open();
    await using hanging = await hang(endpoint.address.port, 200, "GET /hea", true);
    expect(await askHealthEndpoint(endpoint.address, "/healthz")).toEqual({ code: 200, body: "ok\n" });
    await waitUntil("the oldest gave way", () => hanging.closed() >= 200 - connectionsLimit);
    expect(hanging.closed()).toBeLessThan(200);
  });

  test("probes get in while nobody reads the pages that were asked for", async () => {
    using endpoint = await open();
    await using _ = await hang(endpoint.address.port, connectionsLimit, metricsRequest, false);
    expect(await askHealthEndpoint(endpoint.address, "/healthz")).toEqual({ code: 200, body: "ok\n" });
  });

  test("of a page that nobody reads little is made", async () => {
    let made = 0;
    const servers = Array.from({ length: 20_000 }, (_, index) => serverFigures({ name: `s${index}`, id: index + 1 }));
    const counted = new Proxy(servers, {
      get(target, name) {
        if (name !== Symbol.iterator) return Reflect.get(target, name) as unknown;
        return function* () {
          for (const one of target) {
            made += 1;
            yield one;
          }
        };
      },
    });
    using endpoint = await open({ backends: [backendFigures(counted)] });
    await using _ = await hang(endpoint.address.port, 1, metricsRequest, false);
    await waitUntil("nothing more is made", async () => {
      const before = made;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return before > 0 && made === before;
    });
    // All of it would be some 60 samples of each server.
    expect(made).toBeLessThan(20 * servers.length);
  });

  test("requests as clients write them, and such as are none", async () => {
    using endpoint = await open();
    const ask = (text: string) => exchange(endpoint.address.port, text);
    expect(await ask("GET /healthz HTTP/1.0\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 200 OK\r\n.*\r\nContent-Length: 3\r\n.*\r\n\r\nok\n$/s,
    );
    expect(await ask("GET /healthz HTTP/1.1\nHost: x\n\n")).toEndWith("\r\n\r\nok\n");
    expect(await ask("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n$/s);
    expect(await ask("OPTIONS / HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 405 .*\r\nAllow: GET, HEAD\r\n/s);
    const posted = `POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n${"x".repeat(100_000)}`;
    expect(await ask(posted)).toEndWith("only GET and HEAD are answered\n");
    expect(await ask("HELLO\r\n\r\n")).toStartWith("HTTP/1.1 400 ");
    expect(await ask(`GET /${"x".repeat(10_000)}`)).toStartWith("HTTP/1.1 431 ");
    // Without chunks where those are not known.
    expect(await ask("GET /metrics HTTP/1.0\r\n\r\n")).toContain("\r\n\r\n# HELP haproxy_process_nbthread ");
    expect(await ask("GET /metrics HTTP/1.1\r\n\r\n")).toMatch(/Transfer-Encoding: chunked\r\n.*\r\n0\r\n\r\n$/s);
  });

  test("an address that is taken is told, not thrown", async () => {
    using endpoint = await open();
    expect(await openHealthEndpoint(endpoint.address, { ...metricsOf(), ownVersion: "", names: [] })).toEqual({
      failed: "EADDRINUSE",
    });
  });

  test("addresses", () => {
    expect(parseHealthAddress("8404")).toEqual({ host: "127.0.0.1", port: 8404 });
    expect(parseHealthAddress("*:1")).toEqual({ host: "0.0.0.0", port: 1 });
    expect(parseHealthAddress("[::1]:2")).toEqual({ host: "::1", port: 2 });
    expect(parseHealthAddress("off")).toBe("off");
    expect(parseHealthAddress("a b:3")).toBeNull();
    expect(parseHealthAddress("1:65536")).toBeNull();
  });

  test("the configuration's own addresses come first", () => {
    const plan = onePlan({ binds: [bindPlan({ address: { kind: "tcp", host: "*", port: 8404 } })] }, {});
    expect(isBoundBy(plan, { host: "127.0.0.1", port: 8404 })).toBe(true);
    expect(isBoundBy(plan, { host: "127.0.0.1", port: 8405 })).toBe(false);
  });
});

/** What metrics there are of, in order. */
function partsOf(page: string | null): string | null {
  if (page === null) return null;
  const parts = [...page.matchAll(/^(?:haproxy_([a-z]+)|(fairlead))_/gm)].map(([, one, own]) => one ?? own);
  return [...new Set(parts)].join(" ");
}

describe("metrics", () => {
  const down = serverFigures({ name: 'a"\\b', state: "DOWN" });
  const resting = serverFigures({ name: "resting", state: "MAINT" });
  const unresolved = serverFigures({ name: "unresolved", state: "MAINT", stateCause: "resolution" });
  const source = metricsOf({ backends: [backendFigures([serverFigures(), down, resting, unresolved])] });
  const text = [...metricsRows(source)].join("");
  /** What of the page a query chooses; null: nothing is answered. */
  const chosen = (query: string): string | null => {
    const choice = parseMetricsQuery(query);
    return choice === null ? null : [...metricsRows(source, choice)].join("");
  };
  const whole = "process fairlead frontend backend server sticktable";

  test("scopes, as HAProxy takes them", () => {
    const asked: Record<string, string | null> = {
      "": whole,
      "scope=server": "server",
      "scope=frontend&scope=backend": "frontend backend",
      "scope=backend&scope=frontend": "frontend backend",
      "scope=*": whole,
      "scope=": "",
      "scope=*&scope=": "",
      "scope=&scope=global": "process fairlead",
      "scope=listener": "",
      "scope=sticktable": "sticktable",
      "scope=serv%65r": "server",
      "sc%6fpe=server": "server",
      "&&scope=server&": "server",
      "scope=nope": null,
      "scope=SERVER": null,
      scope: null,
      "scope=server,backend": null,
      "scope=server+": null,
      "scope=%zz": null,
      "scope=server&scope=nope": null,
      "metrics=nope": whole,
      "extra-counters": whole,
      "desc-labels": whole,
      "foo=%zz": whole,
      "%zz=x": whole,
      "=x": whole,
    };
    for (const [query, parts] of Object.entries(asked))
      expect({ query, parts: partsOf(chosen(query)) }).toEqual({ query, parts });
  });

  test("servers in maintenance can be left out, and are still counted for their backend", () => {
    for (const query of ["no-maint", "no-maint=0", "no-maint=&scope=server&scope=backend", "scope=*&no-maint"]) {
      const page = chosen(query) ?? "";
      expect(page).toContain('server="s1"');
      expect(page).toContain('server="a');
      expect(page).not.toContain('server="resting"');
      expect(page).not.toContain('server="unresolved"');
      expect(page).toContain('haproxy_backend_agg_server_status{proxy="be",state="MAINT"} 2\n');
    }
    expect(text).toContain('haproxy_server_status{proxy="be",server="resting",state="MAINT"} 1\n');
  });

  test("stick tables and reloads", () => {
    expect(chosen("scope=sticktable")).toBe(
      [
        "# HELP haproxy_sticktable_size Entries that the stick table may hold",
        "# TYPE haproxy_sticktable_size gauge",
        'haproxy_sticktable_size{name="b",type="ip"} 10240',
        'haproxy_sticktable_size{name="t\\"",type="string"} 1048576',
        "# HELP haproxy_sticktable_used Entries in the stick table",
        "# TYPE haproxy_sticktable_used gauge",
        'haproxy_sticktable_used{name="b",type="ip"} 2',
        'haproxy_sticktable_used{name="t\\"",type="string"} 0',
        "",
      ].join("\n"),
    );
    expect(text).toContain('fairlead_reloads_total{result="success"} 3\nfairlead_reloads_total{result="failure"} 1\n');
    expect(text).toContain("haproxy_process_bytes_out_rate 7\n");
  });

  test("the query of a request", async () => {
    using endpoint = await open();
    const ask = (path: string) => askHealthEndpoint(endpoint.address, path);
    expect((await ask("/metrics?scope=sticktable")).body).toStartWith("# HELP haproxy_sticktable_size ");
    expect(await ask("/metrics?scope=")).toEqual({ code: 200, body: "" });
    expect((await ask("/metrics?scope=x")).code).toBe(400);
  });

  test("each metric is declared once, before its samples, and every line is well formed", () => {
    const declared = [...text.matchAll(/^# TYPE (\S+) /gm)].map((found) => found[1]);
    expect(new Set(declared).size).toBe(declared.length);
    let current = "";
    for (const line of text.trimEnd().split("\n")) {
      const head = /^# (?:HELP|TYPE) (\S+) /.exec(line);
      if (head !== null) current = head[1] ?? "";
      else
        expect(line).toMatch(
          new RegExp(`^${current}(?:\\{(?:[a-z]+="(?:[^"\\\\\\n]|\\\\.)*",?)+\\})? (?:-?[0-9.]+|NaN)$`),
        );
    }
  });

  test("states are labels", () => {
    expect(text).toContain('haproxy_server_status{proxy="be",server="s1",state="UP"} 1\n');
    expect(text).toContain('haproxy_server_status{proxy="be",server="a\\"\\\\b",state="DOWN"} 1\n');
    expect(text).toContain('haproxy_backend_agg_server_status{proxy="be",state="DOWN"} 1\n');
    expect(text).toContain('haproxy_server_connect_time_average_seconds{proxy="be",server="s1"} 0.001000\n');
  });
});
