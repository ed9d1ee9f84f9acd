/** From text to Plan: whole objects, defaults applied, references resolved. */
import { describe, expect, test } from "bun:test";
import { hasListener } from "../../../../src/config/finish/plan.ts";
import { httpServerDefaults } from "../../../../src/plan/http.ts";
import type { Plan } from "../../../../src/plan/plan.ts";
import { bindDefaults } from "../../../../src/plan/bind.ts";
import { serverDefaults, type ServerPlan } from "../../../../src/plan/server.ts";
import { startupsDefaults } from "../../../../src/plan/ssh/startups.ts";
import { messagesOf, readText } from "../../../cases/case.ts";

function planOf(config: string): Plan {
  const { plan, diagnostics } = readText(config);
  if (plan === null) throw new Error(JSON.stringify(diagnostics.all));
  return plan;
}

const timeouts = " timeout client 1h\n timeout server 2h\n timeout connect 5s\n";

const page = `global
 log /dev/log local0
 maxconn 2000
defaults
 mode tcp
 log global
 option tcplog
${timeouts}frontend ssh
 bind *:22
 default_backend bitbucket
backend bitbucket
 server node1 192.0.2.1:7999 check port 7990
`;

const plainServer: Omit<ServerPlan, "name" | "id" | "position" | "address" | "text"> = {
  ...serverDefaults,
  weight: 1,
  backup: false,
  disabled: false,
  maxconn: 0,
  minconn: 0,
  maxqueue: 0,
  slowstartMs: 0,
  check: null,
  agent: null,
  track: null,
  onMarkedDown: null,
  onMarkedUp: null,
  observe: null,
  errorLimit: 10,
  onError: "fail-check",
  proxyHeader: null,
  tls: null,
  usesTls: false,
  source: null,
  buffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
  http: httpServerDefaults,
  startups: startupsDefaults,
  hostKeys: null,
  userTimeoutMs: null,
  fastOpen: false,
  congestion: null,
  initAddr: ["last", "libc"],
  resolvers: null,
  resolvePrefer: null,
  resolveOpts: { allowDupIp: false, ignoreWeight: false },
  resolveNet: [],
  nonStick: false,
  isIdGiven: false,
  rise: 2,
  template: null,
};

const literal = (host: string, port: number | null): ServerPlan["address"] => ({
  kind: "tcp",
  host,
  isName: false,
  family: 4,
  port,
  portOffset: 0,
});

describe("a page's configuration", () => {
  const plan = planOf(page);

  test("frontend", () => {
    const [ssh] = plan.frontends;
    expect(ssh).toMatchObject({
      name: "ssh",
      position: { file: "case.cfg", line: 11 },
      id: 2,
      disabled: false,
      isListen: false,
      maxconn: 0,
      timeouts: { clientMs: 3_600_000, clientFinMs: 0, clientHandshakeMs: 3_600_000 },
      defaultBackend: "bitbucket",
      logs: plan.global.logs,
    });
    expect(ssh?.binds).toEqual([
      {
        ...bindDefaults,
        address: { kind: "tcp", host: "0.0.0.0", port: 22 },
        v6only: null,
        backlog: null,
        interface: null,
        transparent: false,
        deferAccept: false,
        mss: null,
        buffers: { receiveBytes: 0, sendBytes: 0, unsentBytes: 0 },
        userTimeoutMs: null,
        fastOpen: false,
        congestion: null,
        quickAck: true,
        sharesPort: true,
        keepAlive: null,
        mode: null,
        uid: null,
        gid: null,
        text: "*:22",
        position: { file: "case.cfg", line: 12 },
        name: null,
        id: 1,
        maxconn: 0,
        acceptProxy: false,
        tls: null,
      },
    ]);
    expect(ssh?.logFormat?.text).toStartWith("%ci:%cp [%t] %ft");
  });

  test("backend", () => {
    const [backend] = plan.backends;
    expect(backend?.servers).toEqual([
      {
        ...plainServer,
        name: "node1",
        id: 1,
        position: { file: "case.cfg", line: 15 },
        address: literal("192.0.2.1", 7999),
        text: "192.0.2.1:7999",
        check: {
          interMs: 2000,
          fastInterMs: 0,
          downInterMs: 0,
          rise: 2,
          fall: 3,
          address: null,
          port: 7990,
          sendProxy: false,
          tls: null,
        },
      },
    ]);
    expect(backend).toMatchObject({
      id: 3,
      balance: { algorithm: "roundrobin" },
      retries: 3,
      redispatch: 0,
      check: { kind: "tcp", scripted: false, steps: [] },
      timeouts: { connectMs: 5000, serverMs: 7_200_000, queueMs: 5000, checkMs: 0 },
    });
  });

  test("global", () => {
    expect(plan.global).toMatchObject({ maxconn: 2000, daemon: false, bufsizeBytes: 16_384, withoutEffect: [] });
    expect(plan.global.logs).toEqual([
      {
        destination: { kind: "unix", path: "/dev/log" },
        format: "rfc3164",
        length: 1024,
        facility: 16,
        maxLevel: 7,
        minLevel: 0,
        sample: null,
      },
    ]);
  });
});

