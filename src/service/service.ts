/** The running process: proxy, logs, health endpoint and command sockets, wired to one another. Knows no signals. */
import type { Terminal } from "../cli/terminal.ts";
import type { Options } from "../cli/options.ts";
import type { ConfigurationFile } from "../config/text/files.ts";
import { entranceText } from "../ssh/entrances.ts";
import { Ssh } from "../ssh/ssh.ts";
import * as hostKeyLines from "../ssh/hostkeys/saved.ts";
import * as inventoryLines from "../ssh/inventory/saved.ts";
import { version } from "../cli/version.ts";
import { hasListener } from "../config/finish/plan.ts";
import type { AdminSources } from "../ops/admin/sources.ts";
import type { ReloadOutcome } from "../ops/answers/reload-outcome.ts";
import { accessLog } from "../ops/log/access-log.ts";
import type { CommandSocketPlan } from "../ops/sockets/command-socket.ts";
import { inSlices } from "../ops/answers/slices.ts";
import { stateDump } from "../ops/stats/state-dump.ts";
import type { ServiceState } from "./service-manager.ts";
import { openSyslog, type Syslog } from "../ops/log/syslog.ts";
import type { EventListener } from "../events.ts";
import type { GlobalPlan } from "../plan/global.ts";
import { planChanges } from "../plan/changes.ts";
import type { Plan } from "../plan/plan.ts";
import type { SavedServerState } from "../proxy/public.ts";
import { type Failure, Proxy } from "../proxy/proxy.ts";
import type { Proxies } from "../proxy/running.ts";
import { compileLogFormat } from "../rules/format/log-format.ts";
import { httpServing } from "../http/serving.ts";
import { type Loaded, type LoadVoice, receive } from "./loading/load.ts";
import { ownKeptFiles } from "./kept/kept-files.ts";
import { inSteps, type Keepable, KeptFile } from "./kept/kept-file.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { OwnHealthEndpoint } from "./own-health-endpoint.ts";
import { ReloadRecord } from "./reload-record.ts";
import { startOnlyText } from "./start-only.ts";
import { type Loader, loadInThread } from "./loading/thread-loader.ts";
import { CommandSockets } from "./command-sockets.ts";
import { failureText, stoppingText } from "./failure-text.ts";
import { logNames, logsOf, tagOf } from "./log-origin.ts";
import { pageResponder } from "./page-responder.ts";
import { adminSources, infoSource } from "./service-sources.ts";
import type { Runtime } from "./runtime/runtime.ts";

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
  /** Has somebody else see to a reload that a command asks for; left out: it is begun here. */
  readonly askReload?: () => Promise<ReloadOutcome>;
  /** Hears when a reload begins and when it is over. */
  readonly tellState?: (state: ServiceState) => void;
}

/** One running process. */
export class Service {
  readonly proxy: Proxy;
  readonly syslog: Syslog;
  readonly #parts: ServiceOptions;
  readonly #log: EventListener;
  readonly #ssh = new Ssh(`fairlead_${version}`);
  readonly #reportFile: KeptFile;
  readonly #hostKeysFile: KeptFile;
  readonly #admin: AdminSources;
  readonly #sockets: CommandSockets;
  readonly #health: OwnHealthEndpoint;
  readonly #reloads = { done: 0, failed: 0 };
  /** What a state file says of servers, while a plan is applied. */
  #saved: ReadonlyMap<string, SavedServerState> = new Map();
  /** Some of it holds until the process ends. */
  #startedWith: GlobalPlan | null = null;
  #isDying = false;
  #dumping = Promise.resolve();

