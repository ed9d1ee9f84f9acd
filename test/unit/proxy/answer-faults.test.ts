/** What throws while a check's, an agent's or a name server's answer is taken is told, and the next answer is taken as ever. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { NameRequest } from "../../../src/proxy/names/name-resolver.ts";
import { Proxy } from "../../../src/proxy/proxy.ts";
import type { Server } from "../../../src/proxy/backend/server.ts";
import { readText } from "../../cases/case.ts";
import { transport } from "../../transport.ts";
import { bindPlan, onePlan, serverPlan } from "./plans.ts";
import { Scene } from "./proxy-scene.ts";
import { answers, ScriptedServer } from "./scripted-server.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** Has a method throw the next time it is called, and do what it did ever after. */
function breakOnce<Name extends string>(object: { [name in Name]: (...given: never[]) => unknown }, name: Name): void {
  const original = object[name];
  object[name] = () => {
    object[name] = original;
    throw new Error(`injected: ${name}`);
  };
}

function serverOf(scene: Scene): Server {
  const server = scene.proxy.running.backends.get("be")?.find("s1");
  if (server === undefined || server === null) throw new Error("no server");
  return server;
}

const texts = (scene: Scene): string[] =>
  scene.events.flatMap((event) => (event.type === "notice" && event.level === "alert" ? [event.text] : []));

test("a check's result: the server is checked on, and comes back", async () => {
  await using scene = new Scene();
  const port = await scene.serve("hi");
  const { plan } = readText(`frontend fe
 bind 127.0.0.1:1
 default_backend be
backend be
 server s1 127.0.0.1:1 check inter 10 rise 1 fall 1
`);
  const [backend] = plan?.backends ?? [];
  const [server] = backend?.servers ?? [];
  if (plan === null || backend === undefined || server === undefined) throw new Error("no plan");
  await scene.apply({ ...plan, frontends: [{ ...onePlan({}, {}).frontends[0]!, binds: [bindPlan()] }] });
  breakOnce(serverOf(scene).backend, "serverChanged");
  await scene.until(() => scene.proxy.state.faults.count === 1);
  expect(serverOf(scene).state).toBe("DOWN");
  expect(texts(scene).map((text) => text.slice(0, 78))).toEqual([
    "internal error while a check's result was taken, please report it: Error: inje",
  ]);
  serverOf(scene).setAddress({ kind: "tcp", host: "127.0.0.1", port });
  await scene.until(() => serverOf(scene).state === "UP");
  expect(scene.events.some((event) => event.type === "server" && event.to === "UP")).toBe(true);
});

test("an agent's answer", async () => {
  await using scene = new Scene();
  await using agent = await ScriptedServer.start(answers(["up 40%\n"], true));
  const planned = { address: null, port: agent.port, interMs: 10, send: "well?\n" };
  const server = serverPlan("s1", await scene.serve("hi"), { agent: planned, weight: 10 });
  await scene.apply(onePlan({}, { servers: [server] }));
  breakOnce(serverOf(scene), "setWeight");
  await scene.until(() => scene.proxy.state.faults.count === 1);
  // Its next answer is heard.
  await scene.until(() => serverOf(scene).userWeight === 4);
});

test("an answer about a name", async () => {
  const requests: NameRequest[] = [];
  const faults: string[] = [];
  const proxy = new Proxy(transport, (event) => void (event.type === "notice" && faults.push(event.text)), {
    resolver: (plan) => ({
      plan,
      follow(request) {
        requests.push(request);
        return { hurry() {}, stop() {} };
      },
      stats: () => ({ name: "dns", nameservers: [] }),
      clearCounters() {},
      lookUp: () => () => {},
      stop() {},
    }),
  });
  const { plan } = readText(`resolvers dns
 nameserver one 127.0.0.1:1
backend be
 server s1 here.example:22 resolvers dns init-addr none
`);
  if (plan === null) throw new Error("no plan");
  expect(await proxy.apply(plan)).toEqual([]);
  const server = proxy.running.backends.get("be")?.find("s1");
  const [request] = requests;
  if (server === undefined || server === null || request === undefined) throw new Error("nobody follows the name");
  const found = [{ host: "127.0.0.1", port: null, weight: null }];
  breakOnce(server, "setAddress");
  expect(request.answer(found, "dns/one")).toBe(false);
  expect(faults.length).toBe(1);
  expect(request.answer(found, "dns/one")).toBe(true);
  expect([server.address, faults.length]).toEqual([{ kind: "tcp", host: "127.0.0.1", port: 22 }, 1]);
  proxy.hardStop();
});
