/** The one entry: from the command line to an exit code. Holds the only signal handlers and the only exit. */
import { addressText } from "./address.ts";
import { existsSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { basename, dirname, resolve } from "node:path";
import { getHeapStatistics } from "node:v8";
import { type Intent, takeCommandLine } from "./cli/commands.ts";
import { forwardFileName } from "./cli/forward.ts";
import { askSocket } from "./cli/ask-socket.ts";
import { maintenanceLine, tellMaintenance } from "./cli/maintenance.ts";
import { askProcess, evaluateCondition, refuseCommandLine } from "./cli/inquiries.ts";
import { initialise } from "./cli/init/init.ts";
import { writeNewFile } from "./cli/init/new-file.ts";
import { openQuestions } from "./cli/init/questions.ts";
import { keywordsJson, keywordsText, wordText } from "./cli/keywords.ts";
import { longestReloadMs, reloadLine, tellReload } from "./cli/operator/reload.ts";
import { sshReportLine, tellSshReport } from "./cli/ssh-report.ts";
import { openTerminal, talkOf } from "./cli/terminal.ts";
import { ownPorts } from "./cli/top/ports.ts";
import { showTop } from "./cli/top/top.ts";
import { defaultOptions, type Options } from "./cli/options.ts";
import { helpText } from "./cli/usage.ts";
import { longVersionText, toolVersion, version, versionText } from "./cli/version.ts";
import { hasListener } from "./config/finish/plan.ts";
import type { ConfigurationFile } from "./config/text/files.ts";
import { Faults } from "./faults.ts";
import { openLineWriter } from "./ops/log/line-writer.ts";
import { runInBackground, takeBackgroundStart } from "./service/start/daemon.ts";
import { checkAsJson, checkConfiguration, readPlan } from "./service/loading/configuration.ts";
import { findSocket } from "./service/loading/named-socket.ts";
import { serveAsWorker } from "./service/master/serve-as-worker.ts";
import { serve } from "./service/master/serve.ts";
import { takeWorkerStart } from "./service/master/worker-start.ts";
import { openRuntime, spliceRefusal } from "./service/runtime/open-runtime.ts";
import type { SignalHandlers, Start } from "./service/start/start.ts";

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
const terminal = openTerminal(out, err, workerFd === null ? about : null);
const start: Start = {
  name: started,
  terminal,
  isForeground,
  onSignals,
  say: (line) => say(line),
  sayElsewhere: (write) => (say = write ?? stderr.write),
  serving: () => background?.serving(),
};

// In the bundle for Node and Deno, which is one file, threads begin here as well.
if (process.versions["bun"] === undefined && !(await import("node:worker_threads")).isMainThread) await beginThread();
else await exit(await (workerFd === null ? main(process.argv.slice(2)) : serveAsWorker(workerFd, start)));

async function beginThread(): Promise<void> {
  const { isPasswordThread, tellPasswords } = await import("./service/runtime/password-port.ts");
  if (isPasswordThread()) tellPasswords();
  else (await import("./service/loading/load-port.ts")).tellLoad();
}

function report(text: string): void {
  stderr.write(Buffer.from(text));
}

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
      return refuseCommandLine(argv, intent.text, started, terminal.print, report);
    case "help":
      terminal.print(intent.text ?? helpText(started));
      return 0;
    case "version":
      terminal.print(`${version}\n`);
      return 0;
    case "keywords":
      return tellKeywords(intent);
    case "healthcheck":
    case "status":
      return askProcess(intent, terminal);
    case "maintenance":
      return setMaintenance(intent);
    case "ssh-report":
      return showSshReport(intent);
    case "probe":
      return (await import("./service/probe-command.ts")).probeServer(intent.request, terminal);
    case "doctor":
      return (await import("./service/doctor-command.ts")).doctor(intent.request, terminal);
    case "reload":
      return askReload(intent);
    case "top":
      return watch(intent);
    case "init":
      return writeFirstFile(intent);
    case "check-json":
      return checkAsJson(intent.options, terminal);
    case "run":
      return runOptions(intent.options, intent.text === null ? null : [{ name: forwardFileName, text: intent.text }]);
  }
}

async function setMaintenance({ wish, place }: Extract<Intent, { kind: "maintenance" }>): Promise<number> {
  const socket = await findSocket(place, wish.kind === "list" ? "user" : "admin", terminal);
  if (socket === null) return 1;
  return tellMaintenance(wish, addressText(socket), await askSocket(socket, maintenanceLine(wish)), terminal);
}

