/** Random configurations, and what the next one may look like: anything added, removed, changed, renamed, reordered or disabled. */
import type { Random } from "./seed.ts";

interface Named {
  name: string;
  /** Lines, each by its kind, so that changing one replaces it. */
  readonly lines: Map<string, string>;
}

interface Proxy extends Named {
  readonly binds: string[];
  readonly servers: Named[];
}

/** A configuration that can be changed and written down. */
export interface Draft {
  readonly global: Map<string, string>;
  readonly resolvers: Named[];
  readonly frontends: Proxy[];
  readonly backends: Proxy[];
}

/** Where binds may be: `%` stands for a name or port of the test's own. */
const addresses = Array.from({ length: 6 }, (_, at) => `${at % 3 === 0 ? "abns@fl" : "127.0.0.1:"}%${at}`);

type Choices = Record<string, readonly string[]>;

const bindOptions = ["", "", " mss 1400", " backlog 7", " maxconn 9", " name n", " defer-accept", " accept-proxy"];

const globalLines: Choices = {
  maxconn: ["maxconn 200", "maxconn 100"],
  rate: ["maxconnrate 1000", "maxconnrate 2000"],
  sessrate: ["maxsessrate 1000"],
  bufsize: ["tune.bufsize 8192"],
  spread: ["spread-checks 5"],
  maxspread: ["max-spread-checks 100"],
  var: ["set-var proc.a int(1)", "set-var proc.a int(2)", "set-var proc.b str(x)"],
  description: ["description one"],
  node: ["node n1"],
  local: ["pp2-never-send-local"],
  varlimit: ["tune.vars.proc-max-size 2000"],
};

const frontLines: Choices = {
  maxconn: ["maxconn 10", "maxconn 60"],
  rate: ["rate-limit sessions 500"],
  client: ["timeout client 5s", "timeout client 6s"],
  log: ["log 127.0.0.1:9 local0", "log 127.0.0.1:9 local1"],
  tcplog: ["option tcplog"],
  penalties: ["ssh-penalties", "ssh-penalties size 1 action drop", "ssh-penalties min 1s exempt -f /list"],
  connection: [
    "tcp-request connection accept if { src 10.0.0.0/8 }",
    "tcp-request connection reject if { src 10.1.0.2 }",
  ],
  session: ["tcp-request session reject if { src 10.0.0.3 }", "tcp-request session accept"],
  list: ["tcp-request connection reject if { src -f /list }", "tcp-request session set-var(sess.m) src,map_ip(/map)"],
  nolinger: ["option nolinger"],
  independent: ["option independent-streams"],
  fin: ["timeout client-fin 1s"],
  id: ["id 77", "id 78"],
  stats: ["option socket-stats"],
  disabled: ["disabled"],
  unique: ["unique-id-format %ci"],
  description: ["description two"],
};

const backLines: Choices = {
  balance: [
    "balance roundrobin",
    "balance static-rr",
    "balance leastconn",
    "balance first",
    "balance source",
    "balance hash src",
    "balance random",
  ],
  hashtype: ["hash-type consistent", "hash-type map-based djb2"],
  server: ["timeout server 5s", "timeout server 6s"],
  connect: ["timeout connect 1s", "timeout connect 2s"],
  check: ["timeout check 1s"],
  queue: ["timeout queue 1s"],
  fullconn: ["fullconn 10", "fullconn 20"],
  startups: ["ssh-maxstartups 3", "ssh-maxstartups 2 per-source 1", "ssh-login-grace 3s"],
  retries: ["retries 1", "retries 2"],
  backups: ["option allbackups"],
  table: [
    "stick-table type ip size 10 expire 10s",
    "stick-table type ip size 20 expire 20s",
    "stick-table type ip size 10 store gpc0",
    "stick-table type string size 10",
  ],
  source: ["source 127.0.0.2"],
  checks: ["option tcp-check", "option redis-check", "option mysql-check", "option ssh-check"],
  keepalive: ["option srvtcpka"],
  dispatch: ["option redispatch"],
  id: ["id 87", "id 88"],
  disabled: ["disabled"],
  splice: ["option splice-auto"],
  tunnel: ["timeout tunnel 1h", "timeout tunnel 2h"],
  smart: ["option tcp-smart-connect"],
};

const balancing: Choices = { balance: backLines["balance"] ?? [] };

