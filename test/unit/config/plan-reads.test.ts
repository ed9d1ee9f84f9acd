/** A word that is taken does what it says: each row that works changes the Plan, and what it changes is read where it runs. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { keywords } from "../../../src/config/keywords/language.ts";
import type { Keyword } from "../../../src/config/row/row.ts";
import { readText } from "../../cases/case.ts";
import { authority, client, revocations } from "./pem-files.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const sources = join(import.meta.dirname, "../../../src");

/** Lines that a row needs beside its own to mean anything, and the words after it. Without an entry some usual word will do. */
const samples: Readonly<Record<string, string>> = {
  "proxy persist": "rdp-cookie(a)",
  "proxy ssh-hostkey": "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
  "server ssh-hostkey": "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
  "global dns-accept-family": "ipv4",
  "global unix-bind": "prefix /p\n stats socket /tmp/b",
  "global server-state-file": "/tmp/states",
  "global server-state-base": "/tmp/states",
  "global set-var": "proc.x int(1)",
  "global set-var-fmt": "proc.x %ci",
  "proxy server-template": "t 2 127.0.0.1:5",
  "proxy default_backend": "b2",
  "proxy balance": "leastconn",
  "proxy hash-type": "consistent",
  "proxy hash-balance-factor": "150",
  "proxy use_backend": "b2",
  "proxy stick-table": "type ip size 20",
  "proxy stick": "on src table b",
  "proxy option pgsql-check": "user u",
  "server track": "b2/s2",
  "server agent-port": "77",
  "server agent-addr": "127.0.0.9",
  "server agent-inter": "3s",
  "server agent-send": "hello",
  "server resolvers": "r",
  "server set-proxy-v2-tlv-fmt": "(0xE1) %ci send-proxy-v2",
  "server observe": "layer4",
  "server on-marked-down": "shutdown-sessions",
  "server on-marked-up": "shutdown-backup-sessions",
  "server usesrc": "source 0.0.0.0 usesrc client",
  "resolvers nameserver": "m 127.0.0.2:53",
  "resolvers accepted_payload_size": "1024",
  "resolvers hold": "nx 3s",
  "resolvers timeout": "retry 3s",
  "ring format": "iso",
  "ring maxlen": "100",
  "ring size": "20000",
  "ring timeout": "connect 3s",
  "ring server": "t 127.0.0.1:7 log-proto octet-count",
  "bind level": "admin",
  "bind severity-output": "number",
  "proxy load-server-state-from-file": "local",
  "proxy server-state-file-name": "/tmp/state",
  "proxy tcp-check connect": "port 5",
  "proxy tcp-check expect": "string x",
  "proxy tcp-check send": "x",
  "proxy tcp-check send-lf": "%ci",
  "proxy tcp-check send-binary": "00",
  "proxy tcp-check send-binary-lf": "00",
  "proxy tcp-check set-var": "(check.x) int(1)",
  "proxy tcp-check set-var-fmt": "(check.x) y",
  "proxy tcp-check unset-var": "(check.x)",
  "proxy tcp-check comment": "words\n tcp-check send x",
  "proxy http-check connect": "port 5",
  "proxy http-check expect": "status 204",
  "proxy http-check send": "uri /x",
  "proxy http-check set-var": "(check.x) int(1)",
  "proxy http-check set-var-fmt": "(check.x) y",
  "proxy http-check unset-var": "(check.x)",
  "proxy http-check comment": "words\n http-check send uri /x",
  "proxy external-check command": "/bin/true",
  "proxy ssh-check expect": "ident x",
  "proxy ssh-check slow": "3s",
  "proxy external-check path": "/bin",
  "proxy default-server": "weight 7",
  "proxy http-request": "deny",
  "proxy http-response": "deny",
  "proxy http-after-response": "set-header a b",
  "proxy redirect": "location /x",
  "proxy capture": "request header x len 5",
  "proxy declare capture": "request len 5",
  "proxy errorfile": "500 /page",
  "proxy errorloc": "500 /x",
  "proxy errorloc302": "500 /x",
  "proxy errorloc303": "500 /x",
  "proxy errorfiles": "e",
  "proxy http-error": "status 404",
  "proxy monitor-uri": "/x",
  "proxy monitor": "fail if TRUE",
  "proxy stats": "enable",
  "proxy cookie": "A insert",
  "proxy compression": "algo gzip",
  "proxy option http-restrict-req-hdr-names": "reject",
  "global h1-case-adjust": "a A",
  "global tune.zlib.windowsize": "12",
  "global h1-case-adjust-file": "/names",
  "global ssl-default-server-ciphers": "HIGH",
  "global ssl-default-server-curves": "X25519",
  "global ssl-default-server-sigalgs": "ECDSA+SHA256",
  "global ssl-default-server-options": "no-tls-tickets",
  "global ssl-server-verify": "none",
  "server verify": "required",
  "server ca-file": "/ca",
  "server crl-file": "/crl",
  "server crt": "/pem",
  "server sni": "str(a)",
  "server ciphers": "HIGH",
  "server curves": "X25519",
  "server sigalgs": "ECDSA+SHA256",
  "server ssl-min-ver": "TLSv1.3",
  "server ssl-max-ver": "TLSv1.2",
  "global ssl-default-bind-ciphers": "HIGH",
  "global ssl-default-bind-curves": "X25519",
  "global ssl-default-bind-sigalgs": "ECDSA+SHA256",
  "global ssl-default-bind-options": "no-tls-tickets",
  "global ca-base": "/files",
  "global crt-base": "/files",
  "global issuers-chain-path": "/issuers",
  "bind ssl": "crt /pem",
  "bind crt": "/pem",
  "bind default-crt": "/pem",
  "bind crt-list": "/list",
  "bind ca-file": "/ca",
  "bind ca-verify-file": "/ca",
  "bind crl-file": "/crl",
  "bind verify": "none",
  "bind ciphers": "HIGH",
  "bind curves": "X25519",
  "bind ecdhe": "X25519",
  "bind sigalgs": "ECDSA+SHA256",
  "bind ssl-min-ver": "TLSv1.3",
  "bind ssl-max-ver": "TLSv1.2",
  "bind tls-ticket-keys": "/keys",
  "http-errors errorfile": "503 /page",
  "userlist group": "g users a",
};

