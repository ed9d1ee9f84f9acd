/** The process that serves without rights, as the master says, from its first step to its end. */
import { talkOf } from "../../cli/terminal.ts";
import { deferred } from "../../deferred.ts";
import { askForNames } from "../../system-names.ts";
import { receive } from "../loading/load.ts";
import { openRuntime } from "../runtime/open-runtime.ts";
import { tellTransport, untilTold } from "../serve-alone.ts";
import { openService } from "../service.ts";
import { giveUpRights, limitDescriptors, renice, type Start } from "../start.ts";
import type { WorkerStart } from "./master-protocol.ts";
import { loadTwoProcesses } from "./two-processes.ts";
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
  const { options } = start;
  terminal.talk = talkOf(options);
  terminal.recall(start.said);
  beginning.sayElsewhere((line) => link.say(Buffer.from(line).toString()));
  const loaded = await receive(link.firstLoad(), terminal);
  if (loaded === null) return 1;
  const { plan } = loaded;
  renice(plan, beginning);
  const runtime = two.runtimeOfWorker(await openRuntime(plan, (level, text) => terminal[level](text)), link);
  const unlimited = limitDescriptors(plan, runtime, beginning);
  if (unlimited !== null) {
    terminal.alert(unlimited);
    return 1;
  }
  const service = openService({
    options: { ...options, masterSockets: [] },
    given: null,
    runtime,
    terminal,
    isForeground: start.isForeground,
    loader: () => link.loadAgain(),
  });
  const isServing = deferred<void>();
  const refuse = (): void =>
    terminal.notice(
      link.isGone
        ? "Reload refused : the process that keeps the rights has gone; a restart brings it back."
        : `Reload refused : ask process ${process.ppid}, which keeps the rights.`,
    );
  const ended = untilTold(service, beginning, { isMaster: false, reload: refuse, notify: () => {} }, isServing.promise);
  // Nothing has been listened to yet: what comes from outside never meets the rights.
  const refused = giveUpRights(plan, runtime);
  askForNames(link.addressesOf);
  const wrong =
    refused === null
      ? ((await service.apply(loaded)) ?? (await service.openEndpoints()))
      : [`[${name}.main()] ${refused}`];
  if (wrong.length > 0) {
    for (const text of wrong) terminal.alert(text);
    if (refused === null) terminal.alert(`[${name}.main()] Some protocols failed to start their listeners! Exiting.`);
    await service.close();
    return 1;
  }
  const unreached = await two.openForwardedCommands(options, link, service);
  if (unreached !== null) terminal.warning(unreached);
  link.onReload = () => void service.reload().then((succeeded) => link.reloaded(succeeded));
  link.onGone = () =>
    terminal.warning("The process that keeps the rights has gone: this one serves on, without reloads.");
  tellTransport(options, runtime, beginning);
  terminal.started();
  beginning.sayElsewhere(null);
  link.serving();
  isServing.resolve();
  const end = await ended;
  await service.close();
  return end;
}
