/** The process that keeps the rights, from its first step to its end. */
import type { Options } from "../../cli/options.ts";
import { toolVersion } from "../../cli/version.ts";
import type { ConfigurationFile } from "../../config/text/files.ts";
import { deferred } from "../../deferred.ts";
import type { CommandSocketLimits } from "../../ops/sockets/command-socket.ts";
import type { MasterSources } from "../../ops/sockets/master-commands.ts";
import type { Plan } from "../../plan/plan.ts";
import { openMasterSockets } from "../command-sockets.ts";
import { programWords } from "../start/daemon.ts";
import type { Loaded } from "../loading/load.ts";
import { openRuntime } from "../runtime/open-runtime.ts";
import { openNotifier } from "../serve-alone.ts";
import { leavePidfile, signalOld, type Start } from "../start/start.ts";
import type { Master } from "./master.ts";
import type { TwoProcesses } from "./two-processes.ts";

/** Keeps the rights, and has a worker serve. */
export async function serveAsMaster(
  options: Options,
  given: readonly ConfigurationFile[] | null,
  loaded: Loaded,
  two: TwoProcesses,
  start: Start,
): Promise<number> {
  const { terminal } = start;
  const runtime = await openRuntime();
  const notify = openNotifier(options, runtime);
  const master = await two.openMaster({
    options,
    given,
    loaded,
    terminal,
    isForeground: start.isForeground,
    name: start.name,
    programWords: programWords(),
    say: (text) => start.say(Buffer.from(text)),
    tellState: notify,
  });
  const isServing = deferred<void>();
  // What a signal that stops it, while it starts or later, has it end with; null: none came.
  let told: number | null = null;
  const stop = (signal: "SIGTERM" | "SIGINT" | "SIGUSR1", byIt: number) => (): void => {
    told = byIt;
    notify("STOPPING=1");
    master.stop(signal);
  };
  const reload = (): void => void isServing.promise.then(() => master.reload());
  start.onSignals({
    SIGINT: stop("SIGINT", 130),
    SIGTERM: stop("SIGTERM", 0),
    SIGUSR1: () => void isServing.promise.then(stop("SIGUSR1", 0)),
    SIGUSR2: reload,
    SIGHUP: reload,
    SIGTTOU: () => master.pass("SIGTTOU"),
    SIGTTIN: () => master.pass("SIGTTIN"),
  });
  const sockets = await openMasterSockets(
    options.masterSockets,
    masterSources(master, (why) => terminal.notice(`Reload asked for ${why}.`)),
    () => limitsOf(master.plan),
    runtime.adopt,
  );
  const wrong = sockets.wrong.length > 0 ? sockets.wrong : (await master.start()) ? leavePidfile(loaded.plan) : [];
  const lines = typeof wrong === "string" ? [wrong] : (wrong ?? []);
  for (const text of lines) terminal.alert(`[${start.name}.main()] ${text}`);
  if (wrong === null) {
    signalOld(options, start);
    terminal.started();
    start.serving();
    notify("READY=1");
    isServing.resolve();
  } else if (lines.length > 0) master.stop("SIGTERM");
  const end = await master.ended;
  for (const socket of sockets.sockets) socket.close();
  if (end !== 0) return end;
  return told ?? (wrong === null ? 0 : 1);
}

function masterSources(master: Master, noteReload: (why: string) => void): MasterSources {
  return {
    version: toolVersion,
    process: { pid: process.pid, startedAt: 0 },
    worker: () => master.worker,
    answerByWorker: async (command, session, payload) =>
      master.worker?.commands.ask(command, session, payload) ?? ["No worker serves now.\n\n"],
    reloads: () => master.reloads,
    reload(why) {
      noteReload(why);
      return master.reload();
    },
  };
}

function limitsOf({ global }: Plan): CommandSocketLimits {
  return { maxconn: global.statsMaxconn, timeoutMs: global.statsTimeoutMs };
}
