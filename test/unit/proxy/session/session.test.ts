// Termination states, timers and counters are those that HAProxy 2.6 logs for the same scene.
import { expect, setDefaultTimeout, test } from "bun:test";
import { ConnectOutcome } from "../../../../src/net/connect-outcome.ts";
import { type Connection, TransportError } from "../../../../src/net/transport.ts";
import type { Rule } from "../../../../src/plan/rules/rule.ts";
import type { SessionRecord } from "../../../../src/session-record.ts";
import { population } from "../../../population.ts";
import { transport } from "../../../transport.ts";
import { bindPlan, onePlan, serverPlan } from "../plans.ts";
import { killSessions, Scene } from "../proxy-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** The log's figures without times: backend/server, state, counters, retries, queue places. */
function line(record: SessionRecord): string {
  const { backend, server, termination, retries, redispatched, serverQueue, backendQueue } = record;
  const counts = `${record.processConnections}/${record.frontendConnections}/${record.backendConnections}/${record.serverConnections}`;
  const came = `${record.queueMs >= 0 ? "q" : "-"}${record.connectMs >= 0 ? "c" : "-"}`;
  return `${backend}/${server ?? "<NOSRV>"} ${came} ${termination} ${counts}/${redispatched ? "+" : ""}${retries} ${serverQueue}/${backendQueue}`;
}

// A server that is there is connected well within it; one that refuses is tried again after it.
const quick = { connectMs: 300, serverMs: 5000, serverFinMs: 0, tunnelMs: 0, queueMs: 30, checkMs: 0 };

/** A port where nobody listens any more. */
async function closedPort(): Promise<number> {
  await using other = new Scene();
  await other.apply(onePlan({}, { servers: [] }));
  return other.port();
}

test("a session that both sides finish", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", await scene.serve("hi "))] }));
  const client = await scene.open();
  client.socket.end("there");
  await client.ended;
  await scene.until(() => scene.records.length === 1);
  expect(client.received).toBe("hi there");
  expect(scene.records.map(line)).toEqual(["be/s1 qc -- 1/1/0/0/0 0/0"]);
  expect(scene.records.map(({ bytesIn, bytesOut }) => [bytesIn, bytesOut])).toEqual([[5, 8]]);
});

test("a client that resets", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
  const client = await scene.open();
  await scene.until(() => client.received === "hi");
  client.socket.resetAndDestroy();
  await scene.until(() => scene.records.length === 1);
  expect(scene.records.map(line)).toEqual(["be/s1 qc CD 1/1/0/0/0 0/0"]);
});

test("no server, no backend, and a server that refuses", async () => {
  await using scene = new Scene();
  const port = await closedPort();
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", port, { disabled: true })] }));
  await (
    await scene.open()
  ).ended;
  await scene.apply(onePlan({ defaultBackend: null }, { servers: [serverPlan("s1", port)] }));
  await (
    await scene.open()
  ).ended;
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", port)], retries: 2, timeouts: quick }));
  await (
    await scene.open()
  ).ended;
  expect(scene.records.map(line)).toEqual([
    "be/<NOSRV> -- SC 1/1/0/0/0 0/0",
    "fe/<NOSRV> -- SC 1/1/0/0/0 0/0",
    "be/s1 q- SC 1/1/0/0/2 0/0",
  ]);
});

test("redispatch takes another server at once and counts a retry", async () => {
  await using scene = new Scene();
  const servers = [serverPlan("s1", await closedPort()), serverPlan("s2", await scene.serve("two"))];
  await scene.apply(onePlan({}, { servers, redispatch: -1 }));
  const client = await scene.open();
  await scene.until(() => client.received === "two");
  client.socket.end();
  await client.ended;
  await scene.until(() => scene.records.length === 1);
  expect(scene.records.map(line)).toEqual(["be/s2 qc -- 1/1/0/0/+1 0/0"]);
  const [one, two] = scene.proxy.operator.backends()[0]?.servers ?? [];
  expect([one?.redispatches, one?.retries, two?.sessionsTotal]).toEqual([1, 0, 1]);
});

test("queues for a slot, and gives up after timeout queue", async () => {
  await using scene = new Scene();
  const servers = [serverPlan("s1", await scene.serve("hi"), { maxconn: 1 })];
  await scene.apply(onePlan({}, { servers, timeouts: { ...quick, queueMs: 50 } }));
  const first = await scene.open();
  await scene.until(() => first.received === "hi");
  const second = await scene.open();
  await second.ended;
  await scene.apply(onePlan({}, { servers, timeouts: { ...quick, queueMs: 60_000 } }));
  const third = await scene.open();
  await scene.until(() => scene.proxy.operator.backends()[0]?.queued === 1);
  first.socket.end();
  await scene.until(() => third.received === "hi");
  third.socket.end();
  await third.ended;
  await scene.until(() => scene.records.length === 3);
  expect(scene.records.map(line)).toEqual([
    "be/<NOSRV> q- sQ 2/2/1/0/0 0/1",
    "be/s1 qc -- 2/2/1/0/0 0/0",
    "be/s1 qc -- 1/1/0/0/0 0/1",
  ]);
});