/** Files that lines name. */
const files = {
  "/page": "HTTP/1.0 500 X\r\n\r\n",
  "/names": "a A\n",
  "/ca": authority,
  "/crl": revocations,
  "/pem": client,
  "/list": "/pem\n",
  "/keys": `${Buffer.alloc(48).toString("base64")}\n`.repeat(3),
};

/** Lines before the row's own, without which it has nothing to act on. */
const before: Readonly<Record<string, string>> = {
  "proxy hash-balance-factor": "hash-type consistent",
  "proxy clitcpka-cnt": "option clitcpka",
  "proxy clitcpka-idle": "option clitcpka",
  "proxy clitcpka-intvl": "option clitcpka",
  "proxy srvtcpka-cnt": "option srvtcpka",
  "proxy srvtcpka-idle": "option srvtcpka",
  "proxy srvtcpka-intvl": "option srvtcpka",
  "proxy server-state-file-name": "load-server-state-from-file local",
  "proxy enabled": "disabled",
  "global server-state-base": "server-state-file s",
  "proxy tcp-check comment": "tcp-check connect",
  "proxy http-check comment": "http-check connect",
  "proxy http-check disable-on-404": "option httpchk",
  "proxy external-check command": "option external-check",
  "proxy ssh-check expect": "option ssh-check",
  "proxy ssh-check slow": "option ssh-check",
  "proxy external-check path": "option external-check\n external-check command /bin/true",
  "proxy option http-keep-alive": "option httpclose",
  "proxy option external-check": "external-check command /bin/true",
};

/** Options of servers that act where TLS is spoken. */
const withTls = `no-ssl no-check-ssl ca-file crl-file crt verifyhost sni check-sni alpn check-alpn ciphers curves sigalgs ssl-min-ver ssl-max-ver
  no-tlsv12 no-tlsv13 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 no-ssl-reuse no-tls-tickets`;

/** The same of listeners. */
const boundTls = `crt default-crt crt-list alpn ca-file ca-verify-file crl-file ciphers curves ecdhe sigalgs ssl-min-ver ssl-max-ver
  crt-ignore-err ca-ignore-err strict-sni prefer-client-ciphers no-tls-tickets tls-ticket-keys no-tlsv12 no-tlsv13 force-tlsv10 force-tlsv11
  force-tlsv12 force-tlsv13`;

