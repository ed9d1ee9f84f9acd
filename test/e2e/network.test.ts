/** What takes a network of its own: port 22, and names that move. SOAK=1 waits until libc is asked again by itself. */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { startForwarder } from "./forwarder.ts";
import { must, run, scratch, start, testWith, waitUntil } from "./harness.ts";
import { namespace } from "./namespace.ts";
import { sshThrough, startSshd } from "./sshd.ts";

const isSoak = process.env["SOAK"] === "1";
const tools = ["root", "unshare", "nsenter", "ip", "curl"] as const;

/** Numbers of an account without rights: uid, gid, and what /proc says of a process. */
function identity(pid: number): { uid: string; gid: string; groups: string; capabilities: string } {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const field = (name: string): string => new RegExp(`^${name}:\\s*(.*?)\\s*$`, "m").exec(status)?.[1] ?? "?";
  return {
    uid: field("Uid").replaceAll("\t", " "),
    gid: field("Gid").replaceAll("\t", " "),
    groups: field("Groups"),
    capabilities: field("CapEff"),
  };
}

testWith([...tools, "sshd", "ssh"], "port 22 as root, and then no rights at all", async () => {
  await using net = await namespace();
  await using sshd = await startSshd({ prefix: net.prefix, port: 7999 });
  using empty = scratch();
  await using forwarder = await startForwarder(
    `frontend sshd
    bind *:22
    default_backend ssh
    timeout client 1h
backend ssh
    mode tcp
    server localhost-bitbucket-ssh 127.0.0.1:7999 check port 7999
`,
    { prefix: net.prefix, global: `    uid 65534\n    gid 65534\n    chroot ${empty.path}\n` },
  );
  const mine = identity(forwarder.process.pid);
  expect({ uid: mine.uid, gid: mine.gid, capabilities: mine.capabilities }).toEqual({
    uid: "65534 65534 65534 65534",
    gid: "65534 65534 65534 65534",
    capabilities: "0000000000000000",
  });
  expect(mine.groups).not.toMatch(/\b0\b/);
  expect(await sshThrough(sshd, "127.0.0.1", 22, "echo through")).toBe("through\n");
  await forwarder.line(/ sshd ssh\/localhost-bitbucket-ssh .* -- /);
  await forwarder.expectQuiet();
});

testWith([...tools, "setpriv"], "port 22 without rights is refused in words that help", async () => {
  await using net = await namespace();
  await net.run("sh", "-c", "echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start");
  const noRights = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
  let said = "";
  try {
    await using forwarder = await startForwarder(
      "listen sshd\n    bind 127.0.0.1:22\n    server one 127.0.0.1:7999\n",
      // The test's folder is root's own; the configuration comes through the shell.
      { prefix: [...net.prefix, "sh", "-c", `chmod 777 "$(dirname "$2")"; exec ${noRights.join(" ")} "$0" "$@"`] },
    );
    await forwarder.sessions();
  } catch (error) {
    said = (error as Error).message;
  }
  expect(said).toMatch(/\[ALERT\].* for (?:proxy|frontend) sshd: .*\(Permission denied\).* \[127\.0\.0\.1:22\]/);
});

/** Two servers that say who they are, on 127.0.0.2 and 127.0.0.3. */
function saying(prefix: readonly string[], address: string): ReturnType<typeof start> {
  return start([...prefix, "socat", `TCP-LISTEN:7999,bind=${address},reuseaddr,fork`, `SYSTEM:echo ${address}`]);
}

async function answer(prefix: readonly string[]): Promise<string> {
  const ran = await run([...prefix, "socat", "-u", "-T", "5", "TCP:127.0.0.1:2222", "-"], { timeoutMs: 10_000 });
  return ran.stdout.trim();
}

testWith(
  [...tools, "socat", "dnsmasq"],
  "a server is followed when its name moves in the DNS",
  async () => {
    await using net = await namespace();
    using folder = scratch();
    await must(["chmod", "755", folder.path]);
    const hosts = folder.file("hosts");
    writeFileSync(hosts, "127.0.0.2 bitbucket.example.test\n");
    await using dns = start([
      ...net.prefix,
      ..."dnsmasq -k -C /dev/null -u root --log-facility=- --no-resolv --no-hosts --local-ttl=1".split(" "),
      ...`--listen-address=127.0.0.1 --port=5353 --addn-hosts=${hosts}`.split(" "),
    ]);
    await dns.stderr.find(/read .*hosts/);
    await using two = saying(net.prefix, "127.0.0.2");
    await using three = saying(net.prefix, "127.0.0.3");
    await using forwarder = await startForwarder(
      `resolvers dns
    nameserver local 127.0.0.1:5353
    hold valid 200ms
    timeout resolve 200ms
    timeout retry 200ms
listen sshd
    bind 127.0.0.1:2222
    server one bitbucket.example.test:7999 resolvers dns init-addr none resolve-prefer ipv4
`,
      { prefix: net.prefix },
    );
    await waitUntil("the first address", async () => (await answer(net.prefix)) === "127.0.0.2");
    writeFileSync(hosts, "127.0.0.3 bitbucket.example.test\n");
    dns.kill("SIGHUP");
    await waitUntil("the second address", async () => (await answer(net.prefix)) === "127.0.0.3", 30_000);
    expect([two.signal, three.signal]).toEqual([null, null]);
    await forwarder.expectQuiet();
  },
  90_000,
);

testWith(
  [...tools, "socat", "fairlead"],
  "a server is followed when its name moves in /etc/hosts",
  async () => {
    await using net = await namespace();
    using folder = scratch();
    const hosts = folder.file("hosts");
    writeFileSync(hosts, "127.0.0.1 localhost\n127.0.0.2 bitbucket.example.test\n");
    await net.cover("/etc/hosts", hosts);
    await using two = saying(net.prefix, "127.0.0.2");
    await using three = saying(net.prefix, "127.0.0.3");
    await using forwarder = await startForwarder(
      `listen sshd
    bind 127.0.0.1:2222
    retries 0
    server one bitbucket.example.test:7999
`,
      { prefix: net.prefix },
    );
    await waitUntil("the first address", async () => (await answer(net.prefix)) === "127.0.0.2");
    writeFileSync(hosts, "127.0.0.1 localhost\n127.0.0.3 bitbucket.example.test\n");
    // Where the former address does not answer any more, libc is asked at once.
    if (!isSoak) await two[Symbol.asyncDispose]();
    await waitUntil("the second address", async () => (await answer(net.prefix)) === "127.0.0.3", 60_000);
    expect([two.signal, three.signal]).toEqual([isSoak ? null : "SIGKILL", null]);
    await forwarder.expectQuiet();
  },
  120_000,
);
