/** The process that serves without rights, as the master says, from its first step to its end. */
import { talkOf } from "../../cli/terminal.ts";
import { deferred } from "../../deferred.ts";
import { askForNames } from "../../system/names.ts";
import { type Loaded, receive } from "../loading/load.ts";
import { openRuntime } from "../runtime/open-runtime.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { abandonStart, tellTransport, untilTold } from "../serve-alone.ts";
import { Service } from "../service.ts";
import { giveUpRights, limitDescriptors, renice, type Start } from "../start/start.ts";
import type { MasterLink } from "./master-link.ts";
import type { WorkerStart } from "./master-protocol.ts";
import { loadTwoProcesses, type TwoProcesses } from "./two-processes.ts";
import { nameProcess } from "./worker-start.ts";

/** Serves without rights, as the master says. */
export async function serveAsWorker(fd: number, beginning: Start): Promise<number | NodeJS.Signals> {
  const two = await loadTwoProcesses();
  if (two === null) return 1;
  const { name, terminal } = beginning;
  nameProcess(name);
  const link = await two.openMasterLink(fd);
  let start: WorkerStart;
  try {
    start = await link.start;
  } catch (error) {
    terminal.alert(`this worker cannot be one: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  }
  terminal.talk = talkOf(start.options);
  terminal.recall(start.said);
  beginning.sayElsewhere((line) => link.say(Buffer.from(line).toString()));
  const loaded = await receive(link.firstLoad(), terminal);
  return loaded === null ? 1 : serve({ two, link, start, loaded, beginning });
}

/** A worker that knows what it is to run. */
interface ReadyWorker {
  readonly two: TwoProcesses;
  readonly link: MasterLink;
  readonly start: WorkerStart;
  readonly loaded: Loaded;
  readonly beginning: Start;
}

async function serve(worker: ReadyWorker): Promise<number | NodeJS.Signals> {
  const { two, link, start, loaded, beginning } = worker;
  const { options } = start;
  const { terminal } = beginning;
  renice(loaded.plan, beginning);
  const opened = await openRuntime(loaded.plan, (level, text) => terminal[level](text));
  const runtime = two.runtimeOfWorker(opened, link);
  const unlimited = limitDescriptors(loaded.plan, runtime, beginning);
  if (unlimited !== null) {
    terminal.alert(unlimited);
    return 1;
  }
  const service = new Service({
    options: { ...options, masterSockets: [] },
    given: null,
    runtime,
    terminal,
    isForeground: start.isForeground,
    loader: () => link.loadAgain(),
    askReload: link.askReload,
  });
  const isServing = deferred<void>();
  const reload = (): void => terminal.notice(refusalOfReload(link));
  const ended = untilTold(service, beginning, { isMaster: false, reload, notify: () => {} }, isServing.promise);
  const wrong = await bringUp(worker, service, runtime);
  if (wrong.length > 0) return abandonStart(service, beginning, wrong, ended);
  const unreached = await two.openForwardedCommands(options, link, service);
  if (unreached !== null) terminal.warning(unreached);
  link.onReload = () => void service.reload().then((outcome) => link.reloaded(outcome));
  link.onGone = () =>
    terminal.warning("The process that keeps the rights has gone: this one serves on, without reloads.");
  tellTransport(options, runtime, beginning);
  terminal.started();
  beginning.sayElsewhere(null);
  if (beginning.name !== "haproxy") service.tellEntrance();
  link.serving();
  isServing.resolve();
  const end = await ended;
  await service.close();
  return end;
}

/** Gives up the rights and binds everything. What is wrong, in lines; none when it serves. */
async function bringUp(
  { link, loaded, beginning: { name } }: ReadyWorker,
  service: Service,
  runtime: Runtime,
): Promise<readonly string[]> {
  // Nothing has been listened to yet: what comes from outside never meets the rights.
  const refused = giveUpRights(loaded.plan, runtime);
  askForNames(link.addressesOf);
  if (refused !== null) return [`[${name}.main()] ${refused}`];
  const wrong = (await service.apply(loaded)) ?? (await service.openEndpoints());
  return wrong.length > 0
    ? [...wrong, `[${name}.main()] Some protocols failed to start their listeners! Exiting.`]
    : [];
}

/** Why a worker that is sent SIGUSR2 does not reload. */
function refusalOfReload({ isGone }: MasterLink): string {
  return isGone
    ? "Reload refused : the process that keeps the rights has gone; a restart brings it back."
    : `Reload refused : ask process ${process.ppid}, which keeps the rights.`;
}
