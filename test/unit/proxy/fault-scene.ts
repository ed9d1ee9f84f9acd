/** A trap that throws once, at the Nth call through any seam of a scene: what rules, tables, sockets, relays and listeners are asked. */
import type { Event } from "../../../src/events.ts";
import { openDescriptorCount } from "../../../src/net/libc/process-calls.ts";
import type { ConnectHandler, Connection, Relay, Transport } from "../../../src/net/transport.ts";
import type { Backend } from "../../../src/proxy/backend/backend.ts";
import type { Frontend } from "../../../src/proxy/frontend/frontend.ts";
import { readText } from "../../cases/case.ts";
import type { ProxyOptions } from "../../../src/proxy/proxy.ts";
import { Scene, type TestClient } from "./proxy-scene.ts";

/** Throws at call number `at`; counts while it is set. */
export class Trap {
  at = 0;
  calls = 0;
  /** What was called when it threw. */
  caught: string | null = null;

  set(at: number): void {
    this.at = at;
    this.calls = 0;
    this.caught = null;
  }

  /** `name` is called now. */
  pass(name: string): void {
    if (this.at === 0) return;
    this.calls += 1;
    if (this.calls !== this.at) return;
    this.caught = name;
    throw new Error(`injected: ${name}`);
  }

  /** Has these methods and getters of an object pass the trap before they do what they did. */
  watch(of: string, object: object, names: readonly string[]): void {
    for (const name of names) {
      const found = descriptorOf(object, name);
      if (found === undefined) continue;
      const say = (): void => this.pass(`${of}.${name}`);
      if (found.get !== undefined) {
        const { get, set } = found;
        const watched = {
          configurable: true,
          get(): unknown {
            say();
            return get.call(object);
          },
        };
        Object.defineProperty(object, name, set === undefined ? watched : { ...watched, set: set.bind(object) });
      } else if (typeof found.value === "function") {
        const original = found.value as (...given: unknown[]) => unknown;
        Object.defineProperty(object, name, {
          configurable: true,
          writable: true,
          value(...given: unknown[]): unknown {
            say();
            return original.apply(object, given);
          },
        });
      }
    }
  }

  /** The same for a function. */
  around<Given extends unknown[], Answer>(name: string, run: (...given: Given) => Answer): (...given: Given) => Answer {
    return (...given) => {
      this.pass(name);
      return run(...given);
    };
  }
}

