/** The listening sockets that the master keeps: bound with its rights, lent to the worker, and still there when that dies. */
import type { SocketCalls } from "../../net/libc/socket-calls.ts";
import { openListeningSocket } from "../../net/epoll/socket-options.ts";
import { type ListenOptions, TransportError } from "../../net/transport.ts";
import { placeSocketFile, type SocketFile, temporaryPath } from "../../net/listen/socket-file.ts";
import type { Plan } from "../../plan/plan.ts";
import { giveFileRights, isSameRights } from "../file-rights.ts";
import { listenKey } from "./master-protocol.ts";

/** A socket that is lent. `fd` stays the master's: whoever gets it gets a copy. */
export interface HeldSocket {
  readonly number: number;
  readonly fd: number;
}

interface Held extends HeldSocket {
  readonly key: string;
  readonly file: SocketFile | null;
  readonly isCommandSocket: boolean;
  isLent: boolean;
}

/** What a plan wants to listen on, by key. */
export type WantedSockets = ReadonlyMap<string, WantedSocket>;

export interface WantedSocket {
  readonly options: ListenOptions;
  readonly isCommandSocket: boolean;
}

/** Everything that the worker of this plan may ask to listen on. */
export function socketsOf(plan: Plan): WantedSockets {
  const wanted = new Map<string, WantedSocket>();
  const want = (options: ListenOptions, isCommandSocket: boolean): void =>
    void wanted.set(listenKey(options, isCommandSocket), { options, isCommandSocket });
  for (const { binds } of plan.frontends) for (const bind of binds) want(bind, false);
  for (const { bind } of plan.global.statsSockets) want(bind, true);
  return wanted;
}

export class HeldSockets {
  readonly #calls: SocketCalls;
  readonly #held = new Map<number, Held>();
  #next = 1;

  constructor(calls: SocketCalls) {
    this.#calls = calls;
  }

  /** One that a former worker left, or a new one. Throws what the system says. */
  lend(key: string, wanted: WantedSocket): HeldSocket {
    for (const held of this.#held.values()) {
      if (held.isLent || held.key !== key) continue;
      held.isLent = true;
      return held;
    }
    return this.#open(key, wanted);
  }

  #open(key: string, { options, isCommandSocket }: WantedSocket): HeldSocket {
    const { address } = options;
    const temporary = address.kind === "unix" ? temporaryPath(address.path) : null;
    const fd = openListeningSocket(this.#calls, options, temporary);
    try {
      const file =
        temporary !== null && address.kind === "unix" ? placeSocketFile(temporary, address.path, options) : null;
      const held = { number: this.#next++, fd, key, file, isCommandSocket, isLent: true };
      this.#held.set(held.number, held);
      return held;
    } catch (error) {
      this.#calls.close(fd);
      throw error;
    }
  }

  /** The worker has closed it: the address is free. Numbers that are not lent are ignored. */
  release(number: number): void {
    const held = this.#held.get(number);
    if (held?.isLent === true) this.#close(held);
  }

  /** What is lent now serves: what its files have replaced will not be wanted again. */
  keepFiles(): void {
    for (const held of this.#held.values()) if (held.isLent) held.file?.keep();
  }

  /** Nobody has any of them any more; clients wait in the kernel. */
  takeBack(): void {
    for (const held of this.#held.values()) held.isLent = false;
  }

  /** Closes those that no worker has asked for. */
  closeUnused(): void {
    for (const held of this.#held.values()) if (!held.isLent) this.#close(held);
  }

  /** A stop begins: what clients connect to is the worker's alone from now on, so that it is closed when that closes it. */
  leaveListeners(): void {
    for (const held of this.#held.values()) if (!held.isCommandSocket) this.#close(held);
  }

  close(): void {
    for (const held of this.#held.values()) this.#close(held);
  }

  #close(held: Held): void {
    this.#held.delete(held.number);
    held.file?.remove();
    this.#calls.close(held.fd);
  }
}

/** Gives the files of command sockets the rights that the plan says. What could not be given, by path. */
export function giveRights(before: Plan, plan: Plan): readonly { readonly path: string; readonly code: string }[] {
  const wrong: { path: string; code: string }[] = [];
  const former = new Map(before.global.statsSockets.map(({ bind }) => [listenKey(bind, true), bind]));
  for (const { bind } of plan.global.statsSockets) {
    const { address } = bind;
    const was = former.get(listenKey(bind, true));
    if (address.kind !== "unix" || was === undefined) continue;
    if (isSameRights(was, bind)) continue;
    try {
      giveFileRights(address.path, bind);
    } catch (error) {
      wrong.push({ path: address.path, code: (error as NodeJS.ErrnoException).code ?? String(error) });
    }
  }
  return wrong;
}

/** What an error says to a worker that asked for something. */
export function refusalOf(error: unknown): { readonly code: string; readonly text: string } {
  const code = (error as NodeJS.ErrnoException).code ?? "EIO";
  const text = error instanceof TransportError || error instanceof Error ? error.message : String(error);
  return { code, text };
}
