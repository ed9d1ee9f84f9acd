/** The running process: proxy, logs, health endpoint and command sockets, wired to one another. Knows no signals. */
import { hostname } from "node:os";
import { readPlan } from "../cli/configuration.ts";
import type { Operator } from "../cli/operator.ts";
import type { Options } from "../cli/options.ts";
import { releaseDate, toolVersion, version } from "../cli/version.ts";
import type { ConfigurationFile } from "../config/files.ts";
import { addedKeyComplaint, addedValueComplaint } from "../config/patterns.ts";
import { hasListener } from "../config/resolve.ts";
import type { AdminSources } from "../ops/admin-commands.ts";
import { accessLog } from "../ops/access-log.ts";
import { bindFailureText } from "../ops/bind-failure.ts";
import {
  defaultHealthAddress,
  type HealthEndpoint,
  isBoundBy,
  openHealthEndpoint,
  parseHealthAddress,
} from "../ops/health-endpoint.ts";
import type { InfoSource } from "../ops/info.ts";
import { addressText } from "../ops/stats-rows.ts";
import { stateDump } from "../ops/state-dump.ts";
import { readServerStates, type SavedServerStates } from "../ops/state-file.ts";
import { openSyslog, type Syslog } from "../ops/syslog.ts";
import type { EventListener } from "../events.ts";
import type { GlobalPlan, LogTarget, Plan } from "../plan.ts";
import { descriptorLimit } from "../proxy/descriptors.ts";
import { DnsResolver } from "../proxy/dns-resolver.ts";
import { type Failure, Proxy } from "../proxy/proxy.ts";
import { compileLogFormat } from "../rules/log-format.ts";
import { openCommandSockets } from "./command-sockets.ts";
import { type Runtime, wantsSplice } from "./runtime.ts";

/** One running process. */
export interface Service {
  readonly proxy: Proxy;
  readonly syslog: Syslog;
  /** Runs the plan; what is wrong in words for the operator, or null. Nothing has changed when something is. */
  apply(plan: Plan): Promise<readonly string[] | null>;
  /** Reads the files again and runs what they say; false, with everything told, when the old one goes on. */
  reload(): Promise<boolean>;
  /** Opens the health endpoint, which may step aside, and the command sockets. What is wrong with the latter, in words. */
  openEndpoints(): Promise<readonly string[]>;
  /** SIGTERM and SIGINT: ends every session at once. Their lines are logged, nothing else. */
  hardStop(): void;
  /** SIGHUP: writes the state of every proxy and server to its log. */
  dumpStates(): void;
  /** Closes what is not the proxy's and waits until the logs are out. */
  close(): Promise<void>;
}

/** What a service is made from. `given`: files read before; null: the options' files, read again at each reload. */
export interface ServiceOptions {
  readonly options: Options;
  readonly given: readonly ConfigurationFile[] | null;
  readonly runtime: Runtime;
  readonly operator: Operator;
  /** Whether HAProxy's messages also go to stderr while it runs. */
  readonly isForeground: boolean;
}

