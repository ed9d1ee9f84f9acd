/** The running process: proxy, logs, health endpoint and command sockets, wired to one another. Knows no signals. */
import { hostname } from "node:os";
import type { Terminal } from "../cli/terminal.ts";
import type { Options } from "../cli/options.ts";
import { releaseDate, toolVersion } from "../cli/version.ts";
import type { ConfigurationFile } from "../config/text/files.ts";
import { addedKeyComplaint, addedValueComplaint } from "../config/expressions/patterns.ts";
import { hasListener } from "../config/finish/plan.ts";
import type { AdminSources } from "../ops/admin/sources.ts";
import { accessLog } from "../ops/log/access-log.ts";
import type { CommandSocketPlan } from "../ops/sockets/command-socket.ts";
import { bindFailureText } from "./bind-failure.ts";
import type { InfoSource } from "../ops/stats/info.ts";
import { addressText } from "../ops/stats/rows.ts";
import { inSlices } from "../ops/answers/slices.ts";
import { stateDump } from "../ops/stats/state-dump.ts";
import type { ServiceState } from "./service-manager.ts";
import { type LogNames, openSyslog, type Syslog } from "../ops/log/syslog.ts";
import type { EventListener } from "../events.ts";
import type { GlobalPlan } from "../plan/global.ts";
import type { LogTarget } from "../plan/log.ts";
import type { Plan } from "../plan/plan.ts";
import { descriptorLimit } from "../proxy/process/descriptors.ts";
import type { SavedServerState } from "../proxy/public.ts";
import { type Failure, Proxy } from "../proxy/proxy.ts";
import type { Proxies } from "../proxy/running.ts";
import { compileLogFormat } from "../rules/format/log-format.ts";
import { type Loaded, receive } from "./loading/load.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { OwnHealthEndpoint } from "./own-health-endpoint.ts";
import { startOnlyText } from "./start-only.ts";
import { type Loader, loadInThread } from "./loading/thread-loader.ts";
import { openCommandSockets } from "./command-sockets.ts";
import type { Runtime } from "./runtime/runtime.ts";

/** One running process. */
export interface Service {
  readonly proxy: Proxy;
  readonly syslog: Syslog;
  /** Where the health endpoint listens, as HOST:PORT; null where there is none. */
  readonly health: string | null;
  /** Runs the plan; what is wrong in words for the operator, or null. Nothing has changed when something is. */
  apply(loaded: Loaded): Promise<readonly string[] | null>;
  /**
   * Loads again and runs what came of it; false, with everything told, when the old one goes on. One at a time: whoever
   * asks meanwhile gets what the next one brings.
   */
  reload(): Promise<boolean>;
  /** Opens the health endpoint, which may step aside unless its address was asked for, and the command sockets. What is wrong, in words. */
  openEndpoints(): Promise<readonly string[]>;
  /** Answers commands that the master socket's process passes on; see CommandSockets. */
  openForwarded(level: CommandSocketPlan["level"], fd: number): Promise<void>;
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
  readonly terminal: Terminal;
  /** Whether HAProxy's messages also go to stderr while it runs. */
  readonly isForeground: boolean;
  /** Where a reload loads; left out: in a thread. */
  readonly loader?: Loader;
  /** Hears when a reload begins and when it is over. */
  readonly tellState?: (state: ServiceState) => void;
}

