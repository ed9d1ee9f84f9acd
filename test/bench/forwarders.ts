/** Who is measured: every forwarder, how it is started, and what it reads. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startChild, type Load } from "./load.ts";

/** A forwarder that may be started any number of times. */
export interface Forwarder {
  readonly name: string;
  /** Sessions cost it a process or two threads each: it takes no part where there are thousands. */
  readonly isProcessPerSession: boolean;
  /** The command that listens on `port`, once its file is written; null for the direct way, which needs nobody. */
  command(port: number, use: Use): readonly string[] | null;
}

/** What it is started for: to forward, with the configuration of many rules, or with many backends and a second address. */
export type Use = "plain" | "rules" | Many;

/** Backends of one server beside the one in use; `also`: the port of a second address, null for none. */
export interface Many {
  readonly backends: number;
  readonly also: number | null;
}

/** A forwarder that runs. */
export interface Running {
  readonly name: string;
  readonly port: number;
  /** 0 for the direct way. */
  readonly pid: number;
  end(): Promise<void>;
}

/** The one that ratios are to. */
export const peerName = "haproxy";

/** All that can be started here, and the names of those that cannot, with what they lack. */
export function findForwarders(load: Load, folder: string): { found: Forwarder[]; missing: string[] } {
  const built = join(import.meta.dir, "../../dist/bin/fairlead");
  const fairlead = existsSync(built) ? built : null;
  const [haproxy, nginx, socat] = ["haproxy", "nginx", "socat"].map((name) =>
    Bun.which(name, { PATH: `${process.env["PATH"]}:/usr/sbin` }),
  ) as [string | null, string | null, string | null];
  const found: Forwarder[] = [{ name: "direct", isProcessPerSession: false, command: () => null }];
  const missing: string[] = [];
  const add = (
    name: string,
    program: string | null,
    command: (program: string, port: number, use: Use) => string[],
  ) => {
    const isProcessPerSession = name === "socat" || name === "C limit";
    if (program === null) missing.push(name);
    else found.push({ name, isProcessPerSession, command: (port, use) => command(program, port, use) });
  };
  const language =
    (splice: boolean, ...more: string[]) =>
    (program: string, port: number, use: Use) => {
      const file = join(folder, `${port}.cfg`);
      writeFileSync(file, configuration(port, load.serverPort, splice, use));
      return [program, "-f", file, "-db", ...more];
    };
  const stream = nginx === null ? null : nginxStream(nginx);
  const server = `127.0.0.1:${load.serverPort}`;
  add("C limit", load.limitProgram, (program, port) => [program, String(port), String(load.serverPort)]);
  add("fairlead", fairlead, language(false, "--health", "off"));
  add("fairlead splice", fairlead, language(true, "--health", "off"));
  add("haproxy", haproxy, language(false));
  add("haproxy splice", haproxy, language(true));
  add("nginx", stream === null ? null : nginx, (program, port) => {
    const file = join(folder, `${port}.conf`);
    writeFileSync(file, nginxConfiguration(port, server, folder, stream ?? ""));
    return [program, "-p", folder, "-e", "stderr", "-c", file];
  });
  add("socat", socat, (program, port) => [
    program,
    `TCP4-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork,backlog=1024,nodelay`,
    `TCP4:${server},nodelay`,
  ]);
  return { found, missing };
}

/** Starts one; it listens when this resolves. */
export async function startForwarder(forwarder: Forwarder, load: Load, use: Use = "plain"): Promise<Running> {
  const { name } = forwarder;
  const port = freePort();
  const command = forwarder.command(port, use);
  if (command === null) return { name, port: load.serverPort, pid: 0, end: async () => {} };
  const child = await startChild(command, false);
  await listening(name, port);
  return { name, port, pid: child.pid, end: () => child.end("signal") };
}

/** A port that was free a moment ago, for programs that cannot say which one the kernel gave them. */
export function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = listener;
  listener.stop();
  return port;
}

async function listening(name: string, port: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    try {
      (await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => undefined } })).terminate();
      return;
    } catch {
      await Bun.sleep(20);
    }
  }
  throw new Error(`${name} does not listen after ten seconds`);
}

/** One file for HAProxy and fairlead. */
function configuration(port: number, serverPort: number, splice: boolean, use: Use): string {
  const listen =
    use === "rules"
      ? manyRules(serverPort)
      : [`server s 127.0.0.1:${serverPort}`, ...(splice ? ["option splice-auto"] : [])];
  const many = typeof use === "string" ? { backends: 0, also: null } : use;
  return `global
    maxconn 6000
defaults
    mode tcp
    timeout connect 5s
    timeout client 5m
    timeout server 5m
listen bench
    bind 127.0.0.1:${port}
${many.also === null ? "" : `    bind 127.0.0.1:${many.also}\n`}    maxconn 6000
${listen.map((line) => `    ${line}\n`).join("")}${backends(many.backends)}`;
}

function backends(count: number): string {
  const ports = Array.from({ length: count }, (_, at) => 20_000 + (at % 10_000));
  return ports.map((port, at) => `backend b${at}\n    server s 127.0.0.1:${port}\n`).join("");
}

/** What a careful administrator's file asks of every connection: ten ACLs, a stick table, leastconn over twenty servers. */
function manyRules(serverPort: number): string[] {
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
    ...Array.from({ length: 20 }, (_, at) => `server s${at} 127.0.0.1:${serverPort}`),
  ];
}

/** The line that gives nginx its stream module: none where it is built in, null where it is missing. */
function nginxStream(program: string): string | null {
  const module = "/usr/lib/nginx/modules/ngx_stream_module.so";
  if (existsSync(module)) return `load_module ${module};\n`;
  return Bun.spawnSync([program, "-V"]).stderr.toString().includes("--with-stream ") ? "" : null;
}

function nginxConfiguration(port: number, server: string, folder: string, stream: string): string {
  return `${stream}daemon off;
pid ${folder}/${port}.pid;
error_log stderr crit;
worker_processes auto;
worker_rlimit_nofile 20000;
events { worker_connections 12000; }
stream {
    server {
        listen 127.0.0.1:${port} backlog=4096;
        proxy_pass ${server};
        proxy_connect_timeout 5s;
        proxy_timeout 5m;
        tcp_nodelay on;
    }
}
`;
}
