/** What forwarders read: one file for HAProxy and fairlead, nginx's own. */
import { largeSections } from "./large-file.ts";

/** Where a forwarder listens and where it leads, each HOST:PORT, and what it shows where it speaks TLS with clients. */
export interface Ends {
  readonly listen: string;
  readonly server: string;
  /** A file with a key and a certificate of it. */
  readonly certificate: string;
}

/**
 * What it is started for: to forward, sessions that begin with SSH, with the configuration of many rules, HTTP with a log line for each request, either with TLS
 * ended, with many backends and a second address, with checks, or with a large file.
 */
export type Use = "plain" | "ssh" | "rules" | "http" | "tls" | "https" | Many | Checks | Large;

/** Whether requests come, and not sessions of bytes. */
export function isOfHttp(use: Use): boolean {
  return use === "http" || use === "https";
}

/** Whether clients speak TLS. */
export function isOfTls(use: Use): boolean {
  return use === "tls" || use === "https";
}

/** Backends of one server beside the one in use; `also`: the port of a second address, null for none. */
export interface Many {
  readonly backends: number;
  readonly also: number | null;
}

/** Servers that are checked ten times a second each. */
export interface Checks {
  readonly checked: number;
}

/** So many names with an ACL, a route and a backend each; `names`: the port where they are served. */
export interface Large {
  readonly large: number;
  readonly names: number;
}

/** How the language's programs differ. */
export interface Variant {
  /** Lines of `global`. */
  readonly global?: readonly string[];
  /** Lines of the section that forwards. */
  readonly listen?: readonly string[];
}

/** One file for HAProxy and fairlead. */
export function configuration({ listen, server, certificate }: Ends, use: Use, variant: Variant): string {
  // HAProxy reserves descriptors for checked servers, too.
  const maxconn = typeof use === "object" && "large" in use ? 1000 : 6000;
  const bind = isOfTls(use) ? `bind ${listen} ssl crt ${certificate}` : `bind ${listen}`;
  const lines = [bind, `maxconn ${maxconn}`, ...(variant.listen ?? [])];
  let more = "";
  if (use === "rules") lines.push(...manyRules(server));
  else lines.push(`server s ${server}`);
  if (isOfHttp(use)) lines.push("mode http", `log ${server} local0`, "option httplog", ...httpTimeouts);
  if (typeof use === "object" && "also" in use) {
    if (use.also !== null) lines.unshift(`bind 127.0.0.1:${use.also}`);
    more = backends(use.backends);
  } else if (typeof use === "object" && "checked" in use) more = checkedServers(use.checked, server);
  else if (typeof use === "object") more = largeSections(use.large, `127.0.0.1:${use.names}`);
  const global = [`maxconn ${maxconn}`, ...(variant.global ?? [])];
  return `global
${global.map((line) => `    ${line}\n`).join("")}defaults
    mode tcp
    timeout connect 5s
    timeout client 5m
    timeout server 5m
listen bench
${lines.map((line) => `    ${line}\n`).join("")}${more}`;
}

const httpTimeouts = ["timeout http-request 10s", "timeout http-keep-alive 5m"];

function backends(count: number): string {
  const ports = Array.from({ length: count }, (_, at) => 20_000 + (at % 10_000));
  return ports.map((port, at) => `backend b${at}\n    server s 127.0.0.1:${port}\n`).join("");
}

function checkedServers(count: number, server: string): string {
  const lines = Array.from({ length: count }, (_, at) => `    server c${at} ${server} check inter 100ms\n`);
  return `backend checked\n${lines.join("")}`;
}

/** What a careful administrator's file asks of every connection: ten ACLs, a stick table, leastconn over twenty servers. */
function manyRules(server: string): string[] {
  const blocked = ["10.0.0.0/8", "172.16.0.0/12", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"];
  return [
    "balance leastconn",
    "stick-table type ip size 100k expire 5m store conn_cur,conn_rate(10s),bytes_out_rate(1m)",
    ...blocked.map((network, at) => `acl blocked_${at} src ${network}`),
    "acl office src 127.0.0.0/8",
    "acl to_us dst 127.0.0.1",
    "acl low_port src_port lt 1024",
    "acl hammering sc0_conn_rate gt 10000000",
    "acl crowded sc0_conn_cur gt 100000",
    "tcp-request connection track-sc0 src",
    ...blocked.map((_, at) => `tcp-request connection reject if blocked_${at} !office`),
    "tcp-request connection reject if hammering or crowded or low_port",
    "tcp-request content reject unless to_us",
    ...Array.from({ length: 20 }, (_, at) => `server s${at} ${server}`),
  ];
}

/** nginx's file; `stream`: the line that loads its stream module, `name`: of files that are its own. */
export function nginxConfiguration({ listen, server }: Ends, stream: string, name: string): string {
  // In a user namespace nobody else's identity can be taken.
  const user = process.getuid?.() === 0 ? "user root;\n" : "";
  return `${stream}${user}daemon off;
pid ${name}.pid;
error_log stderr crit;
worker_processes auto;
worker_rlimit_nofile 20000;
events { worker_connections 12000; }
stream {
    server {
        listen ${listen} backlog=4096;
        proxy_pass ${server};
        proxy_connect_timeout 5s;
        proxy_timeout 5m;
        tcp_nodelay on;
    }
}
`;
}
