// The resolver against a real name server, dnsmasq, whose answers change, vanish, time out and lie.
import { expect } from "bun:test";
import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";
import type { ResolversPlan } from "../../src/plan/resolvers.ts";
import type { ServerPlan } from "../../src/plan/server.ts";
import { DnsResolver } from "../../src/proxy/names/dns-resolver.ts";
import { freePort, type Running, start, testWith, waitUntil } from "./harness.ts";

/** Starts dnsmasq with these records and waits until it answers. It asks nobody else. */
async function startDnsmasq(port: number, ...records: string[]): Promise<Running> {
  const options =
    "--keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --log-queries --log-facility=- --bind-interfaces " +
    `--listen-address=127.0.0.1 --port=${port} --pid-file= --local=/test/ --user=root`;
  const running = start(["dnsmasq", ...options.split(" "), ...records]);
  await running.stderr.find(/started, version/);
  return running;
}

function section(ports: readonly number[], holdMs: Partial<ResolversPlan["holdMs"]> = {}): ResolversPlan {
  return {
    name: "r",
    position: { file: "t.cfg", line: 1 },
    nameservers: ports.map((port, index) => ({ name: `ns${index + 1}`, host: "127.0.0.1", port, stream: false })),
    retries: 2,
    timeoutResolveMs: 20,
    timeoutRetryMs: 50,
    holdMs: { valid: 0, obsolete: 0, nx: 0, other: 0, refused: 0, timeout: 0, ...holdMs },
    acceptedPayloadBytes: 1232,
  };
}

const plan = { resolvePrefer: 4, resolveNet: [] } as unknown as ServerPlan;

/** What a name led to, each time it changed. */
function follow(resolver: DnsResolver, host: string): string[] {
  const told: string[] = [];
  resolver.follow({
    host,
    family: null,
    plan,
    answer: (answers, by) => {
      const texts = answers.map((one) => (one.port === null ? one.host : `${one.host}:${one.port}/${one.weight}`));
      const line = `${texts.toSorted().join(" ")} by ${by}`;
      if (told.at(-1) === line) return false;
      told.push(line);
      return true;
    },
  });
  return told;
}

async function toldLast(told: readonly string[], line: string): Promise<void> {
  await waitUntil(line, () => told.at(-1) === line || Promise.reject(new Error(told.join(" | "))));
}

testWith(["dnsmasq"], "answers that change and vanish are followed", async () => {
  const port = await freePort();
  const resolver = new DnsResolver(section([port]));
  const heard = follow(resolver, "a.test");
  try {
    {
      await using _dns = await startDnsmasq(port, "--host-record=a.test,127.0.0.11", "--host-record=a.test,127.0.0.12");
      await toldLast(heard, "127.0.0.11 127.0.0.12 by r/ns1");
    }
    await toldLast(heard, " by r/ns1");
    {
      await using _dns = await startDnsmasq(port, "--cname=a.test,b.test", "--host-record=b.test,127.0.0.13");
      await toldLast(heard, "127.0.0.13 by r/ns1");
    }
    await using _dns = await startDnsmasq(port, "--host-record=other.test,127.0.0.14");
    await toldLast(heard, " by r/ns1");
  } finally {
    resolver.stop();
  }
});

testWith(["dnsmasq"], "a server that falls silent leaves the address for `hold timeout`", async () => {
  const port = await freePort();
  const resolver = new DnsResolver(section([port], { timeout: 600 }));
  try {
    const dns = await startDnsmasq(port, "--host-record=a.test,127.0.0.11");
    const heard = follow(resolver, "a.test");
    await toldLast(heard, "127.0.0.11 by r/ns1");
    await dns[Symbol.asyncDispose]();
    const silentAt = performance.now();
    await toldLast(heard, " by r/ns1");
    expect(performance.now() - silentAt).toBeGreaterThan(500);
  } finally {
    resolver.stop();
  }
});

testWith(["dnsmasq"], "services bring ports, weights and addresses", async () => {
  const port = await freePort();
  await using _dns = await startDnsmasq(
    port,
    "--srv-host=_ssh._tcp.test,h1.test,2201,10,100",
    "--srv-host=_ssh._tcp.test,h2.test,2202,10,0",
    "--srv-host=_ssh._tcp.test,h3.test,2203,20,60000",
    "--host-record=h1.test,127.0.0.11",
    "--host-record=h2.test,127.0.0.12",
    "--address=/h3.test/127.0.0.13",
  );
  const resolver = new DnsResolver(section([port]));
  try {
    const [heard = []] = Array.from({ length: 3 }, () => follow(resolver, "_ssh._tcp.test"));
    // HAProxy 2.6 gives the same three servers the weights 1, 0 and 235.
    await toldLast(heard, "127.0.0.11:2201/1 127.0.0.12:2202/0 127.0.0.13:2203/235 by r/ns1");
  } finally {
    resolver.stop();
  }
});

testWith(["dnsmasq"], "a liar beside it, who answers first with garbage and other names, is not believed", async () => {
  const liar = createSocket("udp4");
  // Who asked may have heard the truth and gone; the kernel tells the liar so.
  liar.on("error", () => undefined);
  await new Promise<void>((resolve) => liar.bind(0, "127.0.0.1", resolve));
  liar.on("message", (message, from) => {
    const forged = Buffer.from(message);
    forged[2] = 0x81;
    forged[3] = 0x80;
    const wrongId = Buffer.from(forged);
    wrongId[0] = (wrongId[0] ?? 0) ^ 0xff;
    const wrongName = Buffer.from(forged);
    wrongName[13] = (wrongName[13] ?? 0) ^ 1;
    for (const lie of [wrongId, wrongName, forged.subarray(0, 20)]) liar.send(lie, from.port, from.address);
  });
  const port = await freePort();
  await using _dns = await startDnsmasq(port, "--host-record=a.test,127.0.0.11");
  const resolver = new DnsResolver(section([(liar.address() as AddressInfo).port, port]));
  try {
    const heard = follow(resolver, "a.test");
    await toldLast(heard, "127.0.0.11 by r/ns2");
    expect(heard).toEqual(["127.0.0.11 by r/ns2"]);
  } finally {
    resolver.stop();
    liar.close();
  }
});
