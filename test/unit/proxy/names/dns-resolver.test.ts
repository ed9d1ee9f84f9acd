import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { createSocket, type Socket } from "node:dgram";
import { readdirSync, readlinkSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { ResolversPlan } from "../../../../src/plan/resolvers.ts";
import type { ServerPlan } from "../../../../src/plan/server.ts";
import { noCounts } from "../../../../src/proxy/names/dns-counters.ts";
import { DnsResolver } from "../../../../src/proxy/names/dns-resolver.ts";
import type { NameAnswer, NameFollower } from "../../../../src/proxy/names/name-resolver.ts";
import { waitUntil } from "../../../e2e/harness.ts";
import type { DnsReply } from "../../wire/dns-bytes.ts";
import { aRecord, dnsName, dnsRecord, dnsReply, srvRecord } from "../../wire/dns-bytes.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** What a name server answers to one question; null: nothing. An array: several datagrams. */
type Answering = (
  name: string,
  type: number,
  over: "udp" | "tcp",
) => DnsReply | readonly (DnsReply | Uint8Array)[] | null;

interface NameserverForTest {
  readonly port: number;
  readonly asked: string[];
  answering: Answering;
  /** Told the id of each question. */
  heard?: (id: number) => void;
}

const cleanups: (() => void)[] = [];
const socketsBefore = socketCount();
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) cleanup();
  await waitUntil("no socket is left", () => socketCount() <= socketsBefore);
});

function readQuestion(message: Uint8Array): { id: number; name: string; type: number; question: number[] } {
  const labels: string[] = [];
  let at = 12;
  while ((message[at] ?? 0) > 0) {
    const end = at + 1 + (message[at] ?? 0);
    labels.push(Buffer.from(message.subarray(at + 1, end)).toString("latin1"));
    at = end;
  }
  const id = ((message[0] ?? 0) << 8) | (message[1] ?? 0);
  const type = ((message[at + 1] ?? 0) << 8) | (message[at + 2] ?? 0);
  return { id, name: labels.join("."), type, question: Array.from(message.subarray(12, at + 5)) };
}

/** A socket on a port of 127.0.0.1 that the kernel chose. */
async function datagramSocket(): Promise<Socket> {
  const udp = createSocket("udp4");
  udp.on("error", () => {});
  await new Promise<void>((resolve) => udp.bind(0, "127.0.0.1", resolve));
  return udp;
}

/** Whether the port was free. */
function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
}

/** A name server on one port over UDP and TCP. */
async function nameserver(answering: Answering): Promise<NameserverForTest> {
  const tcp = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (data) => {
      for (const reply of replies(data.subarray(2), "tcp"))
        socket.write(Buffer.from([reply.length >> 8, reply.length & 0xff, ...reply]));
    });
  });
  let udp = await datagramSocket();
  let { port } = udp.address();
  // The port that is free for one may be somebody's for the other.
  while (!(await listens(tcp, port))) {
    udp.close();
    udp = await datagramSocket();
    port = udp.address().port;
  }
  const one: NameserverForTest = { port, asked: [], answering };
  const replies = (message: Uint8Array, over: "udp" | "tcp"): Uint8Array[] => {
    const { id, name, type, question } = readQuestion(message);
    one.asked.push(`${type} ${name} ${over}`);
    one.heard?.(id);
    const given = one.answering(name, type, over);
    const list = given === null ? [] : Array.isArray(given) ? given : [given as DnsReply];
    return list.map((reply) => (reply instanceof Uint8Array ? reply : dnsReply({ id, question, ...reply })));
  };
  udp.on("message", (message, from) => {
    for (const reply of replies(message, "udp")) udp.send(reply, from.port, from.address);
  });
  cleanups.push(() => {
    udp.close();
    tcp.close();
  });
  return one;
}

