/** The one entry: from the command line to an exit code. Wires the rooms; holds the only signal handlers and the only exit. */
import { constants } from "node:os";
import { basename } from "node:path";
import { getHeapStatistics } from "node:v8";
import { takeCommandLine, type Intent } from "./cli/commands.ts";
import { checkConfiguration, readPlan } from "./service/loading/configuration.ts";
import { programWords, runInBackground, takeBackgroundStart } from "./service/daemon.ts";
import { forwardFileName, forwardText } from "./cli/forward.ts";
import { keywordsJson, keywordsText } from "./cli/keywords.ts";
import { openOperator, type Talk } from "./cli/operator.ts";
import type { Options } from "./cli/options.ts";
import { commandLines, helpText, usageText } from "./cli/usage.ts";
import { longVersionText, toolVersion, version, versionText } from "./cli/version.ts";
import { checkCondition } from "./config/text/if-condition.ts";
import type { ConfigurationFile } from "./config/text/files.ts";
import { hasListener } from "./config/finish/plan.ts";
import { deferred } from "./deferred.ts";
import { fromBytes, toBytes } from "./config/text/text-bytes.ts";
import { inheritedEnvironment } from "./config/text/environment.ts";
import { askHealthEndpoint, defaultHealthAddress, parseHealthAddress } from "./ops/health/health-endpoint.ts";
import { openLineWriter } from "./ops/log/line-writer.ts";
import type { CommandSocketLimits } from "./ops/admin/admin-socket.ts";
import type { MasterSources } from "./ops/admin/master-socket.ts";
import { type ServiceState, tellServiceManager } from "./service/service-manager.ts";
import { type Status, statusText } from "./ops/health/status-document.ts";
import { singleLine } from "./ops/log/syslog.ts";
import { Faults } from "./faults.ts";
import type { Plan } from "./plan/plan.ts";
import { openRuntime, spliceRefusal } from "./service/runtime/open-runtime.ts";
import type { Runtime } from "./service/runtime/runtime.ts";
import { openMasterSockets } from "./service/command-sockets.ts";
import { openService, type Service } from "./service/service.ts";
import type * as twoProcesses from "./service/master/master-and-worker.ts";
import { giveUpRights, leavePidfile, limitDescriptors, renice, signalOld } from "./service/start.ts";
import { type Loaded, receive } from "./service/loading/load.ts";
import type { Master } from "./service/master/master.ts";
import type { WorkerStart } from "./service/master/master-protocol.ts";
import { costOfOneProcess, givesUpRights } from "./service/privileges.ts";
import { nameProcess, takeWorkerStart } from "./service/master/worker-start.ts";
import { askForNames } from "./system-names.ts";

// On Node and Deno the name is the program file's.
const names = [process.argv0, process.execPath, process.argv[1] ?? ""].map((path) => basename(path, ".mjs"));
const started = names.includes("haproxy") ? "haproxy" : "fairlead";
const background = takeBackgroundStart(process.env);
const out = openLineWriter(1, () => {});
const stderr = openLineWriter(2, () => {});
const about = { name: started, version: started === "haproxy" ? toolVersion : version, path: process.execPath };
const isForeground = background === null;
/** Where lines for stderr go: to whoever waits for the start, if anybody does. */
let say: (line: Uint8Array) => void = background?.write ?? stderr.write;
const err = { ...stderr, write: (line: Uint8Array) => say(line) };
const workerFd = takeWorkerStart(process.env);
const operator = openOperator(out, err, workerFd === null ? about : null);
const starter = { name: started, operator };

// In the bundle for Node and Deno, which is one file, the thread that loads begins here as well.
if (process.versions["bun"] === undefined && !(await import("node:worker_threads")).isMainThread)
  (await import("./service/loading/load-port.ts")).tellLoad();
else await exit(await (workerFd === null ? main(process.argv.slice(2)) : runWorker(workerFd)));

