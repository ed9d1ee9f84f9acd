/** What rules let through: layers, actions, ACL forms, files, inspection, tracking, variables. */
import { clientHelloMessage, records, serverNameExtension } from "../../unit/wire/tls/hello-bytes.ts";
import type { Behaviour, Case, Stage } from "../case.ts";

const leave: Record<string, Behaviour> = { s1: "leave", s2: "leave" };

function listen(lines: string): string {
  return `listen fe
    bind <fe>
    ${lines.trim().split("\n").join("\n    ")}
    server s1 <s1>
`;
}

/** One client from each of 127.0.0.1 up. */
function fromSources(count: number): (stage: Stage) => Promise<void> {
  return async (stage) => {
    for (let last = 1; last <= count; last++) {
      await stage.ask("fe", { from: `127.0.0.${last}`, as: `127.0.0.${last}` });
    }
  };
}

/** One client after the other, each with words of its own. */
function saying(...words: (string | Uint8Array)[]): (stage: Stage) => Promise<void> {
  return async (stage) => {
    for (const word of words) await stage.ask("fe", { send: word, end: true });
  };
}

const hello = (name: string): Uint8Array => records(clientHelloMessage(serverNameExtension(name)));

/** Reads to the end, then sends everything back: the forwarder's order of reading does not show. */
const afterwards: Behaviour = (socket) => {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("end", () => socket.end(Buffer.concat(chunks)));
};

const echo: Record<string, Behaviour> = { s1: afterwards };

