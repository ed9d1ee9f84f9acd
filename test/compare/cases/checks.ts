/** Health checks: what servers are asked, what the log says of them, and who gets connections meanwhile. */
import { existsSync, readFileSync } from "node:fs";
import type { Behaviour, Case, Stage } from "../case.ts";

const answersOk: Behaviour = (socket) => void socket.once("data", () => socket.end("+PONG\r\n"));

function http(status: string, body = ""): Behaviour {
  return (socket) =>
    void socket.once("data", () => {
      socket.end(`HTTP/1.0 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    });
}

/** The first bytes that each server was asked with, and how the log told of it. */
async function settled(stage: Stage, servers: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, status] of Object.entries(servers)) await stage.status(name, status);
}

function backend(lines: string): string {
  return `backend be
    ${lines.trim().split("\n").join("\n    ")}
frontend fe
    bind <fe>
    default_backend be
`;
}

/** A server that is down at first, up after two checks, and down again after two. */
async function upAndDown(stage: Stage): Promise<void> {
  await stage.status("be/s1", "DOWN");
  await stage.ask("fe");
  await stage.open("s1");
  await stage.status("be/s1", "UP");
  await stage.ask("fe");
  await stage.stop("s1");
  await stage.status("be/s1", "DOWN");
  await stage.ask("fe");
}

/** Only the checks' verdicts are compared where how often was checked is a matter of chance. */
const unsure = { chance: ["servers"] as const };

const external = `global
    nbthread 1
    log <log> local0
    stats socket <admin> level admin
    external-check
    insecure-fork-wanted
`;

/** Leaves its arguments and environment behind, whole or not at all, and ends as its server is called. */
const program = `#!/bin/sh
{ echo "$# arguments: $*"; export -p | /usr/bin/sort; } > $HAPROXY_SERVER_NAME.$$
/bin/mv $HAPROXY_SERVER_NAME.$$ $HAPROXY_SERVER_NAME.told
case $HAPROXY_SERVER_NAME in
bad3) exit 3 ;;
killed) kill -SEGV $$ ;;
esac
`;

/** A byte at a time, once something has come. */
function inPieces(text: string): Behaviour {
  return (socket) =>
    void socket.once("data", () => {
      let at = 0;
      const next = (): void => {
        if (socket.destroyed || at >= text.length) return;
        socket.write(text.slice(at, ++at), "latin1");
        setTimeout(next, 2);
      };
      next();
    });
}

const anyHttp: Behaviour = (socket) =>
  void socket.on("data", () => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready"));

const mysqlGreeting = `\x40\0\0\0\x0a8.0.1\0${"x".repeat(57)}`;

const protocols: Case = {
  name: "protocol checks: what is said, and answers that come byte by byte",
  configuration: `${["ldap", "ldapfails", "mysql", "denied", "old", "pgsql", "pgfails", "redis", "hello"]
    .map((name) => {
      const option: Record<string, string> = {
        mysql: "mysql-check user joe",
        denied: "mysql-check user joe",
        old: "mysql-check user joe pre-41",
        pgsql: "pgsql-check user joe",
        pgfails: "pgsql-check user joe",
        redis: "redis-check",
        hello: "ssl-hello-chk",
      };
      return `backend b${name}
    timeout check 2s
    option log-health-checks
    option ${option[name] ?? "ldap-check"}
    server ${name} <${name}> check inter 1s fall 1
`;
    })
    .join("")}frontend fe
    bind <fe>
`,
  servers: {
    ldap: inPieces("\x30\x84\0\0\0\x10\x02\x01\x01\x61\x84\0\0\0\x07\x0a\x01\0\x04\0\x04\0"),
    ldapfails: inPieces("\x30\x84\0\0\0\x10\x02\x01\x01\x61\x84\0\0\0\x07\x0a\x01\x31\x04\0\x04\0"),
    mysql: inPieces(`${mysqlGreeting}\x07\0\0\x02\0\0\0\x02\0\0\0`),
    denied: inPieces(`${mysqlGreeting}\x0a\0\0\x02\xff\x15\x04#denied`),
    old: inPieces(`${mysqlGreeting}\x07\0\0\x02\0\0\0\x02\0\0\0`),
    pgsql: inPieces("R\0\0\0\x0c\0\0\0\x05abcd"),
    pgfails: inPieces("R\0\0\0\x08\0\0\0\x63"),
    redis: inPieces("+PONG\r\n"),
    hello: inPieces("\x15\x03\x01\0\x02\x02\x28"),
  },
  async traffic(stage) {
    await stage.logged(15);
    // What a TLS hello offers is each program's own.
    const starts = { ldap: /"0/, mysql: /"%/, old: /joe/, pgsql: /user/, redis: /PING/ };
    for (const [name, start] of Object.entries(starts)) {
      stage.note((stage.record(name).find((line) => start.test(line)) as string).replace(/ \w+$/, ""));
    }
  },
  logs: 15,
  unordered: ["logs"],
  ...unsure,
};