const wordsBefore: Readonly<Record<string, string>> = {
  ...Object.fromEntries(boundTls.split(/\s+/).map((name) => [`bind ${name}`, "ssl crt /pem"])),
  "bind verify": "ssl crt /pem ca-file /ca verify required",
  "bind no-strict-sni": "ssl crt /pem strict-sni",
  "bind tls-tickets": "ssl crt /pem no-tls-tickets",
  "bind no-alpn": "ssl crt /pem alpn x",
  ...Object.fromEntries(withTls.split(/\s+/).map((name) => [`server ${name}`, "ssl verify none"])),
  "server ssl": "verify none",
  "server check-ssl": "verify none",
  "server verify": "ssl ca-file /ca verify none",
  "server no-tlsv10": "ssl verify none no-tlsv12 no-tlsv13",
  "server no-tlsv11": "ssl verify none no-tlsv12 no-tlsv13",
  "server ssl-reuse": "ssl verify none no-ssl-reuse",
  "server tls-tickets": "ssl verify none no-tls-tickets",
  "server no-backup": "backup",
  "server enabled": "disabled",
  "server stick": "non-stick",
  "server no-tfo": "tfo",
  "server no-send-proxy": "send-proxy",
  "server no-send-proxy-v2": "send-proxy-v2",
  "server no-send-proxy-v2-ssl": "send-proxy-v2-ssl",
  "server no-send-proxy-v2-ssl-cn": "send-proxy-v2-ssl-cn",
  "server no-check-send-proxy": "check-send-proxy",
  "server agent-check": "agent-port 77",
  "server no-agent-check": "agent-port 77 agent-check",
  "server agent-port": "agent-check agent-port 76",
  "server agent-addr": "agent-check agent-port 77",
  "server agent-inter": "agent-check agent-port 77",
  "server agent-send": "agent-check agent-port 77",
};

/** What works while the file is read, and leaves no mark of its own. */
const readOnly: Readonly<Record<string, string>> = {
  "global insecure-fork-wanted": "allows a line",
  "global external-check": "allows a line",
  "global expose-experimental-directives": "allows lines",
  "global default-path": "where files are looked for",
  "global tune.stick-counters": "which counters lines may name",
  "global setenv": "variables of the lines that follow",
  "global presetenv": "variables of the lines that follow",
  "global resetenv": "variables of the lines that follow",
  "global unsetenv": "variables of the lines that follow",
  "proxy filter compression": "the one filter that there is",
  "proxy mode": "sections here have theirs",
  "bind proto": "the one version that is spoken",
  "server proto": "the one version that is spoken",
  "server check-proto": "the one version that is spoken",
  "server ws": "the one version that is spoken",
  "server ciphersuites": "those of the engine are what is spoken",
  "global ssl-default-server-ciphersuites": "those of the engine are what is spoken",
  "bind ciphersuites": "those of the engine are what is spoken",
  "bind force-sslv3": "nothing is left where TLS is spoken",
  ...Object.fromEntries(["sslv3", "tlsv10", "tlsv11"].map((name) => [`bind no-${name}`, "listeners begin after it"])),
  "global ssl-default-bind-ciphersuites": "those of the engine are what is spoken",
  "global ca-base": "where files are looked for",
  "global crt-base": "where files are looked for",
  "global issuers-chain-path": "chains of certificates that come without",
  "global ssl-load-extra-files": "which files are looked for",
  "global ssl-load-extra-del-ext": "how files are called",
  "server no-sslv3": "TLS begins after it",
  "server force-sslv3": "nothing is left where TLS is spoken",
  "proxy acl": "named by the rules that use it",
  "resolvers parse-resolv-conf": "this machine has no name servers in the test",
};

/** What means something to a row of any kind; each is tried until the Plan changes. */
const usual = [
  "",
  "7",
  "7s",
  "1s",
  "on",
  "off",
  "x",
  "root",
  "0",
  "1",
  "127.0.0.9",
  "127.0.0.9:7",
  "/tmp/x",
  "udp 127.0.0.1",
  "accept",
  "reject",
  "x y",
  "127.0.0.1 local0",
  "int(7)",
  "if TRUE",
  "s if TRUE",
  "src",
  "on if TRUE",
  "2 x",
  "50%",
];

/** A configuration with one line, or one option, more. */
function textWith({ scope, where, mode }: Keyword, name: string, line: string): string {
  const half = ["L", "F", "B", "D"].find((letter) => where.includes(letter)) ?? "";
  const isCheck = name.startsWith("proxy tcp-check ") || name.startsWith("proxy http-check ");
  const option = isCheck ? ` option ${name.startsWith("proxy tcp") ? "tcp-check" : "httpchk"}\n` : "";
  const first = before[name] === undefined ? option : `${option} ${before[name]}\n`;
  const lineIn = (which: string): string => (which === half || which === scope ? `${first} ${line}\n` : "");
  const optionOf = (which: string): string => (which === scope ? ` ${line}` : "");
  return `global
 stats socket /tmp/a${name === "bind level" || name === "bind severity-output" ? optionOf("bind") : ""}
 external-check
 insecure-fork-wanted
 log ring@g local0
${lineIn("global")}userlist u
 user a insecure-password b
${lineIn("userlist")}http-errors e
 errorfile 500 /page
${lineIn("http-errors")}defaults
 mode ${mode ?? "tcp"}
 timeout client 9s
 timeout server 9s
 timeout connect 9s
${lineIn("D")}resolvers r
 nameserver n 127.0.0.1:53
${lineIn("resolvers")}ring g
 server s 127.0.0.1:9
${lineIn("ring")}frontend f
 bind 127.0.0.1:1${name === "bind level" || name === "bind severity-output" ? "" : optionOf("bind")}
${lineIn("F")}backend b
 stick-table type ip size 10 store gpc0
${lineIn("B")} server s 127.0.0.1:1 ${name === "server track" ? "" : name === "server check" ? "" : "check"}${optionOf("server")}
backend b2
 load-server-state-from-file global
 server s2 127.0.0.1:1 check
 server s3 host.invalid:1 check
 server s4 127.0.0.1:1 ssl ca-file /ca
listen l
 bind :2
 bind :3 ssl crt /pem
${name === "http-errors errorfile" ? " mode http\n errorfiles e\n" : ""}${lineIn("L")} server s 127.0.0.1:1
`;
}