const serverLines: Choices = {
  weight: ["weight 1", "weight 2"],
  maxconn: ["maxconn 5", "maxconn 6"],
  minconn: ["minconn 2"],
  maxqueue: ["maxqueue 3"],
  startups: ["ssh-maxstartups 1", "ssh-maxstartups 4 per-source 2", "ssh-maxstartups 0"],
  check: ["check", "check inter 5s", "check inter 5s fall 5", "check port 99", "check rise 1 observe layer4"],
  agent: ["agent-check agent-port 9", "agent-check agent-port 9 agent-inter 4s"],
  backup: ["backup"],
  disabled: ["disabled"],
  slowstart: ["slowstart 5s"],
  header: ["send-proxy", "send-proxy-v2"],
  id: ["id 31", "id 32"],
  source: ["source 127.0.0.3"],
  down: ["on-marked-down shutdown-sessions"],
  nonstick: ["non-stick"],
  error: ["error-limit 5"],
  track: ["track"],
};

const resolverLines: Choices = {
  resolve: ["timeout resolve 2s", "timeout resolve 3s"],
  retries: ["resolve_retries 2"],
  hold: ["hold valid 5s", "hold valid 6s"],
  payload: ["accepted_payload_size 1024"],
};

const names = ["a", "b", "c", "d", "e"];
const probabilityOfLine = 0.25;

/** What the files that are named hold at some time. */
export function drawFiles(random: Random): Record<string, string> {
  const list = random.pick(["10.0.0.1\n", "10.1.0.0/16\n10.0.0.3\n"]);
  return { "/list": list, "/map": random.pick(["10.0.0.1 a\n", "10.0.0.1 b\n10.0.0.3 c\n"]) };
}

/** A new configuration. */
export function draw(random: Random): Draft {
  const draft: Draft = { global: new Map(), resolvers: [], frontends: [], backends: [] };
  fill(random, draft.global, globalLines);
  for (let count = random.between(0, 2); count > 0; count -= 1) add(random, draft.resolvers, newNamed(resolverLines));
  for (let count = random.between(1, 3); count > 0; count -= 1) add(random, draft.backends, newBackend);
  for (let count = random.between(1, 3); count > 0; count -= 1) add(random, draft.frontends, newFrontend);
  return draft;
}

/** Another configuration that has much in common with `former`. */
export function change(random: Random, former: Draft): Draft {
  const draft = structuredClone(former);
  for (let count = random.between(1, 8); count > 0; count -= 1) changeOnce(random, draft);
  return draft;
}

function changeOnce(random: Random, draft: Draft): void {
  switch (random.between(0, 9)) {
    case 0:
      return setLine(random, draft.global, globalLines);
    case 1:
      return changeList(random, draft.resolvers, newNamed(resolverLines), 0);
    case 2:
      if (draft.resolvers.length > 0) setLine(random, random.pick(draft.resolvers).lines, resolverLines);
      return;
    case 3:
      return changeList(random, draft.frontends, newFrontend, 1);
    case 4:
      return changeList(random, draft.backends, newBackend, 1);
    case 5:
      return setLine(random, random.pick(draft.frontends).lines, frontLines);
    case 6:
      return setLine(random, random.pick(draft.backends).lines, random.next() < 0.4 ? balancing : backLines);
    case 7:
      return changeList(random, random.pick(draft.backends).servers, newServer, 0);
    case 8: {
      const { servers } = random.pick(draft.backends);
      if (servers.length > 0) setLine(random, random.pick(servers).lines, serverLines);
      return;
    }
    default:
      return changeBinds(random, random.pick(draft.frontends).binds);
  }
}

/** Adds or removes one, or has another option at one. */
function changeBinds(random: Random, binds: string[]): void {
  const at = random.between(0, binds.length - 1);
  const what = random.between(0, 3);
  if (what === 0) binds.push(newBind(random));
  else if (what === 1 && binds.length > 1) binds.splice(at, 1);
  else binds[at] = `${(binds[at] ?? "").split(" ")[0]}${random.pick(bindOptions)}`;
}

/** Adds, removes, renames or moves one. */
function changeList<T extends Named>(random: Random, list: T[], make: (random: Random) => T, atLeast: number): void {
  const at = random.between(0, Math.max(0, list.length - 1));
  const what = random.between(0, 3);
  const [one] = list.slice(at, at + 1);
  if (what === 0 || one === undefined) add(random, list, make);
  else if (what === 1 && list.length > atLeast) list.splice(at, 1);
  else if (what === 2) list.push(...list.splice(at, 1));
  else one.name = freeName(random, list) ?? one.name;
}