/** Leaves once what was said has been written: with a code, or by the signal that asked for it. */
async function exit(end: number | NodeJS.Signals): Promise<never> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise((resolve) => (timer = setTimeout(resolve, 2000)));
  await Promise.race([Promise.all([out.flushed(), stderr.flushed()]), limit]);
  clearTimeout(timer);
  if (typeof end === "number") process.exit(end);
  // The first process of a container cannot die by a signal of its own: it ends as a shell would tell such a death.
  if (process.pid === 1) process.exit(128 + constants.signals[end]);
  process.removeAllListeners(end);
  process.kill(process.pid, end);
  return new Promise(() => setInterval(() => {}, 1000));
}

async function main(argv: readonly string[]): Promise<number | NodeJS.Signals> {
  const intent = await takeCommandLine(argv, started, process.env);
  switch (intent.kind) {
    case "usage":
      if (intent.text === null || started === "haproxy") {
        operator.print(versionText(started));
        stderr.write(Buffer.from(usageText(started)));
        if (argv.length > 0 && started !== "haproxy" && intent.text === null)
          stderr.write(Buffer.from(`${started}: no configuration is named: -f FILE does so.\n`));
      } else stderr.write(Buffer.from(`${started}: ${singleLine(intent.text)}\n${helpHint(argv[0])}\n`));
      return 1;
    case "help":
      operator.print(intent.text ?? helpText(started));
      return 0;
    case "version":
      operator.print(`${version}\n`);
      return 0;
    case "keywords":
      operator.print(intent.json ? keywordsJson() : keywordsText());
      return 0;
    case "healthcheck":
    case "status":
      return ask(intent);
    case "run":
      return runOptions(intent.options, intent.text === null ? null : [{ name: forwardFileName, text: intent.text }]);
  }
}

function helpHint(command = ""): string {
  return commandLines.has(command)
    ? `'${started} help ${command}' shows what it takes.`
    : `'${started} --help' shows what there is.`;
}

/** `healthcheck` and `status`: asks a running process. */
async function ask(intent: Extract<Intent, { kind: "healthcheck" | "status" }>): Promise<number> {
  const text = intent.address ?? defaultHealthAddress;
  const address = parseHealthAddress(text);
  if (address === null || address === "off") return 1;
  const { code, body } = await askHealthEndpoint(address, intent.kind === "status" ? "/status" : intent.path);
  if (code === 0)
    operator.alert(
      `health endpoint ${text}: ${body}\n    is fairlead running, and is this the address of its --health?`,
    );
  else if (intent.kind === "healthcheck") operator.print(body);
  else if (code === 200) operator.print(intent.json ? body : statusText(JSON.parse(body) as Status));
  else operator.alert(`health endpoint ${text}: it answers ${code}: ${body.trim()}`);
  return code === 200 ? 0 : 1;
}

async function runOptions(
  options: Options,
  given: readonly ConfigurationFile[] | null,
): Promise<number | NodeJS.Signals> {
  if (options.version !== null) {
    operator.print(options.version === "long" ? await longVersion(options) : versionText(started));
    return 0;
  }
  if (options.condition !== null) return evaluate(options.condition);
  const folder = process.cwd();
  if (options.directory !== null) {
    try {
      process.chdir(options.directory);
    } catch {
      operator.alert(`Could not change to directory ${options.directory} : No such file or directory`);
      return 1;
    }
  }
  operator.talk = talkOf(options);
  if (options.check) return checkConfiguration(options, given, operator);
  const files = background?.files ?? given;
  // What is wrong with it has been told by the process that started this one.
  const teller = background === null ? operator : { ...operator, report: () => {} };
  const configuration = await readPlan(options, files, teller);
  const { plan } = configuration;
  if (plan === null) return 1;
  if (!hasListener(plan)) {
    operator.alert(`[${started}.main()] No enabled listener found (check for 'bind' directives) ! Exiting.`);
    return 1;
  }
  if (plan.global.daemon && background === null) {
    return runInBackground(process.argv.slice(2), folder, configuration.files, plan, (text) =>
      stderr.write(Buffer.from(text)),
    );
  }
  return serve(options, given, { plan, states: [...configuration.states.values()] });
}

