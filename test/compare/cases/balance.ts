/** Which server gets which connection: algorithms, weights, backups, sources and what is out of service. */
import type { Behaviour, Case, Stage } from "../case.ts";

const named: Record<string, Behaviour> = { s1: "leave", s2: "leave", s3: "leave", s4: "leave" };

/** So many clients one after the other; each is told which server it got. */
function inTurn(count: number): (stage: Stage) => Promise<void> {
  return async (stage) => {
    for (let at = 0; at < count; at++) await stage.ask("fe");
  };
}

/** Clients that stay: each next one meets the load of those before it; then one server's leave. */
async function staying(stage: Stage): Promise<void> {
  const clients = [];
  for (let at = 0; at < 9; at++) {
    const client = await stage.connect("fe");
    stage.note(await client.receive("\n"));
    clients.push({ client, server: client.text });
  }
  const leaving = clients.filter(({ server }) => server === "s2\n");
  for (const { client } of leaving) client.end();
  for (const { client } of leaving) await client.ended();
  await stage.logged(leaving.length);
  for (let at = 0; at < 4; at++) {
    const client = await stage.connect("fe");
    stage.note(await client.receive("\n"));
    clients.push({ client, server: client.text });
  }
  for (const { client, server } of clients) {
    if (server === "s2\n" && leaving.some((one) => one.client === client)) continue;
    client.end();
    await client.ended();
  }
}

/** Three clients from each of eight sources. */
async function fromMany(stage: Stage): Promise<void> {
  for (let round = 0; round < 2; round++) {
    for (let last = 1; last <= 12; last++) {
      await stage.ask("fe", { from: `127.0.0.${last}`, as: `127.0.0.${last}` });
    }
  }
}

const staysOpen: Record<string, Behaviour> = { s1: "name", s2: "name", s3: "name" };

function listen(lines: string): string {
  return `listen fe
    bind <fe>
    ${lines.trim().split("\n").join("\n    ")}
`;
}

const three = "\nserver s1 <s1>\nserver s2 <s2>\nserver s3 <s3>";
const weighted = "\nserver s1 <s1> weight 1\nserver s2 <s2> weight 5\nserver s3 <s3> weight 3";

