/** PROXY headers both ways: bytes on the wire, options, checks, rules, fetches, and other senders and receivers. */
import type { Behaviour, Case, Stage } from "../case.ts";
import { signature } from "../proxy-header.ts";

/** Reads to the end, keeps what came by the server's own record. */
const keeping: Behaviour = (socket) => void socket.resume().on("end", () => socket.end("bye"));

/** Says goodbye to the first words. nginx closes both sides as soon as one has ended. */
const answering: Behaviour = (socket) => {
  let received = "";
  socket.on("data", (chunk: Buffer) => {
    received += chunk.toString("latin1");
    if (received.endsWith("words")) socket.end("bye");
  });
};

const hello = async (stage: Stage): Promise<void> => void (await stage.ask("fe", { send: "hello", end: true }));

function send(options: string, extra = ""): string {
  return `listen fe
    bind <fe>
    ${extra}
    server s1 <s1> ${options}
`;
}

function v1(from: string, port: number): string {
  return `PROXY TCP4 ${from} 192.0.2.9 ${port} 2222\r\n`;
}

function v2(command: number, family: number, payload: readonly number[]): Uint8Array {
  const head = Array.from(signature, (one) => one.charCodeAt(0));
  return Uint8Array.of(...head, 0x20 | command, family, payload.length >> 8, payload.length & 255, ...payload);
}

const addresses4 = [203, 0, 113, 7, 192, 0, 2, 9, 0x12, 0x34, 0x08, 0xae];
const format = `log-format "%ci:port=%cp %fi:%fp src=%[src] port=%[src_port] dst=%[dst] port=%[dst_port] fc=%[fc_src] fcdst=%[fc_dst] rcvd=%[fc_rcvd_proxy] auth=%[fc_pp_authority] id=%[fc_pp_unique_id] local=%[src_is_local] %ts %B"`;

/** Sends a header (in pieces) and words. */
function announcing(...heads: (string | Uint8Array)[]): (stage: Stage) => Promise<void> {
  return async (stage) => {
    for (const head of heads) {
      const bytes = typeof head === "string" ? Buffer.from(head, "latin1") : Buffer.from(head);
      await stage.ask("fe", { send: Buffer.concat([bytes, Buffer.from("words")]), end: true });
    }
  };
}

const accepting = `listen fe
    bind <fe> accept-proxy
    ${format}
    server s1 <s1>
`;

/** The log's lines of a session with its own addresses, with a header's, and of none. */
const begin = "<134><date> haproxy[<pid>]: ";
const tcpLine = `${begin}127.0.0.1:port=<port> <fe> src=127.0.0.1 port=<port> dst=127.0.0.1 port=<fe:port> fc=127.0.0.1 fcdst=127.0.0.1 rcvd=1 auth=- id=- local=1 -- 3⏎`;
const carriedLine = `${begin}203.0.113.7:port=<port> 192.0.2.9:<port> src=203.0.113.7 port=<port> dst=192.0.2.9 port=<port> fc=127.0.0.1 fcdst=127.0.0.1 rcvd=1 auth=- id=- local=0 -- 3⏎`;
const invalidLine = `${begin}127.0.0.1:<port> [<date>] fe/1: Received an invalid PROXY protocol header⏎`;

