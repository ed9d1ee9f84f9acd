/** What `-c` says of servers' lines of TLS: HAProxy's verdict and words, line by line, with real files. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { machineContext, plan } from "../../src/config/finish/plan.ts";
import { Diagnostics } from "../../src/config/text/diagnostics.ts";
import { findNamed, readNamedFile } from "../../src/config/text/files.ts";
import { readConfiguration } from "../../src/config/text/read.ts";
import { authority, certificate, client, revocations } from "../unit/config/pem-files.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), "tls-lines-"));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string): void => writeFileSync(join(folder, name), text);
file("ca.pem", authority);
file("crl.pem", revocations);
file("client.pem", client);
file("text", "no PEM\n");
file("alone.pem", certificate);
file("beside.crt", certificate);
file("beside.crt.key", client.slice(certificate.length));
file("other.pem", `${authority}${client.slice(certificate.length)}`);
mkdirSync(join(folder, "folder"));
file("folder/ca.pem", authority);

/** A server's options, and the lines that stand before it in its backend and in `global`. `/d/` is the test's folder. */
interface Row {
  readonly number: number;
  readonly options: string;
  readonly before?: string;
  readonly global?: string;
  readonly mode?: "tcp";
}

const suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

/** Options alone, in `mode http`. */
const options = `
ssl
ssl verify none
ssl verify required
ssl verify required ca-file /d/ca.pem
ssl verify
ssl verify optional
verify required
ssl no-ssl
no-ssl
ssl ca-file @system-ca
ssl ca-file /d/folder
ssl ca-file /d/text
ssl ca-file
ca-file /d/none
ssl verify none ca-file /d/none
ssl ca-file /d/ca.pem crl-file /d/crl.pem
ssl ca-file /d/ca.pem crl-file /d/ca.pem
ssl verify none crl-file /d/text
crl-file /d/none
crl-file
crt
crt /d/none
ssl verify none crt /d/none
ssl verify none crt /d/text
ssl verify none crt /d/alone.pem
ssl verify none crt /d/other.pem
ssl verify none crt /d/client.pem
ssl verify none crt /d/beside.crt
ssl verify none crt /d/none crt /d/client.pem
check-ssl verify none crt /d/none
ssl no-ssl crt /d/none
ssl verify none verifyhost
ssl verify none verifyhost a
ssl verify none sni
ssl verify none sni str(a)
ssl verify none sni req.hdr(host),field(1,:) weight 3
ssl verify none sni ssl_fc_sni
ssl verify none sni foo
ssl verify none sni str(
ssl verify none sni res.hdr(host)
ssl verify none sni res.payload(0,1)
sni src
sni foo
ssl verify none alpn
ssl verify none alpn http/1.1
ssl verify none alpn ,
ssl verify none check-alpn
ssl verify none check-sni
ssl verify none check check-sni a
check check-ssl
check check-ssl verify none
check no-check-ssl
ssl check port 80 verify none
ssl check addr 127.0.0.2 check-ssl verify none
ssl verify none ciphers
ssl verify none ciphers FOO
ssl verify none ciphers HIGH:!aNULL
ciphers FOO
ssl verify none ciphersuites
ssl verify none ciphersuites FOO
ssl verify none ciphersuites ${suites}
ssl verify none ssl-min-ver
ssl verify none ssl-min-ver FOO
ssl verify none ssl-min-ver TLSv1.2
ssl verify none ssl-min-ver SSLv3
ssl verify none ssl-max-ver SSLv3
ssl verify none ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.2
ssl-min-ver TLSv1.3 ssl-max-ver TLSv1.2
ssl verify none no-sslv3 no-tlsv10
ssl verify none no-tlsv12
ssl verify none no-tlsv12 no-tlsv11
check-ssl verify none no-tlsv12
no-tlsv12
ssl verify none no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13
ssl verify none no-sslv3 ssl-min-ver TLSv1.1
ssl verify none force-tlsv12
ssl verify none force-tlsv12 no-tlsv12
ssl verify none force-tlsv10 force-tlsv12
ssl verify none force-sslv3
ssl verify none force-tlsv12 ssl-min-ver TLSv1.3
ssl verify none no-ssl-reuse ssl-reuse no-tls-tickets tls-tickets
ssl verify none send-proxy-v2-ssl-cn proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority
proxy-v2-options ssl,foo
npn
ssl verify none redir http://a observe layer7 check
ssl verify none track b/none
npn h2
allow-0rtt`;

