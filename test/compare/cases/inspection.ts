/** When content rules run, on which bytes, and what they wait for. */
import type { Behaviour, Case, Stage } from "../case.ts";

const leave: Record<string, Behaviour> = { s1: "leave" };
const never = "nobody says this";

/** Reads to the end, then sends everything back. */
const afterwards: Behaviour = (socket) => {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("end", () => socket.end(Buffer.concat(chunks)));
};

function listen(lines: string): string {
  return `listen fe
    bind <fe>
    ${lines.trim().split("\n").join("\n    ")}
    server s1 <s1>
`;
}

/** Fetches and converters, each asked for what never comes: the rule behind it decides once it need not wait. */
const expressions = `
src dst_port so_id fe_conn nbsrv(t) var(txn.x) str(a) int(5) always_true env(HOME) proc thread hostname
date date_us date(1) rand rand(3) uuid date,sub(1) rand(3),in_table(t) src,in_table(t)
method url req.ver req.proto_http rdp_cookie rdp_cookie_cnt req.rdp_cookie(a) wait_end
req.ssl_sni req.ssl_ver req.ssl_hello_type req.ssl_alpn req.ssl_ec_ext
req.len req.len,in_table(t) res.len req_len
req.payload(0,0) req.payload(0,3) req.payload(1,0) req.payload(0,30) req.payload(0,16384) req.payload(0,16385)
req.payload(16380,5) res.payload(0,0) res.payload(0,3) res.payload(0,30) payload(0,0) payload(0,4)
req.payload_lv(0,1) req.payload_lv(0,2) req.payload_lv(0,4) req.payload_lv(3,1) res.payload_lv(0,1) req.payload_lv(0,1,16200)
req.payload(0,0),mqtt_is_valid req.payload(0,4),mqtt_is_valid req.payload(0,0),mqtt_field_value(connect,flags)
req.payload(0,4),mqtt_field_value(connect,flags) req.payload(0,0),mqtt_is_valid,in_table(t)
req.payload(0,0),in_table(t) req.payload(0,0),table_conn_cnt(t) req.payload(0,0),table_expire(t) req.payload(0,0),table_idle(t,5)
req.payload(0,0),in_table(t),add(1)
req.payload(0,0),hex req.payload(0,0),lower req.payload(0,0),length req.payload(0,0),sha1,hex req.payload(0,0),bytes(1,2)
req.payload(0,0),map_str(<dir>/map) req.payload(0,2),map_str(<dir>/map) req.payload(0,0),map_str(<dir>/map),in_table(t)
req.payload(0,0),word(1,x) req.payload(0,0),field(1,x) req.payload(0,0),b64dec req.payload(0,0),set-var(txn.y)
`
  .trim()
  .split(/\s+/);

const openings: readonly [string, string][] = [
  ["words", "rubbish"],
  ["the beginning of an MQTT packet", "\u0010\u000c\u0000\u0004MQTT"],
  ["a packet longer than there are", "\u0010\u00ff\u00ff\u00ff\u00ff\u00ff"],
  ["zeros", "\u0000\u0000\u0000\u0000\u0000"],
  ["the beginning of TLS", "\u0016\u0003\u0001\u0002\u0000\u0001"],
  ["nothing", ""],
];

const waits: readonly Case[] = openings.map(([what, bytes]) => ({
  name: `what rules wait for when they see ${what}`,
  configuration: `defaults
    mode tcp
    timeout connect 1s
    timeout client 9s
    timeout server 9s
backend t
    stick-table type string len 32 size 10 expire 10s store conn_cnt
    server one 127.0.0.1:9
${expressions
  .map(
    (text, at) => `frontend f${at}
    bind <f${at}>
    tcp-request inspect-delay 8s
    tcp-request content reject if { ${text} -m str "${never}" }
    tcp-request content reject
`,
  )
  .join("")}`,
  files: { map: "a b\n" },
  async traffic(stage: Stage) {
    const notes = await Promise.all(
      expressions.map(async (text, at) => {
        const client = await stage.connect(`f${at}`);
        if (bytes !== "") client.send(bytes);
        const early = await client.ended(1500);
        if (early === "open") client.end();
        // Whether it ends by FIN or by RST is a matter of when the word came.
        return `${text}: ${early === "open" ? "waits" : "decides"}, ${(await client.ended()) === "open" ? "open" : "over"}`;
      }),
    );
    notes.forEach((note) => stage.note(note));
  },
  logs: 0,
}));

