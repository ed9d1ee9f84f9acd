/** A proxy on loopback with a server beside it, for tests of sessions: everything is over when the scene is disposed. */
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Event } from "../../../src/events.ts";
import type { Transport } from "../../../src/net/transport.ts";
import { transport } from "../../transport.ts";
import type { Plan } from "../../../src/plan/plan.ts";
import { Proxy, type ProxyOptions } from "../../../src/proxy/proxy.ts";
import type { SessionRecord } from "../../../src/session-record.ts";

/** How long a condition may take: less than a test, so that what it has open is closed all the same. */
const waitMs = 20_000;

export class Scene implements AsyncDisposable {
  readonly events: Event[] = [];
  readonly proxy: Proxy;
  readonly #waiting: (() => void)[] = [];
  readonly #servers: Server[] = [];
  /** Connections that its servers have open. */
  served = 0;

  /** `hear` gets each event as well. */
  constructor(sockets: Transport = transport, hear: (event: Event) => void = () => {}, options: ProxyOptions = {}) {
    this.proxy = new Proxy(
      sockets,
      (event) => {
        this.events.push(event);
        for (const check of this.#waiting.splice(0)) check();
        hear(event);
      },
      options,
    );
  }

  get records(): SessionRecord[] {
    return this.events.flatMap((event) => (event.type === "session" ? [event.record] : []));
  }

  /** Resolves as soon as `holds`, asked again after every event and every few ms. */
  async until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + waitMs;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error(`waited ${waitMs} ms in vain until ${String(holds)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 5);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** A server that greets with `greeting`, echoes, and ends when its client does; returns its port. */
  async serve(greeting: string): Promise<number> {
    const server = createServer((socket) => {
      this.served += 1;
      socket.on("close", () => (this.served -= 1));
      socket.on("error", () => socket.destroy());
      socket.write(greeting);
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    this.#servers.push(server);
    return (server.address() as { port: number }).port;
  }

  async apply(plan: Plan): Promise<void> {
    const failures = await this.proxy.apply(plan);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
  }

  /** The port of a frontend's first listener. */
  port(frontend = "fe"): number {
    const address = this.proxy.running.frontends.get(frontend)?.address;
    if (address?.kind !== "tcp") throw new Error(`${frontend} does not listen`);
    return address.port;
  }

  async open(frontend = "fe"): Promise<TestClient> {
    const socket = connect(this.port(frontend), "127.0.0.1");
    const client = new TestClient(socket);
    await new Promise<void>((resolve) => socket.once("connect", resolve));
    return client;
  }

  /** Every gauge; all zero when nobody is connected. */
  get gauges(): readonly number[] {
    const { state, running } = this.proxy;
    const backends = [...running.backends.values()];
    return [
      state.current,
      running.sessions.running.size,
      state.waiting.size,
      state.compression.zlibBytes,
      ...[...running.frontends.values()].flatMap((one) => [
        one.counters.current,
        ...one.listeners.map((two) => two.current),
      ]),
      ...backends.flatMap((one) => [one.counters.current, one.served, one.queue.length]),
      ...backends.flatMap((one) => one.servers.flatMap((two) => [two.counters.current, two.served, two.queue.length])),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.proxy.hardStop();
    await this.proxy.drained;
    for (const server of this.#servers) server.close();
    if (this.gauges.some((one) => one !== 0)) throw new Error(`gauges left: ${this.gauges.join(" ")}`);
  }
}

/** A client that remembers what it got and how it ended. */
export class TestClient {
  received = "";
  readonly ended: Promise<void>;

  constructor(readonly socket: Socket) {
    socket.on("error", () => {});
    socket.on("data", (bytes) => (this.received += bytes.toString("latin1")));
    this.ended = new Promise((resolve) => socket.once("close", () => resolve()));
  }
}

/** Ends the sessions of a server of the backend "be" as an operator does. */
export function killSessions(proxy: Proxy, server: string): void {
  const ending = proxy.operator.killSessionsOf("be", server);
  if ("refused" in ending) throw new Error(ending.refused);
  for (const _ of ending);
}
