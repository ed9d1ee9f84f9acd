/** What comes of handshakes, by HAProxy and by this program with one configuration: version, cipher, certificate, ALPN, group, alert. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificate, type Made } from "../certificates.ts";
import { commandPath, run, scratch, start, testWith, waitUntil } from "../e2e/harness.ts";
import { serve } from "../e2e/sockets.ts";
import { ownPort } from "./port.ts";

setDefaultTimeout(60_000);

const folder = scratch();
const open = new AsyncDisposableStack();
afterAll(async () => {
  await open.disposeAsync();
  folder[Symbol.dispose]();
});

const authority = certificate({ subject: "/CN=Scan CA", isCa: true });
const clients = certificate({ subject: "/CN=Clients CA", isCa: true });
const made = (name: string, names: string, algorithm: "rsa" | "ecdsa" = "ecdsa"): Made =>
  certificate({ subject: `/CN=${name}`, names: `DNS:${names}`, algorithm, issuer: authority });
const first = made("first", "first.test");
const firstRsa = made("first-rsa", "first.test", "rsa");
const exact = made("exact", "exact.wild.test,DNS:exact.test");
const wild = made("wild", "*.wild.test");
const rsaOnly = made("rsa-only", "rsa.test", "rsa");
const alice = certificate({ subject: "/CN=alice", issuer: clients, isClient: true });

function file(name: string, text: string): string {
  writeFileSync(folder.file(name), text);
  return folder.file(name);
}

const all = [first, firstRsa, exact, wild, rsaOnly].map((one) => `crt ${one.bothFile}`).join(" ");
const pair = `crt ${first.bothFile} crt ${firstRsa.bothFile}`;
const list = file(
  "list",
  `${first.bothFile}
${exact.bothFile} [alpn other,http/1.1 ssl-min-ver TLSv1.3] exact.test
${wild.bothFile} [ssl-max-ver TLSv1.2 ciphers ECDHE-ECDSA-AES128-GCM-SHA256] *.wild.test !not.wild.test
${rsaOnly.bothFile} [verify required ca-file ${clients.certificateFile}] rsa.test
`,
);
file("bundle.ecdsa", exact.certificate + exact.key);
file("bundle.rsa", firstRsa.certificate + firstRsa.key);

const shows = (who: Made): string => `-cert ${who.certificateFile} -key ${who.keyFile}`;
const names = "first.test exact.test EXACT.Wild.test a.wild.test a.b.wild.test wild.test not.wild.test rsa.test other"
  .split(" ")
  .map((name) => `-servername ${name}`);
const versions = ["", "-tls1_3", "-tls1_2", "-tls1_1 -cipher ALL@SECLEVEL=0"];
const ciphers = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-RSA-AES256-SHA",
  "AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES128-SHA:AES256-GCM-SHA384",
  "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384",
  "DHE-RSA-AES128-GCM-SHA256",
].map((own) => `-tls1_2 -cipher ${own}`);
const groups = ["P-256", "P-384"].flatMap((own) => [`-tls1_3 -groups ${own}`, `-tls1_2 -groups ${own}`]);
const protocols = ["other", "h2,http/1.1", "none", "http/1.1,other"].map((own) => `-alpn ${own}`);

/** Options of a listener, and OpenSSL's words for each client that comes to it. */
const rows: readonly (readonly [options: string, probes: readonly string[]])[] = [
  [
    all,
    [
      "-noservername",
      ...names,
      "-servername first.test -sigalgs RSA-PSS+SHA256:RSA+SHA256",
      "-servername exact.test -tls1_2",
    ],
  ],
  [`${all} strict-sni`, ["-noservername", ...names.slice(2, 5)]],
  [pair, [...versions, ...ciphers]],
  [`${pair} prefer-client-ciphers`, ciphers.slice(4)],
  [`${pair} ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384`, ciphers.slice(4, 7)],
  [`crt ${folder.file("bundle")}`, ["-noservername", "-tls1_2 -cipher aRSA", "-servername first.test -tls1_2"]],
  [`crt-list ${list}`, [...names, "-servername exact.test -tls1_2", `-servername rsa.test ${shows(alice)}`]],
  [`crt-list ${list} alpn http/1.1`, protocols.map((own) => `-servername exact.test ${own}`)],
  [`${pair} alpn http/1.1,h2,other`, protocols],
  [`${pair} ssl-min-ver TLSv1.3`, versions],
  [`${pair} ssl-max-ver TLSv1.2`, versions],
  [`${pair} no-tlsv12`, versions],
  [`${pair} force-tlsv12 no-tls-tickets`, versions],
  [`${pair} curves P-384`, groups],
  [`${pair} ecdhe prime256v1`, groups],
  [`${pair} verify optional ca-file ${clients.certificateFile}`, ["-tls1_2", `-tls1_3 ${shows(alice)}`]],
  [`${pair} verify required ca-file ${clients.certificateFile}`, ["-tls1_2", "-tls1_3", `-tls1_2 ${shows(alice)}`]],
  [
    `${pair} verify required ca-file ${clients.certificateFile} ca-ignore-err all crt-ignore-err all`,
    [alice, exact].flatMap((who) => [`-tls1_2 ${shows(who)}`, `-tls1_3 ${shows(who)}`]),
  ],
];

