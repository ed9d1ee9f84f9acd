/** Rules and logs that ask what SSH says, with real ssh and sshd, and with clients that say it in pieces or not at all. */
import { expect } from "bun:test";
import { isHaproxy, startForwarder } from "./forwarder.ts";
import { freePorts, must, testWith } from "./harness.ts";
import { open, readAll, serve } from "./sockets.ts";
import { sshThrough, startSshd } from "./sshd.ts";

const needs = isHaproxy ? ["fairlead" as const] : [];

/** Waits that long for a client's line, and goes where that leads. */
const frontend = (name: string, at: number, delay: string): string => `frontend ${name}
    bind 127.0.0.1:${at}
    tcp-request inspect-delay ${delay}
    use_backend %[ssh.client.software] if { ssh.client.version 1.0 }
    log-format "%f %b %[ssh.client.ident] %Tt"
    default_backend rest
`;

/** As `option sshlog` writes what follows tcplog's part. */
const told =
  /"SSH-2\.0-OpenSSH_[^"]*" "SSH-2\.0-OpenSSH_[^"]*" "curve25519-sha256" "ssh-ed25519" "aes128-gcm@openssh\.com" "implicit" no\/[01]\/0 \d+ [0-9a-f]{32}$/;

testWith(
  [...needs, "sshd", "ssh"],
  "a client is routed by its software, and its line tells what both sides chose",
  async () => {
    await using sshd = await startSshd();
    const [port = 0, other = 0] = await freePorts(2);
    await using forwarder = await startForwarder(`frontend sshd
    bind 127.0.0.1:${port}
    option sshlog
    tcp-request inspect-delay 5s
    use_backend known if { ssh.client.software OpenSSH } { ssh.client.version -m found }
frontend vars
    bind 127.0.0.1:${other}
    log-format "%{+json}o%(kex)[var(sess.kex)]%(pq)[var(sess.pq)]%(server)[ssh.server.software]%(strict)[ssh.strict_kex]%(none)[ssh.compression.c2s]"
    default_backend asking
backend known
    server one 127.0.0.1:${sshd.port}
backend asking
    tcp-response inspect-delay 5s
    tcp-response content set-var(sess.kex) ssh.kex
    tcp-response content set-var(sess.pq) ssh.pq
    tcp-response content reject if { ssh.client.software -m sub Putty }
    server one 127.0.0.1:${sshd.port}
`);
    expect(await sshThrough(sshd, "127.0.0.1", port, "echo one")).toBe("one\n");
    expect(await forwarder.line(/sshd known\/one /)).toMatch(told);
    expect(await sshThrough(sshd, "127.0.0.1", other, "echo two")).toBe("two\n");
    expect(JSON.parse(await forwarder.line(/^\{"kex"/))).toEqual({
      kex: "curve25519-sha256",
      pq: "no",
      server: "OpenSSH",
      strict: expect.any(Boolean),
      none: "none",
    });
    await forwarder.expectQuiet();
  },
);

testWith(needs, "a client's line is waited for until it is whole, cannot be one, or the delay has passed", async () => {
  await using server = await serve((socket) => socket.end("SSH-2.0-Server\r\n"));
  const [port = 0, silent = 0] = await freePorts(2);
  await using forwarder = await startForwarder(`${frontend("patient", port, "1h")}${frontend("hasty", silent, "300ms")}
backend Test
    server one 127.0.0.1:${server.port} send-proxy-v2 set-proxy-v2-tlv-fmt(0xe1) "%[ssh.client.ident]"
backend rest
    server one 127.0.0.1:${server.port}
`);
  const pieces = await open(port);
  for (const piece of ["SSH-", "2.0-Te", "st_1.0", "\r", "\n"]) {
    pieces.write(piece);
    await Bun.sleep(5);
  }
  await readAll(pieces);
  pieces.end();
  expect(await forwarder.line(/^patient Test /)).toMatch(/^patient Test SSH-2\.0-Test_1\.0 \d+$/);

  const foreign = await open(port);
  foreign.write("GET / HTTP/1.0\r\n\r\n");
  await readAll(foreign);
  foreign.end();
  expect(await forwarder.line(/^patient rest /)).toMatch(/^patient rest - \d+$/);

  const nobody = await open(silent);
  await readAll(nobody);
  nobody.end();
  const [, waitedMs] = /^hasty rest - (\d+)$/.exec(await forwarder.line(/^hasty /)) ?? [];
  expect(Number(waitedMs)).toBeGreaterThanOrEqual(300);
  await forwarder.expectQuiet();
});

testWith(needs, "servers hear of a client's line in the PROXY header, however late it comes", async () => {
  const heard = Promise.withResolvers<Buffer>();
  await using server = await serve((socket) => socket.once("data", (bytes: Buffer) => heard.resolve(bytes)));
  const [port = 0] = await freePorts(1);
  await using _ = await startForwarder(`listen l
    bind 127.0.0.1:${port}
    tcp-request inspect-delay 1h
    server one 127.0.0.1:${server.port} send-proxy-v2 set-proxy-v2-tlv-fmt(0xe1) "%[ssh.client.ident]"
`);
  const client = await open(port);
  client.write("SSH-2.0-Te");
  await Bun.sleep(20);
  client.write("st_1.0 a comment\r\nmore");
  const text = (await heard.promise).toString("latin1");
  client.destroy();
  expect(text).toContain("\xe1\x00\x1aSSH-2.0-Test_1.0 a comment");
});

testWith(
  [...needs, "ssh-keyscan", "sshd", "ssh"],
  "who waits for the server's line has it when the delay has passed",
  async () => {
    await using sshd = await startSshd();
    const [port = 0] = await freePorts(1);
    await using forwarder = await startForwarder(`listen l
    bind 127.0.0.1:${port}
    option sshlog
    tcp-request inspect-delay 200ms
    balance hash ssh.client.ident
    server one 127.0.0.1:${sshd.port}
`);
    expect(await must(["ssh-keyscan", "-t", "ed25519", "-p", String(port), "127.0.0.1"])).toContain("ssh-ed25519 ");
    expect(await forwarder.line(/ l l\/one /)).toContain('"SSH-2.0-OpenSSH-keyscan" "SSH-2.0-OpenSSH_');
  },
);
