/** The one entry: from the command line to an exit code. Wires the rooms; holds the only signal handlers and the only exit. */
import { constants } from "node:os";
import { basename } from "node:path";
import { getHeapStatistics } from "node:v8";
import { isMainThread } from "node:worker_threads";
import { takeCommandLine, type Intent } from "./cli/commands.ts";
import { checkConfiguration, readPlan } from "./cli/configuration.ts";
import { runInBackground, takeBackgroundStart } from "./cli/daemon.ts";
import { forwardFileName } from "./cli/forward.ts";
import { keywordsJson, keywordsText } from "./cli/keywords.ts";
import { openOperator } from "./cli/operator.ts";
import type { Options } from "./cli/options.ts";
import { helpText, usageText } from "./cli/usage.ts";
import { longVersionText, toolVersion, version, versionText } from "./cli/version.ts";
import { checkCondition } from "./config/condition.ts";
import type { ConfigurationFile } from "./config/files.ts";
import { hasListener } from "./config/resolve.ts";
import { fromBytes, toBytes } from "./config/text-bytes.ts";
import { inheritedEnvironment } from "./config/variables.ts";
import { askHealthEndpoint, defaultHealthAddress, parseHealthAddress } from "./ops/health-endpoint.ts";
import { openLineWriter } from "./ops/line-writer.ts";
import { dropPrivileges, setNice, writePidfile } from "./ops/privileges.ts";
import { readServerStates } from "./ops/state-file.ts";
import { type ServiceState, tellServiceManager } from "./ops/service-manager.ts";
import { type Status, statusText } from "./ops/status.ts";
import { singleLine } from "./ops/syslog.ts";
import type { Plan } from "./plan.ts";
import { openRuntime, type Runtime, spliceRefusal } from "./main/runtime.ts";
import { openService, type Service } from "./main/service.ts";
import { tellLoad } from "./service/load-port.ts";

// On Node and Deno the name is the program file's.
const names = [process.argv0, process.execPath, process.argv[1] ?? ""].map((path) => basename(path, ".mjs"));
const started = names.includes("haproxy") ? "haproxy" : "fairlead";
const background = takeBackgroundStart(process.env);
const out = openLineWriter(1, () => {});
const stderr = openLineWriter(2, () => {});
const about = { name: started, version: started === "haproxy" ? toolVersion : version, path: process.execPath };
const operator = openOperator(out, background === null ? stderr : { ...stderr, write: background.write }, about);

// In the bundle for Node and Deno, which is one file, the thread that loads begins here as well.
if (isMainThread) await exit(await main(process.argv.slice(2)));
else tellLoad();

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
      operator.print(versionText(started));
      if (intent.text === null || started === "haproxy") stderr.write(Buffer.from(usageText(started)));
      else stderr.write(Buffer.from(`${singleLine(intent.text)}\n'${started} --help' shows what there is.\n`));
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

/** `healthcheck` and `status`: asks a running process. */
async function ask(intent: Extract<Intent, { kind: "healthcheck" | "status" }>): Promise<number> {
  const text = intent.address ?? process.env["FAIRLEAD_HEALTH"] ?? defaultHealthAddress;
  const address = parseHealthAddress(text);
  if (address === null || address === "off") {
    operator.alert(`'${text}' is not the address of a health endpoint`);
    return 1;
  }
  const { code, body } = await askHealthEndpoint(address, intent.kind === "status" ? "/status" : intent.path);
  if (code === 0) operator.alert(`no answer from ${text}: ${body}`);
  else if (intent.kind === "healthcheck") operator.print(body);
  else if (code === 200) operator.print(intent.json ? body : statusText(JSON.parse(body) as Status));
  return code === 200 ? 0 : 1;
}