function talkOf({ quiet, verbose }: Options): Talk {
  return verbose ? "verbose" : quiet ? "quiet" : "normal";
}

/** HAProxy's words for what waits for sockets, where the command line asks for more talk. */
function tellTransport({ verbose, debug }: Options, { transport }: Runtime): void {
  if (verbose || debug) operator.print(`Using ${transport.name}() as the polling mechanism.\n`);
}

async function longVersion({ noEpoll }: Options): Promise<string> {
  const runtime = await openRuntime(null, () => {}, !noEpoll);
  return longVersionText(started, runtime.description, runtime.transport.name, await spliceRefusal(runtime));
}

/** `-cc`: 0 true, 1 false, 2 neither. */
function evaluate(condition: string): number {
  const checked = checkCondition(toBytes(condition), inheritedEnvironment(process.env));
  if (checked.status === 2) operator.alert(`config : ${fromBytes(checked.message)}`);
  return checked.status;
}

/** Serves until told to end: in this process, or, where rights are given up and reloads need them, as the master of one. */
async function serve(
  options: Options,
  given: readonly ConfigurationFile[] | null,
  loaded: Loaded,
): Promise<number | NodeJS.Signals> {
  const { plan } = loaded;
  if (givesUpRights(plan.global)) {
    const two = await mayBeTwo(plan);
    if (typeof two !== "string") return serveAsMaster(options, given, loaded, two);
    operator.notice(`[${started}.main()] ${costOfOneProcess(plan.global, two)}`);
  }
  renice(plan, starter);
  const runtime = await openRuntime(plan, (level, text) => operator[level](text));
  const unlimited = limitDescriptors(plan, runtime, starter);
  if (unlimited !== null) {
    operator.alert(unlimited);
    return 1;
  }
  const notify = openNotifier(options, runtime);
  const service = openService({ options, given, runtime, operator, isForeground, tellState: notify });
  const isServing = deferred<void>();
  // From here on a signal finds its handler: one that comes while addresses are bound waits until they are.
  const reload = (): void => void service.reload();
  const ended = untilTold(service, { isMaster: plan.global.masterWorker, reload, notify }, isServing.promise);
  const refused = await bringUp(service, options, loaded, runtime);
  if (refused.length > 0) {
    for (const text of refused) operator.alert(text);
    await service.close();
    return 1;
  }
  tellTransport(options, runtime);
  operator.started();
  if (options.isForward) operator.notice(forwardText(plan, runtime.transport.name, service.health));
  isServing.resolve();
  background?.serving();
  notify("READY=1");
  const end = await ended;
  notify("STOPPING=1");
  await service.close();
  return end;
}

type TwoProcesses = typeof twoProcesses;

/** Null on Node and Deno: their bundle, in which Bun's version is defined to be undefined, has nothing of it. */
async function loadTwoProcesses(): Promise<TwoProcesses | null> {
  if (process.versions["bun"] !== undefined) return import("./service/master/master-and-worker.ts");
  return null;
}

/** What two processes need to talk to each other, or why there is to be one. */
async function mayBeTwo({ global }: Plan): Promise<TwoProcesses | string> {
  if (!global.masterWorker) return "start with -W to have a second one that keeps them";
  const two = await loadTwoProcesses();
  if (process.platform !== "linux" || two === null)
    return "a second one that keeps them needs Linux, and the fairlead binary";
  const refusal = await two.refusal();
  return refusal === null ? two : `a second one that keeps them is not possible: ${refusal}`;
}

function openNotifier({ systemd }: Options, { sendUnix }: Runtime): (state: ServiceState) => void {
  let lastTold: ServiceState | null = null;
  return (state) => {
    if (state === lastTold) return;
    lastTold = state;
    if (systemd) tellServiceManager(state, process.env["NOTIFY_SOCKET"], sendUnix);
  };
}