/** Addresses set at one layer, as everybody sees them afterwards. */
const addresses: readonly Case[] = ["connection", "session", "content"].flatMap((layer) =>
  ["", " accept-proxy"].map((accept) => ({
    name: `what set-src and set-dst of tcp-request ${layer} change${accept === "" ? "" : " behind a PROXY header"}`,
    configuration: `listen fe
    bind <fe>${accept}
    tcp-request ${layer} set-src ipv4(10.1.1.1)
    tcp-request ${layer} set-src-port int(99)
    tcp-request ${layer} set-dst ipv4(10.2.2.2)
    tcp-request ${layer} set-dst-port int(77)
    tcp-request content set-var(txn.src) fc_src
    log-format "ci=%ci cp=%cp fi=%fi fp=%fp src=%[src] port=%[src_port] dst=%[dst]/%[dst_port] fc=%[fc_src] port=%[fc_src_port] %[fc_dst] port=%[fc_dst_port] is=%[src_is_local]%[dst_is_local]%[fc_src_is_local]%[fc_dst_is_local] %[var(txn.src)]"
    server s1 <s1> send-proxy-v2
`,
    servers: { s1: "mute" as const },
    async traffic(stage: Stage) {
      const header = accept === "" ? "" : "PROXY TCP4 10.9.9.9 10.8.8.8 1234 22\r\n";
      await stage.ask("fe", { send: `${header}hi`, end: true });
    },
  })),
);

/** What one side says, piece by piece, a while apart; `null` is its end. */
type Pieces = readonly (string | null)[];

const pieceMs = 300;

async function say(pieces: Pieces, write: (bytes: string) => void, end: () => void): Promise<void> {
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await Bun.sleep(pieceMs);
    if (piece === null) end();
    else write(piece);
  }
}

const sayings: readonly Pieces[] = [
  ["abcdef"],
  ["ab", "cdef"],
  ["a", "b", "cd", null],
  ["ab", null],
  ["xy", "zabcd"],
  [null],
  [],
];

/** Rules for what one direction says. */
function rulesOn(direction: "req" | "res"): readonly string[] {
  const ends = direction === "req" ? ["accept", "reject"] : ["accept", "reject", "close", "silent-drop"];
  const conditions = [
    "",
    "if { LEN ge 4 }",
    "if { LEN lt 2 }",
    "unless { LEN lt 4 }",
    "if WAIT_END",
    "if { BYTES(0,2) -m str ab }",
    "unless { BYTES(0,4) -m str abcd }",
    "if { BYTES(0,0) -m end f } or { LEN eq 2 }",
    "if !{ BYTES(0,0) -m sub cd } { LEN gt 1 }",
  ];
  return ends.flatMap((end) =>
    conditions.map((condition) =>
      `${end} ${condition}`.replaceAll("LEN", `${direction}.len`).replaceAll("BYTES", `${direction}.payload`),
    ),
  );
}

/** One frontend for each rule, all at once. `isWaiting`: connections are seen once something has come with them. */
function requestCase(pieces: Pieces, isWaiting: boolean): Case {
  return {
    name: `request rules and a client that says ${JSON.stringify(pieces)}${isWaiting ? " at once" : ""}`,
    configuration: rulesOn("req")
      .map(
        (rule, at) => `listen f${at}
    bind <f${at}>${isWaiting ? " defer-accept" : ""}
    timeout client 12s
    tcp-request inspect-delay 4s
    tcp-request content set-var(txn.seen) str(rejected)
    tcp-request content ${rule}
    tcp-request content set-var(txn.seen) str(passed)
    log-format "${at} %ts %U %B %[var(txn.seen)] %[last_rule_line,sub(0)]"
    server s1 <s1>
`,
      )
      .join(""),
    servers: { s1: "echo" },
    async traffic(stage) {
      const notes = await Promise.all(
        rulesOn("req").map(async (rule, at) => {
          const client = await stage.connect(`f${at}`);
          // Where nothing comes with it, the first look is at nothing.
          if (!isWaiting) await Bun.sleep(pieceMs);
          await say(pieces, client.send, client.end);
          const early = await client.ended(800);
          const echoed = client.text;
          const late = await client.ended(4500);
          client.end();
          return `${rule}: ${echoed} ${early}, ${client.text} ${late}, ${await client.ended()} ${client.text}`;
        }),
      );
      notes.forEach((note) => stage.note(note));
    },
    unordered: ["logs"],
    chance: ["servers"],
  };
}