function section(ports: readonly number[], more: Partial<ResolversPlan> = {}): ResolversPlan {
  return {
    name: "r",
    position: { file: "t.cfg", line: 1 },
    nameservers: ports.map((port, index) => ({ name: `ns${index + 1}`, host: "127.0.0.1", port, stream: false })),
    retries: 2,
    timeoutResolveMs: 5,
    // Longer than any answer takes, also on a busy machine: only silence is asked again.
    timeoutRetryMs: 5000,
    holdMs: { valid: 10_000, obsolete: 0, nx: 0, other: 0, refused: 0, timeout: 0 },
    acceptedPayloadBytes: 512,
    ...more,
  };
}

const serverPlan = { resolvePrefer: 4, resolveNet: [] } as unknown as ServerPlan;

/** Follows a name and waits for what it is told. */
class Heard {
  readonly all: string[] = [];
  #waiting: (() => void) | null = null;
  readonly follower: NameFollower;

  constructor(resolver: DnsResolver, host: string, plan: ServerPlan = serverPlan, family: 4 | 6 | null = null) {
    const answer = (answers: readonly NameAnswer[], by: string): boolean => {
      const texts = answers.map((one) => `${one.host}${one.port === null ? "" : `:${one.port}/${one.weight}`}`);
      this.all.push(`${texts.join(" ")} by ${by}`);
      this.#waiting?.();
      return answers.length > 0;
    };
    this.follower = resolver.follow({ host, family, plan, answer });
    cleanups.push(() => resolver.stop());
  }

  /** Settles once the latest thing told is `text`. */
  async until(text: string): Promise<void> {
    while (this.all.at(-1) !== text) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting = resolve;
      await promise;
    }
  }
}

const gives =
  (...hosts: string[]): Answering =>
  (name, type) =>
    type === 1 ? { answers: hosts.map((host) => aRecord(name, host)) } : {};

test("a name's addresses are told, and again when they change", async () => {
  const server = await nameserver(gives("10.0.0.1", "10.0.0.2"));
  const heard = new Heard(new DnsResolver(section([server.port])), "a.test");
  await heard.until("10.0.0.1 10.0.0.2 by r/ns1");
  server.answering = gives("10.0.0.3");
  await heard.until("10.0.0.3 by r/ns1");
});

test("the preferred family is asked first, the other when it has nothing", async () => {
  const server = await nameserver(gives("10.0.0.1"));
  const six = { ...serverPlan, resolvePrefer: null };
  await new Heard(new DnsResolver(section([server.port])), "a.test", six).until("10.0.0.1 by r/ns1");
  expect(server.asked.slice(0, 2)).toEqual(["28 a.test udp", "1 a.test udp"]);
});

test("a name that is gone is held for `hold nx` and then has no address", async () => {
  const server = await nameserver(gives("10.0.0.1"));
  const plan = section([server.port], { holdMs: { valid: 0, obsolete: 0, nx: 80, other: 0, refused: 0, timeout: 0 } });
  const heard = new Heard(new DnsResolver(plan), "a.test");
  await heard.until("10.0.0.1 by r/ns1");
  server.answering = () => ({ rcode: 3 });
  const goneAt = performance.now();
  await heard.until(" by r/ns1");
  expect(performance.now() - goneAt).toBeGreaterThan(70);
  server.answering = gives("10.0.0.9");
  await heard.until("10.0.0.9 by r/ns1");
});

test("each kind of trouble has its own hold: refused, failure, silence", async () => {
  const server = await nameserver(gives("10.0.0.1"));
  const trouble: [keyof ResolversPlan["holdMs"], Answering][] = [
    ["refused", () => ({ rcode: 5 })],
    ["other", () => ({ rcode: 2 })],
    ["timeout", () => null],
  ];
  for (const [kind, answering] of trouble) {
    const holdMs = { valid: 0, obsolete: 0, nx: 60_000, other: 60_000, refused: 60_000, timeout: 60_000, [kind]: 0 };
    server.answering = gives("10.0.0.1");
    const timeoutRetryMs = kind === "timeout" ? 40 : 5000;
    const heard = new Heard(new DnsResolver(section([server.port], { holdMs, timeoutRetryMs })), "a.test");
    await heard.until("10.0.0.1 by r/ns1");
    server.answering = answering;
    await heard.until(" by r/ns1");
  }
});