/** Wires a service; nothing is bound yet. */
export function openService(parts: ServiceOptions): Service {
  const { runtime, operator, options } = parts;
  const syslog = openSyslog({
    pid: process.pid,
    tag: "haproxy",
    hostname: null,
    sendUnix: runtime.sendUnix,
    complain: (text) => operator.alert(text),
  });
  const plan = (): Plan | null => proxy.plan;
  let isDying = false;
  const tell = accessLog({
    syslog,
    compile: (format) => compileLogFormat(format, proxy.tables),
    globalTargets: () => plan()?.global.logs ?? [],
    tagOf: (name) => tagOf(plan(), name),
    console: parts.isForeground ? (level, text) => operator[level](text) : null,
  });
  // A process that is told to end at once says no more of its proxies, as HAProxy; what sessions it cuts is still logged.
  const log: EventListener = (event) => (isDying && event.type === "proxy" ? undefined : tell(event));
  const resolvers = openResolvers();
  let saved: SavedServerStates = new Map();
  const proxy = new Proxy(runtime.transport, log, {
    threads: runtime.threads,
    resolver: resolvers.get,
    resolvers: resolvers.all,
    lastAddress: (backend, server) => saved.get(`${backend}/${server}`)?.host ?? null,
  });
  const info = infoSource(proxy, syslog);
  let health: HealthEndpoint | null = null;
  const reloads = { done: 0, failed: 0 };
  const admin: AdminSources = adminSources(proxy, info, operator, () => sockets.list());
  const master = { reload: () => self.reload(), reloads: () => reloads };
  const sockets = openCommandSockets(admin, master, runtime.adopt);

  /** Reads the files again and runs them; false when anything was wrong, which has been told. */
  async function load(): Promise<boolean> {
    const { plan: next } = await readPlan(options, parts.given, operator);
    if (next === null) return false;
    if (!hasListener(next)) {
      operator.alert("No enabled listener found (check for 'bind' directives) !");
      return false;
    }
    // The endpoint leaves an address that the configuration now wants for itself.
    if (health !== null && isBoundBy(next, health.address)) {
      health.close();
      health = null;
    }
    const wrong = await self.apply(next);
    for (const text of [...(wrong ?? []), ...(wrong === null ? await sockets.follow(next) : [])]) operator.alert(text);
    return wrong === null;
  }

  const self: Service = {
    proxy,
    syslog,
    async apply(next) {
      const isFirst = proxy.plan === null;
      if (isFirst) saved = readServerStates(next);
      resolvers.prepare(next);
      const failures = await proxy.apply(next);
      resolvers.settle(failures.length === 0);
      if (failures.length > 0) return failures.map(failureText);
      // A reload keeps what it has; only a new process asks the file.
      if (isFirst) proxy.restore(saved.values());
      saved = new Map();
      syslog.configure(next.global.logTag ?? "haproxy", logHostname(next.global));
      return null;
    },
    async reload() {
      const isRunning = await load();
      if (isRunning) reloads.done++;
      else reloads.failed++;
      if (isRunning) operator.notice("Loading success.");
      if (isRunning && runtime.splice === "not wanted" && proxy.plan !== null && wantsSplice(proxy.plan))
        operator.notice("splicing begins when the process is started anew; until then bytes are copied");
      else operator.warning("Loading failed, the former configuration goes on.");
      return isRunning;
    },
    async openEndpoints() {
      const current = admin.plan();
      health = await openHealth(options, info, operator, admin.plan);
      return [...(await sockets.follow(current)), ...(await sockets.openMaster(options.masterSockets))];
    },
    hardStop() {
      isDying = true;
      proxy.hardStop();
    },
    dumpStates() {
      operator.warning("SIGHUP received, dumping servers states.");
      for (const { proxy: name, text, isHeadline } of stateDump(proxy)) {
        const targets = logsOf(plan(), name);
        syslog.write(targets, { level: 5, tag: tagOf(plan(), name), text, structured: null });
        if (!isHeadline && parts.isForeground) operator.warning(text);
      }
    },
    async close() {
      health?.close();
      sockets.close();
      await syslog.flush(1000);
      syslog.close();
    },
  };
  return self;
}

/** A proxy's own `log-tag`. */
function tagOf(plan: Plan | null, name: string): string | null {
  const isNamed = (one: { readonly name: string }): boolean => one.name === name;
  return plan?.frontends.find(isNamed)?.logTag ?? plan?.backends.find(isNamed)?.logTag ?? null;
}

/** A proxy's own `log` targets. */
function logsOf(plan: Plan | null, name: string): readonly LogTarget[] {
  const isNamed = (one: { readonly name: string }): boolean => one.name === name;
  return plan?.frontends.find(isNamed)?.logs ?? plan?.backends.find(isNamed)?.logs ?? [];
}

function logHostname(global: GlobalPlan): string | null {
  return global.logSendHostname === "" ? hostname() : global.logSendHostname;
}