/** Wires a service; nothing is bound yet. */
export function openService(parts: ServiceOptions): Service {
  const { runtime, terminal, options } = parts;
  const plan = (): Plan | null => proxy.plan;
  const syslog = openSyslog({
    pid: process.pid,
    names: logNames(plan),
    sendUnix: runtime.sendUnix,
    complain: (text) => terminal.alert(text),
  });
  let isDying = false;
  const tell = accessLog({
    syslog,
    compile: (format) => compileLogFormat(format, proxy.tables),
    globalTargets: () => plan()?.global.logs ?? [],
    tagOf: (name) => tagOf(proxy.running, name),
    console: parts.isForeground ? (level, text) => terminal[level](text) : null,
  });
  // A process that is told to end at once says no more of its proxies, as HAProxy; what sessions it cuts is still logged.
  const log: EventListener = (event) => (isDying && event.type === "proxy" ? undefined : tell(event));
  let saved: ReadonlyMap<string, SavedServerState> = new Map();
  const proxy = new Proxy(runtime.transport, log, {
    threads: runtime.threads,
    lastAddress: (backend, server) => saved.get(`${backend}/${server}`)?.host ?? null,
  });
  const info = infoSource(proxy, syslog, runtime);
  /** Some of it holds until the process ends. */
  let startedWith: GlobalPlan | null = null;
  const inWords = (failure: Failure): string => failureText(failure, runtime.portHolder);
  const reloads = { done: 0, failed: 0 };
  let dumping = Promise.resolve();
  const admin: AdminSources = adminSources(proxy, info, terminal, () => sockets.list());
  const master = { reload: () => self.reload(), reloads: () => reloads };
  const sockets = openCommandSockets(admin, master, runtime);
  const metrics = { info, tables: () => proxy.tables.all(), reloads: () => reloads };
  const health = new OwnHealthEndpoint({ options, terminal, metrics, plan, findHolder: runtime.portHolder });

  /** Loads and runs what came of it; what is wrong, in words. An empty list: it has been said already. */
  async function reload(): Promise<readonly string[] | null> {
    const loaded = await loadAgain();
    if (loaded === null) return [];
    if (!hasListener(loaded.plan)) return ["No enabled listener found (check for 'bind' directives) !"];
    const endpoints = await sockets.prepare(loaded.plan);
    let runs = false;
    try {
      const wrong = endpoints.wrong.length > 0 ? endpoints.wrong : await applyBesideHealth(loaded);
      if (wrong !== null) return wrong;
      runs = true;
    } finally {
      if (!runs) endpoints.discard();
    }
    for (const text of endpoints.keep()) terminal.alert(text);
    await health.openBeside(loaded.plan);
    return null;
  }

  async function loadAgain(): Promise<Loaded | null> {
    const { loader = loadInThread, given } = parts;
    try {
      return await receive(loader({ options, given, environment: { ...process.env } }), terminal);
    } catch (error) {
      terminal.alert(`Loading broke off : ${error instanceof Error ? error.message : String(error)}.`);
      return null;
    }
  }

  /** The health endpoint leaves an address that the plan wants for itself, but only to a plan that runs. */
  async function applyBesideHealth(loaded: Loaded): Promise<readonly string[] | null> {
    const failures = await applyPlan(loaded);
    if (!health.isInTheWay(failures)) return failures.length > 0 ? failures.map(inWords) : null;
    health.stepAside();
    const wrong = await self.apply(loaded);
    await health.open();
    return wrong;
  }

  async function applyPlan({ plan: next, states }: Loaded): Promise<readonly Failure[]> {
    // Servers that are there keep what they have; those that are new get what a state file says, as in a new process.
    saved = new Map(states.filter(unknownServers(proxy.running)).map((one) => [`${one.backend}/${one.server}`, one]));
    try {
      const failures = await proxy.apply(next);
      if (failures.length > 0) return failures;
      startedWith ??= next.global;
      proxy.restore(saved.values());
      syslog.complainAnew();
      return [];
    } finally {
      saved = new Map();
    }
  }

  /** Says what of the plan only a new process would do. */
  function noticeWhatWaits(): void {
    if (proxy.plan === null) return;
    if (runtime.splice === "not wanted" && proxy.plan.global.splice)
      terminal.notice("splicing begins when the process is started anew; until then bytes are copied");
    const text = startedWith === null ? null : startOnlyText(startedWith, proxy.plan.global);
    if (text !== null) terminal.notice(text);
  }

  /** A reload, whatever comes of it; what is wrong, in words. */
  async function attempt(): Promise<readonly string[] | null> {
    try {
      return await reload();
    } catch (error) {
      return [`internal error, please report it: ${error instanceof Error ? error.stack : String(error)}`];
    }
  }

  const self: Service = {
    proxy,
    syslog,
    get health() {
      return health.address;
    },
    async apply(loaded) {
      const failures = await applyPlan(loaded);
      return failures.length > 0 ? failures.map(inWords) : null;
    },
    reload: oneAtATime(async () => {
      if (proxy.state.stopping) {
        terminal.notice(`Reload refused : ${stoppingText}.`);
        return false;
      }
      parts.tellState?.("RELOADING=1");
      const wrong = await attempt();
      if (wrong === null) reloads.done++;
      else reloads.failed++;
      for (const text of wrong ?? []) terminal.alert(text);
      if (wrong !== null) terminal.warning("Loading failed, the former configuration goes on.");
      else terminal.notice("Loading success.");
      if (wrong === null) noticeWhatWaits();
      if (!proxy.state.stopping) parts.tellState?.("READY=1");
      return wrong === null;
    }),
    async openEndpoints() {
      const current = admin.plan();
      const wrong = await health.start();
      const opened = await sockets.prepare(current);
      return [...wrong, ...opened.wrong, ...opened.keep(), ...(await sockets.openMaster(options.masterSockets))];
    },
    openForwarded: (level, fd) => sockets.openForwarded(level, fd),
    hardStop() {
      isDying = true;
      proxy.hardStop();
    },
    dumpStates() {
      terminal.warning("SIGHUP received, dumping servers states.");
      const dump = (): Promise<void> =>
        inSlices(stateDump(proxy.operator), ({ proxy: name, text, isHeadline }) => {
          const targets = logsOf(proxy.running, name);
          syslog.write(targets, { level: 5, tag: tagOf(proxy.running, name), text, structured: null });
          if (!isHeadline && parts.isForeground) terminal.warning(text);
        });
      // One after the other, whatever came of the one before.
      dumping = dumping
        .then(dump)
        .catch((error: unknown) => terminal.alert(`dumping servers states: ${String(error)}`));
    },
    async close() {
      health.close();
      sockets.close();
      await syslog.flush(1000);
      syslog.close();
    },
  };
  return self;
}