test("an address that left the answers stays for `hold obsolete`", async () => {
  const server = await nameserver(gives("10.0.0.1", "10.0.0.2"));
  const holdMs = { valid: 0, obsolete: 500, nx: 0, other: 0, refused: 0, timeout: 0 };
  const heard = new Heard(new DnsResolver(section([server.port], { holdMs })), "a.test");
  await heard.until("10.0.0.1 10.0.0.2 by r/ns1");
  server.answering = gives("10.0.0.3");
  await heard.until("10.0.0.1 10.0.0.2 10.0.0.3 by r/ns1");
  await heard.until("10.0.0.3 by r/ns1");
});

test("one name server's error or silence does not outweigh another's answer", async () => {
  const liar = await nameserver(() => ({ rcode: 3 }));
  const mute = await nameserver(() => null);
  const good = await nameserver(gives("10.0.0.1"));
  const heard = new Heard(new DnsResolver(section([liar.port, mute.port, good.port])), "a.test");
  await heard.until("10.0.0.1 by r/ns3");
  expect(new Set(heard.all)).toEqual(new Set(["10.0.0.1 by r/ns3"]));
});

test("answers to another question or id, and garbage, are dropped and the true one waited for", async () => {
  const server = await nameserver((name, type) =>
    type === 1
      ? [
          Uint8Array.of(1, 2, 3),
          { id: 1, answers: [aRecord(name, "6.6.6.1")] },
          { question: [1, 98, 0, 0, 1, 0, 1], answers: [aRecord("b", "6.6.6.2")] },
          { answers: [dnsRecord([0xc0, 0xff], 1, [6, 6, 6, 3])] },
          { answers: [aRecord(name, "10.0.0.1")] },
        ]
      : null,
  );
  const heard = new Heard(new DnsResolver(section([server.port])), "a.test");
  await heard.until("10.0.0.1 by r/ns1");
  expect(new Set(heard.all)).toEqual(new Set(["10.0.0.1 by r/ns1"]));
});

test("silence is asked again `resolve_retries` times", async () => {
  const server = await nameserver(() => null);
  const plan = section([server.port], { retries: 3, timeoutRetryMs: 5, timeoutResolveMs: 60_000 });
  const heard = new Heard(new DnsResolver(plan), "a.test", serverPlan, 4);
  await heard.until(" by r/ns1");
  expect(server.asked).toEqual(Array.from({ length: 3 }, () => "1 a.test udp"));
});

test("a truncated answer is asked for again over TCP, and tcp@ asks nothing else", async () => {
  const server = await nameserver((name, type, over) =>
    type !== 1 ? {} : over === "udp" ? { truncated: true } : gives("10.0.0.1")(name, type, over),
  );
  await new Heard(new DnsResolver(section([server.port])), "a.test").until("10.0.0.1 by r/ns1");
  expect(server.asked.slice(0, 2)).toEqual(["1 a.test udp", "1 a.test tcp"]);
  server.asked.length = 0;
  const plan = section([server.port]);
  const stream = { ...plan, nameservers: plan.nameservers.map((one) => Object.assign({}, one, { stream: true })) };
  await new Heard(new DnsResolver(stream), "c.test").until("10.0.0.1 by r/ns1");
  expect(server.asked.filter((one) => one.includes("c.test"))).toContain("1 c.test tcp");
});

test("a service gives ports and weights, with addresses from the additional records or asked for", async () => {
  const server = await nameserver((name, type) => {
    if (type === 1) return name === "h2.test" ? { answers: [aRecord(name, "10.0.0.2")] } : { rcode: 3 };
    if (type !== 33) return {};
    return {
      answers: [
        srvRecord(name, 100, 2201, "h1.test"),
        srvRecord(name, 0, 2202, "h2.test"),
        srvRecord(name, 60_000, 2203, "gone.test"),
      ],
      additional: [aRecord("h1.test", "10.0.0.1")],
    };
  });
  const resolver = new DnsResolver(section([server.port]));
  const [heard] = ["_ssh._tcp.test", "_ssh._tcp.test", "_ssh._tcp.test"].map((name) => new Heard(resolver, name));
  if (heard === undefined) throw new Error("there are three");
  await heard.until("10.0.0.1:2201/1 10.0.0.2:2202/0 by r/ns1");
  server.answering = (name, type) =>
    type === 33
      ? { answers: [srvRecord(name, 60_000, 2203, "h3.test")], additional: [aRecord("h3.test", "10.0.0.3")] }
      : {};
  await heard.until("10.0.0.3:2203/235 by r/ns1");
});

