/** The worker's side: what it is told by the process that keeps the rights, and what it asks it for. */
import { readFileSync } from "node:fs";
import type { Level } from "../../ops/admin/level.ts";
import type { ReloadOutcome } from "../../ops/answers/reload-outcome.ts";
import type { FindHolder, PortHolder } from "../runtime/port-holder.ts";
import type { SocketLender } from "../runtime/runtime.ts";
import type { Listener, ListenOptions, Transport } from "../../net/transport.ts";
import { TransportError } from "../../net/transport.ts";
import { deferred } from "../../deferred.ts";
import { askLibc, type NameAsker } from "../../system/names.ts";
import { type KeptFiles } from "../kept/kept-files.ts";
import { Channel, type ChannelSystem } from "./channel.ts";
import type { LoadMessage } from "../loading/load.ts";
import {
  listenKey,
  type MasterMessage,
  protocolVersion,
  type WorkerMessage,
  type WorkerStart,
} from "./master-protocol.ts";

type Answer = Extract<MasterMessage, { kind: "answer" }> & { readonly fd: number | null };
type Ask = Extract<WorkerMessage, { ask: number }>;
type Unasked<One> = One extends Ask ? Omit<One, "ask"> : never;

/** Of a content that is sent piece by piece. */
const batchLength = 32_768;

const goneText = "the process that keeps the rights has gone";

export class MasterLink {
  readonly #system: ChannelSystem;
  readonly #channel: Channel;
  readonly #start = deferred<WorkerStart>();
  readonly #asked = new Map<number, (answer: Answer | null) => void>();
  /** Who had an address that could not be bound the last time, by host and port. */
  readonly #holders = new Map<string, PortHolder | null>();
  readonly #loading: LoadMessage[] = [];
  #wakeLoader: (() => void) | null = null;
  #nextAsk = 1;
  #isGone = false;
  /** Hears that the master wants a reload. */
  onReload: () => void = () => {};
  /** Hears once that the master has gone. */
  onGone: () => void = () => {};