const unnumbered: readonly Omit<Row, "number">[] = [
  ...options
    .trim()
    .split("\n")
    .map((line) => ({ options: line })),
  ...[
    "ssl",
    "ssl verify none",
    "ca-file /d/none",
    "sni foo",
    "ssl verify none ciphers FOO",
    "check-ssl",
    "ssl verify none crt /d/none",
  ].flatMap((line) => ["", "no-ssl", "verify none"].map((own) => ({ options: own, before: `default-server ${line}` }))),
  ...["ssl", "ssl verify required"].map((line) => ({ options: line, global: "ssl-server-verify none" })),
  { options: "", global: "ssl-server-verify optional" },
  { options: "", global: "ssl-server-verify" },
  ...["FOO", "HIGH", "HIGH LOW", ""].flatMap((list) =>
    ["ssl verify none", ""].map((line) => ({ options: line, global: `ssl-default-server-ciphers ${list}` })),
  ),
  { options: "ssl verify none ciphers HIGH", global: "ssl-default-server-ciphers FOO" },
  { options: "ssl verify none", global: "ssl-default-server-ciphersuites FOO" },
  ...["no-tlsv12", "force-tlsv12 no-tlsv13", "ssl-min-ver TLSv1.3", "force-sslv3", "no-tls-tickets", ""].flatMap(
    (words) =>
      ["ssl verify none", "ssl verify none ssl-max-ver TLSv1.2", ""].map((line) => ({
        options: line,
        global: `ssl-default-server-options ${words}`,
      })),
  ),
  ...["tls-tickets", "no-ssl-reuse", "strict-sni", "ssl-min-ver", "ssl-max-ver FOO"].map((words) => ({
    options: "ssl verify none",
    global: `ssl-default-server-options ${words}`,
  })),
  { options: "ssl ca-file ca.pem", global: "ca-base /d/." },
  { options: "ssl ca-file none.pem", global: "ca-base /d/." },
  { options: "ssl ca-file /d/ca.pem", global: "ca-base /none" },
  { options: "ssl verify none crt client.pem", global: "crt-base /d/." },
  { options: "ssl verify none crt none.pem", global: "crt-base /d/." },
  { options: "ssl verify none crt /d/beside.crt", global: "ssl-load-extra-files none" },
  ...["sni", "alpn", "sni a", "alpn http/1.1", "default", "sni a alpn http/1.1 default"].flatMap((words) =>
    ["tcp-check", "http-check"].map((family) => ({
      options: "verify none check",
      before: `option ${family === "tcp-check" ? family : "httpchk"}\n ${family} connect ssl ${words}`,
    })),
  ),
  { options: "check", before: "option tcp-check\n tcp-check connect ssl" },
  { options: "", before: "tcp-check connect ssl" },
  { options: "ssl verify none alpn h2", mode: "tcp" },
  { options: "ssl verify none sni req.ssl_sni", mode: "tcp" },
  { options: "ssl verify none sni req.hdr(host)", mode: "tcp" },
];

const rows: readonly Row[] = unnumbered.map((row, number) => ({ ...row, number }));

/** A configuration with a backend for each of the rows, which have the lines for all servers in common. */
function textOf(some: readonly Row[]): string {
  const backends = some.map(
    ({ options: own, before = "", mode = "http", number }) =>
      `backend b${number}\n mode ${mode}\n ${before}\n server s 127.0.0.1:443 ${own}\n`,
  );
  const text = `global
 log 127.0.0.1:514 local0
 ${some[0]?.global ?? ""}
defaults
 mode http
 timeout client 5s
 timeout server 5s
 timeout connect 5s
frontend f
 bind 127.0.0.1:18999
${backends.join("")}`;
  return text.replaceAll("/d/", `${folder}/`);
}