function add<T extends Named>(random: Random, list: T[], make: (random: Random) => T): void {
  const name = freeName(random, list);
  if (name === null) return;
  const one = make(random);
  one.name = name;
  list.push(one);
}

function freeName(random: Random, list: readonly Named[]): string | null {
  const free = names.filter((name) => list.every((one) => one.name !== name));
  return free.length === 0 ? null : random.pick(free);
}

function newNamed(choices: Choices): (random: Random) => Named {
  return (random) => {
    const one = { name: "", lines: new Map<string, string>() };
    fill(random, one.lines, choices);
    return one;
  };
}

function newFrontend(random: Random): Proxy {
  const one = { ...newNamed(frontLines)(random), binds: [newBind(random)], servers: [] };
  if (random.next() < 0.5) one.binds.push(newBind(random));
  return one;
}

function newBackend(random: Random): Proxy {
  const one = { ...newNamed(backLines)(random), binds: [], servers: [] as Named[] };
  for (let count = random.between(0, 3); count > 0; count -= 1) add(random, one.servers, newServer);
  return one;
}

function newServer(random: Random): Named {
  const one = newNamed(serverLines)(random);
  const kind = random.next();
  one.lines.set(
    "address",
    kind < 0.7 ? `127.0.0.1:${random.between(2001, 2004)}` : kind < 0.9 ? "s.test:2005" : "/sock",
  );
  return one;
}

function newBind(random: Random): string {
  return `${random.pick(addresses)}${random.pick(bindOptions)}`;
}

function fill(random: Random, lines: Map<string, string>, choices: Choices): void {
  for (const [kind, list] of Object.entries(choices))
    if (random.next() < probabilityOfLine) lines.set(kind, random.pick(list));
}

function setLine(random: Random, lines: Map<string, string>, choices: Choices): void {
  const kind = random.pick(Object.keys(choices));
  if (lines.has(kind) && random.next() < 0.5) lines.delete(kind);
  else lines.set(kind, random.pick(choices[kind] as readonly string[]));
}

/** The file; what does not go together is left out. `addressOf` gives the address for a place of a bind. */
export function write(draft: Draft, addressOf: (text: string) => string): string {
  const text: string[] = ["global", ...draft.global.values()];
  for (const { name, lines } of draft.resolvers)
    text.push(`resolvers r${name}`, "nameserver n 127.0.0.1:9", ...lines.values());
  for (const { name, lines, servers } of draft.backends) {
    text.push(`backend ${name}`, ...lines.values());
    for (const server of servers) text.push(serverText(draft, server));
  }
  const taken = new Set<string>();
  for (const [at, { name, lines, binds }] of draft.frontends.entries()) {
    text.push(`frontend f${name}`, ...lines.values());
    const [first, second] = [draft.backends[at % draft.backends.length], draft.backends.at(-1)];
    for (const bind of binds) {
      const [place = ""] = bind.split(" ");
      if (taken.has(place)) continue;
      taken.add(place);
      text.push(`bind ${addressOf(place)}${bind.slice(place.length)}`);
    }
    if (first !== undefined) text.push(`default_backend ${first.name}`);
    if (second !== undefined) text.push(`use_backend ${second.name} if { src 10.1.0.0/16 }`);
  }
  return `${text.join("\n")}\n`;
}

function serverText(draft: Draft, { name, lines }: Named): string {
  const isSocket = lines.get("address") === "/sock";
  const words = [`server s${name}`, lines.get("address") ?? "127.0.0.1:1"];
  for (const [kind, line] of lines) {
    if (kind === "address" || (isSocket && ["agent", "check", "source"].includes(kind))) continue;
    if (kind === "minconn" && !lines.has("maxconn")) continue;
    words.push(kind === "track" ? trackText(draft, lines) : line);
  }
  if (lines.get("address") === "s.test:2005") {
    words.push("init-addr none");
    const [section] = draft.resolvers;
    if (section !== undefined) words.push(`resolvers r${section.name}`);
  }
  return words.join(" ");
}

/** Of a server without checks of its own: the first that has some. */
function trackText({ backends }: Draft, own: ReadonlyMap<string, string>): string {
  if (own.has("check") || own.has("agent")) return "";
  for (const { name, lines, servers } of backends) {
    const tracked = servers.find((one) => one.lines.has("check") && one.lines.get("address") !== "/sock");
    if (tracked !== undefined && !lines.has("disabled")) return `track ${name}/s${tracked.name}`;
  }
  return "";
}