export const proxyProtocolCases: readonly Case[] = [
  { name: "send-proxy", configuration: send("send-proxy"), servers: { s1: keeping }, traffic: hello },
  { name: "send-proxy-v2", configuration: send("send-proxy-v2"), servers: { s1: keeping }, traffic: hello },
  {
    name: "send-proxy-v2 with a checksum and a unique ID",
    configuration: send("send-proxy-v2 proxy-v2-options crc32c,unique-id", 'unique-id-format "id-%rt-%[src]"'),
    servers: { s1: keeping },
    traffic: hello,
  },
  {
    name: "proxy-v2-options without the version selects none",
    configuration: send("proxy-v2-options crc32c"),
    servers: { s1: keeping },
    traffic: hello,
  },
  {
    name: "a server that speaks first gets its header first",
    configuration: send("send-proxy"),
    servers: { s1: "name" },
    traffic: async (stage) => void (await stage.ask("fe", { until: "s1\n" })),
  },
  {
    name: "a header for a server that hangs up at once",
    configuration: send("send-proxy-v2"),
    servers: { s1: "leave" },
    traffic: async (stage) => void (await stage.ask("fe")),
  },
  {
    name: "IPv6 and unix clients announced in version 1 and 2",
    configuration: `listen fe
    bind <fe@::1>
    bind unix@<dir>/front.sock
    server s1 <s1> send-proxy
listen two
    bind <two@::1>
    bind unix@<dir>/two.sock
    server s2 <s2> send-proxy-v2
`,
    servers: { s1: keeping, s2: keeping },
    async traffic(stage) {
      await stage.ask("fe", { send: "hello", end: true });
      await stage.ask("two", { send: "hello", end: true });
      await stage.ask("fe", { unix: "front.sock", send: "hello", end: true });
      await stage.ask("two", { unix: "two.sock", send: "hello", end: true });
    },
  },
  {
    name: "accept-proxy: version 1",
    configuration: accepting,
    servers: { s1: keeping },
    traffic: announcing(
      v1("203.0.113.7", 4660),
      "PROXY UNKNOWN\r\n",
      "PROXY TCP6 2001:db8::7 2001:db8::9 4660 2222\r\n",
    ),
  },
  {
    name: "accept-proxy: version 2",
    configuration: accepting,
    servers: { s1: keeping },
    traffic: announcing(
      v2(1, 0x11, addresses4),
      v2(0, 0x00, []),
      v2(0, 0x11, addresses4),
      v2(1, 0x11, [
        ...addresses4,
        2,
        0,
        11,
        ...Buffer.from("example.org"),
        5,
        0,
        4,
        ...Buffer.from("id-7"),
        4,
        0,
        1,
        0,
      ]),
      v2(1, 0x21, [
        ...Array.from({ length: 15 }, () => 0),
        7,
        ...Array.from({ length: 15 }, () => 0),
        9,
        0x12,
        0x34,
        8,
        0xae,
      ]),
    ),
  },
  {
    name: "accept-proxy: what is no header",
    configuration: accepting,
    servers: { s1: keeping },
    async traffic(stage) {
      const words = [
        "SSH-2.0-OpenSSH_9.2\r\n",
        "PROXY TCP5 1.2.3.4 1.2.3.5 1 2\r\n",
        "PROXY TCP4 1.2.3.4 1.2.3.5 1\r\n",
        v2(2, 0x11, addresses4),
        v2(1, 0x11, addresses4.slice(0, 6)),
      ];
      for (const send of words) await stage.ask("fe", { send });
      const gone = await stage.connect("fe");
      gone.end();
      stage.note(await gone.ended());
      const half = await stage.connect("fe");
      half.send("PROXY TCP4 1.2.3.4 1.2.3");
      half.end();
      stage.note(await half.ended());
    },
  },
  {
    name: "accept-proxy: what ends before it could be a header",
    configuration: accepting,
    servers: { s1: keeping },
    async traffic(stage) {
      const ends = ["x", "GARBAGE\r\n", "x".repeat(15), "x".repeat(16), "PROXX", "PROXYGARB", "\r\n\r\n\0\r\nQUITx"];
      const lines = ["", "T", "\r\n", "TCP4", "TCP4 1", "UNKNOWN", "FOO"].map((rest) => `PROXY ${rest}`);
      for (const send of [...ends, ...lines]) await stage.ask("fe", { send, end: true, as: JSON.stringify(send) });
    },
  },
  {
    name: "expect-proxy for some sources only",
    configuration: `listen fe
    bind <fe>
    tcp-request connection expect-proxy layer4 if { src 127.0.0.2 }
    ${format}
    server s1 <s1>
`,
    servers: { s1: keeping },
    async traffic(stage) {
      await stage.ask("fe", { from: "127.0.0.1", send: `${v1("203.0.113.7", 4660)}words`, end: true });
      await stage.ask("fe", { from: "127.0.0.2", send: `${v1("203.0.113.7", 4660)}words`, end: true });
      await stage.ask("fe", { from: "127.0.0.2", send: "more than sixteen words", end: true });
    },
  },
  {
    name: "rules before and after the header see different sources",
    differs: {
      because: "HAProxy writes `Success` for a session that a rule turned away after its header, and for no other",
      here: (line) => (line.includes("Success") ? null : line),
    },
    configuration: `listen fe
    bind <fe> accept-proxy
    tcp-request connection reject if { src 203.0.113.0/24 }
    tcp-request session reject if { src 203.0.113.8 }
    tcp-request content reject if { src 203.0.113.9 }
    server s1 <s1> send-proxy
`,
    servers: { s1: keeping },
    async traffic(stage) {
      for (const last of [7, 8, 9]) await stage.ask("fe", { send: v1(`203.0.113.${last}`, 4660) });
    },
    logs: 2,
  },
  {
    name: "what came in by version 2 goes out by version 1, and the other way round",
    configuration: `listen fe
    bind <fe> accept-proxy
    server s1 <s1> send-proxy
listen other
    bind <other> accept-proxy
    server s2 <s2> send-proxy-v2
`,
    servers: { s1: keeping, s2: keeping },
    async traffic(stage) {
      const words = Buffer.from("words");
      await stage.ask("fe", { send: Buffer.concat([v2(1, 0x11, addresses4), words]), end: true });
      await stage.ask("fe", { send: Buffer.concat([v2(0, 0, []), words]), end: true });
      await stage.ask("other", { send: `${v1("203.0.113.7", 4660)}words`, end: true });
      await stage.ask("other", { send: "PROXY UNKNOWN\r\nwords", end: true });
    },
  },
  {
    name: "accept-proxy: what fairlead takes and HAProxy 2.6 does not",
    configuration: accepting,
    servers: { s1: keeping },
    traffic: announcing("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", v2(1, 0x00, [])),
    differs: {
      because: "the specification wants both taken, with the connection's own addresses",
      here: (line) => {
        if (line === '"" reset') return '"bye" fin';
        return line.includes("PROXY protocol header") ? tcpLine : line;
      },
    },
    chance: ["servers"],
  },
  {
    name: "accept-proxy: a header with a wrong checksum",
    configuration: accepting,
    servers: { s1: keeping },
    traffic: announcing(v2(1, 0x11, [...addresses4, 3, 0, 4, 1, 2, 3, 4])),
    differs: {
      because: "addresses out of a header that is refused are not to be believed",
      here: (line) => line.replace("203.0.113.7", "127.0.0.1"),
    },
  },
  {
    name: "accept-proxy: what HAProxy 2.6 takes and fairlead does not",
    configuration: accepting,
    servers: { s1: keeping },
    traffic: announcing("PROXY TCP4 1.2.3.4 1.2.3.5 70000 2\r\n"),
    differs: {
      because: "a port beyond 65535 is no port: HAProxy takes what is left of it in 16 bits",
      here: (line) => {
        if (line === '"bye" fin') return '"" reset';
        return line.startsWith("got") ? null : invalidLine;
      },
    },
  },
  {
    name: "accept-proxy: a header in single bytes",
    configuration: accepting,
    servers: { s1: keeping },
    async traffic(stage) {
      const client = await stage.connect("fe");
      for (const byte of Buffer.from(`${v1("203.0.113.7", 4660)}words`)) {
        client.send(Uint8Array.of(byte));
        await Bun.sleep(2);
      }
      client.end();
      stage.note(`${await client.ended()} ${client.text}`);
    },
    differs: {
      because: "the network may split a header anywhere; HAProxy wants it whole in its first read",
      here: (line) => {
        if (line.startsWith("reset")) return "fin bye";
        return line.includes("Truncated") ? carriedLine : line;
      },
    },
    chance: ["servers"],
  },
  {
    name: "check-send-proxy: the checks' header",
    configuration: `backend one
    option tcp-check
    tcp-check expect string ok
    server s1 <s1> check inter 400ms check-send-proxy send-proxy
backend two
    option tcp-check
    tcp-check expect string ok
    server s2 <s2> check inter 400ms check-send-proxy send-proxy-v2
backend three
    option tcp-check
    tcp-check expect string ok
    server s3 <s3> check inter 400ms send-proxy
backend four
    option tcp-check
    tcp-check connect send-proxy
    tcp-check expect string ok
    server s4 <s4> check inter 400ms
listen fe
    bind <fe>
    server s5 <s5>
`,
    servers: {
      s1: (socket) => void socket.resume().once("data", () => socket.end("ok")),
      s2: (socket) => void socket.once("data", () => socket.end("ok")),
      s3: (socket) => void socket.resume().end("ok"),
      s4: (socket) => void socket.resume().once("data", () => socket.end("ok")),
      s5: "leave",
    },
    async traffic(stage) {
      for (const [backend, server] of ["one/s1", "two/s2", "three/s3", "four/s4"].map((one) => one.split("/"))) {
        // The first is over when the second comes.
        await stage.served(server as string, 2);
        stage.note(`${server}: ${(stage.record(server as string)[0] as string).replace(/ \w+$/, "")}`);
        await stage.status(`${backend}/${server}`, "UP");
      }
      await stage.ask("fe");
    },
    // How often was checked meanwhile.
    chance: ["servers"],
    logs: 1,
  },
  {
    name: "nginx announces clients, and is announced to",
    configuration: `listen fe
    bind <fe> accept-proxy
    ${format}
    server s1 <s1>
listen out
    bind <out>
    server nginx <inner> send-proxy
`,
    servers: { s1: answering, s2: answering },
    async traffic(stage) {
      const port = (name: string): string => `127.0.0.1:${stage.port(name)}`;
      const text = `daemon off;
master_process off;
pid ${stage.folder}/nginx.pid;
error_log stderr;
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
events {}
stream {
  log_format came '$proxy_protocol_addr $status';
  server { listen ${port("nginx")}; proxy_pass ${port("fe")}; proxy_protocol on; }
  server { listen ${port("inner")} proxy_protocol; proxy_pass ${port("s2")}; access_log ${stage.folder}/came.log came; }
}
`;
      await Bun.write(`${stage.folder}/nginx.conf`, text);
      stage.start(["nginx", "-c", `${stage.folder}/nginx.conf`, "-p", stage.folder]);
      await stage.until("nginx listens", async () => {
        const client = await stage.connect("inner").catch(() => null);
        client?.close();
        return client !== null;
      });
      await stage.ask("nginx", { from: "127.0.0.5", send: "words" });
      await stage.ask("out", { from: "127.0.0.6", send: "words" });
      await stage.until("nginx has logged", async () => {
        return (await Bun.file(`${stage.folder}/came.log`).text()).includes("127.0.0.6");
      });
    },
    logs: 2,
    ports: ["nginx"],
    needs: ["nginx"],
  },
  {
    name: "HAProxy announces clients in both versions, and is announced to",
    configuration: `listen fe
    bind <fe> accept-proxy
    ${format}
    server s1 <s1>
listen out1
    bind <out1>
    server inner <inner> send-proxy
listen out2
    bind <out2>
    server inner <inner> send-proxy-v2 proxy-v2-options crc32c
`,
    servers: { s1: keeping, s2: keeping },
    async traffic(stage) {
      const at = (name: string): string => `127.0.0.1:${stage.port(name)}`;
      const text = `defaults
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
listen one
    bind ${at("one")}
    server fe ${at("fe")} send-proxy
listen two
    bind ${at("two")}
    server fe ${at("fe")} send-proxy-v2 proxy-v2-options crc32c
listen inner
    bind ${at("inner")} accept-proxy
    server s2 ${at("s2")} send-proxy
`;
      await Bun.write(`${stage.folder}/other.cfg`, text);
      stage.start(["haproxy", "-db", "-f", `${stage.folder}/other.cfg`]);
      await stage.until("the other HAProxy listens", async () => {
        const client = await stage.connect("inner").catch(() => null);
        client?.close();
        return client !== null;
      });
      for (const front of ["one", "two", "out1", "out2"]) {
        await stage.ask(front, { from: "127.0.0.5", send: "words", end: true });
      }
    },
    ports: ["one", "two"],
    logs: 4,
  },
];