const lists: Case = {
  name: "check lines over those of defaults, and option httpchk again",
  configuration: `global
    nbthread 1
    max-spread-checks 500
    stats socket <admin> level admin
    log <log> local0
defaults http
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    timeout check 1s
    option httpchk PUT /defaults HTTP/1.1
    http-check send hdr X-Defaults 1
    http-check expect status 500
backend inherits from http
    server s1 <s1> check inter 5s fall 1
backend sends from http
    http-check send meth GET uri /own hdr X-Own 1 hdr X-Empty %[var(check.none)] hdr X-Part a%[var(check.none)]b
    server s2 <s2> check inter 5s fall 1
backend anew from http
    option httpchk
    server s3 <s3> check inter 5s fall 1
backend again from http
    option httpchk POST /first HTTP/1.1\\r\\nHost:\\ old
    http-check expect string ready
    option httpchk /second
    server s4 <s4> check inter 5s fall 1
backend over from http
    http-check send meth HEAD uri /said hdr X-Said 1
    option httpchk DELETE /option
    server s5 <s5> check inter 5s fall 1
defaults tcp
    mode tcp
    timeout connect 1s
    timeout client 5s
    timeout server 5s
    option tcp-check
    tcp-check send defaults
    tcp-check expect string never
backend tcp from tcp
    tcp-check send own
    server s6 <s6> check inter 5s fall 1
frontend fe from tcp
    bind <fe>
`,
  servers: { s1: anyHttp, s2: anyHttp, s3: anyHttp, s4: anyHttp, s5: anyHttp, s6: anyHttp },
  async traffic(stage) {
    await stage.status("inherits/s1", "DOWN");
    for (const name of ["s1", "s2", "s3", "s4", "s5", "s6"]) {
      await stage.served(name, 1);
      const asked = (): string | undefined => stage.record(name).find((line) => /HTTP\/1|own/.test(line));
      await stage.until("it has been asked", () => asked() !== undefined);
      stage.note((asked() as string).replace(/ \w+$/, ""));
    }
  },
  logs: 0,
  chance: ["servers", "logs"],
};

const unopened: Case = {
  name: "what is said of checks that cannot connect",
  configuration: backend(`option log-health-checks
server missing unix@<dir>/nobody check inter 5s fall 1
server file unix@<dir>/plain check inter 5s fall 1
server source <s1> check inter 5s fall 1 source 203.0.113.9
server refused <s2> check inter 5s fall 1`),
  files: { plain: "" },
  servers: { s1: "leave", s2: "refuse" },
  async traffic(stage) {
    await settled(stage, { "be/missing": "DOWN", "be/file": "DOWN", "be/source": "DOWN", "be/refused": "DOWN" });
    await stage.until("all are told", () => stage.lines.length >= 9);
    const rows = (await stage.command("show stat")).split("\n").map((line) => line.split(","));
    for (const row of rows.filter(([proxy, name]) => proxy === "be" && name !== "BACKEND")) {
      stage.note(`${row[1]} ${row[36]} ${row[56]} ${row[65]}`);
    }
  },
  logs: 9,
  chance: ["servers", "logs"],
};

