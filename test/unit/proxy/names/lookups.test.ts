/** Names that rules ask for, with a name server that answers when the test says so. */
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { createSocket, type Socket } from "node:dgram";
import { DnsResolver } from "../../../../src/proxy/names/dns-resolver.ts";
import { waitUntil } from "../../../e2e/harness.ts";
import { aRecord, dnsQuestion, dnsReply } from "../../wire/dns-bytes.ts";
import { resolversPlan } from "../plans.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

let socket: Socket | null = null;
afterEach(() => {
  socket?.close();
  socket = null;
});

/** Questions as they came, and a resolver that asks them; `answer` gives each of them 10.0.0.1. */
async function resolver(): Promise<{ dns: DnsResolver; asked: Buffer[]; answer: () => void }> {
  const own = createSocket("udp4");
  socket = own;
  await new Promise<void>((resolve) => own.bind(0, "127.0.0.1", resolve));
  const asked: Buffer[] = [];
  const ports: number[] = [];
  own.on("message", (message, { port }) => {
    asked.push(message);
    ports.push(port);
  });
  const { port } = own.address();
  const nameservers = [{ name: "one", host: "127.0.0.1", port, stream: false }];
  const answer = (): void => {
    for (const [at, message] of asked.entries()) {
      const name = message.toString("latin1", 13, 13 + (message[12] ?? 0));
      const answers = [aRecord(name, "10.0.0.1")];
      const reply = dnsReply({ id: message.readUInt16BE(0), question: dnsQuestion(name, 1), answers });
      own.send(reply, ports[at] ?? 0, "127.0.0.1");
    }
  };
  return { dns: new DnsResolver(resolversPlan({ nameservers, timeoutRetryMs: 30_000, retries: 1 })), asked, answer };
}

test("who asks the same meanwhile gets the same answer, and later it is asked for anew", async () => {
  const { dns, asked, answer } = await resolver();
  const told: (string | null)[] = [];
  for (const name of ["a", "A", "b"]) dns.lookUp({ name, prefers: 4 }, (host) => told.push(host));
  await waitUntil("two questions", () => asked.length === 2);
  answer();
  await waitUntil("three answers", () => told.length === 3);
  expect(told).toEqual(["10.0.0.1", "10.0.0.1", "10.0.0.1"]);
  dns.lookUp({ name: "a", prefers: 4 }, () => {});
  await waitUntil("another question", () => asked.length === 3);
  dns.stop();
});

test("who gives up is told nothing, and others are", async () => {
  const { dns, asked, answer } = await resolver();
  const told: string[] = [];
  const giveUp = dns.lookUp({ name: "a", prefers: 4 }, () => told.push("gone"));
  dns.lookUp({ name: "a", prefers: 4 }, () => told.push("there"));
  await waitUntil("a question", () => asked.length === 1);
  giveUp();
  giveUp();
  answer();
  await waitUntil("an answer", () => told.length > 0);
  expect(told).toEqual(["there"]);
  dns.stop();
});

test("when nobody wants to know any more nobody is asked", async () => {
  const { dns, asked } = await resolver();
  const giveUp = dns.lookUp({ name: "a", prefers: 4 }, () => {});
  await waitUntil("a question", () => asked.length === 1);
  giveUp();
  const told: (string | null)[] = [];
  dns.lookUp({ name: "a", prefers: 4 }, (host) => told.push(host));
  await waitUntil("a question of its own", () => asked.length === 2);
  dns.stop();
  await waitUntil("an end", () => told.length === 1);
  expect(told).toEqual([null]);
});

test("what is no name is told of later, without a question", async () => {
  const { dns, asked } = await resolver();
  const told: (string | null)[] = [];
  for (const name of ["", "a..b", "x y"]) dns.lookUp({ name, prefers: 4 }, (host) => told.push(host));
  expect(told).toEqual([]);
  await waitUntil("answers", () => told.length === 3);
  expect([told, asked.length]).toEqual([[null, null, null], 0]);
});
