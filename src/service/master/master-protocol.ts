/** The messages between the process that keeps the rights (master) and the one that serves (worker). */
import * as v from "valibot";
import type { Options } from "../../cli/options.ts";
import type { PortHolder } from "../runtime/port-holder.ts";
import type { ListenOptions } from "../../net/transport.ts";
import { socketKey } from "../../proxy/frontend/listener.ts";
import type { LoadMessage } from "../loading/load.ts";

/** Goes up whenever a message changes. Each side refuses to talk to one that has another. */
export const protocolVersion = 4;

/** What a worker is started with. */
export interface WorkerStart {
  readonly kind: "hello";
  readonly version: number;
  readonly options: Options;
  /** Messages of proxies also go to stderr. */
  readonly isForeground: boolean;
  /** What was said while the configuration was read (`show startup-logs`). */
  readonly said: string;
}

/** What the master says. An answer brings its descriptor along, if there is one. */
export type MasterMessage =
  | WorkerStart
  | { readonly kind: "load"; readonly message: LoadMessage }
  | { readonly kind: "reload" }
  | {
      readonly kind: "answer";
      readonly ask: number;
      readonly refused?: { readonly code: string; readonly text: string };
      /** Who has the port that could not be bound. */
      readonly holder?: PortHolder;
      /** The number by which a lent socket is given back. */
      readonly socket?: number;
      readonly hosts?: readonly string[];
      /** Of a kept file: what tells its content, and a word about it; see `KeptOutcome`. */
      readonly stamp?: string;
      /** Of a reload, with its `text`; see `ReloadOutcome`. */
      readonly succeeded?: boolean;
      readonly text?: string;
    };

const ask = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const text = v.pipe(v.string(), v.maxLength(65_536));

/** What a worker may say: it has no rights, and may be anybody's by now. */
const workerMessage = v.variant("kind", [
  v.strictObject({ kind: v.literal("hello"), version: v.number() }),
  /** The configuration, from the start. */
  v.strictObject({ kind: v.literal("load") }),
  /** A socket that listens where the configuration says; `key`: see `listenKey`. */
  v.strictObject({ kind: v.literal("bind"), ask, key: text }),
  /** It takes no new clients there: the socket is its own from now on, and its file goes. */
  v.strictObject({ kind: v.literal("release"), ask, socket: ask }),
  /** A socket for commands that reach the worker through the master socket. */
  v.strictObject({ kind: v.literal("commands"), ask, level: v.picklist(["user", "operator", "admin"]) }),
  /** A datagram socket connected to a log target. */
  v.strictObject({ kind: v.literal("sink"), ask, path: text }),
  /** A kept file, for reading. */
  v.strictObject({ kind: v.literal("kept"), ask, path: text }),
  /** A piece of what is to be in it. `known`: see `KeptFiles.replace`. */
  v.strictObject({ kind: v.literal("keep"), ask, path: text, piece: text, isLast: v.boolean(), known: text }),
  v.strictObject({ kind: v.literal("set-aside"), ask, path: text }),
  v.strictObject({ kind: v.literal("resolve"), ask, host: text, family: v.picklist([0, 4, 6]) }),
  /** Somebody asks for a reload by a command. */
  v.strictObject({ kind: v.literal("reload"), ask }),
  /** How one came out, with what there is to be said of it; see `ReloadOutcome`. */
  v.strictObject({ kind: v.literal("reloaded"), succeeded: v.boolean(), text }),
  /** A line for stderr, of the time before the worker serves. */
  v.strictObject({ kind: v.literal("say"), text }),
  v.strictObject({ kind: v.literal("serving") }),
]);

/** What the worker says. */
export type WorkerMessage = v.InferOutput<typeof workerMessage>;

/** Null for what no worker of this version says. */
export function readWorkerMessage(message: unknown): WorkerMessage | null {
  const read = v.safeParse(workerMessage, message);
  return read.success ? read.output : null;
}

/**
 * Names a listening socket by all that is settled when it is bound, as reloads do. The rights of a command socket's file
 * may change while it listens.
 */
export function listenKey(options: ListenOptions, isCommandSocket: boolean): string {
  return isCommandSocket ? `command ${socketKey(options, ["mode", "uid", "gid"])}` : socketKey(options);
}