export const balanceCases: readonly Case[] = [
  { name: "no balance line", configuration: listen(three), servers: named, traffic: inTurn(8) },
  { name: "roundrobin", configuration: listen(`balance roundrobin${three}`), servers: named, traffic: inTurn(8) },
  {
    name: "roundrobin with weights",
    configuration: listen(`balance roundrobin${weighted}`),
    servers: named,
    traffic: inTurn(20),
  },
  {
    name: "roundrobin with large weights",
    configuration: listen(
      "balance roundrobin\nserver s1 <s1> weight 100\nserver s2 <s2> weight 256\nserver s3 <s3> weight 77",
    ),
    servers: named,
    traffic: inTurn(30),
  },
  {
    name: "static-rr with weights",
    configuration: listen(`balance static-rr${weighted}`),
    servers: named,
    traffic: inTurn(20),
  },
  {
    name: "a server of weight 0 gets nothing",
    configuration: listen("balance roundrobin\nserver s1 <s1> weight 0\nserver s2 <s2>\nserver s3 <s3>"),
    servers: named,
    traffic: inTurn(5),
  },
  {
    name: "leastconn",
    configuration: listen(`balance leastconn${three}`),
    servers: staysOpen,
    traffic: staying,
    logs: 13,
    unordered: ["logs"],
  },
  {
    name: "leastconn with weights",
    configuration: listen(`balance leastconn${weighted}`),
    servers: staysOpen,
    traffic: staying,
    logs: 13,
    unordered: ["logs"],
  },
  {
    name: "first fills servers up to their maxconn",
    configuration: listen(
      "balance first\nserver s1 <s1> maxconn 4\nserver s2 <s2> maxconn 3 id 1\nserver s3 <s3> maxconn 9",
    ),
    servers: staysOpen,
    traffic: staying,
    logs: 13,
    unordered: ["logs"],
  },
  { name: "source", configuration: listen(`balance source${three}`), servers: named, traffic: fromMany },
  {
    name: "source with weights",
    configuration: listen(`balance source${weighted}`),
    servers: named,
    traffic: fromMany,
  },
  {
    name: "source, consistent",
    configuration: listen(`balance source\nhash-type consistent${weighted}`),
    servers: named,
    traffic: fromMany,
  },
  {
    name: "source, map-based djb2 with avalanche",
    configuration: listen(`balance source\nhash-type map-based djb2 avalanche${three}`),
    servers: named,
    traffic: fromMany,
  },
  {
    name: "source, consistent wt6",
    configuration: listen(`balance source\nhash-type consistent wt6${three}`),
    servers: named,
    traffic: fromMany,
  },
  {
    name: "source, consistent crc32",
    configuration: listen(`balance source\nhash-type consistent crc32 avalanche${three}`),
    servers: named,
    traffic: fromMany,
  },
  {
    name: "backups serve when all others are down, the first of them alone",
    configuration: listen("balance roundrobin\nserver s1 <s1> disabled\nserver s2 <s2> backup\nserver s3 <s3> backup"),
    servers: named,
    traffic: inTurn(4),
  },
  {
    name: "allbackups",
    configuration: listen(
      "balance roundrobin\noption allbackups\nserver s1 <s1> disabled\nserver s2 <s2> backup\nserver s3 <s3> backup weight 2",
    ),
    servers: named,
    traffic: inTurn(6),
  },
  {
    name: "backups wait while a server serves",
    configuration: listen("balance roundrobin\nserver s1 <s1>\nserver s2 <s2> backup\nserver s3 <s3> disabled"),
    servers: named,
    traffic: inTurn(3),
  },
  {
    name: "leastconn among backups",
    configuration: listen(
      "balance leastconn\noption allbackups\nserver s1 <s1> backup\nserver s2 <s2> backup\nserver s3 <s3> disabled",
    ),
    servers: staysOpen,
    traffic: inTurnStaying(4),
    logs: 4,
  },
  {
    name: "no server at all",
    configuration: listen("balance roundrobin\nserver s1 <s1> disabled"),
    servers: named,
    traffic: inTurn(2),
  },
  {
    name: "set weight and set server state on the stats socket",
    configuration: listen(`balance roundrobin${three}`),
    servers: named,
    async traffic(stage) {
      await inTurn(3)(stage);
      stage.note(await stage.command("set weight fe/s1 3"));
      await inTurn(5)(stage);
      stage.note(await stage.command("set server fe/s2 state maint"));
      await stage.logged(9);
      await inTurn(4)(stage);
      stage.note(await stage.command("set server fe/s1 state drain"));
      await stage.logged(14);
      await inTurn(2)(stage);
      stage.note(await stage.command("set server fe/s2 state ready"));
      await stage.logged(17);
      stage.note(await stage.command("get weight fe/s1"));
      await inTurn(4)(stage);
    },
    logs: 21,
  },
  {
    name: "balance hash of an expression",
    configuration: `frontend fe
    bind <fe>
    default_backend be
backend be
    balance hash src,ipmask(30)
    hash-type consistent
    server s1 <s1>
    server s2 <s2>
    server s3 <s3>
`,
    servers: named,
    traffic: fromMany,
  },
  {
    name: "random spreads over all servers",
    configuration: listen(`balance random${three}`),
    servers: named,
    async traffic(stage) {
      const seen = new Set<string>();
      for (let at = 0; at < 40; at++) {
        const client = await stage.connect("fe");
        seen.add(await client.receive("\n"));
        client.close();
      }
      stage.note([...seen].toSorted().join(" "));
    },
    logs: 40,
    // Which server is a matter of chance: only that all are used is compared.
    chance: ["servers", "logs"],
  },
  {
    name: "a client goes to the port it came to, shifted, and to the port it came to where none is given",
    configuration: `listen fe
    bind <fe>
    bind <fe2>
    server s1 127.0.0.1:<s1-fe>
listen other
    bind 127.0.0.2:<s3:port>
    server s3 127.0.0.1
`,
    servers: named,
    async traffic(stage) {
      await stage.ask("fe");
      await stage.ask("s3", { to: "127.0.0.2" });
    },
  },
  {
    name: "dynamic backends and a server named by use-server",
    configuration: `frontend fe
    bind <fe>
    use_backend be_%[src,map_ip(<dir>/backends.map,none)] if { src 127.0.0.0/29 }
    default_backend be_rest
backend be_one
    use-server s2 if { src 127.0.0.3 }
    use-server s1 unless { src 127.0.0.3 }
    server s1 <s1>
    server s2 <s2>
backend be_two
    server s3 <s3>
backend be_rest
    server s4 <s4>
`,
    files: { "backends.map": "# by address\n127.0.0.2 one\n127.0.0.3 one\n127.0.0.4/31 two\n" },
    servers: named,
    traffic: async (stage) => {
      for (let last = 1; last < 10; last++) await stage.ask("fe", { from: `127.0.0.${last}` });
    },
  },
  {
    name: "use-server with a server that is out of service",
    configuration: `frontend fe
    bind <fe>
    default_backend be
backend be
    use-server s2 if { src 127.0.0.2 }
    use-server s1 if { src 127.0.0.3 }
    server s1 <s1>
    server s2 <s2> disabled
    server s3 <s3>
`,
    servers: named,
    traffic: async (stage) => {
      for (const last of [2, 3, 2, 3, 2, 1]) await stage.ask("fe", { from: `127.0.0.${last}` });
    },
  },
];

function inTurnStaying(count: number): (stage: Stage) => Promise<void> {
  return async (stage) => {
    const clients = [];
    for (let at = 0; at < count; at++) {
      const client = await stage.connect("fe");
      stage.note(await client.receive("\n"));
      clients.push(client);
    }
    // One after the other: what is counted at an end depends on who ended before.
    for (const [at, client] of clients.entries()) {
      client.end();
      await stage.logged(at + 1);
    }
  };
}