test("a client that leaves the queue", async () => {
  await using scene = new Scene();
  const servers = [serverPlan("s1", await scene.serve("hi"), { maxconn: 1 })];
  await scene.apply(onePlan({}, { servers }));
  const first = await scene.open();
  await scene.until(() => first.received === "hi");
  for (const leave of ["end", "resetAndDestroy"] as const) {
    const client = await scene.open();
    await scene.until(() => scene.proxy.operator.backends()[0]?.queued === 1);
    client.socket[leave]();
    await scene.until(() => scene.proxy.operator.backends()[0]?.queued === 0);
  }
  expect(scene.records.map(line)).toEqual(["be/<NOSRV> q- CQ 2/2/1/0/0 0/1", "be/<NOSRV> q- CD 2/2/1/0/0 0/1"]);
});

test("a full frontend leaves clients waiting and serves them in turn", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({ maxconn: 1 }, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
  const clients = await Promise.all([scene.open(), scene.open(), scene.open()]);
  for (const _ of clients) {
    await scene.until(() => clients.some((one) => one.received === "hi" && !one.socket.writableEnded));
    expect(scene.proxy.operator.frontends()[0]?.current).toBe(1);
    expect(scene.proxy.operator.frontends()[0]?.state).toBe("FULL");
    for (const one of clients) if (one.received === "hi") one.socket.end();
  }
  await Promise.all(clients.map((one) => one.ended));
  await scene.until(() => scene.records.length === 3);
  expect(scene.proxy.operator.frontends()[0]?.max).toBe(1);
});

test("an operator kills sessions, and a server that goes down with shutdown-sessions ends its own", async () => {
  await using scene = new Scene();
  const servers = [
    serverPlan("s1", await scene.serve("one"), {
      onMarkedDown: "shutdown-sessions",
      onMarkedUp: "shutdown-backup-sessions",
    }),
    serverPlan("s2", await scene.serve("two"), { backup: true }),
  ];
  await scene.apply(onePlan({}, { servers }));
  const open = async (): Promise<void> => {
    const client = await scene.open();
    await scene.until(() => client.received.length === 3);
  };
  await open();
  killSessions(scene.proxy, "s1");
  await open();
  expect(scene.proxy.operator.setServerState("be", "s1", "maint")).toBe(null);
  await open();
  expect(scene.proxy.operator.setServerState("be", "s1", "ready")).toBe(null);
  await scene.until(() => scene.records.length === 3);
  expect(scene.records.map(line)).toEqual([
    "be/s1 qc K- 1/1/0/0/0 0/0",
    "be/s1 qc D- 1/1/0/0/0 0/0",
    "be/s2 qc U- 1/1/0/0/0 0/0",
  ]);
});

/** An attempt that ends when the test says so. */
class HeldAttempt extends ConnectOutcome {
  cancel(): void {
    this.end(new TransportError("ECANCELED", "Operation canceled"));
  }
  end(outcome: Connection | TransportError): void {
    this.settle(outcome);
  }
}

test("a session killed while it connects gives the attempt up, and blames nobody", async () => {
  await using scene = new Scene({ ...transport, connect: () => new HeldAttempt() });
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", 1)], retries: 3 }));
  const client = await scene.open();
  await scene.until(() => scene.proxy.running.backends.get("be")?.find("s1")?.counters.current === 1);
  killSessions(scene.proxy, "s1");
  await client.ended;
  expect(scene.records.map(line)).toEqual(["be/s1 q- K- 1/1/0/0/0 0/0"]);
  const { retries, connectErrors } = scene.proxy.operator.backends()[0]!.servers[0]!;
  expect([retries, connectErrors]).toEqual([0, 0]);
});

test("a connection that was there when its session was killed is reset", async () => {
  let resets = 0;
  const ended = new HeldAttempt();
  ended.end({ reset: () => (resets += 1) } as unknown as Connection);
  await using scene = new Scene({
    ...transport,
    connect() {
      // Between the attempt's end and its telling.
      queueMicrotask(() => killSessions(scene.proxy, "s1"));
      return ended;
    },
  });
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", 1)] }));
  const client = await scene.open();
  await client.ended;
  expect(scene.records.map(line)).toEqual(["be/s1 q- K- 1/1/0/0/0 0/0"]);
  expect(resets).toBe(1);
});

