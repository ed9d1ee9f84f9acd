/** The process's own health endpoint gives way to the configuration, and is never what ends a reload. */
import { expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { defaultOptions } from "../../../src/cli/options.ts";
import { openTerminal } from "../../../src/cli/terminal.ts";
import { OwnHealthEndpoint } from "../../../src/service/own-health-endpoint.ts";
import { metricsSource } from "../ops/scripted-proxy.ts";
import { bindPlan, onePlan } from "../proxy/plans.ts";

type Failures = Parameters<OwnHealthEndpoint["isInTheWay"]>[0];

function open(own: Partial<typeof defaultOptions>, plan = onePlan({}, {})) {
  let err = "";
  const line = {
    write: (bytes: Uint8Array) => void (err += new TextDecoder().decode(bytes)),
    dropped: 0,
    flushed: () => Promise.resolve(),
  };
  const endpoint = new OwnHealthEndpoint({
    options: { ...defaultOptions, ...own },
    terminal: openTerminal(line, line, null),
    metrics: metricsSource(),
    plan: () => plan,
    findHolder: () => null,
  });
  return { endpoint, said: () => err, [Symbol.dispose]: () => endpoint.close() };
}

/** A `bind` line of any address with this port that could not be had. */
function failed(port: number): Failures[number] {
  return { kind: "bind", bind: bindPlan({ address: { kind: "tcp", host: "*", port } }) } as Failures[number];
}

/** A port that somebody else listens on. */
function takenPort(): Promise<{ port: number; server: Server }> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const at = server.address();
      resolve({ port: typeof at === "object" && at !== null ? at.port : 0, server });
    });
  });
}

test("it is not opened where it is off", async () => {
  using own = open({ health: "off" });
  expect(await own.endpoint.start()).toEqual([]);
  expect(own.endpoint.address).toBeNull();
});

test("an address that the configuration binds is refused where it was asked for, and told where it was not", async () => {
  const plan = onePlan({ binds: [bindPlan({ address: { kind: "tcp", host: "*", port: 8404 } })] }, {});
  using asked = open({ health: "127.0.0.1:8404" }, plan);
  expect((await asked.endpoint.start())[0]).toStartWith(
    "health endpoint: the configuration binds 127.0.0.1:8404 itself",
  );
  using unasked = open({ health: null }, plan);
  expect(await unasked.endpoint.start()).toEqual([]);
  expect(unasked.said()).toContain("it stays closed (see --health)");
});

test("another's address is refused at the start, but only told while the process runs", async () => {
  const { port, server } = await takenPort();
  using own = open({ health: `127.0.0.1:${port}` });
  expect((await own.endpoint.start())[0]).toStartWith(`health endpoint: cannot bind 127.0.0.1:${port}`);
  expect(own.said()).toBe("");
  await own.endpoint.openBeside(onePlan({}, {}));
  expect(own.said()).toContain(`cannot bind 127.0.0.1:${port}`);
  server.close();
});

test("it steps aside only where it is all that is in the way, and comes back beside a plan that leaves it room", async () => {
  const { port, server } = await takenPort();
  await new Promise((resolve) => server.close(resolve));
  using own = open({ health: `127.0.0.1:${port}` });
  expect(await own.endpoint.start()).toEqual([]);
  expect(own.endpoint.address).toBe(`127.0.0.1:${port}`);
  expect(own.endpoint.isInTheWay([])).toBe(false);
  expect(own.endpoint.isInTheWay([failed(port)])).toBe(true);
  expect(own.endpoint.isInTheWay([failed(port), failed(1)])).toBe(false);
  own.endpoint.stepAside();
  expect(own.endpoint.address).toBeNull();
  await own.endpoint.openBeside(onePlan({ binds: [bindPlan({ address: { kind: "tcp", host: "*", port } })] }, {}));
  expect(own.endpoint.address).toBeNull();
  await own.endpoint.openBeside(onePlan({}, {}));
  expect(own.endpoint.address).toBe(`127.0.0.1:${port}`);
});
