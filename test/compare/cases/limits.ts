/** Limits and queues: maxconn at every level, minconn, queue timeouts, rate limits. */
import type { Case, Stage } from "../case.ts";
import type { Client } from "../client.ts";

/** Opens so many clients, one after the other, without waiting for what they get. */
async function crowd(stage: Stage, count: number, sources = false): Promise<Client[]> {
  const clients: Client[] = [];
  for (let at = 0; at < count; at++) {
    clients.push(await stage.connect("fe", sources ? { from: `127.0.0.${at + 1}` } : {}));
    // The next one comes after this one has been accepted: what answers now has seen it before.
    await Bun.sleep(30);
    await stage.command("show info");
  }
  return clients;
}

/** Lets clients leave in their order, each as soon as it has been served. */
async function leaveInTurn(stage: Stage, clients: readonly Client[]): Promise<void> {
  for (const [at, client] of clients.entries()) {
    const text = await client.receive("\n");
    stage.note(`${at}: ${text.trim()}`);
    client.end();
    await client.ended();
  }
}

export const limitCases: readonly Case[] = [
  {
    name: "a server's maxconn queues whoever comes after, in order",
    configuration: `listen fe
    bind <fe>
    timeout queue 10s
    server s1 <s1> maxconn 1
`,
    servers: { s1: "name" },
    traffic: async (stage) => leaveInTurn(stage, await crowd(stage, 4)),
  },
  {
    name: "two full servers share the backend's queue",
    configuration: `listen fe
    bind <fe>
    timeout queue 10s
    balance leastconn
    server s1 <s1> maxconn 1
    server s2 <s2> maxconn 1
`,
    servers: { s1: "name", s2: "name" },
    traffic: async (stage) => leaveInTurn(stage, await crowd(stage, 6)),
  },
  {
    name: "the queue timeout ends the wait",
    configuration: `listen fe
    bind <fe>
    timeout queue 400ms
    server s1 <s1> maxconn 1
`,
    servers: { s1: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 2);
      stage.note(await (clients[1] as Client).ended());
      await leaveInTurn(stage, clients.slice(0, 1));
    },
    toleranceMs: 150,
  },
  {
    name: "timeout connect counts as queue timeout where that is missing",
    configuration: `listen fe
    bind <fe>
    timeout connect 900ms
    server s1 <s1> maxconn 1
`,
    servers: { s1: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 2);
      stage.note(await (clients[1] as Client).ended());
      await leaveInTurn(stage, clients.slice(0, 1));
    },
    toleranceMs: 150,
  },
  {
    name: "a queue timeout of 0 is none of its own: timeout connect counts",
    configuration: `listen fe
    bind <fe>
    timeout connect 900ms
    timeout queue 0
    server s1 <s1> maxconn 1
`,
    servers: { s1: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 2);
      stage.note(await (clients[1] as Client).ended());
      await leaveInTurn(stage, clients.slice(0, 1));
    },
    toleranceMs: 150,
  },
  {
    name: "each connection has a port of the source's range, and one that finds none is refused at once",
    configuration: `listen fe
    bind <fe>
    retries 0
    server s1 <s1> source <lent@127.0.0.77+2>
`,
    servers: { s1: "name" },
    differs: {
      because: "HAProxy tells of each attempt with syslog's highest level; here it is told once, as a warning",
      here: (line) => line.replace("<128>", "<132>"),
    },
    logs: 5,
    async traffic(stage) {
      const clients = await crowd(stage, 3);
      stage.note(await (clients[2] as Client).ended());
      await leaveInTurn(stage, clients.slice(0, 2));
      await stage.logged(4);
      await leaveInTurn(stage, await crowd(stage, 1));
    },
  },
  {
    name: "maxqueue sends the next one elsewhere",
    configuration: `listen fe
    bind <fe>
    timeout queue 10s
    balance roundrobin
    stick-table type ip size 10
    stick on src
    option redispatch
    server s1 <s1> maxconn 1 maxqueue 1
    server s2 <s2>
`,
    servers: { s1: "name", s2: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 4);
      for (const at of [2, 3, 0, 1]) await leaveInTurn(stage, [clients[at] as Client]);
    },
  },
  {
    name: "a client that leaves the queue is not served",
    configuration: `listen fe
    bind <fe>
    timeout queue 10s
    server s1 <s1> maxconn 1
`,
    servers: { s1: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 3);
      const leaving = clients[1] as Client;
      leaving.end();
      stage.note(await leaving.ended());
      await stage.logged(1);
      await leaveInTurn(stage, [clients[0] as Client, clients[2] as Client]);
    },
  },
  {
    name: "a client that resets while it is queued",
    configuration: `listen fe
    bind <fe>
    timeout queue 10s
    server s1 <s1> maxconn 1
`,
    servers: { s1: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 2);
      (clients[1] as Client).reset();
      await stage.logged(1);
      await leaveInTurn(stage, clients.slice(0, 1));
    },
  },
  ...["leastconn", "roundrobin", "static-rr", "first"].map((algorithm): Case => ({
    name: `minconn and fullconn raise the limit with the load: ${algorithm}`,
    configuration: `frontend fe
    bind <fe>
    default_backend be
    timeout queue 10s
backend be
    timeout queue 10s
    balance ${algorithm}
    fullconn 8
    server s1 <s1> minconn 1 maxconn 4
    server s2 <s2> minconn 1 maxconn 4
`,
    servers: { s1: "name", s2: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 10);
      for (const [at, client] of clients.entries()) stage.note(`${at}: ${client.text.trim()}`);
      await leaveInTurn(stage, clients);
    },
  })),
  {
    name: "a frontend's maxconn leaves the next one in the kernel's backlog",
    configuration: `frontend fe
    bind <fe>
    maxconn 2
    default_backend be
    timeout queue 10s
backend be
    timeout queue 10s
    server s1 <s1>
`,
    servers: { s1: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 4);
      for (const [at, client] of clients.entries()) stage.note(`${at}: ${client.text.trim()}`);
      await leaveInTurn(stage, clients);
    },
  },
  {
    name: "a bind line's maxconn",
    configuration: `frontend fe
    bind <fe> maxconn 1
    bind <other>
    default_backend be
    timeout queue 10s
backend be
    timeout queue 10s
    server s1 <s1>
`,
    servers: { s1: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 2);
      const other = await stage.connect("other");
      stage.note(await other.receive("\n"));
      other.end();
      await other.ended();
      await leaveInTurn(stage, clients);
    },
  },
  {
    name: "the process's maxconn",
    configuration: `global
    nbthread 1
    log <log> local0
    stats socket <admin> level admin
    maxconn 2
frontend fe
    bind <fe>
    default_backend be
    timeout queue 10s
backend be
    timeout queue 10s
    server s1 <s1>
`,
    servers: { s1: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 3);
      for (const [at, client] of clients.entries()) stage.note(`${at}: ${client.text.trim()}`);
      await leaveInTurn(stage, clients);
    },
  },
  {
    name: "rate-limit sessions",
    configuration: `frontend fe
    bind <fe>
    rate-limit sessions 5
    default_backend be
    timeout queue 10s
backend be
    timeout queue 10s
    server s1 <s1>
`,
    servers: { s1: "leave" },
    async traffic(stage) {
      const begin = performance.now();
      const all = Array.from({ length: 13 }, async () => {
        const client = await stage.connect("fe");
        await client.ended();
        client.close();
      });
      await Promise.all(all);
      const seconds = (performance.now() - begin) / 1000;
      stage.note(seconds > 1 && seconds < 5 ? "held back" : `took ${seconds}`);
    },
    unordered: ["logs"],
    chance: ["logs"],
  },
  {
    name: "a server that comes back takes what waits",
    configuration: `listen fe
    bind <fe>
    timeout queue 10s
    server s1 <s1> maxconn 1
    server s2 <s2> maxconn 1 disabled
`,
    servers: { s1: "name", s2: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 3);
      stage.note(await stage.command("set server fe/s2 state ready"));
      stage.note(await (clients[1] as Client).receive("\n"));
      await leaveInTurn(stage, clients);
    },
    logs: 4,
  },
  {
    name: "raising a server's maxconn on the stats socket lets the queue go on",
    configuration: `listen fe
    bind <fe>
    timeout queue 10s
    server s1 <s1> maxconn 1
`,
    servers: { s1: "name" },
    async traffic(stage) {
      const clients = await crowd(stage, 3);
      stage.note(await stage.command("set maxconn server fe/s1 3"));
      await (clients[1] as Client).receive("\n");
      await (clients[2] as Client).receive("\n");
      await leaveInTurn(stage, clients);
    },
  },
];
