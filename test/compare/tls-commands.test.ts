/** Certificates at run time: HAProxy and this program are given the same commands, one after the other, and answer the same. */
import { expect, setDefaultTimeout } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { certificate, revocations } from "../certificates.ts";
import { startForwarder } from "../e2e/forwarder.ts";
import { commandPath, freePort, scratch, start, testWith, waitUntil } from "../e2e/harness.ts";
import { command } from "../e2e/sockets.ts";

// Certificates are made by openssl.
setDefaultTimeout(60_000);

const ca = certificate({ subject: "/CN=ca/O=Test Org", isCa: true });
const other = certificate({ subject: "/CN=other", isCa: true });
const one = certificate({
  subject: "/CN=one.test/OU=x y",
  names: "DNS:one.test,DNS:*.one.test,IP:127.0.0.1",
  issuer: ca,
});
const two = certificate({ subject: "/CN=two.test", names: "DNS:two.test", algorithm: "rsa" });
const both = (name: typeof one): string => name.certificate + name.key;

/** What they are about, in a folder of its own. */
function write(folder: string): void {
  mkdirSync(`${folder}/certs`);
  const files = {
    "a.pem": both(one) + ca.certificate,
    "b.pem": both(two),
    "ca.crt": ca.certificate,
    "other.crt": other.certificate,
    "ca.crl": revocations(ca, [one]),
    "certs/x.pem": both(two),
    "certs/y.pem": both(one),
    list: `${folder}/a.pem\n# nothing\n${folder}/b.pem [verify none ssl-min-ver TLSv1.2] B.test !x.B.test\n`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(`${folder}/${name}`, text);
}

/** HAProxy's file is called as the other one, for its answers name it. */
async function configuration(folder: string, socket: string): Promise<string> {
  const ports = [await freePort(), await freePort(), await freePort()];
  return `global
    stats socket ${socket} level admin
defaults
    timeout connect 1s
    timeout client 5s
    timeout server 5s
frontend f
    bind 127.0.0.1:${ports[0]} ssl crt ${folder}/a.pem ca-file ${folder}/ca.crt verify optional crl-file ${folder}/ca.crl
    bind 127.0.0.1:${ports[1]} ssl crt-list ${folder}/list
    bind 127.0.0.1:${ports[2]} ssl crt ${folder}/certs
    default_backend b
backend b
    server s 127.0.0.1:1 ssl verify required ca-file ${folder}/other.crt crt ${folder}/b.pem
`;
}

const payload = (...pem: string[]): string => ` <<\n${pem.join("").trimEnd()}\n`;

/** All in the order in which they are given: each finds what those before it have left. `%` is the folder. */
const commands: readonly string[] = [
  ..."show ssl cert|show ssl cert %/a.pem|show ssl cert */a.pem|show ssl cert nosuch|set ssl cert".split("|"),
  "set ssl cert %/a.pem",
  `set ssl cert nosuch${payload(both(one))}`,
  `set ssl cert %/a.pem${payload("rubbish")}`,
  `set ssl cert %/a.pem${payload(both(two))}`,
  ..."show ssl cert|show ssl cert *%/a.pem|commit ssl cert %/b.pem|commit ssl cert|abort ssl cert|abort ssl cert x".split(
    "|",
  ),
  `set ssl cert %/a.pem${payload(one.certificate)}`,
  "commit ssl cert %/a.pem",
  `set ssl cert %/a.pem.key${payload(two.key)}`,
  "commit ssl cert %/a.pem",
  `set ssl cert %/a.pem.key${payload("rubbish")}`,
  `set ssl cert %/a.pem.issuer${payload("rubbish")}`,
  `set ssl cert %/a.pem.key${payload(one.key)}`,
  "commit ssl cert %/a.pem",
  ..."show ssl cert %/a.pem|commit ssl cert %/a.pem|abort ssl cert %/a.pem".split("|"),
  `set ssl cert %/b.pem${payload(both(two))}`,
  "commit ssl cert %/b.pem",
  ..."new ssl cert|new ssl cert %/a.pem|new ssl cert n|new ssl cert n|show ssl cert n|commit ssl cert n".split("|"),
  `set ssl cert n${payload(both(two))}`,
  ..."del ssl cert n|abort ssl cert n|del ssl cert|del ssl cert nosuch|del ssl cert %/a.pem".split("|"),
  `set ssl cert n${payload(both(two))}`,
  ..."commit ssl cert n|show ssl cert n|show ssl crt-list|show ssl crt-list -n|show ssl crt-list nosuch".split("|"),
  ..."show ssl crt-list %/list|show ssl crt-list -n %/list|show ssl crt-list -n %/certs/|add ssl crt-list".split("|"),
  ..."add ssl crt-list %/list|add ssl crt-list nosuch n|add ssl crt-list %/list nosuch|add ssl crt-list %/list n".split(
    "|",
  ),
  `add ssl crt-list %/list${payload("n [verify required ca-file %/ca.crt] N.test")}`,
  `add ssl crt-list %/list${payload("n [foo] x")}`,
  `add ssl crt-list %/list${payload("n [alpn] x")}`,
  `add ssl crt-list %/list${payload("n [ca-file nosuch] x")}`,
  `add ssl crt-list %/list${payload("n [verify required] x")}`,
  `add ssl crt-list %/list${payload("n a\nn b")}`,
  ..."add ssl crt-list %/certs n|add ssl crt-list %/certs %/certs/x.pem|show ssl crt-list -n %/list".split("|"),
  ..."del ssl crt-list|del ssl crt-list nosuch n|del ssl crt-list %/list nosuch|del ssl crt-list %/list n".split("|"),
  ..."del ssl crt-list %/list n:9|del ssl crt-list %/list n:x|del ssl crt-list %/list n:4".split("|"),
  ..."del ssl crt-list %/list %/a.pem|del ssl crt-list %/list %/b.pem|del ssl crt-list %/certs %/certs/y.pem".split(
    "|",
  ),
  ..."show ssl crt-list -n %/list|show ssl crt-list -n %/certs|del ssl cert %/certs/y.pem|del ssl cert n".split("|"),
  ..."show ssl ca-file|show ssl ca-file %/ca.crt|show ssl ca-file %/ca.crt:2|show ssl ca-file %/ca.crt:0".split("|"),
  ..."show ssl ca-file nosuch|set ssl ca-file|set ssl ca-file %/ca.crt".split("|"),
  `set ssl ca-file nosuch${payload(ca.certificate)}`,
  `set ssl ca-file %/ca.crt${payload("rubbish")}`,
  `set ssl ca-file %/ca.crt${payload(ca.certificate, other.certificate)}`,
  `set ssl ca-file %/other.crt${payload(ca.certificate)}`,
  ..."show ssl ca-file|show ssl ca-file *%/ca.crt:2|commit ssl ca-file %/other.crt|abort ssl ca-file".split("|"),
  ..."commit ssl ca-file %/ca.crt|show ssl ca-file %/ca.crt|new ssl ca-file m|new ssl ca-file m".split("|"),
  ..."show ssl ca-file m|del ssl ca-file m|del ssl ca-file m|del ssl ca-file %/ca.crt|commit ssl ca-file".split("|"),
  ..."show ssl crl-file|show ssl crl-file %/ca.crl|show ssl crl-file %/ca.crl:2|show ssl crl-file %/ca.crl:0".split(
    "|",
  ),
  `set ssl crl-file %/ca.crl${payload("rubbish")}`,
  `set ssl crl-file %/ca.crl${payload(revocations(ca, []), revocations(other, [two]))}`,
  ..."show ssl crl-file|show ssl crl-file *%/ca.crl:1|commit ssl crl-file x|commit ssl crl-file %/ca.crl".split("|"),
  ..."new ssl crl-file k|show ssl crl-file k|abort ssl crl-file k|del ssl crl-file k|del ssl crl-file %/ca.crl".split(
    "|",
  ),
  ..."show tls-keys|show tls-keys x|set ssl tls-key|set ssl tls-key #0 AAAA|set server b/s ssl off".split("|"),
  ..."set server b/s ssl x|set rate-limit ssl-sessions global 7".split("|"),
];

/** HAProxy alone has read the system's authorities, whoever asks for them. Ports, and where the configuration lies, are each one's own. */
function steady(answer: string): string {
  return answer
    .replace(/^@system-ca - .*\n/m, "")
    .replaceAll(/\/\S+forward\.cfg/g, "forward.cfg")
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:_");
}

testWith(["haproxy", "openssl"], "each command has HAProxy's answer", async () => {
  using folder = scratch();
  write(folder.path);
  const file = folder.file("forward.cfg");
  const sockets = { haproxy: folder.file("h"), fairlead: folder.file("f") };
  writeFileSync(file, await configuration(folder.path, sockets.haproxy));
  await using haproxy = start([commandPath("haproxy"), "-db", "-f", file]);
  await using _forwarder = await startForwarder(await configuration(folder.path, sockets.fairlead), { whole: true });
  await waitUntil("HAProxy answers", async () => (await command(sockets.haproxy, "show version\n")) !== "");
  expect(haproxy.stderr.text).not.toContain("ALERT");
  const wrong: unknown[] = [];
  for (const one of commands) {
    const text = `${one.replaceAll("%", () => folder.path)}\n`;
    const [expected = "", answer = ""] = await Promise.all(
      [sockets.haproxy, sockets.fairlead].map(async (socket) => steady(await command(socket, text))),
    );
    if (answer !== expected) wrong.push({ one, expected, answer });
  }
  expect(wrong).toEqual([]);
});
