/** The one process that serves, from its first step to its end; and what a worker does in the same way. */
import { forwardText } from "../cli/forward.ts";
import type { Options } from "../cli/options.ts";
import type { ConfigurationFile } from "../config/text/files.ts";
import { deferred } from "../deferred.ts";
import type { Loaded } from "./loading/load.ts";
import { openRuntime } from "./runtime/open-runtime.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { Service } from "./service.ts";
import { type ServiceState, tellServiceManager } from "./service-manager.ts";
import { givesUpRights } from "./start/privileges.ts";
import {
  giveUpRights,
  leavePidfile,
  limitDescriptors,
  renice,
  signalOld,
  type Start,
  type Starter,
} from "./start/start.ts";

/** Serves until told to end. The exit code, or the signal to die by. */
export async function serveAlone(
  options: Options,
  given: readonly ConfigurationFile[] | null,
  loaded: Loaded,
  start: Start,
): Promise<number | NodeJS.Signals> {
  const { plan } = loaded;
  const { terminal } = start;
  renice(plan, start);
  const runtime = await openRuntime(plan, (level, text) => terminal[level](text));
  const unlimited = limitDescriptors(plan, runtime, start);
  if (unlimited !== null) {
    terminal.alert(unlimited);
    return 1;
  }
  const notify = openNotifier(options, runtime);
  const service = new Service({
    options,
    given,
    runtime,
    terminal,
    isForeground: start.isForeground,
    tellState: notify,
  });
  const isServing = deferred<void>();
  // From here on a signal finds its handler: one that comes while addresses are bound waits until they are.
  const reload = (): void => void service.reload();
  const ended = untilTold(service, start, { isMaster: plan.global.masterWorker, reload, notify }, isServing.promise);
  const refused = await bringUp(service, options, loaded, runtime, start);
  if (refused.length > 0) return abandonStart(service, start, refused, ended);
  tellTransport(options, runtime, start);
  terminal.started();
  if (options.isForward) terminal.notice(forwardText(plan, runtime.transport.name, service.health));
  // Under the name of `haproxy` nothing is said that it does not say.
  if (start.name !== "haproxy") service.tellEntrance();
  isServing.resolve();
  start.serving();
  notify("READY=1");
  const end = await ended;
  notify("STOPPING=1");
  await service.close();
  return end;
}

/** Ends a start that came to nothing, for these reasons, or because it was told to end: then as `ended` says, without a word. */
export async function abandonStart(
  service: Service,
  { terminal }: Starter,
  reasons: readonly string[],
  ended: Promise<number | NodeJS.Signals>,
): Promise<number | NodeJS.Signals> {
  if (!service.isDying) for (const text of reasons) terminal.alert(text);
  await service.close();
  return service.isDying ? ended : 1;
}

/** Tells the service manager (`-Ws`) of each state once. */
export function openNotifier({ systemd }: Options, { sendUnix }: Runtime): (state: ServiceState) => void {
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
  start: Starter,
): Promise<readonly string[]> {
  const wrong = (await service.apply(loaded)) ?? (await service.openEndpoints());
  if (wrong.length > 0)
    return [...wrong, `[${start.name}.main()] Some protocols failed to start their listeners! Exiting.`];
  signalOld(options, start);
  const givesUp = givesUpRights(loaded.plan.global);
  const refused = leavePidfile(loaded.plan) ?? giveUpRights(loaded.plan, runtime);
  if (refused !== null) return [`[${start.name}.main()] ${refused}`];
  if (givesUp) await service.rightsGone(loaded.plan);
  return [];
}

/** HAProxy's words for what waits for sockets, where the command line asks for more talk. */
export function tellTransport({ verbose, debug }: Options, { transport }: Runtime, { terminal }: Starter): void {
  if (verbose || debug) terminal.print(`Using ${transport.name}() as the polling mechanism.\n`);
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
export function untilTold(
  service: Service,
  { onSignals }: Pick<Start, "onSignals">,
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
    onSignals({
      SIGINT: () => die("SIGINT", 130),
      SIGTERM: () => die("SIGTERM", 0),
      SIGUSR1: () => void isServing.then(() => softStop()),
      SIGUSR2: () => void isServing.then(reload),
      SIGHUP: () => (isMaster ? void isServing.then(reload) : service.dumpStates()),
      SIGTTOU: () => proxy.pause(),
      SIGTTIN: () => proxy.resume(),
    });
  });
}
