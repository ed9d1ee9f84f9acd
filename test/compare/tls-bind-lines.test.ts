/** What `-c` says of `bind` lines of TLS: HAProxy's verdict and words, line by line, with real files. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineContext, plan } from "../../src/config/finish/plan.ts";
import { Diagnostics } from "../../src/config/text/diagnostics.ts";
import { findNamed, readNamedFile } from "../../src/config/text/files.ts";
import { readConfiguration } from "../../src/config/text/read.ts";
import {
  authority,
  certificate,
  client,
  expired,
  intermediate,
  leaf,
  leafKey,
  revocations,
  root,
  weak,
} from "../unit/config/pem-files.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const hasOracle = (spawnSync("haproxy", ["-v"], { encoding: "utf8" }).stdout ?? "").includes(" 2.6.");

const folder = mkdtempSync(join(tmpdir(), "tls-binds-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): void => writeFileSync(join(folder, name), text);
const block = (label: string, body = "AAAA"): string => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
const key = client.slice(certificate.length);
const ticketKey = (bytes: number): string => `${Buffer.alloc(bytes, "k").toString("base64")}\n`;
for (const name of ["folder", "empty", "broken", "bundles", "issuers", "cas"]) mkdirSync(join(folder, name));
for (const [name, text] of Object.entries({
  "ca.pem": authority,
  "crl.pem": revocations,
  "a.pem": client,
  "turned.pem": key + certificate,
  "chain.pem": leaf + intermediate + root + leafKey,
  "expired.pem": expired,
  "weak.pem": weak,
  text: "no PEM\n",
  nothing: "",
  "bare.crt": certificate,
  "beside.crt": certificate,
  "beside.crt.key": key,
  "other.crt": certificate,
  "other.key": key,
  "key.pem": key,
  "mismatch.pem": authority + key,
  "badleaf.pem": block("CERTIFICATE") + key,
  "badchain.pem": client + block("CERTIFICATE"),
  "dh.pem": client + block("DH PARAMETERS"),
  "badkey.crt": certificate,
  "badkey.crt.key": "no key\n",
  "bundle.rsa": leaf + leafKey,
  "bundle.ecdsa": client,
  both: client,
  "both.rsa": "junk\n",
  "folder/b": client,
  "folder/a": leaf + leafKey,
  "folder/.hidden": "junk\n",
  "folder/a.key": "junk\n",
  "folder/a.issuer": "junk\n",
  "cas/ca.pem": authority,
  "cas/client.crt": certificate,
  "cas/other": "junk\n",
  "broken/a": client,
  "broken/b": "junk\n",
  "bundles/x.rsa": leaf + leafKey,
  "bundles/x.dsa": "junk\n",
  "issuers/a": intermediate + root,
  "issuers/b": intermediate,
  "issuers/c": "none\n",
  keys3: ticketKey(48).repeat(3),
  keys2: ticketKey(48).repeat(2),
  keysmixed: ticketKey(48).repeat(3) + ticketKey(80),
  keysbad: "???\n",
  keys4: `${ticketKey(48).repeat(3)}\n`,
})) {
  file(name, text);
}
// Only the oracle's own tool makes it so that it cannot be read without a passphrase.
const encrypt = (): string =>
  execFileSync("openssl", ["pkey", "-aes256", "-passout", "pass:x"], { input: key, encoding: "utf8" });
if (hasOracle) file("encrypted.pem", certificate + encrypt());

/** Lists, by their file's number. */
const lists = `
/d/a.pem
/d/a.pem [alpn x] a.example *.b !c.b
/d/a.pem !*
/d/none x
/d/a.pem [foo] x
/d/a.pem [alpn] x
/d/a.pem [no-tlsv13] x
/d/a.pem x [alpn x]
[alpn x]
/d/a.pem []
/d/a.pem [ alpn x ] y
/d/a.pem [alpn x][y] z
/d/a.pem [verify required] x
/d/a.pem [verify required ca-file /d/ca.pem crl-file /d/crl.pem] x
/d/a.pem [verify none ca-ignore-err all]
/d/a.pem [ca-file /d/none] x
/d/a.pem [ciphers NOPE] x
/d/a.pem [curves NOPE] x
/d/a.pem [ecdhe NOPE] x
/d/a.pem [ssl-min-ver NOPE] x
/d/a.pem [ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.2] x
/d/a.pem [ssl-max-ver TLSv1.1] x
/d/mismatch.pem
/d/bundle x
/d/a.pem [verify required ca-verify-file /d/ca.pem] x
# none
`
  .trim()
  .split("\n");