const requests: readonly Case[] = [
  ...sayings.map((pieces) => requestCase(pieces, false)),
  ...sayings.slice(0, 2).map((pieces) => requestCase(pieces, true)),
];

/** As for requests, with the server saying the pieces; the client's word goes on meanwhile. */
const responses: readonly Case[] = sayings.map((pieces) => ({
  name: `response rules and a server that says ${JSON.stringify(pieces)}`,
  configuration: rulesOn("res")
    .map(
      (rule, at) => `listen f${at}
    bind <f${at}>
    tcp-request inspect-delay 9s
    tcp-request content accept if { req.len ge 5 }
    tcp-response inspect-delay 1800ms
    tcp-response content ${rule}
    log-format "${at} %ts %U %B"
    server s1 <s1>
`,
    )
    .join(""),
  servers: {
    s1: (socket) => {
      // A resetting forwarder is no failure of the test.
      socket.on("error", () => undefined);
      socket.once("data", () => {
        void say(
          pieces,
          (bytes) => socket.write(bytes),
          () => socket.end(),
        );
      });
      socket.on("end", () => socket.end());
    },
  },
  async traffic(stage) {
    const notes = await Promise.all(
      rulesOn("res").map(async (rule, at) => {
        const client = await stage.connect(`f${at}`);
        client.send("hello");
        const early = await client.ended(900);
        const got = client.text;
        const late = await client.ended(1600);
        // The dropped one is not told any more.
        client.end();
        return `${rule}: ${got} ${early}, ${client.text} ${late}, ${await client.ended(500)} ${client.text}`;
      }),
    );
    notes.forEach((note) => stage.note(note));
  },
  unordered: ["logs"],
  // Whether a server hears of its end by FIN or by RST depends on what it has in flight.
  chance: ["servers"],
}));