async function runOptions(
  options: Options,
  given: readonly ConfigurationFile[] | null,
): Promise<number | NodeJS.Signals> {
  if (options.version !== null) {
    operator.print(options.version === "long" ? await longVersion() : versionText(started));
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
  operator.talk = options.quiet && !options.verbose ? "quiet" : options.verbose ? "verbose" : "normal";
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
  return serve(options, given, plan);
}

async function longVersion(): Promise<string> {
  const runtime = await openRuntime();
  return longVersionText(started, runtime.description, runtime.transport.name, await spliceRefusal(runtime));
}

/** `-cc`: 0 true, 1 false, 2 neither. */
function evaluate(condition: string): number {
  const checked = checkCondition(toBytes(condition), inheritedEnvironment(process.env));
  if (checked.status === 2) operator.alert(`config : ${fromBytes(checked.message)}`);
  return checked.status;
}

/** Binds, gives up privileges, serves until told to end. In HAProxy's order. */
async function serve(
  options: Options,
  given: readonly ConfigurationFile[] | null,
  plan: Plan,
): Promise<number | NodeJS.Signals> {
  // Before any thread is started.
  const unkind = plan.global.nice === null ? null : setNice(plan.global.nice);
  if (unkind !== null) operator.warning(`[${started}.main()] ${unkind}.`);
  const runtime = await openRuntime(plan, (level, text) => operator[level](text));
  const unlimited = setDescriptorLimit(plan, runtime);
  if (unlimited !== null) {
    operator.alert(unlimited);
    return 1;
  }
  let lastTold: ServiceState | null = null;
  const notify = (state: ServiceState): void => {
    if (state === lastTold) return;
    lastTold = state;
    if (options.systemd) tellServiceManager(state, process.env["NOTIFY_SOCKET"], runtime.sendUnix);
  };
  const isForeground = background === null;
  const service = openService({ options, given, runtime, operator, isForeground, tellState: notify });
  let markServing: (() => void) | null = null;
  const isServing = new Promise<void>((resolve) => (markServing = resolve));
  // From here on a signal finds its handler: one that comes while addresses are bound waits until they are.
  const ended = untilTold(service, plan.global.masterWorker, notify, isServing);
  const refused = await bringUp(service, options, plan, runtime);
  if (refused.length > 0) {
    for (const text of refused) operator.alert(text);
    await service.close();
    return 1;
  }
  operator.started();
  (markServing as (() => void) | null)?.();
  background?.serving();
  notify("READY=1");
  const end = await ended;
  notify("STOPPING=1");
  await service.close();
  return end;
}

/** Binds everything, tells old processes, leaves the pid file and the rights. What is wrong, in lines; none when it serves. */
async function bringUp(service: Service, options: Options, plan: Plan, runtime: Runtime): Promise<readonly string[]> {
  const wrong =
    (await service.apply({ plan, states: [...readServerStates(plan).values()] })) ?? (await service.openEndpoints());
  if (wrong.length > 0)
    return [...wrong, `[${started}.main()] Some protocols failed to start their listeners! Exiting.`];
  for (const pid of options.oldPids?.pids ?? []) signalOld(pid, options.oldPids?.signal ?? "SIGUSR1");
  const refused = settleDown(plan, runtime);
  return refused === null ? [] : [`[${started}.main()] ${refused}`];
}

/**
 * `ulimit-n` and `fd-hard-limit`. What cannot be had is told, and the proxy lowers its maxconn to what there is; with
 * `strict-limits` it comes back, for a start that has failed.
 */
function setDescriptorLimit({ global }: Plan, runtime: Runtime): string | null {
  const { ulimitN, fdHardLimit, strictLimits } = global;
  const wanted = Math.min(ulimitN ?? Infinity, fdHardLimit ?? Infinity);
  if (wanted === Infinity) return null;
  const refused = runtime.limitDescriptors === null ? "unknown" : runtime.limitDescriptors(wanted);
  if (refused === null && wanted === (ulimitN ?? wanted)) return null;
  const text =
    refused === "unknown"
      ? `[${started}.main()] ${runtime.description} cannot change the FD limit; start it with \`ulimit -n ${wanted}\`.`
      : `[${started}.main()] Cannot raise FD limit to ${ulimitN ?? wanted}, limit is ${refused ?? wanted}.`;
  if (strictLimits) return text;
  operator.warning(text);
  return null;
}

/** The pid file, then the root folder and the ids. What is wrong, or null. */
function settleDown(plan: Plan, runtime: Runtime): string | null {
  const { global } = plan;
  // As HAProxy: a process in the foreground leaves no pid file.
  const isService = global.daemon || global.masterWorker;
  const wrong = global.pidfile === null || !isService ? null : writePidfile(global.pidfile);
  if (wrong !== null) return wrong;
  return dropPrivileges(global, runtime.chroot);
}

/** `-sf`/`-st`: an old process that has gone already needs no word. */
function signalOld(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH")
      operator.warning(`process ${pid} cannot be told to end: ${String(error)}`);
  }
}

/**
 * Takes signals as HAProxy does, until one of them, or the end of a soft stop, ends the process. Resolves to the exit
 * code, or in the foreground to the signal to die by.
 */
function untilTold(
  service: Service,
  isMaster: boolean,
  notify: (state: ServiceState) => void,
  isServing: Promise<void>,
): Promise<number | NodeJS.Signals> {
  const { proxy } = service;
  const reload = (): void => void isServing.then(() => service.reload());
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
    process.on("SIGUSR2", reload);
    process.on("SIGHUP", () => (isMaster ? reload() : service.dumpStates()));
    process.on("SIGTTOU", () => proxy.pause());
    process.on("SIGTTIN", () => proxy.resume());
    process.on("SIGQUIT", () => operator.notice(`heap: ${JSON.stringify(getHeapStatistics())}`));
    process.on("SIGPIPE", () => {});
    // A fault in one session must not end the others; it is told, with where it happened.
    process.on("uncaughtException", (error) =>
      operator.alert(`internal error, please report it: ${error.stack ?? error.message}`),
    );
    process.on("unhandledRejection", (reason) => {
      operator.alert(
        `internal error, please report it: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`,
      );
    });
  });
}
