/** Server states of a former process; the outcomes are those that HAProxy 2.6 shows after reading the same file. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { parseStateFile } from "../../../../src/service/loading/state-file.ts";
import { transport } from "../../../transport.ts";
import { onePlan, serverPlan } from "../plans.ts";
import { serverTls } from "../tls/certificates.ts";
import { loadTls } from "../tls-scene.ts";
import { Scene } from "../proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const check = {
  interMs: 3_600_000,
  fastInterMs: 0,
  downInterMs: 0,
  rise: 2,
  fall: 3,
  address: null,
  port: null,
  sendProxy: false,
  tls: null,
};

const file = `1
2 be 1 s1 127.0.0.1 0 0 1 1 100 8 2 0 6 0 0 0 - 9 - 0 0 - - 0
2 be 2 s2 127.0.0.9 2 8 1 1 50 1 0 2 0 0 0 0 - 21921 - 0 0 - - 0
2 be 3 s3 127.0.0.1 0 1 1 1 50 1 0 2 0 0 0 0 - 9 - 0 0 - - 0
2 be 4 s4 127.0.0.1 2 0 5 10 50 1 0 2 0 0 0 0 - 9 - 0 0 - - 0
2 be 5 s5 127.0.0.1 2 4 5 20 50 1 0 2 0 0 0 0 - 9 - 0 0 - - 0
2 be 6 s6 127.0.0.1 2 0 1 1 50 6 3 3 6 0 0 0 - 9 - 0 0 - - 0
2 be 7 gone 127.0.0.1 2 0 1 1 50 6 3 3 6 0 0 0 - 9 - 0 0 - - 0
`;

test("maintenance, drain, health, weights and ports come back", async () => {
  await using scene = new Scene();
  const servers = [
    serverPlan("s1", 9, { check }),
    serverPlan("s2", 9),
    serverPlan("s3", 9),
    serverPlan("s4", 9, { weight: 10 }),
    serverPlan("s5", 9, { weight: 10 }),
    serverPlan("s6", 9, { check }),
  ];
  await scene.apply(onePlan({}, { servers }));
  scene.proxy.restore(parseStateFile(file));
  const shown = scene.proxy.operator
    .backends()[0]!
    .servers.map((one) =>
      [
        one.name,
        one.state,
        one.userWeight,
        one.address?.kind === "tcp" ? `${one.address.host}:${one.address.port}` : "",
        one.lastChangeSeconds,
        one.check?.health ?? "-",
      ].join(" "),
    );
  expect(shown).toEqual([
    "s1 DOWN 1 127.0.0.1:9 100 0",
    "s2 DRAIN 1 127.0.0.1:21921 50 -",
    "s3 MAINT 1 127.0.0.1:9 50 -",
    "s4 no check 5 127.0.0.1:9 50 -",
    "s5 no check 10 127.0.0.1:9 50 -",
    "s6 UP 1 127.0.0.1:9 50 4",
  ]);
});

test("whether TLS was spoken comes back where the plan says how it is", async () => {
  await using scene = new Scene(transport, () => {}, { tls: loadTls });
  const tls = serverTls();
  const servers = [
    serverPlan("s1", 9, { tls, usesTls: true }),
    serverPlan("s2", 9, { tls }),
    serverPlan("s3", 9),
    serverPlan("s4", 9, { tls, usesTls: true }),
  ];
  await scene.apply(onePlan({}, { servers }));
  const lines = [0, 1, 1, 1].map(
    (uses, at) => `2 be 1 s${at + 1} 127.0.0.1 2 0 1 1 9 1 0 2 0 0 0 0 - 9 - ${uses} 0 - - 0`,
  );
  scene.proxy.restore(parseStateFile(`1\n${lines.join("\n")}\n`));
  const uses = scene.proxy.operator.backends()[0]!.servers.map((one) => one.usesTls);
  expect(uses).toEqual([false, true, null, true]);
});

test("an operator sends a check elsewhere, and speaks for an agent", async () => {
  await using scene = new Scene();
  const port = await scene.serve("");
  const agent = { address: null, port: 9, interMs: 3_600_000, send: "" };
  await scene.apply(
    onePlan({}, { servers: [serverPlan("s1", 9, { check: { ...check, interMs: 20, fall: 1 }, agent })] }),
  );
  const { proxy } = scene;
  const state = (): string | undefined => proxy.operator.backends()[0]?.servers[0]?.state;
  await scene.until(() => state() === "DOWN");
  expect(proxy.operator.setServerCheck("be", "s1", { host: "127.0.0.1", port })).toBeNull();
  await scene.until(() => state() === "UP");
  proxy.operator.setServerAgent("be", "s1", { health: "down" });
  expect(state()).toBe("DOWN");
  proxy.operator.setServerAgent("be", "s1", { health: "up", enabled: false });
  expect(state()).toBe("UP");
  expect(proxy.operator.setServerCheck("be", "nosuch", { port })).toEqual({ refused: "No such server." });
});

test("a slot of a service goes on with the port that its record told", async () => {
  await using scene = new Scene({ ...transport }, () => {}, { lastAddress: () => "127.0.0.7" });
  const address = {
    kind: "tcp",
    host: "_ssh._tcp.test",
    isName: true,
    family: null,
    port: null,
    portOffset: 0,
  } as const;
  await scene.apply(
    onePlan({}, { servers: [serverPlan("s1", 9, { address, text: "_ssh._tcp.test", initAddr: ["last", "none"] })] }),
  );
  scene.proxy.restore(
    parseStateFile("1\n2 be 1 s1 127.0.0.7 2 0 1 1 50 1 0 2 0 0 0 0 t.test 7999 _ssh._tcp.test 0 0 - - 0\n"),
  );
  expect(scene.proxy.running.backends.get("be")?.servers[0]?.address).toEqual({
    kind: "tcp",
    host: "127.0.0.7",
    port: 7999,
  });
});
