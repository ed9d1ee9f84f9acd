/** What only a process that is one of two needs, master or worker. Linux with FFI; loaded only there. */
import type { Options } from "../../cli/options.ts";
import { parseMasterAddress } from "../../cli/master-address.ts";
import { openEpollLoop } from "../../net/epoll/epoll-loop.ts";
import { datagramSocketOf } from "../../net/libc/process-calls.ts";
import { loadMessageCalls } from "../../net/libc/descriptor-messages.ts";
import { socketCalls } from "../../net/libc/socket-calls.ts";
import type { ChannelSystem } from "./channel.ts";
import { openLogSinks } from "./log-sinks.ts";
import { Master, type MasterParts } from "./master.ts";
import { MasterLink } from "./master-link.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { Service } from "../service.ts";

/** What channels need. Throws where there can be none. */
async function channelSystem(): Promise<ChannelSystem> {
  const calls = socketCalls();
  if (calls === null) throw new Error("libc cannot be called here");
  return { calls, messages: loadMessageCalls(), loop: await openEpollLoop() };
}

/** Why there cannot be two processes here; null where there can. */
export async function refusal(): Promise<string | null> {
  try {
    await channelSystem();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A master; nothing is started yet. */
export async function openMaster(parts: Omit<MasterParts, "system">): Promise<Master> {
  return new Master({ ...parts, system: await channelSystem() });
}

/** The worker's end of the channel that it was started with. */
export async function openMasterLink(fd: number): Promise<MasterLink> {
  return new MasterLink(await channelSystem(), fd);
}

/** The runtime of a worker: whatever needs rights, the master does. */
export function runtimeOfWorker(runtime: Runtime, link: MasterLink): Runtime {
  return {
    ...runtime,
    transport: link.listeningBy(runtime.transport),
    sendUnix: openLogSinks((path) => link.sink(path), datagramSocketOf),
    lend: link.lend,
    keptFiles: link.keptFiles,
    portHolder: link.holderOf,
  };
}

/**
 * Has the service answer what comes to the master socket for it, at each level that may come. What is wrong, in words: the
 * worker serves all the same.
 */
export async function openForwardedCommands(
  { masterSockets }: Options,
  link: MasterLink,
  service: Service,
): Promise<string | null> {
  const plans = masterSockets.map(parseMasterAddress).filter((one) => typeof one !== "string");
  try {
    for (const level of new Set(plans.map((one) => one.level)))
      await service.openForwarded(level, await link.commandSocket(level));
    return null;
  } catch (error) {
    return `The master socket does not reach this process: ${error instanceof Error ? error.message : String(error)}.`;
  }
}