  /** Nothing is bound yet. */
  constructor(parts: ServiceOptions) {
    const { runtime, terminal, options } = parts;
    this.#parts = parts;
    const { inventory, hostKeys } = this.#ssh;
    const keep = (keyword: string, kept: Keepable): KeptFile =>
      new KeptFile({ keyword, kept, files: runtime.keptFiles ?? ownKeptFiles, warn: (text) => terminal.warning(text) });
    this.#reportFile = keep("ssh-report-file", {
      get changes() {
        return inventory.changes;
      },
      lines: () => inventoryLines.savedLines(inventory),
      takeIn: (text) => inventoryLines.takeIn(inventory, text),
    });
    this.#hostKeysFile = keep("ssh-hostkeys-file", {
      get changes() {
        return hostKeys.known.changes;
      },
      lines: () => hostKeyLines.savedLines(hostKeys.known),
      takeIn: (text) => hostKeyLines.restore(hostKeys.known, text),
    });
    const plan = (): Plan | null => this.proxy.plan;
    this.syslog = openSyslog({
      pid: process.pid,
      names: logNames(plan),
      sendUnix: runtime.sendUnix,
      openUdp: runtime.openUdp ?? null,
      complain: (text) => terminal.alert(text),
    });
    this.#log = this.#openLog();
    this.proxy = new Proxy(runtime.transport, this.#log, {
      http: (sessions, global) =>
        httpServing(
          sessions,
          global,
          pageResponder(() => metrics),
        ),
      threads: runtime.threads,
      tls: runtime.openTls,
      ssh: this.#ssh,
      verify: runtime.verify,
      lastAddress: (backend, server) => this.#saved.get(`${backend}/${server}`)?.host ?? null,
    });
    const info = infoSource(this.proxy, this.#ssh, this.syslog, runtime);
    const reloads = (): { readonly done: number; readonly failed: number } => this.#reloads;
    const reload = (why: string): Promise<ReloadOutcome> => this.#reloadAsked(why);
    this.#admin = adminSources(this.proxy, info, terminal, { list: () => this.#sockets.list(), reload });
    this.#sockets = new CommandSockets(this.#admin, { reload, reloads }, runtime);
    const metrics = { info, tables: () => this.proxy.tables.all(), reloads };
    this.#health = new OwnHealthEndpoint({ options, terminal, metrics, plan, findHolder: runtime.portHolder });
  }

  #openLog(): EventListener {
    const { terminal, isForeground } = this.#parts;
    const tell = accessLog({
      syslog: this.syslog,
      compile: (format) => compileLogFormat(format, this.proxy.tables),
      globalTargets: () => this.proxy.plan?.global.logs ?? [],
      tagOf: (name) => tagOf(this.proxy.running, name),
      console: isForeground ? (level, text) => terminal[level](text) : null,
    });
    // A process that is told to end at once says no more of its proxies, as HAProxy; what sessions it cuts is still logged.
    return (event) => (this.#isDying && event.type === "proxy" ? undefined : tell(event));
  }

  /** Where the health endpoint listens, as HOST:PORT; null where there is none. */
  get health(): string | null {
    return this.#health.address;
  }

  /** Once it serves: tells whoever started it where SSH clients come in, as far as that is known; in the background the log. */
  tellEntrance(): void {
    const { isForeground, terminal } = this.#parts;
    const text = this.proxy.plan === null ? null : entranceText(this.proxy.plan);
    if (text === null) return;
    if (isForeground) terminal.notice(text);
    else this.#log({ type: "notice", level: "notice", text });
  }

  /** Runs the plan; what is wrong in words for the operator, or null. Nothing has changed when something is. */
  async apply(loaded: Loaded): Promise<readonly string[] | null> {
    return this.#inWords(await this.#applyPlan(loaded));
  }

  async #applyPlan({ plan, states }: Loaded): Promise<readonly Failure[]> {
    const { proxy } = this;
    // Servers that are there keep what they have; those that are new get what a state file says, as in a new process.
    this.#saved = new Map(
      states.filter(unknownServers(proxy.running)).map((one) => [`${one.backend}/${one.server}`, one]),
    );
    try {
      const failures = await proxy.apply(plan);
      if (failures.length > 0) return failures;
      this.#startedWith ??= plan.global;
      proxy.restore(this.#saved.values());
      this.syslog.complainAnew();
      const { reportFile, hostKeysFile } = plan.global.ssh;
      await Promise.all([this.#reportFile.use(reportFile), this.#hostKeysFile.use(hostKeysFile)]);
      // What servers had before is known now.
      await inSteps(this.#ssh.hostKeys.watch(proxy.running));
      return [];
    } finally {
      this.#saved = new Map();
    }
  }

  #inWords(failures: readonly Failure[]): readonly string[] | null {
    return failures.length > 0 ? failures.map((one) => failureText(one, this.#parts.runtime.portHolder)) : null;
  }

  #reloadAsked(why: string): Promise<ReloadOutcome> {
    const { terminal, askReload = this.reload } = this.#parts;
    terminal.notice(`Reload asked for ${why}.`);
    return askReload();
  }

  /**
   * Loads again and runs what came of it, with everything told; or the old one goes on. One at a time: whoever asks
   * meanwhile gets what the next one brings.
   */
  readonly reload = oneAtATime(async (): Promise<ReloadOutcome> => {
    const { terminal, tellState } = this.#parts;
    const { state, plan: before } = this.proxy;
    const record = new ReloadRecord(terminal);
    if (state.stopping) {
      record.notice(`Reload refused : ${stoppingText}.`);
      return { succeeded: false, text: record.text };
    }
    tellState?.("RELOADING=1");
    const wrong = await this.#attempt(record);
    this.#reloads[wrong === null ? "done" : "failed"]++;
    for (const text of wrong ?? []) record.alert(text);
    if (wrong !== null) terminal.warning("Loading failed, the former configuration goes on.");
    else terminal.notice("Loading success.");
    if (wrong === null) {
      this.#noticeWhatWaits(record);
      await this.#noteChanges(before, record);
    }
    if (!state.stopping) tellState?.("READY=1");
    return { succeeded: wrong === null, text: record.text };
  });

  async #noteChanges(before: Plan | null, record: ReloadRecord): Promise<void> {
    const { plan } = this.proxy;
    if (before !== null && plan !== null) await inSlices(planChanges(before, plan), record.change);
  }

  /** A reload, whatever comes of it; what is wrong, in words. */
  async #attempt(voice: LoadVoice): Promise<readonly string[] | null> {
    try {
      return await this.#loadAndApply(voice);
    } catch (error) {
      return [`internal error, please report it: ${error instanceof Error ? error.stack : String(error)}`];
    }
  }

  /** Loads and runs what came of it; what is wrong, in words. An empty list: it has been said already. */
  async #loadAndApply(voice: LoadVoice): Promise<readonly string[] | null> {
    const loaded = await this.#load(voice);
    if (loaded === null) return [];
    if (!hasListener(loaded.plan)) return ["No enabled listener found (check for 'bind' directives) !"];
    const endpoints = await this.#sockets.prepare(loaded.plan);
    let runs = false;
    try {
      const wrong = endpoints.wrong.length > 0 ? endpoints.wrong : await this.#applyBesideHealth(loaded);
      if (wrong !== null) return wrong;
      runs = true;
    } finally {
      if (!runs) endpoints.discard();
    }
    for (const text of endpoints.keep()) voice.alert(text);
    await this.#health.openBeside(loaded.plan);
    return null;
  }

  async #load(voice: LoadVoice): Promise<Loaded | null> {
    const { loader = loadInThread, options, given } = this.#parts;
    try {
      return await receive(loader({ options, given, environment: { ...process.env } }), voice);
    } catch (error) {
      voice.alert(`Loading broke off : ${error instanceof Error ? error.message : String(error)}.`);
      return null;
    }
  }

  /** The health endpoint leaves an address that the plan wants for itself, but only to a plan that runs. */
  async #applyBesideHealth(loaded: Loaded): Promise<readonly string[] | null> {
    const failures = await this.#applyPlan(loaded);
    if (!this.#health.isInTheWay(failures)) return this.#inWords(failures);
    this.#health.stepAside();
    const wrong = await this.apply(loaded);
    await this.#health.open();
    return wrong;
  }

  /** Says what of the plan only a new process would do. */
  #noticeWhatWaits(voice: LoadVoice): void {
    const { runtime } = this.#parts;
    const { plan } = this.proxy;
    if (plan === null) return;
    if (runtime.splice === "not wanted" && plan.global.splice)
      voice.notice("splicing begins when the process is started anew; until then bytes are copied");
    const text = this.#startedWith === null ? null : startOnlyText(this.#startedWith, plan.global);
    if (text !== null) voice.notice(text);
  }

  /** Opens the health endpoint, which may step aside unless its address was asked for, and the command sockets. What is wrong, in words. */
  async openEndpoints(): Promise<readonly string[]> {
    const current = this.#admin.plan();
    const wrong = await this.#health.start();
    const opened = await this.#sockets.prepare(current);
    const masters = this.#parts.options.masterSockets;
    return [...wrong, ...opened.wrong, ...opened.keep(), ...(await this.#sockets.openMaster(masters))];
  }

  /** Answers commands that the master socket's process passes on; see CommandSockets. */
  openForwarded(level: CommandSocketPlan["level"], fd: number): Promise<void> {
    return this.#sockets.openForwarded(level, fd);
  }

  /** SIGTERM and SIGINT: ends every session at once. Their lines are logged, nothing else. */
  hardStop(): void {
    this.#isDying = true;
    this.proxy.hardStop();
  }

  /** This process has given up its rights, and no other keeps them. */
  async rightsGone({ global }: Plan): Promise<void> {
    await Promise.all([this.#reportFile.rightsGone(global), this.#hostKeysFile.rightsGone(global)]);
  }

  /** Told to end at once. */
  get isDying(): boolean {
    return this.#isDying;
  }

  /** SIGHUP: writes the state of every proxy and server to its log. */
  dumpStates(): void {
    const { terminal } = this.#parts;
    terminal.warning("SIGHUP received, dumping servers states.");
    // One after the other, whatever came of the one before.
    this.#dumping = this.#dumping
      .then(() => this.#dump())
      .catch((error: unknown) => terminal.alert(`dumping servers states: ${String(error)}`));
  }

  #dump(): Promise<void> {
    const { terminal, isForeground } = this.#parts;
    const { running, operator } = this.proxy;
    return inSlices(stateDump(operator), ({ proxy: name, text, isHeadline }) => {
      const line = { level: 5, tag: tagOf(running, name), text, structured: null };
      this.syslog.write(logsOf(running, name), line);
      if (!isHeadline && isForeground) terminal.warning(text);
    });
  }

  /** Closes what is not the proxy's and waits until the logs are out. */
  async close(): Promise<void> {
    this.#health.close();
    this.#sockets.close();
    await Promise.all([this.#reportFile.close(), this.#hostKeysFile.close()]);
    await this.syslog.flush(1000);
    this.syslog.close();
  }
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
