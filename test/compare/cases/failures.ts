/** Servers and clients that fail: retries, redispatch, timeouts, resets, and the termination letters they leave. */
import type { Behaviour, Case, Stage } from "../case.ts";

/** What HAProxy ends with a FIN, and is ended with a RST here. */
function cutOff(line: string): string {
  return line.replace(/^(got ".*"|".*"|)( ?)fin$/, "$1$2reset");
}

function listen(lines: string): string {
  return `listen fe
    bind <fe>
    ${lines.trim().split("\n").join("\n    ")}
`;
}

/** Says a dot every 150 ms, ten times, and ends; what it is told in between it hears. */
const tells: Behaviour = (socket) => {
  let left = 10;
  const timer = setInterval(() => {
    socket.write(".");
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    socket.end();
  }, 150);
  socket.on("close", () => clearInterval(timer));
};

/** What columns say in every row. */
async function noteColumns(stage: Stage, names: string): Promise<void> {
  const [head = "", ...lines] = (await stage.command("show stat fe 7 -1")).trim().split("\n");
  const columns = head.split(",");
  for (const line of lines) {
    const fields = line.split(",");
    stage.note([fields[1], ...names.split(" ").map((name) => fields[columns.indexOf(name)])].join(" "));
  }
}

/** One that is refused everywhere, and one that comes to the last server by redispatch. */
async function attempts(stage: Stage): Promise<void> {
  await stage.ask("fe", { send: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" });
  await noteColumns(stage, "stot econ wretr wredis connect reuse");
}

const ownForm = "HAProxy counts the bytes of its own form of a message, fairlead those on the wire";

export const failureCases: readonly Case[] = [
  {
    name: "interim answers count as a server's, too",
    configuration: listen("mode http\nserver s1 <s1>"),
    servers: {
      s1: (socket) =>
        socket.once("data", () => {
          socket.write("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n");
          socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        }),
    },
    async traffic(stage) {
      await stage.ask("fe", { send: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" });
      await noteColumns(stage, "hrsp_1xx hrsp_2xx hrsp_other req_tot");
    },
    chance: ["logs"],
  },
  {
    name: "bytes of who is rejected count in both halves of a listen",
    configuration: listen(
      "tcp-request inspect-delay 1s\ntcp-request content reject if { req.len gt 3 }\nserver s1 <s1>",
    ),
    servers: { s1: "refuse" },
    async traffic(stage) {
      await stage.ask("fe", { send: "hello" });
      await noteColumns(stage, "bin bout");
    },
  },
  ...(["tcp", "http"] as const).flatMap((mode) =>
    [
      ["refused three times", "server s1 <s1>\nserver s2 <s2> backup"],
      ["redispatched", "option redispatch 1\nserver s1 <s1> weight 256\nserver s2 <s2> weight 1"],
    ].map(([name, lines]): Case => {
      return {
        name: `attempts are counted in mode ${mode}: ${name}`,
        configuration: listen(`mode ${mode}\ntimeout connect 100ms\nretries 2\n${lines}`),
        servers: { s1: "refuse", s2: "refuse" },
        traffic: attempts,
        toleranceMs: 150,
        ...(mode === "http"
          ? { differs: { because: ownForm, here: (line) => line.replace(" 217 SC ", " 233 SC ") } }
          : {}),
      };
    }),
  ),
  {
    name: "a refused connection is tried again after a second",
    configuration: listen("retries 2\nserver s1 <s1>"),
    servers: { s1: "refuse" },
    traffic: async (stage) => void (await stage.ask("fe")),
    toleranceMs: 150,
  },
  {
    name: "retries wait for timeout connect where that is shorter",
    configuration: listen("timeout connect 200ms\nretries 3\nserver s1 <s1>"),
    servers: { s1: "refuse" },
    traffic: async (stage) => void (await stage.ask("fe")),
    toleranceMs: 150,
  },
  ...["none", "conn-failure", "404 empty-response", "all-retryable-errors"].map((events): Case => ({
    name: `retry-on ${events}`,
    configuration: listen(`retry-on ${events}\nretries 1\ntimeout connect 200ms\nserver s1 <s1>`),
    servers: { s1: "refuse" },
    traffic: async (stage) => void (await stage.ask("fe")),
  })),
  {
    name: "no retries",
    configuration: listen("retries 0\nserver s1 <s1>"),
    servers: { s1: "refuse" },
    traffic: async (stage) => void (await stage.ask("fe")),
    toleranceMs: 150,
  },
  {
    name: "redispatch with the last retry",
    configuration: listen(
      "balance source\ntimeout connect 200ms\nretries 3\noption redispatch\nserver s1 <s1>\nserver s2 <s2>",
    ),
    servers: { s1: "refuse", s2: "leave" },
    async traffic(stage) {
      for (let last = 1; last <= 4; last++) await stage.ask("fe", { from: `127.0.0.${last}` });
    },
    toleranceMs: 150,
  },
  {
    name: "redispatch at every retry",
    configuration: listen(
      "balance source\ntimeout connect 200ms\nretries 3\noption redispatch 1\nserver s1 <s1>\nserver s2 <s2>",
    ),
    servers: { s1: "refuse", s2: "leave" },
    async traffic(stage) {
      for (let last = 1; last <= 4; last++) await stage.ask("fe", { from: `127.0.0.${last}` });
    },
    toleranceMs: 150,
  },
  {
    name: "redispatch in round robin takes another server at once",
    configuration: listen(
      "balance roundrobin\nretries 3\noption redispatch\nserver s1 <s1>\nserver s2 <s2>\nserver s3 <s3>",
    ),
    servers: { s1: "refuse", s2: "leave", s3: "refuse" },
    async traffic(stage) {
      for (let at = 0; at < 5; at++) await stage.ask("fe");
    },
    toleranceMs: 150,
  },
  {
    name: "round robin without redispatch stays with its server",
    configuration: listen("balance roundrobin\ntimeout connect 200ms\nretries 1\nserver s1 <s1>\nserver s2 <s2>"),
    servers: { s1: "refuse", s2: "leave" },
    async traffic(stage) {
      for (let at = 0; at < 4; at++) await stage.ask("fe");
    },
    toleranceMs: 150,
  },
  {
    name: "leastconn without redispatch",
    configuration: listen("balance leastconn\ntimeout connect 200ms\nretries 1\nserver s1 <s1>\nserver s2 <s2>"),
    servers: { s1: "refuse", s2: "leave" },
    async traffic(stage) {
      for (let at = 0; at < 4; at++) await stage.ask("fe");
    },
    toleranceMs: 150,
  },
  {
    name: "all servers refuse, with redispatch",
    configuration: listen(
      "balance roundrobin\ntimeout connect 200ms\nretries 2\noption redispatch\nserver s1 <s1>\nserver s2 <s2>",
    ),
    servers: { s1: "refuse", s2: "refuse" },
    async traffic(stage) {
      for (let at = 0; at < 3; at++) await stage.ask("fe");
    },
    toleranceMs: 150,
  },
  {
    name: "a server that does not answer",
    configuration: listen("timeout connect 300ms\nretries 1\nserver s1 <s1>"),
    servers: { s1: "deaf" },
    traffic: async (stage) => void (await stage.ask("fe")),
    needs: ["socat"],
    toleranceMs: 150,
  },
  {
    name: "a server that does not answer, with redispatch",
    configuration: listen("timeout connect 300ms\nretries 2\noption redispatch\nserver s1 <s1>\nserver s2 <s2>"),
    servers: { s1: "deaf", s2: "leave" },
    async traffic(stage) {
      for (let at = 0; at < 2; at++) await stage.ask("fe");
    },
    needs: ["socat"],
    toleranceMs: 150,
  },
  {
    name: "timeout server",
    configuration: listen("timeout server 400ms\nserver s1 <s1>"),
    servers: { s1: "mute" },
    traffic: async (stage) => void (await stage.ask("fe", { send: "hello" })),
    toleranceMs: 150,
  },
  {
    name: "timeout client",
    configuration: listen("timeout client 400ms\nserver s1 <s1>"),
    servers: { s1: "name" },
    traffic: async (stage) => void (await stage.ask("fe")),
    toleranceMs: 150,
  },
  {
    name: "timeout tunnel replaces both once data flow",
    configuration: listen("timeout client 200ms\ntimeout server 200ms\ntimeout tunnel 700ms\nserver s1 <s1>"),
    servers: { s1: "echo" },
    traffic: async (stage) => void (await stage.ask("fe", { send: "hello" })),
    toleranceMs: 150,
  },
  {
    name: "timeout client-fin",
    configuration: listen("timeout client 3s\ntimeout client-fin 300ms\ntimeout server 3s\nserver s1 <s1>"),
    servers: { s1: (socket) => void socket.on("data", () => undefined) },
    traffic: async (stage) => void (await stage.ask("fe", { send: "hello", end: true })),
    toleranceMs: 150,
  },
  {
    name: "timeout server-fin",
    configuration: listen("timeout client 3s\ntimeout server-fin 300ms\ntimeout server 3s\nserver s1 <s1>"),
    servers: { s1: (socket) => void socket.resume().end("bye") },
    async traffic(stage) {
      const client = await stage.connect("fe");
      stage.note(await client.receive("bye"));
      stage.note(await client.ended());
      // The client's side stays open until the forwarder ends it.
      await stage.logged(1);
    },
    toleranceMs: 150,
  },
  {
    name: "half-closed both ways: what the server says last arrives",
    configuration: listen("server s1 <s1>"),
    servers: { s1: (socket) => void socket.resume().on("end", () => setTimeout(() => socket.end("late words"), 150)) },
    traffic: async (stage) => void (await stage.ask("fe", { send: "question", end: true })),
  },
  {
    name: "a server that resets",
    configuration: listen("server s1 <s1>"),
    servers: { s1: "reset" },
    traffic: async (stage) => void (await stage.ask("fe", { send: "hello" })),
    differs: {
      because: "whoever was cut off must not take what came for everything there was",
      here: (line) => (line.startsWith("got") ? line : cutOff(line)),
    },
  },
  {
    name: "a server that resets at once",
    configuration: listen("retries 1\nserver s1 <s1>"),
    // A little later, for one that comes while connecting is a refusal.
    servers: { s1: (socket) => void setTimeout(() => socket.resetAndDestroy(), 50) },
    traffic: async (stage) => void (await stage.ask("fe")),
    chance: ["servers"],
    differs: {
      because: "whoever was cut off must not take what came for everything there was",
      here: cutOff,
    },
  },
  {
    name: "a client that resets",
    configuration: listen("server s1 <s1>"),
    servers: { s1: "echo" },
    async traffic(stage) {
      const client = await stage.connect("fe");
      client.send("hello");
      await client.receive("hello");
      client.reset();
      await stage.logged(1);
    },
  },
  {
    name: "a client that leaves while its server is tried",
    configuration: listen("retries 5\nserver s1 <s1>"),
    servers: { s1: "refuse" },
    async traffic(stage) {
      const client = await stage.connect("fe");
      await Bun.sleep(300);
      client.end();
      stage.note(await client.ended());
    },
    toleranceMs: 200,
  },
  {
    name: "a client that resets while its server is tried",
    configuration: listen("retries 5\nserver s1 <s1>"),
    servers: { s1: "refuse" },
    async traffic(stage) {
      const client = await stage.connect("fe");
      await Bun.sleep(300);
      client.reset();
      await stage.logged(1);
    },
    toleranceMs: 200,
  },
  {
    name: "a client that sent all it had is served when its server comes up",
    configuration: listen("retries 3\nserver s1 <s1>"),
    servers: { s1: "refuse" },
    async traffic(stage) {
      const client = await stage.connect("fe");
      client.send("question");
      client.end();
      await Bun.sleep(200);
      await stage.open("s1");
      stage.note(await client.ended());
    },
    toleranceMs: 250,
  },
  {
    name: "abortonclose gives up a client that has half-closed",
    configuration: listen("option abortonclose\nretries 5\nserver s1 <s1>"),
    servers: { s1: "refuse" },
    async traffic(stage) {
      const client = await stage.connect("fe");
      client.send("question");
      await Bun.sleep(200);
      client.end();
      stage.note(await client.ended());
    },
    toleranceMs: 250,
  },
  {
    name: "sessions are shut from the stats socket and when their server is marked down",
    configuration: listen("server s1 <s1> on-marked-down shutdown-sessions check inter 100ms fall 1 rise 1"),
    servers: { s1: "name" },
    async traffic(stage) {
      await stage.status("fe/s1", "UP");
      const first = await stage.connect("fe");
      await first.receive("\n");
      stage.note(await stage.command("shutdown sessions server fe/s1"));
      stage.note(await first.ended());
      const second = await stage.connect("fe");
      await second.receive("\n");
      await stage.command("set server fe/s1 state maint");
      stage.note(await second.ended());
    },
    logs: 3,
    unordered: ["logs"],
    differs: {
      because: "whoever was cut off must not take what came for everything there was",
      here: cutOff,
    },
  },
  {
    name: "sessions that wait for a server outlive a shutdown of those that are there",
    configuration: listen("timeout queue 10s\nuse-server s1 if TRUE\nserver s1 <s1> maxconn 1"),
    servers: { s1: "name" },
    async traffic(stage) {
      const first = await stage.connect("fe");
      await first.receive("\n");
      const second = await stage.connect("fe");
      await stage.until("it waits", async () => /^fe,s1,1,/m.test(await stage.command("show stat")));
      stage.note(await stage.command("shutdown sessions server fe/s1"));
      stage.note(`the first: ${await first.ended()}`);
      stage.note(`the second gets ${(await second.receive("\n")).trim()}`);
      second.end();
      stage.note(await second.ended());
    },
    chance: ["servers"],
    differs: {
      because: "whoever was cut off must not take what came for everything there was",
      here: (line) => line.replace("the first: fin", "the first: reset"),
    },
  },
  ...[
    { name: "in a queue", rest: "timeout queue 3s\nserver s1 <s1> maxconn 1", waits: true },
    { name: "between attempts", rest: "retries 2\ntimeout connect 700ms\nserver s1 <s2>", waits: false },
    { name: "at a deaf server", rest: "retries 2\ntimeout connect 700ms\nserver s1 <s3>", waits: false },
  ].flatMap(({ name, rest, waits }): Case[] =>
    ["", "x"].map((said) => ({
      name: `timeout client of a client that ${said === "" ? "says nothing" : "has spoken"} ${name}`,
      configuration: listen(`timeout client 500ms\n${rest}`),
      servers: { s1: "mute", s2: "refuse", s3: "deaf" },
      async traffic(stage) {
        if (waits) {
          const first = await stage.connect("fe");
          first.send("x");
          await stage.served("s1", 1);
          // It keeps talking, and its place.
          const talk = setInterval(() => first.send("x"), 200);
          const second = await stage.connect("fe");
          second.send(said);
          stage.note(await second.ended());
          clearInterval(talk);
          first.end();
          await first.ended();
        } else await stage.ask("fe", { send: said });
      },
      toleranceMs: 200,
      chance: ["servers"],
    })),
  ),
  {
    name: "no backend to go to",
    configuration: `frontend fe
    bind <fe>
    use_backend be if { src 127.0.0.2 }
backend be
    server s1 <s1>
`,
    servers: { s1: "leave" },
    async traffic(stage) {
      await stage.ask("fe");
      await stage.ask("fe", { from: "127.0.0.2" });
    },
  },
  {
    name: "bytes that come before the server is connected are kept",
    configuration: listen("retries 3\ntimeout connect 300ms\nserver s1 <s1>"),
    servers: { s1: "refuse" },
    async traffic(stage) {
      const client = await stage.connect("fe");
      client.send("early ");
      await Bun.sleep(100);
      client.send("words");
      await stage.open("s1");
      await stage.served("s1", 1);
      await Bun.sleep(100);
      client.end();
      stage.note(await client.ended());
    },
    toleranceMs: 250,
  },
  {
    name: "what is sent to a silent client counts for it, unless streams are independent on its side",
    configuration: `frontend fe
    bind <fe>
    timeout client 500ms
    default_backend be
frontend independent
    bind <independent>
    timeout client 500ms
    option independent-streams
    default_backend be
frontend other
    bind <other>
    timeout client 500ms
    default_backend independent
backend be
    server s1 <s1>
backend independent
    option independent-streams
    server s1 <s1>
`,
    servers: { s1: tells },
    async traffic(stage) {
      for (const front of ["fe", "independent", "other"]) await stage.ask(front);
    },
    toleranceMs: 150,
  },
  {
    name: "what is sent to a silent server counts for it, unless streams are independent on its side",
    configuration: `listen fe
    bind <fe>
    timeout server 500ms
    server s1 <s1>
frontend other
    bind <other>
    default_backend independent
backend independent
    timeout server 500ms
    option independent-streams
    server s1 <s1>
`,
    servers: { s1: "mute" },
    async traffic(stage) {
      for (const front of ["fe", "other"]) {
        const client = await stage.connect(front);
        for (let count = 0; count < 6; count++) {
          client.send(".");
          await Bun.sleep(150);
        }
        client.end();
        stage.note(await client.ended());
      }
    },
    toleranceMs: 150,
  },
];