lists.forEach((line, number) => file(`list${number}`, `${line.replaceAll("/d/", `${folder}/`)}\n`));
file("cut", `${folder}/a.pem`);
file("second", `\n # c\n${folder}/a.pem\n${folder}/a.pem [alpn]\n`);
file("long", `${folder}/a.pem ${"x".repeat(70_000)}\n`);

const suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

/** Options after an address. */
const lines = `
ssl
ssl strict-sni
ssl crt
ssl crt /d/a.pem
crt /d/a.pem
crt /d/none
${`ssl crt /d/turned.pem
ssl crt /d/chain.pem
ssl crt /d/expired.pem
ssl crt /d/weak.pem
ssl crt /d/none
ssl crt /d/text
ssl crt /d/nothing
ssl crt /d/bare.crt
ssl crt /d/beside.crt
ssl crt /d/other.crt
ssl crt /d/key.pem
ssl crt /d/mismatch.pem
ssl crt /d/badleaf.pem
ssl crt /d/badchain.pem
ssl crt /d/dh.pem
ssl crt /d/badkey.crt
ssl crt /d/encrypted.pem
ssl crt /d/bundle
ssl crt /d/both
ssl crt /d/folder
ssl crt /d/folder/
ssl crt /d/empty
ssl crt /d/empty strict-sni
ssl crt /d/broken
ssl crt /d/bundles
ssl crt /d/a.pem crt /d/none
ssl crt /d/a.pem crt /d/chain.pem`}
${`verify
verify x
verify none
verify optional
verify required
verify required ca-file
verify required ca-file /d/none
verify required ca-file /d/text
verify required ca-file /d/ca.pem
verify required ca-file /d/cas
verify required ca-file @system-ca
verify required ca-verify-file /d/ca.pem
verify required ca-verify-file /d/none
verify required ca-file /d/ca.pem crl-file /d/crl.pem
verify required ca-file /d/ca.pem crl-file /d/none
verify required ca-file /d/ca.pem crl-file /d/text
verify none ca-file /d/ca.pem crl-file /d/crl.pem
crl-file
ca-ignore-err
ca-ignore-err all
ca-ignore-err 10,x
crt-ignore-err 94
crt-ignore-err 95
alpn
alpn x
alpn ,
alpn a,,b
npn
ciphers
ciphers NOPE
ciphers HIGH:!aNULL
ciphers ${suites}
ciphers NOPE ciphers HIGH
ciphersuites
ciphersuites NOPE
ciphersuites ${suites}
curves
curves NOPE
curves X25519:P-256
ecdhe
ecdhe NOPE
ecdhe prime256v1
ssl-min-ver
ssl-min-ver x
ssl-min-ver SSLv3
ssl-max-ver SSLv3
ssl-max-ver TLSv1.0
ssl-max-ver TLSv1.1
ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.2
ssl-min-ver TLSv1.2 no-tlsv13
ssl-max-ver TLSv1.1 no-tlsv10
no-sslv3
no-tlsv10 no-tlsv11
no-tlsv12
no-tlsv12 no-tlsv13
force-tlsv12
force-tlsv12 force-tlsv13
force-tlsv12 no-tlsv12
force-sslv3
strict-sni
no-tls-tickets
prefer-client-ciphers
tls-ticket-keys
tls-ticket-keys /d/none
tls-ticket-keys /d/text
tls-ticket-keys /d/keys2
tls-ticket-keys /d/keysmixed
tls-ticket-keys /d/keysbad
tls-ticket-keys /d/keys4
tls-ticket-keys /d/nothing
ca-sign-file
ca-sign-pass
accept-proxy`
  .split("\n")
  .flatMap((words) => [`ssl crt /d/a.pem ${words}`, words])
  .join("\n")}
ssl crt-list
ssl crt-list /d/none
ssl crt-list /d/cut
ssl crt-list /d/second
ssl crt-list /d/long
ssl crt /d/a.pem ca-file /d/ca.pem crt-list /d/list12
${lists.map((_line, number) => `ssl crt-list /d/list${number}`).join("\n")}`
  .trim()
  .split("\n");