/** A proxy's own `log-tag`. */
function tagOf({ frontends, backends }: Proxies, name: string): string | null {
  return frontends.get(name)?.plan.logTag ?? backends.get(name)?.plan.logTag ?? null;
}

/** A proxy's own `log` targets. */
function logsOf({ frontends, backends }: Proxies, name: string): readonly LogTarget[] {
  return frontends.get(name)?.plan.logs ?? backends.get(name)?.plan.logs ?? [];
}

/** Tells states of servers that are not at work yet from others. */
function unknownServers({ backends }: Proxies): (state: SavedServerState) => boolean {
  const known = new Map<string, ReadonlySet<string>>();
  return ({ backend, server }) => {
    let names = known.get(backend);
    if (names === undefined) {
      names = new Set(backends.get(backend)?.servers.map((one) => one.name));
      known.set(backend, names);
    }
    return !names.has(server);
  };
}

/** What lines of the log say they come from, by the plan that runs. The machine is asked for its name once a plan. */
function logNames(planOf: () => Plan | null): () => LogNames {
  let of: Plan | null = null;
  let names: LogNames = { tag: "haproxy", hostname: null };
  return () => {
    const plan = planOf();
    if (plan === null || plan === of) return names;
    of = plan;
    const { logTag, logSendHostname } = plan.global;
    names = { tag: logTag ?? "haproxy", hostname: logSendHostname === "" ? hostname() : logSendHostname };
    return names;
  };
}

/** What `show info` and the pages need, for as long as the process runs. */
function infoSource(proxy: Proxy, syslog: Syslog, { heapBytes }: Runtime): InfoSource {
  return {
    proxy: proxy.operator,
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
    heapBytes,
    fault: (error, where) => proxy.state.faults.note(error, where),
  };
}

function adminSources(
  proxy: Proxy,
  info: InfoSource,
  terminal: Terminal,
  sockets: AdminSources["sockets"],
): AdminSources {
  return {
    info,
    plan() {
      if (proxy.plan === null) throw new Error("no plan runs yet");
      return proxy.plan;
    },
    get tables() {
      return proxy.tables;
    },
    patterns: {
      all: () => proxy.tables.patterns.all(),
      wrongKey: addedKeyComplaint,
      wrongValue: addedValueComplaint,
    },
    startupLogs: () => terminal.said,
    sockets,
    variable(name) {
      const value = proxy.state.variables.values.get(name);
      return value === undefined ? null : `type=${value.type} value=<${String(value.value)}>`;
    },
    environment: () => process.env,
  };
}

const stoppingText = "the process is stopping";

/** HAProxy's words for an address that cannot be bound, or a server's name that does not resolve. */
function failureText(failure: Failure, findHolder: Runtime["portHolder"]): string {
  if (failure.kind === "stopping") return `Reload abandoned : ${stoppingText}.`;
  if (failure.kind === "limits") {
    const { descriptors, wanted, maxconn } = failure.limits;
    return `FD limit (${descriptors}) too low for maxconn=${wanted}: it allows ${maxconn}, and 'strict-limits' is set. Please raise 'ulimit-n'.`;
  }
  if (failure.kind === "name") {
    const { position, name, text } = failure.server;
    return `config : [${position.file}:${position.line}] : 'server ${failure.backend}/${name}' : could not resolve address '${text}'.`;
  }
  const { address, position } = failure.bind;
  const bind = {
    position,
    proxy: `frontend ${failure.frontend}`,
    address: address.kind === "fd" ? `fd@${address.fd}` : addressText(address),
    port: address.kind === "tcp" ? address.port : null,
    code: failure.error.code,
    message: failure.error.message,
  };
  return bindFailureText(bind, findHolder);
}