// A target becomes the server's name in logs and in lines of `show servers state`.
test("a service's record whose target is no name is passed over, whatever address comes with it", async () => {
  const lies = ["h x 22", "h\n2 be 1", "h\u00e9", ""];
  const server = await nameserver((name, type) =>
    type === 33
      ? {
          answers: [...lies, "h1.test"].map((target) => srvRecord(name, 100, 2201, target)),
          additional: [...lies, "h1.test"].map((target, at) => aRecord(target, `10.0.0.${at + 1}`)),
        }
      : {},
  );
  const heard = new Heard(new DnsResolver(section([server.port])), "_ssh._tcp.test");
  await heard.until("10.0.0.5:2201/1 by r/ns1");
  expect(new Set(heard.all)).toEqual(new Set(["10.0.0.5:2201/1 by r/ns1"]));
});

test("addresses of resolve-net go first", async () => {
  const server = await nameserver(gives("10.0.0.1", "192.168.3.4", "10.0.0.2"));
  const plan = { ...serverPlan, resolveNet: ["192.168.0.0/16", "2001:db8::/32"] };
  await new Heard(new DnsResolver(section([server.port])), "a.test", plan).until(
    "192.168.3.4 10.0.0.1 10.0.0.2 by r/ns1",
  );
});

test("servers with the same name share the questions; the last to leave ends them", async () => {
  const server = await nameserver(gives("10.0.0.1"));
  const resolver = new DnsResolver(section([server.port], { timeoutResolveMs: 60_000 }));
  const first = new Heard(resolver, "a.test");
  const second = new Heard(resolver, "A.test");
  await Promise.all([first.until("10.0.0.1 by r/ns1"), second.until("10.0.0.1 by r/ns1")]);
  const late = new Heard(resolver, "a.test");
  await late.until("10.0.0.1 by r/ns1");
  expect(server.asked).toEqual(["1 a.test udp"]);
  for (const heard of [first, second, late]) heard.follower.stop();
});

// HAProxy 2.6 as well asks no sooner for it: 16,000 failed connections in 3 s and one question, with `timeout resolve 5s`.
test("failed connections do not make questions more frequent", async () => {
  const server = await nameserver(gives("10.0.0.1"));
  const startedAt = performance.now();
  const heard = new Heard(new DnsResolver(section([server.port], { timeoutResolveMs: 100 })), "a.test");
  await waitUntil("three questions", () => {
    for (let failed = 0; failed < 100; failed++) heard.follower.hurry();
    return server.asked.length >= 3;
  });
  const { length } = server.asked;
  expect(performance.now() - startedAt).toBeGreaterThan(100 * (length - 1) - 10);
});

test("of a service's thousand records only as many are looked after as there are servers to go to them", async () => {
  const targets = Array.from({ length: 1000 }, (_, index) => `h${index}.test`);
  let turn = 0;
  const server = await nameserver((name, type) => {
    if (type !== 33) return type === 1 ? { answers: [aRecord(name, `10.0.0.${name.slice(1, -5)}`)] } : {};
    // In another order each time.
    turn += 1;
    const first = (turn * 7) % targets.length;
    const turned = [...targets.slice(first), ...targets.slice(0, first)];
    return { answers: turned.map((target) => srvRecord(name, 100, 22, target)) };
  });
  const before = socketCount();
  let most = 0;
  const resolver = new DnsResolver(section([server.port], { acceptedPayloadBytes: 65_535, timeoutRetryMs: 5000 }));
  const heard = ["_ssh._tcp.test", "_ssh._tcp.test"].map((name) => new Heard(resolver, name));
  await Promise.all(heard.map((one) => one.until("10.0.0.7:22/1 10.0.0.8:22/1 by r/ns1")));
  const asked = (): number => server.asked.length;
  const now = asked();
  await waitUntil("more rounds", () => {
    most = Math.max(most, socketCount());
    return asked() > now + 30;
  });
  const names = new Set(server.asked.filter((one) => !one.startsWith("33 ")));
  expect([...names].toSorted()).toEqual(["1 h7.test udp", "1 h8.test udp"]);
  expect(most - before).toBeLessThanOrEqual(1);
});