const crt = "ssl crt /d/a.pem";

/** Lines of `global`, each with options of a listener. */
const globals: readonly (readonly [global: string, options: string])[] = [
  ...["", "x", "ssl-min-ver", "ssl-min-ver x"].map((words) => [`ssl-default-bind-options ${words}`, crt] as const),
  ...["no-tlsv12", "no-tlsv12 no-tlsv13", "ssl-min-ver TLSv1.3", "no-tls-tickets prefer-client-ciphers"].flatMap(
    (words) => [crt, `${crt} ssl-max-ver TLSv1.2`].map((own) => [`ssl-default-bind-options ${words}`, own] as const),
  ),
  ...["ciphers", "ciphersuites", "curves"].flatMap((list) => [
    [`ssl-default-bind-${list}`, crt] as const,
    [`ssl-default-bind-${list} NOPE`, crt] as const,
    [`ssl-default-bind-${list} NOPE`, ""] as const,
    [`ssl-default-bind-${list} A B`, crt] as const,
  ]),
  ["ssl-default-bind-ciphers NOPE", `${crt} ciphers HIGH`],
  ["ca-base", crt],
  ["ca-base /x y", crt],
  ["ca-base /x\n ca-base /y", crt],
  ["ca-base /d", `${crt} ca-file ca.pem verify required`],
  ["ca-base /d", `${crt} ca-file none`],
  ["crt-base", crt],
  ["crt-base /d", "ssl crt a.pem"],
  ["crt-base /d", "ssl crt none"],
  ["crt-base /d", "ssl crt bare.crt"],
  ["ssl-load-extra-files", crt],
  ["ssl-load-extra-files x", crt],
  ["ssl-load-extra-files none", "ssl crt /d/bare.crt"],
  ["ssl-load-extra-files none", "ssl crt /d/beside.crt"],
  ["ssl-load-extra-files none", "ssl crt /d/bundle"],
  ["ssl-load-extra-files key bundle", "ssl crt /d/bundle crt /d/beside.crt"],
  ["ssl-load-extra-del-ext", "ssl crt /d/other.crt"],
  ["ssl-load-extra-del-ext", "ssl crt /d/bare.crt"],
  ["ssl-load-extra-del-ext x", crt],
  ["ssl-skip-self-issued-ca", "ssl crt /d/chain.pem"],
  ["issuers-chain-path", crt],
  ["issuers-chain-path /d/none", crt],
  ["issuers-chain-path /d/a.pem", crt],
  ["issuers-chain-path /d/issuers", crt],
  ["ssl-dh-param-file", crt],
  ["ssl-dh-param-file /d/none", crt],
  ["ssl-dh-param-file /d/text", crt],
  ["tune.ssl.default-dh-param", crt],
  ["tune.ssl.default-dh-param 2048", crt],
  ["maxsslconn", crt],
  ["maxsslconn -1", crt],
  ["maxsslconn 5", crt],
  ["maxsslrate", crt],
  ["maxsslrate 5 6", crt],
  ["maxsslrate 5", crt],
  ...["lifetime", "lifetime x", "lifetime 5m", "cachesize", "cachesize 5", "keylog", "keylog x", "keylog off"].map(
    (words) => [`tune.ssl.${words}`, crt] as const,
  ),
  ...["maxrecord", "hard-maxrecord", "force-private-cache", "force-private-cache x"].map(
    (words) => [`tune.ssl.${words}`, crt] as const,
  ),
  ["ssl-mode-async", crt],
];

const path = join(folder, "case.cfg");