function descriptorOf(object: object, name: string): PropertyDescriptor | undefined {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = Object.getOwnPropertyDescriptor(at, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

const held = ["local", "peek", "present", "consume", "write", "close", "reset", "drop", "setMark", "tcpInfo"];
/** What a relay asks of its sockets. */
const relayed = ["send", "pause", "resume", "readOn", "shutdown", "hangUp", "terminate"];

/** `methods`: what is asked of a connection before a relay has it. */
function trapped(trap: Trap, transport: Transport, methods: readonly string[]): Transport {
  const take = (of: string, connection: Connection): Connection => {
    trap.watch(of, connection, methods);
    return connection;
  };
  return {
    ...transport,
    listen: (options, accept) => transport.listen(options, (client) => accept(take("client", client))),
    connect(options) {
      trap.pass("transport.connect");
      const connecting = transport.connect(options);
      const whenDone = connecting.whenDone.bind(connecting);
      connecting.whenDone = (handler: ConnectHandler) =>
        whenDone({
          connected: (connection) => handler.connected(take("server", connection)),
          refused: (error) => handler.refused(error),
        });
      trap.watch("connecting", connecting, ["whenDone", "cancel"]);
      return connecting;
    },
    relay(client, server, limits, taps): Relay {
      trap.pass("transport.relay");
      trap.watch("client", client, relayed);
      trap.watch("server", server, relayed);
      for (const tap of taps ?? []) trap.watch("tap", tap, ["fromClient", "fromServer"]);
      const relay = transport.relay(client, server, limits, taps);
      trap.watch("relay", relay, ["whenEnded", "counts", "kill"]);
      return relay;
    },
  };
}

const anyPort = { kind: "tcp", host: "127.0.0.1", port: 0 } as const;

/** A scene all of whose seams pass a trap. Listeners of events pass it too. */
export class FaultScene extends Scene {
  readonly trap: Trap;

  /** `http`: who serves frontends in `mode http`, which ask more of a connection themselves. */
  constructor(sockets: Transport, http?: NonNullable<ProxyOptions["http"]>) {
    const trap = new Trap();
    const methods = http === undefined ? held : [...held, ...relayed, "closeWith"];
    const hear = (event: Event): void => trap.pass(`event ${event.type}`);
    super(trapped(trap, sockets, methods), hear, http === undefined ? {} : { http });
    this.trap = trap;
  }

  /** Runs a configuration, whatever ports it binds on ports of the kernel's choice, and has its rules, tables and balancers watched. */
  async run(config: string): Promise<void> {
    const { plan, diagnostics } = readText(config);
    if (plan === null) throw new Error(JSON.stringify(diagnostics.all));
    const frontendPlans = plan.frontends.map((one) => ({
      ...one,
      binds: one.binds.map((bind) => ({ ...bind, address: anyPort })),
    }));
    await this.apply({ ...plan, frontends: frontendPlans });
    const { frontends, backends } = this.proxy.running;
    for (const frontend of frontends.values()) this.#watchFrontend(frontend);
    for (const backend of backends.values()) this.#watchBackend(backend);
    for (const table of this.proxy.tables.all())
      this.trap.watch(`table ${table.name}`, table, ["keyOf", "findOrCreate", "find", "touch", "storeServer"]);
  }

  #watchFrontend(frontend: Frontend): void {
    const { trap } = this;
    for (const listener of frontend.listeners) listener.fixedAddress = null;
    const rules: Record<string, unknown> = { ...frontend.rules };
    for (const name of ["connection", "session", "content"]) this.#watchRuleset(rules, name);
    this.#watchHttp(rules);
    trap.watch("frontend rules", rules, ["route", "uniqueId"]);
    Object.assign(frontend, { rules });
  }

  #watchBackend(backend: Backend): void {
    const { trap } = this;
    const rules: Record<string, unknown> = { ...backend.rules };
    for (const name of ["content", "response"]) this.#watchRuleset(rules, name);
    this.#watchHttp(rules);
    trap.watch("backend rules", rules, ["useServer", "persistence", "hash"]);
    if (backend.rules.sticking !== null) {
      const sticking = { ...backend.rules.sticking };
      trap.watch("sticking", sticking, ["match", "response"]);
      rules["sticking"] = sticking;
    }
    rules["tlvs"] = new Map(
      Array.from(backend.rules.tlvs, ([name, tlvs]) => [
        name,
        tlvs.map((one) => ({ ...one, value: trap.around("tlv", one.value) })),
      ]),
    );
    backend.rules = rules as unknown as Backend["rules"];
    trap.watch("balancer", backend.balancer, ["pick", "moved"]);
    for (const server of backend.servers) trap.watch("server", server, ["connectOptions", "observe"]);
  }

  #watchHttp(rules: Record<string, unknown>): void {
    const http = rules["http"];
    if (http === null || http === undefined) return;
    const watched: Record<string, unknown> = { ...http };
    for (const name of ["request", "redirect", "response", "afterResponse"]) this.#watchRuleset(watched, name);
    this.trap.watch("http rules", watched, ["monitorFails"]);
    const { pages } = http as { readonly pages: ReadonlyMap<number, (context: never) => unknown> };
    watched["pages"] = new Map(Array.from(pages, ([status, page]) => [status, this.trap.around("page", page)]));
    rules["http"] = watched;
  }

  #watchRuleset(rules: Record<string, unknown>, name: string): void {
    const ruleset = rules[name] as Frontend["rules"]["content"] | undefined;
    if (ruleset === null || ruleset === undefined) return;
    const watched = {
      isEmpty: ruleset.isEmpty,
      start: (...given: Parameters<typeof ruleset.start>) => {
        const run = ruleset.start(...given);
        this.trap.watch(`${name} rules`, run, ["step"]);
        return run;
      },
    };
    this.trap.watch(`${name} rules`, watched, ["start"]);
    rules[name] = watched;
  }

  /** Everything that a session may have taken, and not only what statistics show. */
  get taken(): readonly unknown[] {
    const tables = [...this.proxy.tables.all()].flatMap((table) =>
      [...table.entries()].map((entry) => table.figures(entry)).filter((figures) => figures !== null),
    );
    const held = tables.map(({ use, data }) => [
      use,
      ...data.filter((one) => one.name === "conn_cur").map((one) => one.value),
    ]);
    const idle = [...this.proxy.running.backends.values()].flatMap((one) =>
      one.servers.map(({ counters }) => counters.http.idle),
    );
    return [...this.gauges, ...held.flat(), ...idle, this.proxy.state.variables.used, this.served];
  }

  /** Waits until sessions hold nothing any more, and no more descriptors are open than `before`. */
  async untilNothingIsTaken(before: number, what: string): Promise<void> {
    let left = 1000;
    await this.until(() => {
      left -= 1;
      const descriptors = openDescriptorCount() ?? 0;
      if (left === 0) throw new Error(`${what}: ${this.taken.join(" ")}; ${descriptors} descriptors, ${before} before`);
      return this.taken.every((one) => Number(one) === 0) && descriptors <= before;
    });
  }
}

/** Resolves when `holds`, or the client has been turned away. */
export function reach(scene: Scene, client: TestClient, holds: () => boolean): Promise<void> {
  return scene.until(() => client.socket.destroyed || holds());
}