test("a server that comes later has the next of a service's records at once", async () => {
  const server = await nameserver((name, type) =>
    type === 33
      ? {
          answers: [1, 2, 3].map((at) => srvRecord(name, 100, 22, `h${at}.test`)),
          additional: [1, 2, 3].map((at) => aRecord(`h${at}.test`, `10.0.0.${at}`)),
        }
      : {},
  );
  const resolver = new DnsResolver(section([server.port], { timeoutRetryMs: 5000, timeoutResolveMs: 60_000 }));
  const first = new Heard(resolver, "_ssh._tcp.test");
  await first.until("10.0.0.1:22/1 by r/ns1");
  const second = new Heard(resolver, "_ssh._tcp.test");
  await Promise.all([first, second].map((one) => one.until("10.0.0.1:22/1 10.0.0.2:22/1 by r/ns1")));
});

/** Sockets of this process. */
function socketCount(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false;
    }
  }).length;
}

test("a name server has one socket, however many names are asked for, with ids that nobody foresees", async () => {
  for (const stream of [false, true]) {
    const ids: number[] = [];
    const server = await nameserver(() => null);
    const nameservers = [{ name: "ns1", host: "127.0.0.1", port: server.port, stream }];
    const before = socketCount();
    const resolver = new DnsResolver(section([], { nameservers, timeoutRetryMs: 5000, timeoutResolveMs: 60_000 }));
    server.heard = (id) => ids.push(id);
    const heard = Array.from({ length: 200 }, (_, name) => new Heard(resolver, `n${name}.test`));
    await waitUntil("all questions", () => ids.length >= (stream ? 1 : heard.length));
    // Of the stream both ends are ours.
    expect(socketCount() - before).toBe(stream ? 2 : 1);
    if (!stream) {
      expect(new Set(ids).size).toBe(200);
      const steps = new Set(ids.slice(1).map((id, index) => id - (ids[index] ?? 0)));
      expect(steps.size).toBeGreaterThan(190);
    }
    resolver.stop();
    await waitUntil("it is closed", () => socketCount() <= before);
  }
});

test("a name server that closes the connection after each answer, and writes byte by byte, answers all", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", async (data) => {
      const { id, name, question } = readQuestion(data.subarray(2));
      const reply = dnsReply({ id, question, answers: [aRecord(name, `10.0.0.${name.slice(1, -5)}`)] });
      for (const byte of [0, reply.length, ...reply])
        await new Promise((done) => socket.write(Uint8Array.of(byte), done));
      socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  const nameservers = [{ name: "ns1", host: "127.0.0.1", port: (server.address() as AddressInfo).port, stream: true }];
  const resolver = new DnsResolver(section([], { nameservers, timeoutRetryMs: 5000, timeoutResolveMs: 60_000 }));
  const heard = [1, 2, 3].map((name) => new Heard(resolver, `n${name}.test`, serverPlan, 4));
  await Promise.all(heard.map((one, index) => one.until(`10.0.0.${index + 1} by r/ns1`)));
});

