/** SSH that is read in passing between a real client and a real sshd: rules that wait for it, the zero-copy plane behind it, and PROXY headers that do not fit. */
import { expect } from "bun:test";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { certificate } from "../certificates.ts";
import { startForwarder } from "./forwarder.ts";
import { freePort, freePorts, must, run, scratch, start, testWith, waitUntil } from "./harness.ts";
import { echoServer, open, readBytes, serve } from "./sockets.ts";
import { spliceOnce, splicedBytes } from "./splicing.ts";
import { type Sshd, startSshd, user } from "./sshd.ts";

/** `ssh` that offers this key exchange alone, and what came of it. */
async function exchange(sshd: Sshd, port: number, kex: string): ReturnType<typeof run> {
  const client = sshd.client.map((word) => (word.startsWith("KexAlgorithms=") ? `KexAlgorithms=${kex}` : word));
  return await run([...client, "-p", String(port), `${user}@127.0.0.1`, "echo well"]);
}

const quantum = "sntrup761x25519-sha512@openssh.com";
const former = "curve25519-sha256";

testWith(["sshd", "ssh", "curl"], "a rule that asks for the key exchange has it within a round trip", async () => {
  await using sshd = await startSshd();
  const port = await freePort();
  await using forwarder = await startForwarder(`listen sshd
    bind 127.0.0.1:${port}
    option ssh
    ssh-error "Too old."
    log-format "%ts kex=%[var(txn.kex)] from=%[ssh.client.software] to=%[ssh.server.software] pq=%[ssh.pq] after=%[ssh.time_to_ident]"
    tcp-response inspect-delay 60s
    tcp-response content set-var(txn.kex) ssh.kex
    tcp-response content reject if { ssh.pq no }
    server one 127.0.0.1:${sshd.port}
`);
  const begun = performance.now();
  expect(await exchange(sshd, port, quantum)).toMatchObject({ code: 0, stdout: "well\n" });
  await forwarder.line(new RegExp(`^-- kex=${quantum} from=OpenSSH to=OpenSSH pq=yes after=\\d+$`));
  const refused = await exchange(sshd, port, former);
  expect([refused.code, refused.stderr]).toEqual([
    255,
    expect.stringMatching(/^Received disconnect from .*: Too old\.$/m),
  ]);
  await forwarder.line(new RegExp(`^PD kex=${former} from=OpenSSH to=OpenSSH pq=no after=\\d+$`));
  expect(performance.now() - begun).toBeLessThan(30_000);
  await forwarder.expectQuiet();
});

testWith(
  ["sshd", "ssh", "scp", "curl", "fairlead", "libc's sockets: nothing is spliced without"],
  "splice takes the bulk behind what was read, and that of a stream whose client never speaks",
  async () => {
    await using sshd = await startSshd();
    await using echo = await echoServer();
    const megabyte = Buffer.alloc(1024 * 1024, "stream ");
    await using streaming = await serve((socket) => {
      for (let left = 16; left > 0; left--) socket.write(megabyte);
      socket.end();
    });
    const [port, echoPort, streamPort] = await freePorts(3);
    await using forwarder = await startForwarder(`defaults
    mode tcp
    log global
    option ssh
    option splice-auto
    timeout connect 5s
    timeout client 1m
    timeout server 1m
    log-format "%f %ts from=%[ssh.client.software] out=%B"
listen sshd
    bind 127.0.0.1:${port}
    server one 127.0.0.1:${sshd.port}
listen echo
    bind 127.0.0.1:${echoPort}
    server one 127.0.0.1:${echo.port}
listen stream
    bind 127.0.0.1:${streamPort}
    server one 127.0.0.1:${streaming.port}
`);
    await spliceOnce(forwarder, echoPort as number);
    let before = await splicedBytes(forwarder);
    const client = await open(streamPort as number);
    await readBytes(client, 16 * megabyte.length);
    client.destroy();
    await forwarder.line(/^stream /);
    expect((await splicedBytes(forwarder)) - before).toBeGreaterThan(4 * megabyte.length);
    before = await splicedBytes(forwarder);
    using folder = scratch();
    const file = folder.file("bulk");
    writeFileSync(file, randomBytes(24 * 1024 * 1024));
    await must(["scp", "-q", ...sshd.options, `scp://${user}@127.0.0.1:${port}/${file}`, folder.file("copy")]);
    expect(readFileSync(folder.file("copy")).equals(readFileSync(file))).toBe(true);
    await forwarder.line(/^sshd -- from=OpenSSH out=2\d{7}$/);
    expect((await splicedBytes(forwarder)) - before).toBeGreaterThan(4 * megabyte.length);
    await forwarder.expectQuiet();
  },
);