export const ruleCases: readonly Case[] = [
  {
    name: "tcp-request connection reject by source, accept first",
    configuration: listen(`
tcp-request connection accept if { src 127.0.0.3 }
tcp-request connection reject if { src 127.0.0.2/31 }
`),
    servers: leave,
    traffic: fromSources(5),
    logs: 4,
  },
  {
    name: "tcp-request session reject",
    configuration: listen("tcp-request session reject if { src 127.0.0.2 127.0.0.4 }"),
    servers: leave,
    traffic: fromSources(5),
    logs: 3,
  },
  {
    name: "tcp-request content reject",
    configuration: listen("tcp-request content reject if { src 127.0.0.2 127.0.0.4 }"),
    servers: leave,
    traffic: fromSources(5),
  },
  {
    name: "tcp-request content reject in a backend",
    configuration: `frontend fe
    bind <fe>
    default_backend be
backend be
    tcp-request content reject if { src 127.0.0.2 }
    server s1 <s1>
`,
    servers: leave,
    traffic: fromSources(3),
  },
  {
    name: "negation, conjunction, disjunction and unless",
    configuration: listen(`
acl near src 127.0.0.0/30
acl odd src 127.0.0.1 127.0.0.3 127.0.0.5
acl never always_false
tcp-request content reject if near !odd or never
tcp-request content reject if !near odd || { src 127.0.0.6 }
tcp-request content reject unless near or { src 127.0.0.4 } or never
`),
    servers: leave,
    traffic: fromSources(8),
  },
  {
    name: "an ACL of several lines, addresses from a file",
    configuration: listen(`
acl blocked src -f <dir>/blocked.lst
acl blocked src 127.0.0.6
tcp-request connection reject if blocked
`),
    files: { "blocked.lst": "# neighbours\n127.0.0.2\n\n  127.0.0.4/31\n127.0.0.9\n" },
    servers: leave,
    traffic: fromSources(9),
    logs: 4,
  },
  {
    name: "matches of text: str, sub, beg, end, dir, dom, reg, len, found, bin and flags",
    configuration: `listen fe
    bind <fe>
    tcp-request inspect-delay 300ms
    tcp-request content set-var(sess.word) req.payload(0,0),regsub("\\\\n","")
    tcp-request content accept if { var(sess.word) -m str never }
    tcp-request content set-var(sess.seen) str(str) if { var(sess.word) -m str exact }
    tcp-request content set-var(sess.seen) str(i) if { var(sess.word) -i -m str EXACTLY }
    tcp-request content set-var(sess.seen) str(sub) if { var(sess.word) -m sub mid }
    tcp-request content set-var(sess.seen) str(beg) if { var(sess.word) -m beg SSH- }
    tcp-request content set-var(sess.seen) str(end) if { var(sess.word) -m end .git }
    tcp-request content set-var(sess.seen) str(dir) if { var(sess.word) -m dir repo }
    tcp-request content set-var(sess.seen) str(dom) if { var(sess.word) -m dom example }
    tcp-request content set-var(sess.seen) str(reg) if { var(sess.word) -m reg ^[0-9]+$ }
    tcp-request content set-var(sess.seen) str(len) if { var(sess.word) -m len 12 }
    tcp-request content set-var(sess.seen) str(bin) if { req.payload(0,2) -m bin 00ff }
    log-format "%[var(sess.seen)] %ST %B"
    server s1 <s1>
`,
    servers: { s1: afterwards },
    traffic: saying(
      "exact",
      "exactly",
      "a midst",
      "SSH-2.0-x",
      "x.git",
      "/a/repo/b",
      "www.example.org",
      "12345",
      "twelve chars",
      Uint8Array.of(0, 255, 1),
      "none of them",
    ),
  },
  {
    name: "integers and ranges",
    configuration: listen(`
tcp-request inspect-delay 300ms
tcp-request content accept if { req.len gt 1000 }
tcp-request content reject if { req.len lt 3 }
tcp-request content reject if { req.len 5 } or { req.len 7:9 } or { req.len -m int ge 12 }
`),
    servers: echo,
    traffic: saying("1", "12", "123", "1234", "12345", "123456", "1234567", "123456789", "1234567890", "123456789012"),
  },
  {
    name: "silent-drop leaves the client in the dark",
    configuration: listen("tcp-request content silent-drop if { src 127.0.0.2 }"),
    servers: leave,
    async traffic(stage) {
      const client = await stage.connect("fe", { from: "127.0.0.2" });
      await stage.logged(1);
      stage.note(await client.ended(300));
      await stage.ask("fe");
    },
  },
  {
    name: "silent-drop of a connection",
    configuration: listen("tcp-request connection silent-drop if { src 127.0.0.2 }"),
    servers: leave,
    async traffic(stage) {
      const client = await stage.connect("fe", { from: "127.0.0.2" });
      stage.note(await client.ended(300));
      await stage.ask("fe");
    },
    logs: 1,
  },
  {
    name: "inspect-delay ends the wait for bytes that never come",
    configuration: listen(`
tcp-request inspect-delay 400ms
tcp-request content accept if { req.len gt 5 }
tcp-request content reject if { req.len 0 }
`),
    servers: leave,
    async traffic(stage) {
      await stage.ask("fe");
      await stage.ask("fe", { send: "x" });
      await stage.ask("fe", { send: "enough" });
    },
    toleranceMs: 150,
  },
  {
    name: "a client that leaves while it is inspected",
    configuration: listen(`
tcp-request inspect-delay 2s
tcp-request content accept if { req.payload(0,4) -m found }
`),
    servers: leave,
    async traffic(stage) {
      const client = await stage.connect("fe");
      client.send("ab");
      await Bun.sleep(400);
      client.end();
      stage.note(`${await client.ended()} ${client.text.trim()}`);
      client.close();
      const other = await stage.connect("fe");
      other.send("ab");
      await Bun.sleep(400);
      other.reset();
      await stage.logged(2);
    },
    toleranceMs: 150,
  },
  {
    name: "timeout client while it is inspected",
    configuration: listen(`
timeout client 300ms
tcp-request inspect-delay 2s
tcp-request content accept if { req.len gt 3 }
`),
    servers: leave,
    async traffic(stage) {
      await stage.ask("fe", { send: "ab" });
    },
    toleranceMs: 150,
  },
  {
    name: "SSH, TLS by name and plain HTTP share one port",
    configuration: `frontend fe
    bind <fe>
    tcp-request inspect-delay 500ms
    acl ssh req.payload(0,7) -m str SSH-2.0
    acl http req.payload(0,4) -m str "GET " "POST" "HEAD"
    tcp-request content accept if ssh
    tcp-request content accept if http
    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend git if { req.ssl_sni -i git.example.org }
    use_backend wild if { req.ssl_sni -m end .example.net }
    use_backend tls if { req.ssl_hello_type 1 }
    use_backend ssh if ssh
    use_backend http if http
    default_backend rest
backend git
    server s1 <s1>
backend wild
    server s2 <s2>
backend tls
    server s3 <s3>
backend ssh
    server s4 <s4>
backend http
    server s5 <s5>
backend rest
    server s6 <s6>
`,
    servers: { s1: "leave", s2: "leave", s3: "leave", s4: "leave", s5: "leave", s6: "leave" },
    async traffic(stage) {
      const words = [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        hello("git.example.org"),
        hello("GIT.example.org"),
        hello("www.example.net"),
        hello("else.example.org"),
        records(clientHelloMessage()),
        "\x16\x03",
        "EHLO\r\n",
        "SSH-",
      ];
      for (const send of words) await stage.ask("fe", { send });
      await stage.ask("fe");
    },
    toleranceMs: 200,
  },
  {
    name: "with defer-accept the first look sees what came with the connection",
    configuration: `listen fe
    bind <fe> defer-accept
    tcp-request inspect-delay 2s
    tcp-request content set-var(sess.word) req.payload(0,0)
    tcp-request content reject if { req.len 0 }
    log-format "%[var(sess.word)] %ts"
    server s1 <s1>
`,
    servers: echo,
    traffic: saying("here"),
  },
  {
    name: "a hello that comes in pieces",
    configuration: `frontend fe
    bind <fe>
    tcp-request inspect-delay 3s
    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend git if { req.ssl_sni git.example.org }
    default_backend rest
backend git
    server s1 <s1>
backend rest
    server s2 <s2>
`,
    servers: { s1: "leave", s2: "leave" },
    async traffic(stage) {
      const bytes = hello("git.example.org");
      const client = await stage.connect("fe");
      for (let at = 0; at < bytes.length; at += 20) {
        client.send(bytes.subarray(at, at + 20));
        await Bun.sleep(10);
      }
      stage.note(await client.receive("\n"));
    },
  },
  {
    name: "req.ssl fetches and payload_lv in a log line",
    configuration: `listen fe
    bind <fe>
    tcp-request inspect-delay 400ms
    tcp-request content accept if { req.len gt 1000 }
    tcp-request content set-var(sess.ver) req.ssl_ver
    tcp-request content set-var(sess.sni) req.ssl_sni
    tcp-request content set-var(sess.type) req.ssl_hello_type
    tcp-request content set-var(sess.ec) req.ssl_ec_ext
    tcp-request content set-var(sess.lv) req.payload_lv(0,1),hex
    tcp-request content set-var(sess.block) req.payload(1,5),hex
    tcp-request content set-var(sess.len) req.len
    log-format "ver=%[var(sess.ver)] sni=%[var(sess.sni)] type=%[var(sess.type)] ec=%[var(sess.ec)] lv=%[var(sess.lv)] block=%[var(sess.block)] len=%[var(sess.len)]"
    server s1 <s1>
`,
    servers: { s1: "leave" },
    traffic: saying(hello("git.example.org"), "\x05hello more"),
  },
  {
    name: "the manual's brute-force example for SSH",
    configuration: `listen fe
    bind <fe>
    tcp-request inspect-delay 2s
    stick-table type ip size 20 expire 10s store conn_cnt
    tcp-request content reject if { src_updt_conn_cnt gt 3 }
    server s1 <s1>
`,
    servers: leave,
    async traffic(stage) {
      for (let at = 0; at < 6; at++) await stage.ask("fe");
      await stage.ask("fe", { from: "127.0.0.2" });
      stage.note((await stage.command("show table fe")).replace(/0x\w+/g, "0x").replace(/exp=\d+/g, "exp="));
    },
  },
  {
    name: "track-sc0 with connection rate and concurrent connections",
    configuration: `frontend fe
    bind <fe>
    stick-table type ip size 100 expire 30s store conn_cnt,conn_cur,conn_rate(10s),sess_cnt,bytes_out_cnt
    tcp-request connection track-sc0 src
    tcp-request connection reject if { sc0_conn_cur gt 2 }
    tcp-request content reject if { sc_conn_rate(0) gt 5 }
    default_backend be
backend be
    server s1 <s1>
`,
    servers: { s1: "name" },
    async traffic(stage) {
      const open = [];
      for (let at = 0; at < 2; at++) {
        const client = await stage.connect("fe");
        stage.note(await client.receive("\n"));
        open.push(client);
      }
      const third = await stage.connect("fe");
      stage.note(await third.ended());
      const other = await stage.connect("fe", { from: "127.0.0.2" });
      stage.note(await other.receive("\n"));
      for (const client of [...open, other]) {
        client.end();
        await client.ended();
      }
      await stage.logged(3);
      for (let at = 0; at < 4; at++) {
        const client = await stage.connect("fe");
        await Promise.race([client.receive("\n"), client.ended()]);
        client.end();
        stage.note(`${client.text.trim()} ${await client.ended()}`);
        await stage.logged(4 + at);
      }
      stage.note((await stage.command("show table fe")).replace(/0x\w+/g, "0x").replace(/exp=\d+/g, "exp="));
    },
    logs: 7,
  },
  {
    name: "counters that rules raise and read: gpc, gpt, sc-inc, sc-set",
    configuration: `listen fe
    bind <fe>
    stick-table type ip size 100 expire 30s store gpc0,gpc1,gpt0,gpc0_rate(10s)
    tcp-request connection track-sc1 src
    tcp-request connection sc-inc-gpc0(1) if { src 127.0.0.2 }
    tcp-request connection sc-inc-gpc1(1)
    tcp-request connection sc-set-gpt0(1) 7 if { src 127.0.0.3 }
    tcp-request content reject if { sc1_get_gpc0 gt 2 }
    tcp-request content reject if { src_get_gpt0 eq 7 } { sc_get_gpc1(1) gt 1 }
    log-format "%ci gpc0=%[sc1_get_gpc0] gpc1=%[sc_get_gpc1(1)] gpt0=%[sc1_get_gpt0] rate=%[sc1_gpc0_rate] %ts"
    server s1 <s1>
`,
    servers: leave,
    async traffic(stage) {
      for (let round = 0; round < 4; round++) await fromSources(3)(stage);
    },
  },
  {
    name: "a table of strings in a backend of its own, tracked by what the client said",
    configuration: `backend words
    stick-table type string len 16 size 100 expire 1m store conn_cnt,conn_cur
listen fe
    bind <fe>
    tcp-request inspect-delay 300ms
    tcp-request content accept if { req.len gt 1000 }
    tcp-request content track-sc0 req.payload(0,0),lower table words
    tcp-request content reject if { sc0_conn_cnt(words) gt 2 }
    log-format "%[sc0_conn_cnt(words)] %ts %[str(alpha),table_conn_cnt(words)]"
    server s1 <s1>
`,
    servers: leave,
    traffic: saying("alpha", "Alpha", "beta", "ALPHA", "beta"),
  },
  {
    name: "variables of each scope, set and unset, and converters",
    configuration: `global
    nbthread 1
    log <log> local0
    stats socket <admin> level admin
    set-var proc.word str(global)
listen fe
    bind <fe>
    tcp-request connection set-var(sess.at) src,ipmask(24)
    tcp-request content set-var(txn.sum) int(40),add(2)
    tcp-request content set-var(req.gone) str(gone)
    tcp-request content unset-var(req.gone)
    tcp-request content set-var(proc.count) int(0) unless { var(proc.count) -m found }
    tcp-request content set-var(proc.count) var(proc.count),add(1)
    tcp-request content set-var(sess.name) str(Hello),upper,bytes(1,3),hex if { var(txn.sum) -m int 42 }
    log-format "%[var(proc.word)] %[var(sess.at)] %[var(txn.sum)] %[var(req.gone)] %[var(proc.count)] %[var(sess.name)] %[str(a;b;c),field(2,;)] %[str(x),concat(<,sess.name,>)] %[int(-7),neg,mul(6),mod(5)] %[str(abc),sha1,hex] %[str(abc),crc32] %[str(abc),xxh64] %[str(a%20b),url_dec] %[str(abc),base64] %[src,ltrim(1)] %[str(10),div(3)] %[bool(true),not] %[str(k=v&l=w),json] %[rand(1)]"
    server s1 <s1>
`,
    servers: leave,
    traffic: fromSources(3),
  },
  {
    name: "variables that take more than they may are not set",
    configuration: `global
    nbthread 1
    log <log> local0
    stats socket <admin> level admin
    tune.vars.txn-max-size 180
    tune.vars.sess-max-size 270
    tune.vars.reqres-max-size 89
    tune.vars.proc-max-size 360
listen fe
    bind <fe>
    tcp-request connection set-var(sess.a) str(0123456789)
    tcp-request content set-var(txn.a) str(0123456789)
    tcp-request content set-var(req.a) str(0123456789)
    tcp-request content set-var(req.b) str(012345678)
    tcp-request content set-var(txn.b) int(7) if { var(req.b) -m found }
    tcp-request content set-var(txn.c) int(7)
    tcp-request content unset-var(txn.a)
    tcp-request content set-var(txn.d) str(01234567890)
    tcp-request content set-var(sess.b) str(0123456789)
    log-format "%[var(sess.a)] %[var(txn.a)] %[var(txn.b)] %[var(txn.c)] %[var(txn.d)] %[var(sess.b)]"
    server s1 <s1>
`,
    servers: leave,
    async traffic(stage) {
      for (let at = 1; at <= 3; at++) {
        await stage.ask("fe", { from: `127.0.0.${at}` });
        // Only then has it given back what its variables took.
        await stage.until("the session is over", async () => {
          if ((await stage.command("show sess")).includes(" fe=fe ")) throw new Error("it goes on");
          return true;
        });
      }
    },
  },
  {
    name: "maps: string, address, integer, prefix, regular expression, and defaults",
    configuration: `listen fe
    bind <fe>
    tcp-request content set-var(sess.a) src,map_ip(<dir>/net.map,nowhere)
    tcp-request content set-var(sess.b) src,map_str(<dir>/net.map)
    tcp-request content set-var(sess.c) var(sess.a),map_beg(<dir>/words.map,-)
    tcp-request content set-var(sess.d) var(sess.a),map_reg(<dir>/regs.map,none)
    tcp-request content set-var(sess.e) int(1),map_int(<dir>/ints.map)
    log-format "%[var(sess.a)] %[var(sess.b)] %[var(sess.c)] %[var(sess.d)] %[var(sess.e)]"
    server s1 <s1>
`,
    files: {
      "net.map": "127.0.0.1 first\n127.0.0.2/31 pair of them\n127.0.0.4\tfour  \n",
      "words.map": "fi begins-fi\npair begins-pair\n",
      "regs.map": "^f.*r$ f-r\n^p(.*)them$ p-them\n",
      "ints.map": "0 zero\n1 one\n",
    },
    servers: leave,
    traffic: fromSources(5),
  },
  {
    name: "tcp-response content reject and inspection of what the server says",
    configuration: `listen fe
    bind <fe>
    tcp-response inspect-delay 500ms
    tcp-response content reject if { res.payload(0,6) -m str secret }
    tcp-response content accept if { res.len gt 5 }
    server s1 <s1>
`,
    servers: {
      s1: (socket) => void socket.once("data", (chunk: Buffer) => void socket.end(`${chunk.toString()}!`)),
    },
    async traffic(stage) {
      for (const send of ["secret words", "public words", "abc"]) await stage.ask("fe", { send });
    },
  },
  {
    name: "set-src, set-dst and their ports",
    configuration: `listen fe
    bind <fe>
    tcp-request connection set-src src,ipmask(24)
    tcp-request connection set-src-port int(4242)
    log-format "%ci %[src] %[src_port] %[dst] %fi"
    server s1 <s1> send-proxy
`,
    servers: { s1: "leave" },
    traffic: fromSources(2),
  },
  {
    name: "internal states: be_conn, fe_conn, nbsrv, srv_is_up, connslots, queue",
    configuration: `frontend fe
    bind <fe>
    acl few nbsrv(be) lt 2
    use_backend alone if few
    default_backend be
    log-format "%b/%s fe_conn=%[fe_conn] be_conn=%[be_conn(be)] nbsrv=%[nbsrv(be)] up=%[srv_is_up(be/s2)] slots=%[connslots(be)] queue=%[queue(be)] name=%[fe_name] so=%[so_id] id=%[fe_id] defbe=%[fe_defbe] avg=%[avg_queue(be)] weight=%[srv_weight(be/s1)] sess=%[srv_conn(be/s1)]"
backend be
    server s1 <s1> maxconn 10 weight 7
    server s2 <s2> maxconn 20
backend alone
    server s1 <s1>
`,
    servers: leave,
    async traffic(stage) {
      await stage.ask("fe");
      await stage.ask("fe");
      await stage.command("set server be/s2 state maint");
      await stage.ask("fe");
    },
  },
  {
    name: "rules of the log level and unconditional rules",
    configuration: `listen fe
    bind <fe>
    tcp-request content set-log-level debug if { src 127.0.0.2 }
    tcp-request content set-log-level silent if { src 127.0.0.3 }
    tcp-request content accept
    tcp-request content reject
    server s1 <s1>
`,
    servers: leave,
    traffic: fromSources(4),
    logs: 3,
  },
  {
    name: "an ACL's file is changed on the stats socket",
    configuration: listen(`
acl blocked src -f <dir>/blocked.lst
tcp-request content reject if blocked
`),
    files: { "blocked.lst": "127.0.0.2\n" },
    servers: leave,
    async traffic(stage) {
      await fromSources(3)(stage);
      await stage.command(`add acl ${stage.folder}/blocked.lst 127.0.0.3`);
      await stage.command(`del acl ${stage.folder}/blocked.lst 127.0.0.2`);
      await fromSources(3)(stage);
    },
  },
];