type Plain = { readonly [key: string]: unknown };

function planOf(text: string): Plain | null {
  return readText(text, files).plan as Plain | null;
}

/** The names of the innermost fields that differ. */
function changed(one: unknown, other: unknown, name: string, into: Set<string>): void {
  if (Object.is(one, other)) return;
  const [left, right] = [one, other] as [Plain, Plain];
  const isDeep = [one, other].every((value) => typeof value === "object" && value !== null);
  if (!isDeep || Array.isArray(one) !== Array.isArray(other)) return void into.add(name);
  if (Array.isArray(one) && one.length !== (other as unknown[]).length) return void into.add(name);
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (key === "position" || key === "withoutEffect") continue;
    changed(left[key], right[key], Array.isArray(one) || /^\d+$/.test(key) ? name : key, into);
  }
}

/** What the row changes in the Plan, with the first words that change anything. */
function effectOf(row: Keyword): Set<string> {
  const name = `${row.scope} ${row.name}`;
  const prefix = wordsBefore[name] === undefined ? "" : `${wordsBefore[name]} `;
  const base = planOf(textWith(row, name, prefix.trim()));
  const literal = /^[a-z0-9-]+(?=\|)/.exec(row.usage)?.[0] ?? "";
  const given = samples[name];
  for (const words of given === undefined ? [literal, ...usual] : [given]) {
    const own = name === "server usesrc" ? words : `${row.name}${words.startsWith("(") ? "" : " "}${words}`;
    const plan = planOf(textWith(row, name, `${prefix}${own}`));
    const fields = new Set<string>();
    if (plan !== null) changed(base, plan, "", fields);
    if (fields.size > 0) return fields;
  }
  return new Set();
}

/** Of the language's own files, the one that commands ask while it runs. */
const asked = "config/tls/payload.ts";

const reading = filesOf(sources)
  .filter((path) => path.endsWith(asked) || !/\/(?:config|plan)\/|\/plan-/.test(path))
  .map((path) => readFileSync(path, "utf8"))
  .join("\n");

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

function fieldsOf(path: string): string[] {
  return Array.from(readFileSync(path, "utf8").matchAll(/readonly (\w+)\??:/g), (found) => found[1] as string);
}

/** Read by a name that is worked out: how an answer of a name server ended. */
const byName = new Set(["nx", "other", "refused", "timeout", "valid", "obsolete"]);

/** Whether anything that runs reads a field of this name: as a member, or taking an object apart. */
function isRead(field: string): boolean {
  return (
    byName.has(field) ||
    new RegExp(`[.]${field}\\b|\\{[^{}]*\\b${field}\\b[^{}]*\\}(?::[^=;]*)? ?(?:=|of|[,)])`).test(reading)
  );
}

const working = keywords.filter(
  (row) => row.class === "works" && !["section", "directive", "action", "sample"].includes(row.scope),
);

test("every row that works changes the Plan, in fields that something reads", () => {
  const wrong = working.flatMap((row) => {
    const name = `${row.scope} ${row.name}`;
    const fields = effectOf(row);
    if (fields.size === 0) return name in readOnly ? [] : [`${name}: nothing changes`];
    if (name in readOnly) return [`${name}: changes ${[...fields].join(", ")}, and is told not to`];
    return [...fields].filter((field) => !isRead(field)).map((field) => `${name}: nobody reads ${field}`);
  });
  expect(wrong).toEqual([]);
});

test("every field of the Plan is read", () => {
  const planned = filesOf(sources).filter((path) => /\/plan\//.test(path));
  const fields = planned.flatMap(fieldsOf);
  expect(fields.length).toBeGreaterThan(150);
  expect([...new Set(fields)].filter((field) => !isRead(field))).toEqual([]);
});