test("the system's name servers are a section, unless there is one of its name", () => {
  const files = { "/etc/resolv.conf": "search example\nnameserver 192.0.2.1\n nameserver ::1\nnameserver 192.0.2.1\n" };
  const own = "resolvers r\n nameserver a 192.0.2.9:53\n";
  const named = (text: string): unknown =>
    readText(text, files).plan?.resolvers.map(({ name, nameservers }) => [name, nameservers.map((one) => one.host)]);
  expect(named(own)).toEqual([
    ["r", ["192.0.2.9"]],
    ["default", ["192.0.2.1", "::1"]],
  ]);
  expect(named(own.replace("resolvers r", "resolvers default"))).toEqual([["default", ["192.0.2.9"]]]);
  expect(readText(own).plan?.resolvers.length).toBe(1);
});

test.each([
  [5, 4],
  [5, 5],
  [1, 1],
])("with tune.stick-counters %d slot %d is there only below that", (count, slot) => {
  const text =
    `global\n tune.stick-counters ${count}\nlisten x\n bind :22\n${timeouts} stick-table type ip size 10 store gpc0\n` +
    ` tcp-request connection track-sc${slot} src\n tcp-request content sc-inc-gpc0(${slot})\n server s 10.0.0.1:1\n`;
  if (slot < count)
    expect(planOf(text).frontends[0]?.connectionRules[0]?.action).toMatchObject({ kind: "track-sc", slot });
  else expect(() => planOf(text)).toThrow(`${slot} track-sc number exceeding ${count - 1} (MAX_SESS_STKCTR-1) value`);
});

test("sizes of buffers and pipes land where they are used", () => {
  const sizes =
    "tune.rcvbuf.client 1\n tune.sndbuf.client 2\n tune.rcvbuf.server 3\n tune.sndbuf.server 4\n " +
    "tune.notsent-lowat.client 5k\n tune.notsent-lowat.server 6";
  const plan = planOf(
    `global\n ${sizes}\n maxpipes 5\n tune.pipesize 6\nlisten x\n bind :22\n${timeouts} server s 10.0.0.1:1\n`,
  );
  expect(plan.frontends[0]?.binds[0]?.buffers).toEqual({ receiveBytes: 1, sendBytes: 2, unsentBytes: 5120 });
  expect(plan.backends[0]?.servers[0]?.buffers).toEqual({ receiveBytes: 3, sendBytes: 4, unsentBytes: 6 });
  expect(plan.global).toMatchObject({ maxPipes: 5, pipeBytes: 6, withoutEffect: [] });
});

const servers = (lines: string): readonly ServerPlan[] =>
  planOf(`listen x\n bind :22\n${timeouts}${lines}`).backends[0]?.servers ?? [];