export const inspectionCases: readonly Case[] = [
  ...waits,
  ...requests,
  ...responses,
  {
    name: "a long request goes on while the answer is awaited, and so does its end",
    configuration: listen(`
tcp-response inspect-delay 9s
tcp-response content accept if { res.len ge 100 }
log-format "%ts %U %B"
`),
    servers: { s1: afterwards },
    async traffic(stage) {
      const client = await stage.connect("fe");
      client.send("x".repeat(1_000_000));
      client.end();
      stage.note(`${await client.ended()} ${client.text.length}`);
    },
    chance: ["servers"],
  },
  {
    name: "the sides' own timeouts while the answer is awaited",
    configuration: `listen one
    bind <one>
    timeout client 400ms
    tcp-response inspect-delay 3s
    tcp-response content reject if { res.len ge 100 }
    log-format "%ts %U %B Tt=%Tt"
    server s1 <s1>
listen two
    bind <two>
    timeout server 400ms
    timeout tunnel 9s
    tcp-response inspect-delay 3s
    tcp-response content reject if { res.len ge 100 }
    log-format "%ts %U %B Tt=%Tt"
    server s1 <s1>
`,
    servers: { s1: "mute" },
    async traffic(stage) {
      await stage.ask("one", { send: "hi" });
      await stage.ask("two", { send: "hi" });
    },
    toleranceMs: 250,
  },
  {
    name: "a line that is due when the server is connected waits for no rule",
    configuration: `listen one
    bind <one>
    tcp-response inspect-delay 3s
    tcp-response content reject if { res.len ge 4 }
    log-format "%s %b %si"
    server s1 <s1>
listen two
    bind <two>
    option logasap
    option tcplog
    tcp-response inspect-delay 3s
    tcp-response content reject if { res.len ge 4 }
    server s1 <s1>
listen three
    bind <three>
    option logasap
    log-format "%ts %U %B %s"
    tcp-response content reject
    server s1 <s1>
`,
    servers: { s1: "mute" },
    async traffic(stage) {
      const one = await stage.connect("one");
      await stage.logged(1);
      stage.note(await one.ended(200));
      const two = await stage.connect("two");
      await stage.logged(2);
      stage.note(await two.ended(200));
      await stage.ask("three");
    },
    toleranceMs: 250,
  },
  ...addresses,
  {
    name: "a key that may grow is tracked once it is whole",
    configuration: `backend t
    stick-table type string len 32 size 10 store conn_cnt
listen fe
    bind <fe>
    tcp-request inspect-delay 5s
    tcp-request content track-sc0 req.payload(0,0) table t
    tcp-request content set-var(txn.seen) str(abcdef),table_conn_cnt(t)
    log-format "%[var(txn.seen)] %[sc0_conn_cnt] %U"
    server s1 <s1>
`,
    servers: { s1: "mute" },
    async traffic(stage) {
      const client = await stage.connect("fe");
      client.send("abc");
      await Bun.sleep(200);
      stage.note(`${stage.record("s1").length} came through`);
      client.send("def");
      client.end();
      stage.note(await client.ended());
    },
  },
  {
    name: "how much rules see of a buffer",
    configuration: `global
    nbthread 1
    log <log> local0
    stats socket <admin> level admin
    tune.bufsize 20000
    tune.maxrewrite 4000
${listen(`
tcp-request inspect-delay 5s
tcp-request content set-var(txn.seen) req.len if WAIT_END
tcp-response inspect-delay 5s
tcp-response content set-var(txn.answered) res.len if WAIT_END
log-format "%[var(txn.seen)] %[var(txn.answered)] %U %B"
`)}`,
    servers: { s1: "echo" },
    async traffic(stage) {
      const client = await stage.connect("fe");
      client.send("x".repeat(50_000));
      client.end();
      stage.note(`${(await client.ended()) === "fin"} ${client.text.length}`);
    },
    chance: ["servers"],
  },
  {
    name: "bytes of clients that never got to a server",
    configuration: `listen refused
    bind <refused>
    retries 1
    option dontlognull
    log-format "refused %U %ts"
    server s1 <s2>
listen rejected
    bind <rejected>
    option dontlognull
    tcp-request inspect-delay 5s
    tcp-request content reject if { req.len ge 3 }
    log-format "rejected %U %ts"
    server s1 <s1>
listen gone
    bind <gone>
    option dontlognull
    tcp-request inspect-delay 5s
    tcp-request content accept if { req.len ge 30 }
    tcp-request content reject
    log-format "gone %U %ts"
    server s1 <s1>
listen full
    bind <full>
    option dontlognull
    tcp-request inspect-delay 5s
    tcp-request content reject if WAIT_END
    log-format "full %U %ts"
    server s1 <s1>
listen waiting
    bind <waiting>
    option dontlognull
    timeout queue 500ms
    log-format "waiting %U %ts"
    server s1 <s3> maxconn 1
`,
    servers: { ...leave, s2: "refuse", s3: "mute" },
    async traffic(stage) {
      await stage.ask("refused", { send: "hello" });
      const early = await stage.connect("gone");
      early.send("hello");
      await Bun.sleep(50);
      early.end();
      stage.note(await early.ended());
      await stage.ask("rejected", { send: "hello" });
      const full = await stage.connect("full");
      full.send("x".repeat(100_000));
      stage.note((await full.ended()) === "open" ? "open" : "over");
      const first = await stage.connect("waiting");
      await stage.served("s3", 1);
      await stage.ask("waiting", { send: "hello" });
      first.close();
      stage.note(await receivedBy(stage, ["refused", "gone", "rejected", "full", "waiting"]));
    },
    logs: 5,
  },
];

/** `bin` of frontends. */
async function receivedBy(stage: Stage, names: readonly string[]): Promise<string> {
  const [head = "", ...rows] = (await stage.command("show stat")).trim().split("\n");
  const at = head.split(",").indexOf("bin");
  const found = names.map((name) => {
    const row = rows.find((one) => one.startsWith(`${name},FRONTEND,`));
    return `${name} ${row?.split(",")[at]}`;
  });
  return found.join(", ");
}