/** A configuration with a frontend for each line. */
function textOf(options: readonly (string | null)[], global = "log 127.0.0.1:514 local0"): string {
  const frontends = options.map((own, number) => `frontend f${number}\n bind 127.0.0.1:1899 ${own ?? ""}\n`);
  const times = "defaults\n mode tcp\n timeout client 5s\n timeout server 5s\n timeout connect 5s\n";
  return `global\n ${global}\n${times}${frontends.join("")}`.replaceAll("/d/", `${folder}/`);
}

/** Messages without where they stand, by the frontend that they are about; one without a place goes with the next. */
function byFrontend(text: string, messages: readonly string[], count: number): string[][] {
  const source = text.split("\n");
  const found: string[][] = Array.from({ length: count }, () => []);
  let waiting: string[] = [];
  for (const message of messages) {
    const line = /case\.cfg:(\d+)\]/.exec(message)?.[1];
    const header = line === undefined ? undefined : source.slice(0, Number(line)).findLast((one) => /^[a-z]/.test(one));
    waiting.push(
      message
        .replaceAll(/case\.cfg:\d+/g, "case.cfg")
        .replaceAll(/\bf\d+(?=')/g, "f")
        .trimEnd(),
    );
    const number = /^frontend f(\d+)/.exec(header ?? "")?.[1];
    if (number === undefined && line === undefined) continue;
    found[Number(number ?? 0)]?.push(...waiting);
    waiting = [];
  }
  found[0]?.unshift(...waiting);
  return found;
}

/** HAProxy's alerts and warnings. */
function oracle(text: string, count: number): string[][] {
  writeFileSync(path, text);
  const { stderr } = spawnSync("haproxy", ["-c", "-f", path], { encoding: "utf8", input: "", timeout: 30_000 });
  const messages = stderr
    .split("\n")
    .flatMap((line) => /^\[(ALERT|WARNING)\]\s+\(\d+\) : config : (.*)$/.exec(line)?.slice(1).join(" ") ?? [])
    .filter((line) => !/ Error\(s\) found| Fatal errors found/.test(line));
  return byFrontend(text, messages, count);
}

/** Ours. */
function own(text: string, count: number): string[][] {
  const diagnostics = new Diagnostics();
  const context = machineContext(new Map(), { readFile: readNamedFile, find: findNamed }, "vm");
  const sections = readConfiguration([{ name: path, text }], context.environment, diagnostics);
  plan(sections, diagnostics, context);
  const messages = diagnostics.all
    .filter(({ level }) => level === "alert" || level === "warning")
    .map(({ level, text: said }) => `${level.toUpperCase()} ${said.split("\n", 1)[0]}`);
  return byFrontend(text, messages, count);
}

const isRefused = (messages: readonly string[]): boolean => messages.some((one) => one.startsWith("ALERT"));

/** HAProxy reads no further after fifty errors. */
const most = 30;

/** What is said of some lines, so many at a time. */
function inParts(say: typeof oracle, all: readonly (string | null)[]): string[][] {
  const parts = Array.from({ length: Math.ceil(all.length / most) }, (_one, part) =>
    all.slice(part * most, (part + 1) * most),
  );
  return parts.flatMap((part) => say(textOf(part), part.length));
}

/** What HAProxy says of each line. It looks at what lines mean together once each can be read by itself. */
function saidThere(): (readonly [string, readonly string[]])[] {
  const first = inParts(oracle, lines);
  const rest = lines.map((line, index) => (isRefused(first[index] ?? []) ? null : line));
  const second = inParts(oracle, rest);
  return lines.map((line, index) => [line, (rest[index] === null ? first : second)[index] ?? []]);
}

test.skipIf(!hasOracle)(`${lines.length} lines`, () => {
  const there = saidThere();
  const here: typeof there = lines.map((line) => [line, own(textOf([line]), 1)[0] ?? []]);
  expect(here).toEqual(there);
  const refused = there.filter(([, messages]) => isRefused(messages));
  expect(refused.length).toBeGreaterThan(60);
  expect(there.length - refused.length).toBeGreaterThan(60);
});

test.skipIf(!hasOracle)(`${globals.length} lines of global`, () => {
  const saidBy = (say: typeof oracle) =>
    globals.map(([global, options]) => [global, options, say(textOf([options], global), 1)[0] ?? []]);
  expect(saidBy(own)).toEqual(saidBy(oracle));
});
