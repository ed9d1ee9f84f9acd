import { describe, expect, test } from "bun:test";
import { connect } from "node:net";
import {
  askHealthEndpoint,
  isBoundBy,
  openHealthEndpoint,
  parseHealthAddress,
} from "../../../src/ops/health-endpoint.ts";
import { metricsRows } from "../../../src/ops/metrics.ts";
import { bindPlan, onePlan } from "../proxy/plans.ts";
import { scriptedFace, serverFigures, backendFigures } from "./figures.ts";

function info(own: Parameters<typeof scriptedFace>[0] = {}) {
  return {
    face: scriptedFace(own).face,
    version: "v",
    releaseDate: "d",
    node: "n",
    description: null,
    descriptors: 99,
    droppedLogs: 4,
  };
}

async function open(own: Parameters<typeof scriptedFace>[0] = {}) {
  const endpoint = await openHealthEndpoint({ host: "127.0.0.1", port: 0 }, { info: info(own), ownVersion: "0.1.0" });
  if ("failed" in endpoint) throw new Error(endpoint.failed);
  return { ...endpoint, [Symbol.dispose]: () => endpoint.close() };
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

  test("not ready says what is missing", async () => {
    using endpoint = await open({ ready: false });
    expect(await askHealthEndpoint(endpoint.address, "/readyz")).toEqual({
      code: 503,
      body: "not ready: backend be\n",
    });
    expect((await askHealthEndpoint(endpoint.address, "/healthz")).code).toBe(200);
  });

  test("too many connections are turned away, and the rest still answered", async () => {
    using endpoint = await open();
    const idle = Array.from({ length: 70 }, () => connect(endpoint.address.port, "127.0.0.1"));
    for (const socket of idle) socket.on("error", () => {});
    await Promise.race(idle.map((socket) => new Promise((resolve) => socket.on("close", resolve))));
    for (const socket of idle) socket.resetAndDestroy();
    let code = 0;
    for (let attempt = 0; attempt < 50 && code !== 200; attempt++)
      code = (await askHealthEndpoint(endpoint.address, "/healthz")).code;
    expect(code).toBe(200);
  });

  test("an address that is taken is told, not thrown", async () => {
    using endpoint = await open();
    expect(await openHealthEndpoint(endpoint.address, { info: info(), ownVersion: "" })).toEqual({
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

describe("metrics", () => {
  const down = serverFigures({ name: 'a"\\b', state: "DOWN" });
  const text = [...metricsRows(info({ backends: [backendFigures([serverFigures(), down])] }))].join("");

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
