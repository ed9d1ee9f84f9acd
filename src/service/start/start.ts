/** Steps of a start, in HAProxy's order and words. */
import type { Terminal, Talk } from "../../cli/terminal.ts";
import { writePidfile } from "./pidfile.ts";
import { dropPrivileges, setNice } from "./privileges.ts";
import type { Plan } from "../../plan/plan.ts";
import { prepareForOtherRoot } from "../../proxy/check/run/external-check.ts";
import type { Options } from "../../cli/options.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** Who starts: HAProxy's messages name the function. */
export interface Starter {
  /** The name that the program was run by. */
  readonly name: string;
  readonly terminal: Terminal & { talk: Talk };
}

/** What a process that will serve is given by whoever starts it. */
export interface Start extends Starter {
  /** What else can be said to an operator goes to stderr as well. */
  readonly isForeground: boolean;
  /** Has signals do what is said of them, besides what every process does. */
  readonly onSignals: (handlers: SignalHandlers) => void;
  /** Writes a line to stderr, or to whoever waits for the start. */
  readonly say: (line: Uint8Array) => void;
  /** Sends lines for stderr elsewhere; null: to stderr itself. */
  readonly sayElsewhere: (write: ((line: Uint8Array) => void) | null) => void;
  /** Lets whoever waits for the start go: the process serves. */
  readonly serving: () => void;
}

/** What to do on a signal. */
export type SignalHandlers = Readonly<Partial<Record<NodeJS.Signals, () => void>>>;

/** `tune.renice.runtime`, before any thread is started. */
export function renice({ global }: Plan, { name, terminal }: Starter): void {
  const unkind = global.nice === null ? null : setNice(global.nice);
  if (unkind !== null) terminal.warning(`[${name}.main()] ${unkind}.`);
}

/**
 * `ulimit-n` and `fd-hard-limit`. What cannot be had is told, and the proxy lowers its maxconn to what there is; with
 * `strict-limits` it comes back, for a start that has failed.
 */
export function limitDescriptors({ global }: Plan, runtime: Runtime, { name, terminal }: Starter): string | null {
  const { ulimitN, fdHardLimit, strictLimits } = global;
  const wanted = Math.min(ulimitN ?? Infinity, fdHardLimit ?? Infinity);
  if (wanted === Infinity) return null;
  const refused = runtime.limitDescriptors === null ? "unknown" : runtime.limitDescriptors(wanted);
  if (refused === null && wanted === (ulimitN ?? wanted)) return null;
  const text =
    refused === "unknown"
      ? `[${name}.main()] ${runtime.description} cannot change the FD limit; start it with \`ulimit -n ${wanted}\`.`
      : `[${name}.main()] Cannot raise FD limit to ${ulimitN ?? wanted}, limit is ${refused ?? wanted}.`;
  if (strictLimits) return text;
  terminal.warning(text);
  return null;
}

/** The pid file of a service; as in HAProxy a process in the foreground leaves none. What is wrong, or null. */
export function leavePidfile({ global }: Plan): string | null {
  const isService = global.daemon || global.masterWorker;
  return global.pidfile === null || !isService ? null : writePidfile(global.pidfile);
}

/** Enters the root folder and gives up the rights that the plan says, with what is needed from outside at hand. What is wrong, or null. */
export function giveUpRights({ global }: Plan, runtime: Runtime): string | null {
  if (global.chroot !== null) {
    prepareForOtherRoot();
    // What /etc/localtime says; behind a chroot it would be asked for in vain.
    process.env["TZ"] ??= Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
  return dropPrivileges(global, runtime.chroot);
}

/** `-sf`/`-st`: an old process that has gone already needs no word. */
export function signalOld({ oldPids }: Options, { terminal }: Starter): void {
  for (const pid of oldPids?.pids ?? []) {
    try {
      process.kill(pid, oldPids?.signal ?? "SIGUSR1");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH")
        terminal.warning(`process ${pid} cannot be told to end: ${String(error)}`);
    }
  }
}