describe("servers", () => {
  test("default-server holds for the servers after it, and `no-` undoes it", () => {
    const [a, b] = servers(
      " default-server check inter 5s rise 1 weight 10 send-proxy\n server a 10.0.0.1:1\n server b 10.0.0.2:1 no-check no-send-proxy weight 20\n",
    );
    expect(a?.check).toMatchObject({ interMs: 5000, rise: 1, fall: 3, sendProxy: true });
    expect(a).toMatchObject({ weight: 10, proxyHeader: { version: 1, options: [], tlvs: [] } });
    expect(b).toMatchObject({ weight: 20, check: null, proxyHeader: null });
  });

  test("a check to another port sends no PROXY header unless it is asked to", () => {
    const [a, b] = servers(
      " server a 10.0.0.1:1 check port 2 send-proxy-v2\n server b 10.0.0.1:1 check port 2 check-send-proxy\n",
    );
    expect([a?.check?.sendProxy, b?.check?.sendProxy]).toEqual([false, true]);
  });

  test("a template is as many servers", () => {
    const list = servers(
      " server-template n 2-4 git.example:22 resolvers r check\nresolvers r\n nameserver a 192.0.2.1:53\n",
    );
    expect(list.map((one) => [one.name, one.id, one.template])).toEqual([
      ["n2", 1, { prefix: "n", service: null }],
      ["n3", 2, { prefix: "n", service: null }],
      ["n4", 3, { prefix: "n", service: null }],
    ]);
  });

  test("ids that were given are not given again", () => {
    const list = servers(" server a 10.0.0.1:1 id 2\n server b 10.0.0.1:1\n server c 10.0.0.1:1\n");
    expect(list.map((one) => one.id)).toEqual([2, 3, 4]);
  });

  test("source with usesrc and interface leaves the next option alone", () => {
    const [a] = servers(" server a 10.0.0.1:1 source 0.0.0.0 usesrc clientip interface lo backup\n");
    expect(a?.source).toMatchObject({ host: "0.0.0.0", port: 0, interface: "lo", useSource: "clientip" });
    expect(a?.backup).toBe(true);
  });
});

const check = (lines: string): Plan["backends"][number]["check"] | undefined =>
  planOf(`listen x\n bind :22\n${timeouts} server s 10.0.0.1:1 check\n${lines}`).backends[0]?.check;

describe("checks", () => {
  test("an HTTP check asks what option httpchk says", () => {
    expect(check(" option httpchk GET /status\n http-check expect status 200\n")).toMatchObject({
      kind: "http",
      steps: [
        { kind: "http-send", method: "GET", uri: "/status", version: "HTTP/1.0", headers: [], body: null },
        { kind: "http-expect", match: "status", pattern: "200", negate: false, number: 1 },
      ],
    });
  });

  test("http-check send fills in what it says and option httpchk the rest", () => {
    expect(check(" option httpchk GET /status\n http-check send ver HTTP/1.1 hdr Host git.example\n")).toMatchObject({
      steps: [
        {
          kind: "http-send",
          method: "GET",
          uri: "/status",
          version: "HTTP/1.1",
          headers: [{ name: "Host", value: "git.example" }],
        },
        { kind: "http-expect", match: "status", pattern: "200-399" },
      ],
    });
  });

  test("an HTTP check that asks nothing says so", () => {
    const config = `defaults\n${timeouts} option httpchk GET /x\nbackend b\n http-check expect status 200\n server s 192.0.2.1:1 check\n`;
    expect(messagesOf(config)).toContain("the checks of backend 'b' send no request");
    expect(messagesOf(config.replace("http-check", "option httpchk\n http-check"))).not.toContain("send no request");
  });

  test("a script keeps its comments and numbers", () => {
    const lines =
      " option tcp-check\n tcp-check comment greeting\n tcp-check expect rstring ^SSH-2\n tcp-check send-binary 0d0a comment end\n";
    expect(check(lines)).toMatchObject({
      kind: "tcp",
      scripted: true,
      steps: [
        { kind: "expect", match: "rstring", pattern: "^SSH-2", comment: "greeting", number: 2 },
        { kind: "send", data: new Uint8Array([13, 10]), comment: "end", number: 3 },
      ],
    });
  });
});

describe("defaults", () => {
  test("are handed down by name, and a section's own settings do not leak back", () => {
    const plan = planOf(
      `defaults base\n${timeouts} retries 1\n option redispatch\ndefaults other from base\n retries 7\nlisten a from base\n bind :1\n retries 2\nlisten b from base\n bind :2\nlisten c from other\n bind :3\n`,
    );
    expect(plan.backends.map((one) => [one.name, one.retries, one.redispatch])).toEqual([
      ["a", 2, -1],
      ["b", 1, -1],
      ["c", 7, -1],
    ]);
  });

  test("mode http in defaults harms nobody who says mode tcp", () => {
    const plan = planOf(`defaults\n mode http\n option httplog\n${timeouts}listen a\n mode tcp\n bind :1\n`);
    expect(plan.frontends.map((one) => one.name)).toEqual(["a"]);
  });
});