/** Binds everything, tells old processes, leaves the pid file and the rights. What is wrong, in lines; none when it serves. */
async function bringUp(
  service: Service,
  options: Options,
  loaded: Loaded,
  runtime: Runtime,
): Promise<readonly string[]> {
  const wrong = (await service.apply(loaded)) ?? (await service.openEndpoints());
  if (wrong.length > 0)
    return [...wrong, `[${started}.main()] Some protocols failed to start their listeners! Exiting.`];
  signalOld(options, starter);
  const refused = leavePidfile(loaded.plan) ?? giveUpRights(loaded.plan, runtime);
  return refused === null ? [] : [`[${started}.main()] ${refused}`];
}

/** Keeps the rights, and has a worker serve. */
async function serveAsMaster(
  options: Options,
  given: readonly ConfigurationFile[] | null,
  loaded: Loaded,
  two: TwoProcesses,
): Promise<number> {
  const runtime = await openRuntime();
  const notify = openNotifier(options, runtime);
  const master = await two.openMaster({
    options,
    given,
    loaded,
    operator,
    isForeground,
    name: started,
    programWords: programWords(),
    say: (text) => err.write(Buffer.from(text)),
    tellState: notify,
  });
  const isServing = deferred<void>();
  let code = 0;
  const stop = (signal: "SIGTERM" | "SIGINT" | "SIGUSR1", byIt: number) => (): void => {
    code = byIt;
    notify("STOPPING=1");
    master.stop(signal);
  };
  process.on("SIGINT", stop("SIGINT", 130));
  process.on("SIGTERM", stop("SIGTERM", 0));
  process.on("SIGUSR1", () => void isServing.promise.then(stop("SIGUSR1", 0)));
  for (const signal of ["SIGUSR2", "SIGHUP"])
    process.on(signal, () => void isServing.promise.then(() => master.reload()));
  for (const signal of ["SIGTTOU", "SIGTTIN"] as const) process.on(signal, () => master.pass(signal));
  takeOtherSignals();
  const sockets = await openMasterSockets(
    options.masterSockets,
    masterSources(master),
    () => limitsOf(master.plan),
    runtime.adopt,
  );
  const wrong = sockets.wrong.length > 0 ? sockets.wrong : (await master.start()) ? leavePidfile(loaded.plan) : [];
  const lines = typeof wrong === "string" ? [wrong] : (wrong ?? []);
  for (const text of lines) operator.alert(`[${started}.main()] ${text}`);
  if (wrong === null) {
    signalOld(options, starter);
    operator.started();
    background?.serving();
    notify("READY=1");
    isServing.resolve();
  } else if (lines.length > 0) master.stop("SIGTERM");
  const end = await master.ended;
  for (const socket of sockets.sockets) socket.close();
  if (wrong !== null) return end === 0 ? 1 : end;
  return end === 0 ? code : end;
}

function masterSources(master: Master): MasterSources {
  return {
    version: toolVersion,
    process: { pid: process.pid, startedAt: 0 },
    worker: () => master.worker,
    answerByWorker: async (command, session, payload) =>
      master.worker?.commands.ask(command, session, payload) ?? ["No worker serves now.\n\n"],
    reloads: () => master.reloads,
    reload: () => master.reload(),
  };
}

function limitsOf({ global }: Plan): CommandSocketLimits {
  return { maxconn: global.statsMaxconn, timeoutMs: global.statsTimeoutMs };
}