test("a soft stop frees the address, lets sessions end, and then is drained", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
  const client = await scene.open();
  await scene.until(() => client.received === "hi");
  let isDrained = false;
  scene.proxy.softStop();
  const drained = scene.proxy.drained.then(() => (isDrained = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect([isDrained, scene.proxy.operator.process.stopping, scene.proxy.operator.process.listeners]).toEqual([
    false,
    true,
    0,
  ]);
  client.socket.end();
  await drained;
});

test("a server that does not speak PROXY is found out", async () => {
  await using scene = new Scene();
  const header = { version: 1, options: [], tlvs: [] } as const;
  const port = await scene.serve("Invalid SSH identification string.\r\n");
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", port, { proxyHeader: header })] }));
  const client = await scene.open();
  const own = client.socket.localPort;
  client.socket.end("SSH-2.0-x\r\n");
  await client.ended;
  await scene.until(() => scene.records.length === 1);
  const sent = `PROXY TCP4 127.0.0.1 127.0.0.1 ${own} ${scene.port()}\r\nSSH-2.0-x\r\n`;
  expect(client.received).toBe(`Invalid SSH identification string.\r\n${sent}`);
  const hint = scene.proxy.operator.backends()[0]?.servers[0]?.hint;
  expect(hint).toStartWith("send-proxy is on, but this server does not speak PROXY: ");
  const told = scene.events.filter(({ type }) => type === "header-mismatch");
  expect(told).toMatchObject([{ proxy: "fe", text: `Server be/s1: ${hint}.` }]);
});

test("accept-proxy takes a header in any pieces, and tells why another is refused", async () => {
  await using scene = new Scene();
  const binds = [bindPlan({ acceptProxy: true })];
  await scene.apply(onePlan({ binds }, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
  const client = await scene.open();
  for (const piece of ["PRO", "XY TCP4 10.1.2.3 10.3.2.1 11", "11 2222\r\nmo", "re"]) {
    client.socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await scene.until(() => client.received === "himore");
  client.socket.end();
  await client.ended;
  await scene.until(() => scene.records.length === 1);
  expect(scene.records[0]).toMatchObject({
    client: { host: "10.1.2.3", port: 1111 },
    frontendAddress: { host: "10.3.2.1", port: 2222 },
    bytesIn: 4,
  });
  const other = await scene.open();
  other.socket.write("SSH-2.0-OpenSSH_9.2\r\n");
  await other.ended;
  expect(scene.events.flatMap((event) => (event.type === "connection-failed" ? [event.reason] : []))).toEqual([
    "Received something which does not look like a PROXY protocol header",
  ]);
});

test("logasap tells a session once, when it is connected", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({ logAsap: true }, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
  const client = await scene.open();
  await scene.until(() => client.received === "hi");
  client.socket.end();
  await client.ended;
  await scene.until(() => scene.gauges.every((one) => one === 0));
  expect(scene.records.map((one) => [line(one), one.unfinished, one.bytesOut])).toEqual([
    ["be/s1 qc -- 1/1/1/1/0 0/0", true, 0],
  ]);
});

test("tracked bytes are counted while the session runs", async () => {
  await using scene = new Scene();
  const stores = [
    { name: "bytes_in_cnt", periodMs: 0, count: 1 },
    { name: "bytes_out_cnt", periodMs: 0, count: 1 },
  ];
  const stickTable = { name: "fe", type: "ip", keyLength: 4, size: 9, expireMs: 0, nopurge: false, stores } as const;
  const key = { fetch: "src", arguments: [], converters: [], text: "src" };
  const action = { kind: "track-sc", slot: 0, key, table: null } as const;
  const connectionRules = [{ action, condition: null, position: { file: "test.cfg", line: 1 } }] as unknown as Rule[];
  await scene.apply(onePlan({ stickTable, connectionRules }, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
  const client = await scene.open();
  client.socket.write("abc");
  await scene.until(() => client.received === "hiabc");
  const table = scene.proxy.tables.get("fe");
  const entry = table?.find("127.0.0.1");
  const bytes = (): unknown => entry !== undefined && table?.figures(entry)?.data.map((one) => one.value);
  await scene.until(() => JSON.stringify(bytes()) === "[3,5]");
  client.socket.end("d");
  await client.ended;
  await scene.until(() => scene.records.length === 1);
  expect(bytes()).toEqual([4, 6]);
});

test("contstats counts bytes while the session goes on, and each of them once", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({ contStats: true }, { servers: [serverPlan("s1", await scene.serve("hi "))] }));
  const { running } = scene.proxy;
  const counted = (): number[] => {
    const [frontend, backend] = [running.frontends.get("fe"), running.backends.get("be")];
    return [frontend?.counters, frontend?.listeners[0], backend?.counters, backend?.servers[0]?.counters].flatMap(
      (one) => [one?.bytesIn ?? -1, one?.bytesOut ?? -1],
    );
  };
  const client = await scene.open();
  client.socket.write("there");
  await scene.until(() => client.received === "hi there");
  await scene.until(() => counted()[1] === 8);
  expect([counted(), running.sessions.running.size]).toEqual([[5, 8, 5, 8, 5, 8, 5, 8], 1]);
  client.socket.end("!");
  await client.ended;
  await scene.until(() => scene.records.length === 1);
  expect(counted()).toEqual([6, 9, 6, 9, 6, 9, 6, 9]);
});

test("tcp-smart-connect delays the handshake's last ACK only where something can carry it", async () => {
  const asked: boolean[] = [];
  await using scene = new Scene({
    ...transport,
    connect(options) {
      asked.push(options.quickAck);
      return transport.connect(options);
    },
  });
  const port = await scene.serve("hi");
  const header = { version: 1, options: [], tlvs: [] } as const;
  const backend = (own: object, tcpSmartConnect: boolean): Parameters<typeof onePlan>[1] => ({
    tcpSmartConnect,
    servers: [serverPlan("s1", port, own)],
  });
  for (const [own, isSmart] of [
    [{}, true],
    [{ proxyHeader: header }, true],
    [{ proxyHeader: header }, false],
  ] as const) {
    await scene.apply(onePlan({}, backend(own, isSmart)));
    const client = await scene.open();
    await scene.until(() => client.received.startsWith("hi"));
    client.socket.end();
    await client.ended;
  }
  // Without a word of the client the server may be the one to speak: SSH.
  expect(asked).toEqual([true, false, true]);
});

test("where nothing is said the handshake's last ACK waits for bytes that are there, and only on loopback", async () => {
  const asked: boolean[] = [];
  await using scene = new Scene({
    ...transport,
    listen: (options, accept) =>
      transport.listen(options, (client) => {
        void (async () => {
          while ((client.present?.(1).length ?? 0) === 0) await Bun.sleep(1);
          accept(client);
        })();
      }),
    connect(options) {
      asked.push(options.quickAck);
      return transport.connect(options);
    },
  });
  const port = await scene.serve("hi ");
  for (const tcpSmartConnect of [null, false]) {
    await scene.apply(onePlan({}, { tcpSmartConnect, servers: [serverPlan("s1", port)] }));
    const client = await scene.open();
    client.socket.end("there");
    await client.ended;
    expect(client.received).toBe("hi there");
  }
  expect(asked).toEqual([false, true]);
  const at = {
    tcpSmartConnect: null,
    servers: [
      serverPlan("s1", 1, {
        address: { kind: "tcp", host: "192.0.2.1", isName: false, family: null, port: 1, portOffset: 0 },
      }),
    ],
  };
  await scene.apply(onePlan({}, at));
  const client = await scene.open();
  client.socket.write("there");
  await scene.until(() => asked.length === 3);
  expect(asked[2]).toBe(true);
  client.socket.destroy();
});

test("sessions that run hold nothing of how they came to their server, nor what it does not ask for", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", await scene.serve("hi"))] }));
  const clients = await Promise.all(Array.from({ length: 200 }, () => scene.open()));
  await scene.until(() => clients.every(isServed));
  const [sessions, startups, memberships] = population("Session", "StartupSlot", "Membership");
  expect(sessions).toBeGreaterThanOrEqual(200);
  // Some of others may be found on the stack.
  expect(startups).toBeLessThan(20);
  // One is each one's place among all, and a roster puts up with places of those who have left.
  expect(memberships).toBeLessThan(340);
  for (const client of clients) client.socket.destroy();
});

test("sessions that have waited for a slot hold no place in a queue any more", async () => {
  await using scene = new Scene();
  await scene.apply(onePlan({}, { servers: [serverPlan("s1", await scene.serve("hi"), { maxconn: 40 })] }));
  const clients = await Promise.all(Array.from({ length: 80 }, () => scene.open()));
  await scene.until(() => clients.filter(isServed).length === 40);
  for (const client of clients.filter(isServed)) client.socket.destroy();
  await scene.until(() => clients.every(isServed) && scene.records.length === 40);
  const [sessions, places] = population("Session", "QueuePlace");
  expect(sessions).toBeGreaterThanOrEqual(40);
  expect(places).toBeLessThan(20);
  for (const client of clients) client.socket.destroy();
});

function isServed({ received }: { readonly received: string }): boolean {
  return received === "hi";
}