async function showSshReport({ wish, place }: Extract<Intent, { kind: "ssh-report" }>): Promise<number> {
  const socket = await findSocket(place, "user", terminal);
  if (socket === null) return 1;
  return tellSshReport(wish, addressText(socket), await askSocket(socket, sshReportLine(wish)), terminal);
}

function tellKeywords({ word, json }: Extract<Intent, { kind: "keywords" }>): number {
  const found = word === null ? { said: json ? keywordsJson() : keywordsText() } : wordText(word, json);
  if ("said" in found) terminal.print(found.said);
  else report(`${started}: ${found.wrong}\n`);
  return "said" in found ? 0 : 1;
}

async function askReload({ place }: Extract<Intent, { kind: "reload" }>): Promise<number> {
  const socket = await findSocket(place, "admin", terminal);
  if (socket === null) {
    terminal.alert("Nobody was asked to reload.");
    return 1;
  }
  return tellReload(addressText(socket), await askSocket(socket, reloadLine, longestReloadMs), terminal);
}

async function watch({ wish, place }: Extract<Intent, { kind: "top" }>): Promise<number | NodeJS.Signals> {
  const socket = await findSocket(place, "user", terminal);
  if (socket === null) return 1;
  return showTop(wish, {
    ask: (line) => askSocket(socket, line),
    where: addressText(socket),
    terminal,
    ports: ownPorts(terminal.print),
    width: Number(process.env["COLUMNS"]) || 120,
    onEnd(end, restore) {
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => end(signal));
      process.on("exit", () => restore((text) => void writeSync(1, text)));
    },
    onResize: (redraw) => void process.stdout.on("resize", redraw),
  });
}

async function writeFirstFile({ wish }: Extract<Intent, { kind: "init" }>): Promise<number> {
  const questions = process.stdin.isTTY ? openQuestions(process.stdin, terminal.print) : null;
  const accepts = async (name: string, text: string): Promise<boolean> =>
    (await readPlan({ ...defaultOptions, files: [name] }, [{ name, text }], terminal)).plan !== null;
  try {
    return await initialise(wish, {
      terminal,
      ask: questions?.ask ?? null,
      exists: existsSync,
      accepts,
      write: writeNewFile,
      isRoot: process.getuid?.() === 0,
      folderOf: (path) => dirname(resolve(path)),
    });
  } finally {
    questions?.close();
  }
}

async function runOptions(
  options: Options,
  given: readonly ConfigurationFile[] | null,
): Promise<number | NodeJS.Signals> {
  if (options.version !== null) {
    terminal.print(options.version === "long" ? await longVersion(options) : versionText(started));
    return 0;
  }
  if (options.condition !== null) return evaluateCondition(options.condition, terminal);
  const folder = process.cwd();
  if (options.directory !== null) {
    try {
      process.chdir(options.directory);
    } catch {
      terminal.alert(`Could not change to directory ${options.directory} : No such file or directory`);
      return 1;
    }
  }
  terminal.talk = talkOf(options);
  if (options.check) return checkConfiguration(options, given, terminal);
  const files = background?.files ?? given;
  // What is wrong with it has been told by the process that started this one.
  const teller = background === null ? terminal : { ...terminal, report: () => {} };
  const configuration = await readPlan(options, files, teller);
  const { plan } = configuration;
  if (plan === null) return 1;
  if (!hasListener(plan)) {
    terminal.alert(`[${started}.main()] No enabled listener found (check for 'bind' directives) ! Exiting.`);
    return 1;
  }
  if (plan.global.daemon && background === null) {
    return runInBackground(process.argv.slice(2), folder, configuration.files, plan, report);
  }
  return serve(options, given, { plan, states: [...configuration.states.values()] }, start);
}

async function longVersion({ noEpoll }: Options): Promise<string> {
  const runtime = await openRuntime(null, () => {}, !noEpoll);
  return longVersionText(started, runtime.description, runtime.transport.name, await spliceRefusal(runtime));
}

/** Takes signals: those of HAProxy as `handlers` say, and what every running process does, whatever it is. */
function onSignals(handlers: SignalHandlers): void {
  for (const [signal, act] of Object.entries(handlers)) process.on(signal, act);
  process.on("SIGQUIT", () => terminal.notice(`heap: ${JSON.stringify(getHeapStatistics())}`));
  process.on("SIGPIPE", () => {});
  // A fault in one session must not end the others; it is told, with where it happened.
  const faults = new Faults((text) => terminal.alert(text));
  process.on("uncaughtException", (error) => faults.note(error, "that nobody caught"));
  process.on("unhandledRejection", (reason) => faults.note(reason, "that nobody waited for"));
}
