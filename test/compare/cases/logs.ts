/** Log lines: formats, aliases, flags, levels, what is left out, and where lines go. */
import type { Behaviour, Case, Stage } from "../case.ts";

const leave: Record<string, Behaviour> = { s1: "leave" };

function listen(lines: string, server = "server s1 <s1>"): string {
  return `listen fe
    bind <fe>
    ${lines.trim().split("\n").join("\n    ")}
    ${server}
`;
}

function global(lines: string): string {
  return `global
    nbthread 1
    stats socket <admin> level admin
    ${lines.trim().split("\n").join("\n    ")}
`;
}

/** Without words, since whether a refusal comes before them is a matter of chance. */
function silently(count: number): (stage: Stage) => Promise<void> {
  return async (stage) => {
    for (let at = 0; at < count; at++) await stage.ask("fe", { from: `127.0.0.${at + 1}` });
  };
}

function times(count: number): (stage: Stage) => Promise<void> {
  return async (stage) => {
    for (let at = 0; at < count; at++) await stage.ask("fe", { send: "hi", from: `127.0.0.${at + 1}` });
  };
}

/** Sends, waits for the answer, ends: byte counts are sure. */
async function exchange(stage: Stage): Promise<void> {
  const client = await stage.connect("fe");
  client.send("hello");
  stage.note(await client.receive("hello"));
  client.end();
  stage.note(await client.ended());
}

const aliases =
  "B H ID T Tc Td Th Tl Ts Tt Tu Tw U ac b bc bi bp bq ci cp f fc fi fp ft lc ms pid rc rt s sc si sp sq t ts tsc".split(
    " ",
  );

/** What no two runs have in common is divided away. */
const tcpInfo =
  "rtt=%[fc_rtt,div(100)] ms=%[fc_rtt(ms),div(100)] us=%[fc_rtt(us),div(100000)] var=%[fc_rttvar(us),div(100000)] " +
  "un=%[fc_unacked] sa=%[fc_sacked] re=%[fc_retrans] fa=%[fc_fackets] lo=%[fc_lost] ro=%[fc_reordering,div(100)]";

const rings: Case = {
  name: "rings hand lines on over TCP, with a line feed or by octets",
  configuration: `ring plain
    format raw
    timeout connect 1s
    timeout server 5s
    server one <s1>
ring counted
    description "lines of one's own"
    format priority
    maxlen 20
    size 20000
    timeout connect 1s
    timeout server 5s
    server two <s2> log-proto octet-count
ring bare
    timeout connect 1s
    timeout server 5s
    server four <s4>
frontend fe
    bind <fe>
    log ring@plain format rfc5424 local1
    log ring@counted local2
    log stream+ipv4@<s3> format priority local3
    log ring@bare local4
    log-format "told %ci of it"
    tcp-request connection reject if { src_port lt 0 }
`,
  servers: { s1: "mute", s2: "mute", s3: "mute", s4: "mute" },
  async traffic(stage) {
    for (let at = 0; at < 2; at++) await stage.ask("fe", { end: true });
    for (const name of ["s1", "s2", "s3", "s4"]) {
      const told = (): string => stage.record(name).find((line) => line.includes("told")) ?? "";
      await stage.until("it has both lines", () => told().split(/told/).length === 3);
      stage.note(told().replace(/ \w+$/, ""));
    }
  },
  logs: 0,
  chance: ["servers", "logs"],
};