  /** Owns `fd`. */
  constructor(system: ChannelSystem, fd: number) {
    this.#system = system;
    this.#channel = new Channel(system, fd, {
      heard: (message, fds) => this.#heard(message as MasterMessage, fds),
      ended: () => this.#end(),
    });
    this.#tell({ kind: "hello", version: protocolVersion });
  }

  /** What this worker is to be. Rejects when the master is of another version or has gone. */
  get start(): Promise<WorkerStart> {
    return this.#start.promise;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  #tell(message: WorkerMessage): void {
    void this.#channel.send(message);
  }

  #heard(message: MasterMessage, fds: readonly number[]): void {
    if (message.kind === "answer") return this.#take(message, fds);
    for (const fd of fds) this.#system.calls.close(fd);
    switch (message.kind) {
      case "hello":
        if (message.version === protocolVersion) return this.#start.resolve(message);
        return this.#start.reject(
          new Error(`the master speaks version ${message.version} of the protocol, this worker ${protocolVersion}`),
        );
      case "load":
        this.#loading.push(message.message);
        return this.#wakeLoader?.();
      case "reload":
        return this.onReload();
    }
  }

  #take(answer: Extract<MasterMessage, { kind: "answer" }>, fds: readonly number[]): void {
    const [fd = null, ...rest] = fds;
    for (const one of rest) this.#system.calls.close(one);
    const resolve = this.#asked.get(answer.ask);
    this.#asked.delete(answer.ask);
    if (resolve !== undefined) resolve({ ...answer, fd });
    else if (fd !== null) this.#system.calls.close(fd);
  }

  #end(): void {
    this.#isGone = true;
    this.#start.reject(new Error(goneText));
    for (const resolve of this.#asked.values()) resolve(null);
    this.#asked.clear();
    this.#wakeLoader?.();
    this.onGone();
  }

  async #ask(message: Unasked<Ask>): Promise<Answer | null> {
    if (this.#isGone) return null;
    const ask = this.#nextAsk++;
    const answer = new Promise<Answer | null>((resolve) => this.#asked.set(ask, resolve));
    this.#tell({ ...message, ask } as WorkerMessage);
    return answer;
  }

  /** Asks for a descriptor. Rejects with a TransportError that says what the master said. */
  async #askForDescriptor(
    message: Unasked<Ask>,
    address: ListenOptions["address"] | null = null,
  ): Promise<{ readonly fd: number; readonly answer: Answer }> {
    const answer = await this.#ask(message);
    if (answer === null) throw new TransportError("EPERM", goneText);
    if (answer.fd !== null) return { fd: answer.fd, answer };
    if (address?.kind === "tcp") this.#holders.set(`${address.host} ${address.port}`, answer.holder ?? null);
    throw new TransportError(answer.refused?.code ?? "EIO", answer.refused?.text ?? "no descriptor came");
  }

  /** The configuration that this worker starts with, as it comes. */
  firstLoad(): AsyncGenerator<LoadMessage> {
    return this.#load();
  }

  /** The configuration as it is now; see `Loader`. Throws when the master has gone. */
  loadAgain(): AsyncGenerator<LoadMessage> {
    this.#loading.length = 0;
    this.#tell({ kind: "load" });
    return this.#load();
  }

  async *#load(): AsyncGenerator<LoadMessage> {
    for (;;) {
      const message = this.#loading.shift();
      if (message !== undefined) {
        yield message;
        if (message.kind === "end") return;
      } else if (this.#isGone) throw new Error(goneText);
      else await new Promise<void>((resolve) => (this.#wakeLoader = resolve));
    }
  }

  /** See `SocketLender`. */
  readonly lend: SocketLender = async (options, isCommandSocket) => {
    const key = listenKey(options, isCommandSocket);
    const { fd, answer } = await this.#askForDescriptor({ kind: "bind", key }, options.address);
    const { socket = -1 } = answer;
    return { fd, release: async () => void (await this.#ask({ kind: "release", socket })) };
  };

  /** Who has an address, as the master saw it when it was to be bound. */
  readonly holderOf: FindHolder = (port, host) => this.#holders.get(`${host} ${port}`) ?? null;

  /** The transport, with listeners that the master binds. */
  listeningBy(transport: Transport): Transport {
    const lend = this.lend;
    const listen = async (options: ListenOptions, accept: Parameters<Transport["listen"]>[1]): Promise<Listener> => {
      const { fd, release } = await lend(options, false);
      try {
        return await transport.listen({ ...options, lent: { fd, giveBack: release } }, accept);
      } catch (error) {
        void release();
        throw error;
      }
    };
    return { ...transport, listen };
  }

  /** A socket on which commands come through the master socket. The caller owns it. */
  async commandSocket(level: Level): Promise<number> {
    return (await this.#askForDescriptor({ kind: "commands", level })).fd;
  }

  /** A datagram socket connected to a log target. The caller owns it. */
  async sink(path: string): Promise<number> {
    return (await this.#askForDescriptor({ kind: "sink", path })).fd;
  }

  /** Files that the master reads and writes; see `KeptFiles`. */
  readonly keptFiles: KeptFiles = {
    read: async (path) => {
      const { fd, stamp, text } = await this.#askKept({ kind: "kept", path });
      if (fd === null) return text === undefined ? { kind: "none" } : { kind: "unfit", why: text };
      try {
        return { kind: "content", text: readFileSync(fd, "utf8"), stamp: stamp ?? "" };
      } finally {
        this.#system.calls.close(fd);
      }
    },
    replace: async (path, pieces, known) => {
      for (const piece of batches(pieces)) await this.#askKept({ kind: "keep", path, piece, isLast: false, known });
      return (await this.#askKept({ kind: "keep", path, piece: "", isLast: true, known })).stamp ?? null;
    },
    setAside: async (path) => (await this.#askKept({ kind: "set-aside", path })).text ?? path,
  };

  async #askKept(message: Unasked<Ask>): Promise<Answer> {
    const answer = await this.#ask(message);
    if (answer === null) throw new Error(goneText);
    if (answer.refused !== undefined)
      throw Object.assign(new Error(answer.refused.text), { code: answer.refused.code });
    return answer;
  }

  /** As the master's libc says; once that has gone, as this process's own. */
  readonly addressesOf: NameAsker = async (host, family) => {
    const answer = await this.#ask({ kind: "resolve", host, family: family ?? 0 });
    return answer === null ? askLibc(host, family) : (answer.hosts ?? []);
  };

  /** Has the master reload, which has this worker do its part. */
  readonly askReload = async (): Promise<ReloadOutcome> => {
    const answer = await this.#ask({ kind: "reload" });
    if (answer === null) return { succeeded: false, text: `Reload refused : ${goneText}; a restart brings it back.\n` };
    return { succeeded: answer.succeeded === true, text: answer.text ?? "" };
  };

  /** Tells how the reload that was asked for came out. */
  reloaded({ succeeded, text }: ReloadOutcome): void {
    this.#tell({ kind: "reloaded", succeeded, text: text.slice(0, 65_000) });
  }

  /** A line for the operator, of the time before this worker serves. */
  say(text: string): void {
    this.#tell({ kind: "say", text: text.slice(0, 65_000) });
  }

  serving(): void {
    this.#tell({ kind: "serving" });
  }
}

/** The same text in pieces of about one length. */
function* batches(pieces: Iterable<string>): Iterable<string> {
  let batch = "";
  for (const piece of pieces) {
    batch += piece;
    for (; batch.length >= batchLength; batch = batch.slice(batchLength)) yield batch.slice(0, batchLength);
  }
  if (batch !== "") yield batch;
}