testWith(
  ["sshd", "ssh", "curl"],
  "PROXY headers that one side alone has in mind are told of in words, and once",
  async () => {
    await using sshd = await startSshd();
    // As those of Go, ssh2, asyncssh and tinysshd; and as one that waits for a header.
    await using leaving = await serve((socket) => {
      socket.write("SSH-2.0-Go\r\n");
      socket.once("data", () => socket.end());
    });
    await using silent = await serve((socket) => void socket.once("data", () => socket.end()));
    const [refused, left, mute, inner, outer, strict] = await freePorts(6);
    await using forwarder = await startForwarder(`listen refused
    bind 127.0.0.1:${refused}
    server one 127.0.0.1:${sshd.port} send-proxy
listen left
    bind 127.0.0.1:${left}
    server one 127.0.0.1:${leaving.port} send-proxy-v2
listen mute
    bind 127.0.0.1:${mute}
    option ssh
    server one 127.0.0.1:${silent.port}
listen inner
    bind 127.0.0.1:${inner} name in
    option ssh
    server one 127.0.0.1:${sshd.port}
listen outer
    bind 127.0.0.1:${outer}
    server one 127.0.0.1:${inner} send-proxy-v2
listen strict
    bind 127.0.0.1:${strict} accept-proxy
    server one 127.0.0.1:${sshd.port}
`);
    const codeOf = async (port: number | undefined): Promise<number | null> =>
      (await run([...sshd.client, "-p", String(port), `${user}@127.0.0.1`, "true"])).code;
    expect(await Promise.all([refused, left, mute, inner, outer, strict, refused].map(codeOf))).toEqual([
      255, 255, 255, 0, 255, 255, 255,
    ]);
    const text = (): string => forwarder.process.stdout.text;
    const said = [
      // Its complaint may be lost to the reset behind it.
      ["Server refused/one: ", "send-proxy is on, "],
      ["Server left/one: ", "send-proxy-v2 is on, and this server ends SSH sessions before keys are exchanged"],
      ["Server mute/one: ", "it says nothing to SSH clients: it may only be slow; if it waits for a PROXY header"],
      [`Bind line 127.0.0.1:${inner} of inner: `, "clients send a PROXY header that is not expected here"],
      [`Bind line 127.0.0.1:${strict} of strict: `, "SSH clients come without the PROXY header that is expected here"],
    ] as const;
    await waitUntil("all is told", () => said.every(([where, words]) => text().includes(where + words)));
    expect(said.map(([where]) => text().split(where).length)).toEqual([2, 2, 2, 2, 2]);
    const status = (await forwarder.page("/status")).body;
    expect(said.filter(([, words]) => !status.includes(words))).toEqual([]);
    const name = "fairlead_proxy_header_mismatches_total";
    const counted = (await forwarder.page("/metrics")).body.split("\n").filter((line) => line.startsWith(name));
    expect(counted.toSorted().filter((line) => !/"(?:refused|outer)"/.test(line))).toEqual([
      `${name}{proxy="inner",listener="in",reason="unexpected"} 1`,
      `${name}{proxy="left",server="one",reason="ended"} 1`,
      `${name}{proxy="mute",server="one",reason="silent"} 1`,
      `${name}{proxy="strict",listener="sock-1",reason="missing"} 1`,
    ]);
    await forwarder.expectQuiet();
  },
);

testWith(
  ["sshd", "ssh", "socat", "curl"],
  "over a unix socket, TLS on either side and PROXY headers, through a reload, as well as early",
  async () => {
    await using sshd = await startSshd();
    const own = certificate({ subject: "/CN=own.test" });
    using folder = scratch();
    const [tls, last] = await freePorts(2);
    await using forwarder = await startForwarder(`defaults
    mode tcp
    log global
    option ssh
    timeout connect 5s
    timeout client 1m
    timeout server 1m
    log-format "%f %ts from=%[ssh.client.software] to=%[ssh.server.software] kex=%[ssh.kex]"
listen first
    bind unix@${folder.file("socket")}
    server one 127.0.0.1:${tls} ssl verify none
listen second
    bind 127.0.0.1:${tls} ssl crt ${own.bothFile}
    server one 127.0.0.1:${last} send-proxy-v2
listen third
    bind 127.0.0.1:${last} accept-proxy
    option logasap
    tcp-request inspect-delay 10s
    tcp-request content accept if { ssh.client.ident -m found }
    server one 127.0.0.1:${sshd.port}
`);
    const through = ["-o", `ProxyCommand=socat -t 10 - UNIX-CONNECT:${folder.file("socket")}`];
    await using session = start([...sshd.client, ...through, `${user}@anywhere`, "echo ready; cat"]);
    await session.stdout.find(/^ready$/);
    forwarder.process.kill("SIGUSR2");
    const reloaded = 'fairlead_reloads_total{result="success"} 1';
    await waitUntil("it has reloaded", async () => (await forwarder.page("/metrics")).body.includes(reloaded));
    session.write("over\n");
    session.endInput();
    expect([await session.exited, session.stdout.text]).toEqual([0, "ready\nover\n"]);
    for (const name of ["first", "second"])
      await forwarder.line(new RegExp(`^${name} -- from=OpenSSH to=OpenSSH kex=${former}$`));
    // What was known when the server had begun to say who it is.
    await forwarder.line(/^third -- from=OpenSSH to=OpenSSH kex=-$/);
    expect((await forwarder.page("/metrics")).body).not.toContain("fairlead_proxy_header_mismatches_total{");
    await forwarder.expectQuiet();
  },
);