/** What `show info` and the pages need, for as long as the process runs. */
function infoSource(proxy: Proxy, syslog: Syslog): InfoSource {
  return {
    face: proxy,
    version: toolVersion,
    releaseDate,
    get node() {
      return proxy.plan?.global.node ?? hostname();
    },
    get description() {
      return proxy.plan?.global.description ?? null;
    },
    descriptors: descriptorLimit() ?? Infinity,
    get droppedLogs() {
      return syslog.dropped;
    },
  };
}

function adminSources(
  proxy: Proxy,
  info: InfoSource,
  operator: Operator,
  sockets: AdminSources["sockets"],
): AdminSources {
  return {
    info,
    plan() {
      if (proxy.plan === null) throw new Error("no plan runs yet");
      return proxy.plan;
    },
    tables: proxy.tables,
    patterns: {
      all: () => proxy.tables.patterns.all(),
      wrongKey: addedKeyComplaint,
      wrongValue: addedValueComplaint,
    },
    startupLogs: () => operator.said,
    sockets,
    variable(name) {
      const value = proxy.state.variables.values.get(name);
      return value === undefined ? null : `type=${value.type} value=<${String(value.value)}>`;
    },
    environment: () => process.env,
  };
}

/** The `resolvers` sections at work. A reload starts new ones and ends the old ones once nobody follows them. */
function openResolvers(): {
  prepare(plan: Plan): void;
  settle(isRunning: boolean): void;
  readonly get: (name: string) => DnsResolver | null;
  readonly all: () => Iterable<DnsResolver>;
} {
  let running = new Map<string, DnsResolver>();
  let prepared: Map<string, DnsResolver> | null = null;
  return {
    prepare(plan) {
      prepared = new Map(
        plan.resolvers.map((one) => {
          const known = running.get(one.name);
          const isSame = known !== undefined && JSON.stringify(known.plan) === JSON.stringify(one);
          return [one.name, isSame ? known : new DnsResolver(one)];
        }),
      );
    },
    settle(isRunning) {
      const [kept, dropped] = isRunning ? [prepared ?? running, running] : [running, prepared ?? running];
      for (const [name, one] of dropped) if (kept.get(name) !== one) one.stop();
      running = kept;
      prepared = null;
    },
    get: (name) => (prepared ?? running).get(name) ?? null,
    all: () => running.values(),
  };
}

/** HAProxy's words for an address that cannot be bound, or a server's name that does not resolve. */
function failureText(failure: Failure): string {
  if (failure.kind === "name") {
    const { position, name, text } = failure.server;
    return `config : [${position.file}:${position.line}] : 'server ${failure.backend}/${name}' : could not resolve address '${text}'.`;
  }
  const { address, position } = failure.bind;
  return bindFailureText({
    position,
    proxy: `frontend ${failure.frontend}`,
    address: address.kind === "fd" ? `fd@${address.fd}` : addressText(address),
    port: address.kind === "tcp" ? address.port : null,
    code: failure.error.code,
    message: failure.error.message,
  });
}

async function openHealth(
  options: Options,
  info: InfoSource,
  operator: Operator,
  planOf: () => Plan,
): Promise<HealthEndpoint | null> {
  const text = options.health ?? process.env["FAIRLEAD_HEALTH"] ?? defaultHealthAddress;
  const address = parseHealthAddress(text);
  if (address === "off") return null;
  if (address === null) {
    operator.warning(`'${text}' is not an address for the health endpoint; it stays closed`);
    return null;
  }
  if (isBoundBy(planOf(), address)) {
    operator.notice(`health endpoint: the configuration binds ${text} itself; it stays closed (see --health)`);
    return null;
  }
  const hasSocketStats = (name: string): boolean =>
    planOf().frontends.some((one) => one.name === name && one.socketStats);
  const opened = await openHealthEndpoint(address, {
    info,
    ownVersion: version,
    hasSocketStats,
  });
  if ("failed" in opened) {
    operator.notice(`health endpoint: ${text} cannot be bound (${opened.failed}); it stays closed (see --health)`);
    return null;
  }
  return opened;
}