test("addresses of one bind line share its options and have ids of their own", () => {
  const plan = planOf(`listen x\n${timeouts} bind 127.0.0.1:20-21,:30 name n maxconn 5\n`);
  expect(plan.frontends[0]?.binds.map((bind) => [bind.address, bind.id, bind.name, bind.maxconn])).toEqual([
    [{ kind: "tcp", host: "127.0.0.1", port: 20 }, 1, "n", 5],
    [{ kind: "tcp", host: "127.0.0.1", port: 21 }, 2, "n", 5],
    [{ kind: "tcp", host: "0.0.0.0", port: 30 }, 3, "n", 5],
  ]);
});

test("every mistake of a file is told in one run", () => {
  const text = messagesOf(
    `frontend a\n bindd :1\n bind :0\n timeout client x\n default_backend nowhere\nbackend b\n server s 10.0.0.1:1 chekc\n balance foo\n`,
  );
  expect(text.split("\n").filter((line) => line.startsWith("[ALERT]"))).toHaveLength(6);
});

test("a configuration without a listener is valid and says so", () => {
  expect(hasListener(planOf("global\n daemon\n"))).toBe(false);
  expect(hasListener(planOf(page))).toBe(true);
});

test("a log line without a format is RFC 3164's wherever it goes, as in HAProxy 2.6", () => {
  const { global } = planOf("global\n log stdout local0\n log fd@2 local0\n log 127.0.0.1 local0\n");
  expect(global.logs.map(({ destination, format }) => [destination.kind, format])).toEqual([
    ["fd", "rfc3164"],
    ["fd", "rfc3164"],
    ["udp", "rfc3164"],
  ]);
});

test("a stats socket alone is something to run for", () => {
  expect(hasListener(planOf("global\n stats socket /run/a.sock\n"))).toBe(true);
  expect(hasListener(planOf("global\n daemon\n"))).toBe(false);
});

test("rules about HTTP stand where rules about TCP may stand", () => {
  const rule = " http-request deny\n";
  const of = (name: string, from: string): string =>
    messagesOf(`defaults${name}\n mode tcp\n${timeouts}${rule}listen x${from}\n bind :22\n`);
  expect(of("", "")).toContain("'http-request' not allowed in anonymous 'defaults' section.");
  expect(of(" d", " from d")).toContain("a listen section cannot inherit from a defaults section");
});

test("a field of a PROXY header may be empty", () => {
  const plan = planOf(
    `listen x\n bind :22\n${timeouts} server s 192.0.2.1:1 send-proxy-v2 set-proxy-v2-tlv-fmt(0xE1) ""\n`,
  );
  expect(plan.backends[0]?.servers[0]?.proxyHeader?.tlvs).toMatchObject([{ type: 0xe1 }]);
});

const agentOf = (more: string): unknown =>
  planOf(`listen x\n bind :22\n${timeouts} server s 192.0.2.1:1 agent-check ${more}\n`).backends[0]?.servers[0]?.agent;

test("the agent of a server asks where its checks go, unless it is told", () => {
  expect(agentOf("port 5 addr 192.0.2.2")).toMatchObject({ port: 5, address: { host: "192.0.2.2" } });
  expect(agentOf("port 5 addr 192.0.2.2 agent-port 6 agent-addr 192.0.2.3")).toMatchObject({
    port: 6,
    address: { host: "192.0.2.3" },
  });
});

const withRing = (ring: string): string =>
  `global\n log ring@r format rfc5424 local1\n log tcp@192.0.2.1:601 local2\nring r\n size 20000\n maxlen 100\n${ring}defaults\n${timeouts}`;

test("a ring says what its lines look like and where they go; without servers that is told", () => {
  const [to, implied] = planOf(
    withRing(" timeout connect 1s\n timeout server 2s\n server s 192.0.2.2:1 log-proto octet-count\n"),
  ).global.logs;
  expect(to).toMatchObject({
    format: "raw",
    length: 100,
    destination: {
      kind: "ring",
      ring: { name: "r", sizeBytes: 20_000, connectMs: 1000, serverMs: 2000, servers: [{ countsOctets: true }] },
    },
  });
  expect(implied).toMatchObject({
    format: "rfc3164",
    destination: {
      kind: "ring",
      ring: { servers: [{ address: { host: "192.0.2.1", port: 601 }, countsOctets: false }] },
    },
  });
  expect(messagesOf(withRing(""))).toContain("what is logged to ring@r is lost: it has no server.");
  expect(messagesOf(withRing(" size 5\n"))).toContain(
    "ignoring new size '5' that is smaller than current size '20000'",
  );
});