const states: Case = {
  name: "show servers state of checked, disabled and asked servers",
  configuration: backend(`http-check disable-on-404
option httpchk
server plain <s1>
server rises <s1> rise 5
server checked <s2> check inter 200ms id 77
server drains <s3> check inter 200ms
server down <s4> check inter 200ms fall 1
server off <s1> disabled
server offchecked <s1> disabled check
server health <s2> check inter 200ms
server maint <s2> check inter 200ms
server operator <s1>
server follows <s1> track be/down
server agent <s1> agent-check agent-port 1 agent-addr 127.0.0.1 agent-inter 200ms`),
  servers: { s1: "leave", s2: anyHttp, s3: http("404 Not Found"), s4: "refuse" },
  async traffic(stage) {
    await settled(stage, {
      "be/down": "DOWN",
      "be/checked": "UP",
      "be/drains": "NOLB",
      "be/maint": "UP",
      "be/health": "UP",
    });
    const rows = async (): Promise<string[][]> =>
      (await stage.command("show servers state be"))
        .split("\n")
        .slice(2)
        .map((line) => line.split(" "));
    for (const command of ["disable health be/health", "disable server be/maint", "disable server be/operator"]) {
      await stage.command(command);
    }
    for (const fields of await rows()) {
      if (fields.length < 20) continue;
      // Not: address, time, a check that runs now, the port.
      const bits = [13, 14].map((at) => String(Number(fields[at]) & ~1));
      stage.note(
        [
          ...fields.slice(2, 4),
          ...fields.slice(5, 9),
          ...fields.slice(10, 13),
          ...bits,
          fields[16],
          ...fields.slice(21),
        ].join(" "),
      );
    }
  },
  logs: 0,
  chance: ["servers", "logs"],
};

/** What checks told a server of itself, once each time that it changed, and what it answers: by its port, for both sides run at once. */
const tellings = new Map<number, { answer: string; states: string[] }>();
/** Whose state a header tells. */
const ofServer = (state: string): string | undefined => /name=[^;]*/.exec(state)?.[0];
const told: Behaviour = (socket) =>
  void socket.once("data", (bytes) => {
    const { answer, states: toldStates } = tellings.get(socket.localPort ?? 0) ?? { answer: "200 OK", states: [] };
    const text = bytes.toString("latin1");
    const state = /x-haproxy-server-state: (.*)\r\n/i.exec(text)?.[1] ?? `no state in ${text}`;
    if (toldStates.findLast((one) => ofServer(one) === ofServer(state)) !== state) toldStates.push(state);
    socket.end(`HTTP/1.0 ${answer}\r\n\r\n`);
  });