export const logCases: readonly Case[] = [
  rings,
  {
    name: "aliases of a TCP session",
    configuration: `frontend the-front
    bind <fe> name door
    default_backend the-back
    log-format "ci=%ci port=%cp f=%f ft=%ft b=%b s=%s fi=%fi port=%fp bi=%bi port=%bp si=%si port=%sp Tw=%Tw Tc=%Tc Tt=%Tt Th=%Th Td=%Td B=%B U=%U ts=%ts ac=%ac fc=%fc bc=%bc sc=%sc rc=%rc sq=%sq bq=%bq pid=%pid rt=%rt date=%t ID=%ID tsc=%tsc Tu=%Tu"
backend the-back
    server the-server <s1>
`,
    servers: { s1: "echo" },
    traffic: exchange,
  },
  {
    name: "%lc counts the lines of a frontend, each once, and none that nobody gets",
    configuration: listen(`
tcp-request inspect-delay 1s
tcp-request content set-log-level silent if { src 127.0.0.2 }
unique-id-format "u%lc"
log-format "lc=%lc hex=%{+X}lc quoted=%{+Q}lc again=%lc id=%ID %ts"`),
    servers: leave,
    traffic: silently(4),
    logs: 3,
  },
  {
    name: "a format without anything that a session's end tells is logged when the server is connected",
    configuration: `${aliases
      .map(
        (alias) => `listen l${alias}\n    bind <l${alias}>\n    log-format "${alias}=%${alias}"\n    server s1 <s1>\n`,
      )
      .join("")}listen none\n    bind <none>\n    server s1 <s1>\n`,
    servers: { s1: "name" },
    async traffic(stage) {
      const fronts = aliases.map((alias) => `l${alias}`);
      const clients = [];
      for (const front of [...fronts, "none"]) {
        const client = await stage.connect(front);
        await client.receive("\n");
        clients.push(client);
      }
      await Bun.sleep(100);
      const early = stage.lines.map((line) => /: (\w+)[= ]/.exec(line)?.[1] ?? line);
      stage.note(`while they stand: ${early.join(" ")}`);
      for (const client of clients) {
        client.end();
        await client.ended();
      }
    },
    chance: ["logs"],
  },
  {
    name: "TCP_INFO in rules and at the end, of TCP and of others",
    configuration: `frontend fe
    bind <fe>
    tcp-request connection set-var(sess.early) fc_rtt
    tcp-request session set-var(sess.later) fc_rtt(us)
    tcp-request content set-var(sess.content) fc_rtt(us)
    log-format "early=%[var(sess.early)] later=%[var(sess.later)] content=%[var(sess.content),div(100000)] ${tcpInfo}"
    default_backend be
frontend un
    bind <dir>/un
    log-format "${tcpInfo}"
    default_backend be
backend be
    server s1 <s1>
`,
    servers: { s1: "echo" },
    async traffic(stage) {
      for (const options of [{}, { unix: "un" }]) {
        await stage.ask("fe", { send: "hello", until: "hello", ...options });
        await stage.ask("fe", { send: "hello", end: true, ...options });
      }
      const client = await stage.connect("fe");
      client.send("hello");
      await client.receive("hello");
      client.reset();
      await stage.logged(5);
    },
  },
  {
    name: "dates",
    configuration: listen('log-format "%t | %T | %Tl | %[date,ltime(%Y)] | %[date(0,ms),div(1000000000)]"'),
    servers: leave,
    traffic: times(1),
  },
  {
    name: "flags: quotes, hexadecimal, escapes, text",
    configuration: listen(
      `log-format "%{+Q}o %ci %s %b %{-Q}ts %{+X}o %U %B %{-X}B %{+E}[str(a-b)] %{+Q,+E}[src] %{+Q}[var(txn.none)] %[var(txn.none)] %{+X}ci %% %{+Q}s"`,
    ),
    servers: { s1: "echo" },
    traffic: exchange,
  },
  {
    name: "an empty quoted value and alias arguments",
    configuration: listen('log-format "%{+Q}ID %{+X}rt|%{+Q}bi"'),
    servers: leave,
    traffic: times(1),
  },
  {
    name: "tcplog for the whole variety of ends",
    configuration: `frontend fe
    bind <fe>
    default_backend be
backend be
    tcp-request content reject if { src 127.0.0.2 }
    server s1 <s1>
`,
    servers: { s1: "echo" },
    async traffic(stage) {
      await exchange(stage);
      await stage.ask("fe", { from: "127.0.0.2" });
    },
  },
  {
    name: "no option tcplog: the short line",
    configuration: `defaults
    mode tcp
    log global
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend fe
    bind <fe>
    default_backend be
backend be
    server s1 <s1>
`,
    servers: leave,
    traffic: times(2),
  },
  {
    name: "logasap",
    configuration: listen("option logasap"),
    servers: { s1: "echo" },
    async traffic(stage) {
      const client = await stage.connect("fe");
      await stage.logged(1);
      client.send("hello");
      await client.receive("hello");
      client.end();
      stage.note(await client.ended());
    },
  },
  ...(["dontlog-normal", "dontlognull"] as const).map((option): Case => ({
    name: `logasap with ${option}: one line, at the connect or at the end`,
    configuration: listen(`option logasap\noption ${option}`).replace(
      "server s1 <s1>",
      "server s1 <s1>\ntimeout client 400ms",
    ),
    servers: { s1: "echo" },
    async traffic(stage) {
      const client = await stage.connect("fe");
      await stage.served("s1", 1);
      await Bun.sleep(100);
      client.send("hello");
      await client.receive("hello");
      stage.note(await client.ended());
    },
    logs: 1,
  })),
  {
    name: "logasap: a session that is not connected",
    configuration: listen("option logasap\nretries 0"),
    servers: { s1: "refuse" },
    async traffic(stage) {
      await stage.ask("fe", { send: "x" });
    },
  },
  {
    name: "dontlognull",
    configuration: listen("option dontlognull"),
    servers: { s1: "mute" },
    async traffic(stage) {
      await stage.ask("fe", { end: true });
      await stage.ask("fe", { send: "x", end: true });
    },
    logs: 1,
    // A server connection that stands before or after the client has left ends differently.
    chance: ["servers"],
  },
  {
    name: "dontlog-normal",
    configuration: listen("option dontlog-normal\nretries 0", "server s1 <s1>\n    server s2 <s2>"),
    servers: { s1: "leave", s2: "refuse" },
    traffic: silently(4),
    logs: 2,
  },
  {
    name: "log-separate-errors raises the level of failures",
    configuration: listen("option log-separate-errors\nretries 0", "server s1 <s1>\n    server s2 <s2>"),
    servers: { s1: "leave", s2: "refuse" },
    traffic: silently(4),
  },
  {
    name: "no log",
    configuration: listen("no log"),
    servers: leave,
    traffic: times(2),
    logs: 0,
  },
  {
    name: "a target of a proxy's own, with facility, level and minimum",
    configuration: listen(
      "no log\nlog <log> local3 info\nlog <log> local4 notice notice\nlog <log> local5 debug warning\nlog <log> local6 err",
    ),
    servers: leave,
    traffic: times(1),
    logs: 2,
    unordered: ["logs"],
  },
  {
    name: "a level that lifts what is graver",
    configuration: `${global("log <log> local0 info notice\nlog <log> local1 err")}${listen("retries 0\noption log-separate-errors", "server s1 <s1>\n    server s2 <s2>")}`,
    servers: { s1: "leave", s2: "refuse" },
    traffic: silently(4),
    chance: [],
    logs: 6,
    unordered: ["logs"],
  },
  {
    name: "log-tag, of the process and of a proxy",
    configuration: `${global("log <log> local0\nlog-tag forward")}${listen("", "server s1 <s1>")}listen other
    bind <other>
    log-tag own
    server s1 <s1>
`,
    servers: leave,
    async traffic(stage) {
      await stage.ask("fe");
      await stage.ask("other");
    },
  },
  {
    name: "log-send-hostname",
    configuration: `${global("log <log> local0\nlog-send-hostname here")}${listen("")}`,
    servers: leave,
    traffic: times(1),
  },
  ...["rfc3164", "rfc5424", "priority", "short", "timed", "iso", "raw", "local"].map((format): Case => ({
    name: `log format ${format}`,
    configuration: `${global(`log <log> format ${format} local0`)}${listen("")}`,
    servers: leave,
    traffic: times(2),
  })),
  {
    name: "structured data",
    configuration: `${global("log <log> format rfc5424 local0\nlog-send-hostname here")}${listen(
      `log-format-sd "%{+Q,+E}o [exampleSDID@1234 port=%cp backend=%b ts=%ts odd=%[str(a-b)] len=%[src,length]]"`,
    )}`,
    servers: leave,
    traffic: times(1),
  },
  {
    name: "sampling: one of three, and two of four",
    configuration: `${global("log <log> sample 1:3 local0\nlog <log> sample 2-3:4 local1")}${listen("")}`,
    servers: leave,
    traffic: times(9),
    logs: 7,
    unordered: [],
  },
  {
    name: "a length that cuts lines",
    configuration: `${global("log <log> len 80 local0\nlog <log> len 100 local1")}${listen('log-format "%ci 0123456789012345678901234567890123456789012345678901234567890123456789 %ts"')}`,
    servers: leave,
    traffic: times(1),
    logs: 2,
  },
  {
    name: "error-log-format for connections that fail early",
    configuration: `listen fe
    bind <fe> accept-proxy
    error-log-format "early %ci port=%cp %[fc_err] %[fc_err_str] %ft"
    server s1 <s1>
`,
    servers: leave,
    traffic: async (stage) => void (await stage.ask("fe", { send: "SSH-2.0-OpenSSH_9.2\r\n" })),
  },
  {
    name: "unique-id in the format",
    configuration: listen('unique-id-format "%{+X}o %ci-%[src]-%rt"\nlog-format "%ID|%ts|%[unique-id]"'),
    servers: leave,
    traffic: times(3),
  },
  {
    name: "Envoy CVE-2024-45808: what a client sends cannot forge a line",
    configuration: `listen fe
    bind <fe>
    tcp-request inspect-delay 300ms
    tcp-request content accept if { req.len gt 1000 }
    tcp-request content set-var(sess.word) req.payload(0,0)
    log-format "word=%[var(sess.word)] quoted=%{+Q}[var(sess.word)] hex=%[var(sess.word),hex] %ts"
    server s1 <s1>
`,
    servers: { s1: "mute" },
    async traffic(stage) {
      for (const send of [
        "a\nb",
        'quo"te\\',
        "nul\0l",
        "\x1b[31mred\x7f",
        "caf\xe9 \xff",
        "br[ack]et",
        "\r\n<13>forged: line",
      ]) {
        await stage.ask("fe", { send, end: true });
      }
    },
    differs: {
      because: "what comes from outside can neither begin a line nor end a quoted field",
      here: (line) => {
        const escaped = line.replaceAll(/(?<!$)[\u0000-\u001f\u007f-\u00ff]|⏎(?=.)/g, (found) => {
          const code = found === "⏎" ? 10 : found.charCodeAt(0);
          return `#${code.toString(16).toUpperCase().padStart(2, "0")}`;
        });
        return escaped.replace(
          /quoted="(.*)" hex/,
          (_, inner: string) => `quoted="${inner.replaceAll('"', "#22")}" hex`,
        );
      },
    },
  },
  {
    name: "the log of a frontend and of a listen in one process, with its session numbers",
    configuration: `frontend fe
    bind <fe>
    log-format "%rt %ft %b %s %ts"
    default_backend be
listen other
    bind <other>
    log-format "%rt %ft %b %s %ts"
    server s1 <s1>
backend be
    server s1 <s1>
`,
    servers: leave,
    async traffic(stage) {
      await stage.ask("fe");
      await stage.ask("other");
      await stage.ask("fe");
    },
  },
  {
    name: "httplog's option clf and httplog in mode tcp",
    configuration: listen("option httplog"),
    servers: leave,
    traffic: times(1),
  },
];