test("a name server that sends what nobody asked for is not listened to for long", async () => {
  let sent = 0;
  const server = createServer((socket) => {
    socket.on("error", () => {});
    const flood = (): void => {
      while (!socket.destroyed && socket.write(Buffer.alloc(14 * 100)));
      sent += 1;
      if (!socket.destroyed) socket.once("drain", flood);
    };
    flood();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => server.close());
  const nameservers = [{ name: "ns1", host: "127.0.0.1", port: (server.address() as AddressInfo).port, stream: true }];
  const resolver = new DnsResolver(section([], { nameservers, timeoutRetryMs: 5000, timeoutResolveMs: 60_000 }));
  const heard = new Heard(resolver, "a.test", serverPlan, 4);
  await waitUntil("it is given up", () => resolver.stats().nameservers[0]?.sendErrors === 1);
  const { invalid, outdated } = resolver.stats().nameservers[0] ?? { invalid: 0, outdated: 0 };
  expect(invalid + outdated).toBeLessThan(200);
  heard.follower.stop();
  expect(sent).toBeGreaterThan(0);
});

const cname = (name: string, target: string): number[] => dnsRecord(name, 5, dnsName(target));
const long = Array.from({ length: 40 }, (_, index) => `10.0.0.${index}`);

/** One question's answer, and what is counted for it besides that it was sent. */
const counted: readonly (readonly [string, Answering, object])[] = [
  ["an address", gives("10.0.0.1"), { valid: 1, updates: 1 }],
  ["no such name", () => ({ rcode: 3 }), { unknownNames: 1 }],
  ["refused", () => ({ rcode: 5 }), { refused: 1 }],
  ["failure", () => ({ rcode: 2 }), { others: 1 }],
  ["nothing", () => ({}), { emptyAnswers: 1 }],
  ["an alias to nothing", (name) => ({ answers: [cname(name, "b.test")] }), { aliasErrors: 1 }],
  ["another's address", () => ({ answers: [aRecord("b.test", "10.0.0.1")] }), { others: 1 }],
  ["silence", () => null, { timeouts: 1 }],
  ["garbage", () => [Uint8Array.of(1, 2, 3)], { invalid: 1, timeouts: 1 }],
  ["another id", (name) => [{ id: -1, answers: [aRecord(name, "10.0.0.1")] }], { outdated: 1, timeouts: 1 }],
  ["too much", gives(...long), { tooBig: 1, timeouts: 1 }],
  [
    "more than fits",
    (name, _type, over) => ({ truncated: over === "udp", answers: [aRecord(name, "10.0.0.1")] }),
    { truncated: 1, sent: 2, valid: 1, updates: 1 },
  ],
];

for (const [what, answering, counts] of counted) {
  test(`counts ${what}`, async () => {
    const server = await nameserver(answering);
    const timeoutRetryMs = "timeouts" in counts ? 250 : 10_000;
    const plan = section([server.port], { retries: 1, timeoutRetryMs, timeoutResolveMs: 60_000 });
    const resolver = new DnsResolver(plan);
    const heard = new Heard(resolver, "a.test", serverPlan, 4);
    const wanted = { name: "ns1", ...noCounts(), sent: 1, ...counts };
    await waitUntil(what, () => {
      expect(resolver.stats().nameservers).toEqual([wanted]);
      return true;
    });
    heard.follower.stop();
    resolver.clearCounters();
    expect(resolver.stats()).toEqual({ name: "r", nameservers: [{ name: "ns1", ...noCounts() }] });
  });
}

test("counts a name server that cannot be asked", async () => {
  const server = await nameserver(gives("10.0.0.1"));
  for (const cleanup of cleanups.splice(0)) cleanup();
  for (const stream of [false, true]) {
    const nameservers = [{ name: "ns1", host: "127.0.0.1", port: server.port, stream }];
    const resolver = new DnsResolver(section([], { nameservers, retries: 1, timeoutResolveMs: 60_000 }));
    const heard = new Heard(resolver, "a.test", serverPlan, 4);
    const sent = stream ? 0 : 1;
    await waitUntil("the error", () => {
      expect(resolver.stats().nameservers).toEqual([{ name: "ns1", ...noCounts(), sent, sendErrors: 1 }]);
      return true;
    });
    heard.follower.stop();
  }
});