const sendsState: Case = {
  name: "http-check send-state: up, on the way down, down, in slow start, drained by a 404, busy",
  configuration: `global
    node thenode
    log <log> local0
    stats socket <admin> level admin
backend be
    option httpchk GET /
    http-check send-state
    http-check disable-on-404
    http-check send hdr X-Own it
    server s1 <s1> check inter 150ms fall 3 rise 2 weight 10 maxconn 1
    server s2 <s2> weight 30 backup
frontend fe
    bind <fe>
    default_backend be
backend slow
    option httpchk
    http-check send-state
    server s3 <s1> check inter 100ms fall 1 rise 1 weight 100 slowstart 30s
`,
  servers: { s1: told, s2: "mute" },
  async traffic(stage) {
    const telling = { answer: "200 OK", states: [] as string[] };
    tellings.set(stage.port("s1"), telling);
    const sayOf = async (what: string, course: RegExp): Promise<void> => {
      await stage.until(what, () => telling.states.some((one) => course.test(one)));
      const own = telling.states.filter((one) => one.includes("be/s1"));
      stage.note(`${what}:\n${own.join("\n")}`.replaceAll(`port=${stage.port("s1")}`, "port=<s1>"));
      telling.states = [];
    };
    // The first checks came before anybody listened here, or did not.
    await stage.until("fully up", () => telling.states.some((one) => /^UP; .*be\/s1/.test(one)));
    telling.states = [];
    telling.answer = "500 No";
    await sayOf("down", /^DOWN; .*be\/s1/);
    telling.answer = "200 OK";
    // The percentage goes by whole seconds of the clock, one of which may begin right now.
    const warming = /^UP; .*slow\/s3; .*; weight=7\/7; .*; throttle=[13]%$/;
    await stage.until("slow start", () => telling.states.some((one) => warming.test(one)));
    await sayOf("up again", /^UP; .*be\/s1/);
    telling.answer = "404 Gone";
    await sayOf("drained", /^NOLB; .*be\/s1/);
    telling.answer = "200 OK";
    await sayOf("back", /^UP; .*be\/s1/);
    const clients = [await stage.connect("fe"), await stage.connect("fe")];
    await sayOf("one served and one waiting", /scur=1\/1/);
    for (const client of clients) client.close();
  },
  logs: 0,
  chance: ["servers", "logs"],
};