/** Serves without rights, as the master says. */
async function runWorker(fd: number): Promise<number | NodeJS.Signals> {
  const two = await loadTwoProcesses();
  if (two === null) return 1;
  nameProcess(started);
  const link = await two.openMasterLink(fd);
  let start: WorkerStart;
  try {
    start = await link.start;
  } catch (error) {
    operator.alert(`this worker cannot be one: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  const { options } = start;
  operator.talk = talkOf(options);
  operator.recall(start.said);
  say = (line) => link.say(Buffer.from(line).toString());
  const loaded = await receive(link.firstLoad(), operator);
  if (loaded === null) return 1;
  const { plan } = loaded;
  renice(plan, starter);
  const runtime = two.runtimeOfWorker(await openRuntime(plan, (level, text) => operator[level](text)), link);
  const unlimited = limitDescriptors(plan, runtime, starter);
  if (unlimited !== null) {
    operator.alert(unlimited);
    return 1;
  }
  const service = openService({
    options: { ...options, masterSockets: [] },
    given: null,
    runtime,
    operator,
    isForeground: start.isForeground,
    loader: () => link.loadAgain(),
  });
  const isServing = deferred<void>();
  const refuse = (): void =>
    operator.notice(
      link.isGone
        ? "Reload refused : the process that keeps the rights has gone; a restart brings it back."
        : `Reload refused : ask process ${process.ppid}, which keeps the rights.`,
    );
  const ended = untilTold(service, { isMaster: false, reload: refuse, notify: () => {} }, isServing.promise);
  // Nothing has been listened to yet: what comes from outside never meets the rights.
  const refused = giveUpRights(plan, runtime);
  askForNames(link.addressesOf);
  const wrong =
    refused === null
      ? ((await service.apply(loaded)) ?? (await service.openEndpoints()))
      : [`[${started}.main()] ${refused}`];
  if (wrong.length > 0) {
    for (const text of wrong) operator.alert(text);
    if (refused === null)
      operator.alert(`[${started}.main()] Some protocols failed to start their listeners! Exiting.`);
    await service.close();
    return 1;
  }
  const unreached = await two.openForwardedCommands(options, link, service);
  if (unreached !== null) operator.warning(unreached);
  link.onReload = () => void service.reload().then((succeeded) => link.reloaded(succeeded));
  link.onGone = () =>
    operator.warning("The process that keeps the rights has gone: this one serves on, without reloads.");
  tellTransport(options, runtime);
  operator.started();
  say = stderr.write;
  link.serving();
  isServing.resolve();
  const end = await ended;
  await service.close();
  return end;
}

/** What signals do beyond their own. */
interface SignalOptions {
  readonly isMaster: boolean;
  readonly reload: () => void;
  readonly notify: (state: ServiceState) => void;
}

/**
 * Takes signals as HAProxy does, until one of them, or the end of a soft stop, ends the process. Resolves to the exit
 * code, or in the foreground to the signal to die by.
 */
function untilTold(
  service: Service,
  { isMaster, reload, notify }: SignalOptions,
  isServing: Promise<void>,
): Promise<number | NodeJS.Signals> {
  const { proxy } = service;
  return new Promise((resolve) => {
    const softStop = (): void => {
      void proxy.drained.then(() => resolve(0));
      proxy.softStop();
      notify("STOPPING=1");
    };
    const die = (signal: NodeJS.Signals, asMaster: number): void => {
      service.hardStop();
      resolve(isMaster ? asMaster : signal);
    };
    process.on("SIGINT", () => die("SIGINT", 130));
    process.on("SIGTERM", () => die("SIGTERM", 0));
    process.on("SIGUSR1", () => void isServing.then(() => softStop()));
    process.on("SIGUSR2", () => void isServing.then(reload));
    process.on("SIGHUP", () => (isMaster ? void isServing.then(reload) : service.dumpStates()));
    process.on("SIGTTOU", () => proxy.pause());
    process.on("SIGTTIN", () => proxy.resume());
    takeOtherSignals();
  });
}

/** What every running process does, whatever it is. */
function takeOtherSignals(): void {
  process.on("SIGQUIT", () => operator.notice(`heap: ${JSON.stringify(getHeapStatistics())}`));
  process.on("SIGPIPE", () => {});
  // A fault in one session must not end the others; it is told, with where it happened.
  const faults = new Faults((text) => operator.alert(text));
  process.on("uncaughtException", (error) => faults.note(error, "that nobody caught"));
  process.on("unhandledRejection", (reason) => faults.note(reason, "that nobody waited for"));
}
