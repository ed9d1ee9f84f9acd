/** Whatever throws around a handshake ends its session, and nothing of what that took is left behind. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Tls } from "../../../src/net/tls/secure.ts";
import type { Event } from "../../../src/events.ts";
import type { Connection } from "../../../src/net/transport.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { descriptorCount } from "../../contract/kernel.ts";
import { transport } from "../../transport.ts";
import { bindPlan, onePlan, serverPlan } from "./plans.ts";
import { bindTls, certificate, serverTls, tlsFiles } from "./tls/certificates.ts";
import { Scene } from "./proxy-scene.ts";
import { loadTls, openTlsClient, readAll, serveTls } from "./tls-scene.ts";

setDefaultTimeout(20_000);

const one = certificate("one", "one.example");

/** Where it throws; "" nowhere. */
let fault = "";

function pass(where: string): void {
  if (fault === where) throw new Error(`injected: ${where}`);
}

/** The engine, with a trap before each call and in each that it makes. */
async function trapped(): Promise<Tls> {
  const engine = await loadTls();
  return {
    name: engine.name,
    serverContext: (options) => engine.serverContext(options),
    clientContext(options) {
      pass("clientContext");
      return engine.clientContext(options);
    },
    secureServer(plain, choose, options) {
      pass("secureServer");
      return engine.secureServer(plain, choose, options);
    },
    secureClient(plain: Connection, context, options) {
      pass("secureClient");
      return engine.secureClient(plain, context, options);
    },
  };
}

/** TLS on both sides, and rules and a PROXY header that may throw. */
function planOf(port: number): Plan {
  const tls = serverTls({ verify: "required", authorities: "one", verifyHost: "one.example", reuse: false });
  const servers = [serverPlan("s1", port, { tls, usesTls: true })];
  const binds = [bindPlan({ tls: bindTls(["one"]) })];
  return { ...onePlan({ binds }, { servers, retries: 0 }), tls: tlsFiles(one) };
}

for (const [where, termination] of [
  ["secureServer", "IR"],
  ["answer", null],
  ["session", "IR"],
  ["secureClient", "IC"],
  ["introduce", "IC"],
  ["found", "ID"],
] as const) {
  test(`thrown in ${where}`, async () => {
    await using server = await serveTls({ cert: one.chain, key: one.key });
    await using scene = new Scene(transport, () => {}, { tls: trapped });
    await scene.apply(planOf(server.port));
    const { frontends, backends } = scene.proxy.running;
    const front = frontends.get("fe")!;
    const begin = front.begin.bind(front);
    front.begin = (now) => {
      pass("session");
      begin(now);
    };
    const terms = front.tlsAt(front.plan.binds[0]!)!;
    const answer = terms.answer.bind(terms);
    terms.answer = (hello) => {
      pass("answer");
      return answer(hello);
    };
    const target = backends.get("be")!.find("s1")!;
    const { observe } = target;
    target.observe = (succeeded, why) => {
      pass("found");
      observe.call(target, succeeded, why);
    };
    Object.defineProperty(target.backend.rules, "serverNames", {
      get() {
        pass("introduce");
        return new Map();
      },
    });
    const visit = async (): Promise<string> => {
      const client = await openTlsClient(scene.port()).catch(() => null);
      if (client === null) return "";
      const all = readAll(client);
      client.end("x");
      return all;
    };
    // What is made once is made now.
    fault = "";
    expect(await visit()).toBe("name=false;x");
    await scene.until(() => scene.proxy.state.current === 0);
    const before = descriptorCount();
    fault = where;
    expect(await visit()).toBe("");
    fault = "";
    const told = (event: Event): boolean => event.type === "notice" && event.text.includes(`injected: ${where}`);
    await scene.until(() => scene.events.some(told));
    await scene.until(() => scene.proxy.state.current === 0 && descriptorCount() <= before);
    const { tls } = scene.proxy.state;
    expect([tls.handshakes.count, tls.use.clientsNow, tls.use.current]).toEqual([0, 0, 0]);
    expect(scene.records.at(-1)?.termination ?? null).toBe(termination ?? "--");
    // The next one finds everything as it was.
    expect(await visit()).toBe("name=false;x");
  });
}