export const checkCases: readonly Case[] = [
  sendsState,
  protocols,
  lists,
  unopened,
  states,
  {
    name: "a server goes down, comes up and goes down",
    configuration: backend("retries 0\noption log-health-checks\nserver s1 <s1> check inter 150ms rise 2 fall 2"),
    servers: { s1: "refuse" },
    traffic: upAndDown,
    logs: 10,
    ...unsure,
  },
  {
    name: "a session goes to the server that is up",
    configuration: backend(
      "retries 0\nserver s1 <s1> check inter 150ms rise 1 fall 1\nserver s2 <s2> check inter 150ms rise 1 fall 1",
    ),
    servers: { s1: "refuse", s2: "leave" },
    async traffic(stage) {
      await settled(stage, { "be/s1": "DOWN", "be/s2": "UP" });
      for (let at = 0; at < 3; at++) await stage.ask("fe");
      await stage.stop("s2");
      await stage.status("be/s2", "DOWN");
      await stage.ask("fe");
    },
    logs: 7,
    ...unsure,
  },
  {
    name: "tcp-check: send, expect, and what an unexpected answer is called",
    configuration: `backend good
    option tcp-check
    tcp-check connect
    tcp-check send PING\\r\\n
    tcp-check expect string +PONG
    server s1 <s1> check inter 200ms
backend bad
    option tcp-check
    tcp-check send PING\\r\\n
    tcp-check expect string +NEVER
    server s2 <s2> check inter 200ms fall 1
backend pattern
    option tcp-check
    tcp-check send-binary 50494e47
    tcp-check expect ! rstring ^[0-9]
    server s3 <s3> check inter 200ms
backend comment
    option tcp-check
    tcp-check connect comment "first step"
    tcp-check expect string greeting comment "the greeting"
    server s4 <s4> check inter 200ms fall 1
frontend fe
    bind <fe>
    default_backend good
`,
    servers: { s1: answersOk, s2: answersOk, s3: answersOk, s4: (socket) => void socket.end("hello\r\n") },
    async traffic(stage) {
      await settled(stage, { "bad/s2": "DOWN", "comment/s4": "DOWN", "good/s1": "UP", "pattern/s3": "UP" });
      await stage.served("s1", 1);
      await stage.served("s3", 1);
      for (const name of ["s1", "s2", "s3", "s4"]) stage.note((stage.record(name)[0] as string).replace(/ \w+$/, ""));
    },
    logs: 4,
    unordered: ["logs"],
    ...unsure,
  },
  {
    name: "httpchk on another port while sessions go to the server's own",
    configuration: `backend be
    option httpchk GET /status
    http-check expect status 200
    server s1 <s1> check port <h1:port> inter 200ms fall 1
    server s2 <s2> check port <h2:port> inter 200ms fall 1
frontend fe
    bind <fe>
    default_backend be
`,
    servers: { s1: "leave", s2: "leave", h1: http("200 OK"), h2: http("503 Busy") },
    async traffic(stage) {
      await settled(stage, { "be/s2": "DOWN", "be/s1": "UP" });
      await stage.served("h1", 1);
      stage.note((stage.record("h1")[0] as string).replace(/ \w+$/, ""));
      for (let at = 0; at < 3; at++) await stage.ask("fe");
    },
    logs: 4,
    ...unsure,
  },
  {
    name: "http-check send and expect of strings",
    configuration: `backend be
    option httpchk
    http-check send meth HEAD uri /health ver HTTP/1.1 hdr Host example.org
    http-check expect rstatus ^2
    server s1 <s1> check inter 200ms fall 1
backend text
    option httpchk GET /
    http-check expect string ready
    server s2 <s2> check inter 200ms fall 1
frontend fe
    bind <fe>
    default_backend be
`,
    servers: { s1: http("204 Nothing"), s2: http("200 OK", "not yet") },
    async traffic(stage) {
      await settled(stage, { "text/s2": "DOWN", "be/s1": "UP" });
      await stage.served("s1", 1);
      for (const name of ["s1", "s2"]) stage.note((stage.record(name)[0] as string).replace(/ \w+$/, ""));
    },
    logs: 2,
    ...unsure,
  },
  {
    name: "an agent drains, weighs, and takes down",
    configuration: backend(
      "server s1 <s1> agent-check agent-port <a1:port> agent-inter 200ms weight 10\nserver s2 <s2> agent-check agent-port <a2:port> agent-inter 200ms\nserver s3 <s3> agent-check agent-port <a3:port> agent-inter 200ms",
    ),
    servers: {
      s1: "leave",
      s2: "leave",
      s3: "leave",
      a1: (socket) => void socket.end("50%\n"),
      a2: (socket) => void socket.end("drain\n"),
      a3: (socket) => void socket.end("down\n"),
    },
    async traffic(stage) {
      await stage.logged(2);
      await stage.until("the weight is halved", async () => (await stage.command("get weight be/s1")).startsWith("5 "));
      for (let at = 0; at < 3; at++) await stage.ask("fe");
    },
    logs: 5,
    ...unsure,
    unordered: ["logs"],
  },
  {
    name: "a server that follows another",
    configuration: `backend other
    retries 0
    server o1 <s1> check inter 150ms rise 1 fall 1
${backend("retries 0\nserver s1 <s1> track other/o1\nserver s2 <s2>")}`,
    servers: { s1: "leave", s2: "leave" },
    async traffic(stage) {
      await stage.status("other/o1", "UP");
      await stage.stop("s1");
      await stage.status("be/s1", "DOWN");
      await stage.ask("fe");
      await stage.ask("fe");
    },
    logs: 5,
    unordered: ["logs"],
    ...unsure,
  },
  {
    name: "observe layer4 marks a server down on errors of sessions",
    configuration: backend(
      "retries 0\nserver s1 <s1> check inter 60s observe layer4 error-limit 2 on-error mark-down\nserver s2 <s2> check inter 60s",
    ),
    servers: { s1: "leave", s2: "leave" },
    async traffic(stage) {
      await stage.served("s1", 0);
      await stage.status("be/s1", "UP");
      await stage.stop("s1");
      for (let at = 0; at < 6; at++) await stage.ask("fe");
      await stage.status("be/s1", "DOWN");
    },
    logs: 7,
    ...unsure,
  },
  {
    name: "on-marked-up shutdown-backup-sessions",
    configuration: backend(
      "server s1 <s1> check inter 150ms rise 1 fall 1 on-marked-up shutdown-backup-sessions\nserver s2 <s2> backup",
    ),
    servers: { s1: "refuse", s2: "name" },
    async traffic(stage) {
      await stage.status("be/s1", "DOWN");
      const client = await stage.connect("fe");
      stage.note(await client.receive("\n"));
      await stage.open("s1");
      await client.ended();
    },
    logs: 3,
    unordered: ["logs"],
    ...unsure,
  },
  {
    name: "external-check: what a program is told, and what its exit status says",
    configuration: `${external}
listen fe
    bind <fe>
    timeout check 10s
    option external-check
    external-check command <dir>/check
    external-check path /usr/bin:/bin
    option log-health-checks
    server good <s1> check inter 200ms fall 1 maxconn 7 id 42
    server bad3 <s1> check inter 200ms fall 1 port <s2:port> addr 127.0.0.9
    server killed <s1> check inter 200ms fall 1
backend be
    timeout check 10s
    option external-check
    external-check command <dir>/check
    server file <s2> check inter 200ms fall 1
`,
    servers: { s1: "leave", s2: { does: "leave", on: "unix" } },
    files: { check: program },
    async traffic(stage) {
      await settled(stage, { "fe/bad3": "DOWN", "fe/killed": "DOWN", "fe/good": "UP", "be/file": "UP" });
      const stat = await stage.command("show stat");
      for (const line of stat.split("\n").filter((one) => /^(?:fe|be),(?:good|bad3|killed|file),/.test(one))) {
        const fields = line.split(",");
        stage.note(`${fields[1]} ${fields[36]?.replace("* ", "")} ${fields[37]} ${fields[65]}`);
      }
      for (const name of ["good", "bad3", "killed", "file"]) {
        await stage.until("it has run", () => existsSync(`${stage.folder}/${name}.told`));
        const told = readFileSync(`${stage.folder}/${name}.told`, "utf8");
        stage.note(told.replaceAll(String(stage.port("s1")), "<s1>").replaceAll(String(stage.port("fe")), "<fe>"));
      }
    },
    logs: 5,
    unordered: ["logs"],
    ...unsure,
  },
  {
    name: "external-check: a program that takes too long is ended",
    configuration: `${external}
listen fe
    bind <fe>
    timeout check 2s
    option external-check
    external-check command <dir>/check
    external-check path /usr/bin:/bin
    server slow <s1> check inter 400ms fall 1
listen connect
    bind <connect>
    timeout connect 250ms
    timeout check 2s
    option external-check
    external-check command <dir>/check
    external-check path /usr/bin:/bin
    server slow <s1> check inter 1s fall 1
`,
    servers: { s1: "leave" },
    files: { check: "#!/bin/sh\ntrap 'kill $!; touch ended; exit 0' TERM\nsleep 5 & wait\n" },
    async traffic(stage) {
      await settled(stage, { "fe/slow": "DOWN", "connect/slow": "DOWN" });
      await stage.until("it was told to end", () => existsSync(`${stage.folder}/ended`));
      await stage.ask("fe");
    },
    toleranceMs: 150,
    logs: 5,
    unordered: ["logs"],
    ...unsure,
  },
  ...(["fastinter", "fail-check", "sudden-death", "mark-down"] as const).map((onError): Case => ({
    name: `observe layer4, on-error ${onError}: what each error does to a server's health`,
    configuration: backend(`option redispatch
retries 1
timeout connect 100ms
server s1 <s1> check inter 3600s observe layer4 error-limit 2 on-error ${onError} addr 127.0.0.1 port <s2:port>
server s2 <s2>`),
    servers: { s1: "refuse", s2: "leave" },
    async traffic(stage) {
      const fields = async (): Promise<string[]> =>
        (await stage.command("show stat be 4 -1"))
          .split("\n")
          .find((one) => one.startsWith("be,s1"))
          ?.split(",") ?? [];
      await stage.until("it was checked", async () => (await fields())[36]?.includes("L4OK") === true);
      for (let at = 0; at < 10; at++) {
        await stage.ask("fe");
        const row = await fields();
        stage.note([17, 21, 22, 36, 45].map((column) => row[column]).join(" "));
      }
    },
    logs: 0,
    ...unsure,
    chance: ["servers", "logs"],
  })),
];
