/** Persistence: stick on, match, store, responses, tables and what happens when a server goes. */
import type { Behaviour, Case, Stage } from "../case.ts";

const leave: Record<string, Behaviour> = { s1: "leave", s2: "leave", s3: "leave" };
const servers = "    server s1 <s1>\n    server s2 <s2>\n    server s3 <s3>\n";

function rounds(count: number, sources: number): (stage: Stage) => Promise<void> {
  return async (stage) => {
    for (let round = 0; round < count; round++) {
      for (let last = 1; last <= sources; last++) await stage.ask("fe", { from: `127.0.0.${last}` });
    }
  };
}

async function table(stage: Stage, name: string): Promise<void> {
  const text = await stage.command(`show table ${name}`);
  const lines = text
    .trim()
    .split("\n")
    .map((line) => line.replace(/0x\w+/g, "0x").replace(/exp=\d+/g, "exp="));
  for (const line of lines.toSorted()) stage.note(line);
}

export const stickCases: readonly Case[] = [
  {
    name: "stick on src",
    configuration: `listen fe
    bind <fe>
    stick-table type ip size 100 expire 10m
    stick on src
${servers}`,
    servers: leave,
    async traffic(stage) {
      await rounds(3, 4)(stage);
      await table(stage, "fe");
    },
  },
  {
    name: "stick on src goes elsewhere when its server is out, and stays there",
    configuration: `listen fe
    bind <fe>
    option redispatch
    stick-table type ip size 100 expire 10m
    stick on src
${servers}`,
    servers: leave,
    async traffic(stage) {
      await rounds(2, 3)(stage);
      await stage.command("set server fe/s1 state maint");
      await rounds(2, 3)(stage);
      await stage.command("set server fe/s1 state ready");
      await rounds(2, 3)(stage);
      await table(stage, "fe");
    },
    logs: 18,
    // The changes of state are logged too, before the sessions that follow.
    chance: ["logs"],
  },
  {
    name: "stick match and store-request with conditions and a table of another backend",
    configuration: `backend who
    stick-table type ip size 100 expire 10m
listen fe
    bind <fe>
    stick match src table who if { src 127.0.0.1 127.0.0.2 }
    stick store-request src table who unless { src 127.0.0.2 }
${servers}`,
    servers: leave,
    async traffic(stage) {
      await rounds(3, 3)(stage);
      await table(stage, "who");
    },
  },
  {
    name: "stick store-response remembers what the server said",
    configuration: `listen fe
    bind <fe>
    stick-table type string len 8 size 100 expire 10m
    tcp-request inspect-delay 500ms
    tcp-request content accept if { req.len gt 3 }
    tcp-response inspect-delay 500ms
    tcp-response content accept if { res.len gt 3 }
    stick match req.payload(0,4)
    stick store-response res.payload(0,4)
${servers}`,
    servers: {
      s1: (socket) => void socket.once("data", () => socket.end("one!")),
      s2: (socket) => void socket.once("data", () => socket.end("two!")),
      s3: (socket) => void socket.once("data", () => socket.end("tri!")),
    },
    async traffic(stage) {
      for (const send of ["new!", "new!", "new!", "two!", "one!", "two!", "tri!", "none"])
        await stage.ask("fe", { send });
      await table(stage, "fe");
    },
  },
  {
    name: "non-stick servers are used but not remembered",
    configuration: `listen fe
    bind <fe>
    stick-table type ip size 100 expire 10m
    stick on src
    server s1 <s1>
    server s2 <s2> non-stick
    server s3 <s3>
`,
    servers: leave,
    async traffic(stage) {
      await rounds(3, 3)(stage);
      await table(stage, "fe");
    },
  },
  {
    name: "force-persist and ignore-persist",
    configuration: `listen fe
    bind <fe>
    retries 0
    stick-table type ip size 100 expire 10m
    stick on src
    force-persist if { src 127.0.0.1 }
    ignore-persist if { src 127.0.0.2 }
${servers}`,
    servers: leave,
    async traffic(stage) {
      await rounds(2, 3)(stage);
      await stage.command("set server fe/s1 state maint");
      await rounds(2, 3)(stage);
    },
    chance: ["logs"],
    logs: 12,
  },
  {
    name: "entries set, shown and cleared on the stats socket",
    configuration: `listen fe
    bind <fe>
    stick-table type ip size 100 expire 10m store conn_cnt,gpc0
    stick on src
    tcp-request connection track-sc0 src
    tcp-request content reject if { sc0_get_gpc0 gt 0 }
${servers}`,
    servers: leave,
    async traffic(stage) {
      await rounds(1, 3)(stage);
      await stage.command("set table fe key 127.0.0.2 data.gpc0 1");
      await rounds(1, 3)(stage);
      await stage.command("clear table fe key 127.0.0.2");
      await rounds(1, 3)(stage);
      await table(stage, "fe");
      stage.note((await stage.command("clear table fe data.conn_cnt gt 1")).trim());
      await table(stage, "fe");
    },
  },
  {
    name: "a full table with nopurge and one that forgets its oldest",
    configuration: `backend keep
    stick-table type ip size 2 nopurge expire 10m store conn_cnt
backend turn
    stick-table type ip size 2 expire 10m store conn_cnt
listen fe
    bind <fe>
    tcp-request connection track-sc0 src table keep
    tcp-request connection track-sc1 src table turn
    log-format "%ci keep=%[src_conn_cnt(keep)] turn=%[src_conn_cnt(turn)] cnt=%[table_cnt(keep)] avl=%[table_avl(keep)]"
${servers}`,
    servers: leave,
    async traffic(stage) {
      await rounds(2, 4)(stage);
      await table(stage, "keep");
      await table(stage, "turn");
    },
  },
  {
    name: "show table: keys of clients' own bytes, and where server_key stands",
    configuration: `frontend fe
    bind <fe>
    tcp-request inspect-delay 1s
    tcp-request content track-sc0 req.payload(0,0) table text
    tcp-request content track-sc1 req.payload(0,0) table bytes
    default_backend be
backend text
    stick-table type string len 60 size 100 expire 60s store conn_cnt,server_key,gpt(2),gpc0,http_fail_cnt
backend bytes
    stick-table type binary len 12 size 100 expire 60s store conn_cnt,gpt(1),server_key
backend be
    server s1 <s1>
`,
    servers: { s1: "leave" },
    async traffic(stage) {
      const sent = [
        "a=b\\c\td\ne\rf\x1bg\"h'i#j,k;l m",
        Uint8Array.of(1, 0x7f, 0xc3, 0xa9, 0xff, 0x7e),
        "plain",
        "ab\0cd",
      ];
      for (const bytes of sent) await stage.ask("fe", { send: bytes });
      for (const table of ["text", "bytes"]) {
        const shown = (await stage.command(`show table ${table}`))
          .replaceAll(/exp=\d+/g, "exp")
          .replaceAll(/0x[0-9a-f]+: /g, "");
        stage.note(shown.split("\n").toSorted().join("\n"));
      }
    },
    chance: ["servers", "logs"],
    logs: 4,
  },
];