const binaries = {
  haproxy: () => [commandPath("haproxy"), "-db"],
  fairlead: () => [
    process.env["FAIRLEAD"] ?? join(import.meta.dir, "../../dist/bin/fairlead"),
    "-db",
    "--health",
    "off",
  ],
};
type Name = keyof typeof binaries;

const hasOracle = existsSync("/usr/sbin/haproxy");
const ports: Record<Name, number[]> = { haproxy: [], fairlead: [] };

/** Options of a server that says what was agreed on. */
const towards = [
  "",
  "ssl-max-ver TLSv1.2",
  "ciphers ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA ssl-max-ver TLSv1.2",
];

function section(name: string, front: string, server: string): string {
  return `listen ${name}\n    bind 127.0.0.1:${front}\n    server s 127.0.0.1:${server}\n`;
}

async function begin(name: Name, echo: number, telling: number): Promise<void> {
  for (const _row of [...rows, ...towards]) ports[name].push(await ownPort());
  const text = `defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
${rows.map(([options], at) => section(`l${at}`, `${ports[name][at]} ssl ${options}`, `${echo}`)).join("")}
${towards.map((options, at) => section(`t${at}`, `${ports[name][rows.length + at]}`, `${telling} ssl verify none ${options}`)).join("")}`;
  const running = open.use(start([...binaries[name](), "-f", file(`${name}.cfg`, text)]));
  const ended = running.exited.then((code) => {
    throw new Error(`${name} ended with ${code}\n${running.stderr.text}`);
  });
  ended.catch(() => undefined);
  const connects = async (): Promise<boolean> => (await outcome(ports[name][0] as number, "")).version !== null;
  await Promise.race([ended, waitUntil("it serves", connects)]);
}

/** What a client of OpenSSL says of its handshake, and of the line that it sent and had back. */
async function outcome(port: number, words: string) {
  const command = `timeout 10 openssl s_client -connect 127.0.0.1:${port} -ign_eof ${words}`.trimEnd().split(" ");
  const { stdout, stderr } = await run(command, { input: "sent and returned\n" });
  const said = (pattern: RegExp, text = stdout): string | null => pattern.exec(text)?.[1] ?? null;
  return {
    version: said(/^New, (TLS[^,]*),/m),
    cipher: said(/Cipher is (\S+)/),
    certificate: said(/^subject=(.*)/m),
    protocol: said(/^ALPN protocol: (.*)/m),
    group: said(/^Server Temp Key: (.*)/m),
    signature: said(/^Peer signature type: (.*)/m),
    alert: said(/SSL alert number (\d+)/, stderr),
    isServed: stdout.includes("\nsent and returned"),
  };
}

function outcomes(port: number, probes: readonly string[]): Promise<object[]> {
  return Promise.all(probes.map(async (words) => ({ words, ...(await outcome(port, words)) })));
}

/** What a server of OpenSSL tells of a handshake with it: in TLS 1.3 no one's list of suites can be chosen. */
async function agreed(port: number): Promise<string[]> {
  const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  const [protocol = "", cipher = ""] = ["Protocol", "Cipher"].map(
    (name) => new RegExp(`${name} +: (\\S+)`).exec(page)?.[1],
  );
  return protocol === "TLSv1.3" ? [protocol] : [protocol, cipher];
}

describe("beside HAProxy", () => {
  beforeAll(async () => {
    if (!hasOracle) return;
    const echo = open.use(await serve((socket) => socket.once("data", (line) => socket.end(line))));
    const telling = await ownPort();
    const accept = ["-accept", `127.0.0.1:${telling}`];
    const teller = open.use(start(["openssl", "s_server", ...accept, "-cert", first.bothFile, "-www"]));
    await teller.stdout.find(/^ACCEPT/);
    await begin("haproxy", echo.port, telling);
    await begin("fairlead", echo.port, telling);
  }, 60_000);

  for (const [at, [options, probes]] of rows.entries()) {
    const title = options.replaceAll(/\/\S*\//g, "");
    testWith(["haproxy", "openssl"], `${probes.length} clients, each with the same outcome: ${title}`, async () => {
      const theirs = await outcomes(ports.haproxy[at] as number, probes);
      expect(await outcomes(ports.fairlead[at] as number, probes)).toEqual(theirs);
    });
  }

  for (const [at, options] of towards.entries()) {
    testWith(["haproxy", "openssl"], `a server is offered the same${options && `: ${options}`}`, async () => {
      const theirs = await agreed(ports.haproxy[rows.length + at] as number);
      expect(await agreed(ports.fairlead[rows.length + at] as number)).toEqual(theirs);
    });
  }
});