const path = join(folder, "case.cfg");

/** Messages without where they stand, by the number of the backend that they are about; "" of no one. */
function byBackend(text: string, messages: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const lines = text.split("\n");
  const found = new Map<string, string[]>();
  let last = "";
  for (const message of messages) {
    const line = /case\.cfg:(\d+)\]/.exec(message)?.[1];
    const header = line === undefined ? undefined : lines.slice(0, Number(line)).findLast((one) => /^[a-z]/.test(one));
    const about = header ?? /\bbackend 'b\d+'/.exec(message)?.[0];
    if (about !== undefined) last = /\bb(\d+)\b/.exec(about)?.[1] ?? "";
    const plain = message.replaceAll(/\bb\d+(?=['/])/g, "b").replaceAll(/(?<=case\.cfg):\d+/g, "");
    found.set(last, [...(found.get(last) ?? []), plain]);
  }
  return found;
}

/** HAProxy's alerts and warnings. */
function oracle(text: string): ReadonlyMap<string, readonly string[]> {
  writeFileSync(path, text);
  const { stderr } = spawnSync("haproxy", ["-c", "-f", path], { encoding: "utf8" });
  const messages = stderr
    .split("\n")
    .flatMap((line) => /^\[(ALERT|WARNING)\]\s+\(\d+\) : config : (.*)$/.exec(line)?.slice(1).join(" ") ?? [])
    .filter((line) => !/ Error\(s\) found| Fatal errors found/.test(line));
  return byBackend(text, messages);
}

/** Ours. */
function own(text: string): ReadonlyMap<string, readonly string[]> {
  const diagnostics = new Diagnostics();
  const context = machineContext(new Map(), { readFile: readNamedFile, find: findNamed }, "vm");
  const sections = readConfiguration([{ name: path, text }], context.environment, diagnostics);
  plan(sections, diagnostics, context);
  const messages = diagnostics.all
    .filter(({ level }) => level === "alert" || level === "warning")
    .map(({ level, text: said }) => `${level.toUpperCase()} ${said}`);
  return byBackend(text, messages);
}

const isAlert = (message: string): boolean => message.startsWith("ALERT");

/** What HAProxy says of each row of a group. It looks at what lines mean together once each can be read by itself. */
function saidThere(group: readonly Row[]): (readonly [string, readonly string[]])[] {
  const first = oracle(textOf(group));
  const ofAll = first.get("") ?? [];
  if (ofAll.some(isAlert)) return group.map((row) => [nameOf(row), ofAll] as const);
  const wrong = (row: Row): boolean => first.get(`${row.number}`)?.some(isAlert) === true;
  const second = oracle(textOf(group.filter((row) => !wrong(row))));
  return group.map((row) => [nameOf(row), (wrong(row) ? first : second).get(`${row.number}`) ?? []] as const);
}

function saidHere(row: Row): readonly [string, readonly string[]] {
  const said = own(textOf([row]));
  return [nameOf(row), said.get("") ?? said.get(`${row.number}`) ?? []];
}

const nameOf = ({ global = "", before = "", options: words }: Row): string => `${global} | ${before} | ${words}`;

const hasOracle = (spawnSync("haproxy", ["-v"], { encoding: "utf8" }).stdout ?? "").includes(" 2.6.");

test.skipIf(!hasOracle)(`${rows.length} lines`, () => {
  const groups = Map.groupBy(rows, ({ global }) => global);
  const there = Array.from(groups.values(), saidThere).flat();
  const here = Array.from(groups.values(), (group) => group.map(saidHere)).flat();
  expect(here).toEqual(there);
  // Both verdicts are among them.
  const refused = there.filter(([, messages]) => messages.some(isAlert));
  expect(refused.length).toBeGreaterThan(30);
  expect(there.length - refused.length).toBeGreaterThan(30);
});
