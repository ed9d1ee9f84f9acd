/** The process that keeps the rights: it reads, binds, looks names up and watches over the worker, and never sees a client's byte. */
import { clockMs } from "../../clock.ts";
import { AF_UNIX, SOCK_DGRAM } from "../../net/libc/socket-calls.ts";
import { systemError } from "../../net/system-error.ts";
import type { Terminal } from "../../cli/terminal.ts";
import type { Options } from "../../cli/options.ts";
import type { ConfigurationFile } from "../../config/text/files.ts";
import type { ReloadOutcome } from "../../ops/answers/reload-outcome.ts";
import { type PortHolder, portHolder } from "../runtime/port-holder.ts";
import type { ServiceState } from "../service-manager.ts";
import type { Plan } from "../../plan/plan.ts";
import { askLibc } from "../../system/names.ts";
import { deferred, type Deferred } from "../../deferred.ts";
import { type Allowed, allowedBy, logDescriptors } from "./allowed.ts";
import type { ChannelSystem } from "./channel.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { KeptDrafts, type KeptOutcome } from "./kept-drafts.ts";
import { giveRights, HeldSockets, refusalOf, type WantedSocket } from "./held-sockets.ts";
import type { Loaded, LoadMessage } from "../loading/load.ts";
import { type MasterMessage, protocolVersion, type WorkerMessage } from "./master-protocol.ts";
import { openPlanBuilder, planPieces } from "../loading/plan-pieces.ts";
import { loadInThread } from "../loading/thread-loader.ts";
import { WorkerCommands } from "./worker-commands.ts";
import { startWorker, type WorkerEnd, type WorkerProcess } from "./worker-process.ts";

/** A worker that lives no longer than this died quickly. */
const quickMs = 10_000;
/** So many quick deaths in a row are enough. */
const quickDeaths = 4;

/** What a master is made from. */
export interface MasterParts {
  readonly system: ChannelSystem;
  readonly options: Options;
  /** Files read before; null: the options' files, read again at each reload. */
  readonly given: readonly ConfigurationFile[] | null;
  /** What the first worker runs. */
  readonly loaded: Loaded;
  readonly terminal: Terminal;
  readonly isForeground: boolean;
  /** The name that the program was run by. */
  readonly name: string;
  readonly programWords: readonly string[];
  /** Writes to stderr, or to whoever waits for the start, what a worker has to say before it serves. */
  readonly say: (text: string) => void;
  readonly tellState: (state: ServiceState) => void;
}

/** Where a worker is with its life. */
interface Life {
  readonly process: WorkerProcess;
  readonly commands: WorkerCommands;
  /** Settles when it serves, or false when it ended before. */
  readonly serving: Deferred<boolean>;
  isServing: boolean;
  /** How the reload that it was asked for came out; null: none was asked for. */
  reloaded: ((outcome: ReloadOutcome) => void) | null;
}

export class Master {
  readonly #parts: MasterParts;
  readonly #held: HeldSockets;
  readonly #drafts: KeptDrafts;
  #loaded: Loaded;
  #allowed: Allowed;
  /** Of a plan that is on its way: it may be the next. */
  #candidate: { readonly loaded: Loaded; readonly allowed: Allowed } | null = null;
  #life: Life | null = null;
  #isStopping = false;
  #quick = 0;
  readonly #ended = deferred<number>();
  readonly #reloads = { done: 0, failed: 0 };

  constructor(parts: MasterParts) {
    this.#parts = parts;
    this.#held = new HeldSockets(parts.system.calls);
    this.#drafts = new KeptDrafts((fd) => this.#copy(fd));
    this.#loaded = parts.loaded;
    this.#allowed = allowedBy(parts.loaded.plan);
  }

  /** Settles when no worker is left and none will be started, with the exit code that its end calls for. */
  get ended(): Promise<number> {
    return this.#ended.promise;
  }

  get reloads(): { readonly done: number; readonly failed: number } {
    return this.#reloads;
  }

  get plan(): Plan {
    return this.#loaded.plan;
  }

  /** The worker that runs, for `show proc`; null between two. */
  get worker(): { readonly pid: number; readonly startedAt: number; readonly commands: WorkerCommands } | null {
    const life = this.#life;
    return life === null ? null : { pid: life.process.pid, startedAt: life.process.startedAt, commands: life.commands };
  }

  /** Starts the first worker; false when it does not come to serve, and has said why. */
  async start(): Promise<boolean> {
    const isServing = await this.#begin().serving.promise;
    if (isServing) this.#parts.terminal.notice("Loading success.");
    return isServing;
  }

  #begin(): Life {
    const { system, terminal, name, programWords } = this.#parts;
    const commands = new WorkerCommands(system.calls);
    const invocation = { name, programWords, inherited: logDescriptors(this.#loaded.plan) };
    const process = startWorker(system, invocation, {
      heard: (message) => this.#heard(life, message),
      ended: (end) => this.#workerEnded(life, end),
      mistrusted: (said) => terminal.alert(`worker (${process.pid}) says what no worker says, and is killed: ${said}`),
    });
    const life: Life = {
      process,
      commands,
      serving: deferred<boolean>(),
      isServing: false,
      reloaded: null,
    };
    this.#life = life;
    terminal.notice(`New worker (${process.pid}) forked`);
    const { options, isForeground } = this.#parts;
    this.#tell(life, { kind: "hello", version: protocolVersion, options, isForeground, said: terminal.said });
    void this.#sendPlan(life);
    return life;
  }

  #tell(life: Life, message: MasterMessage, fds: readonly number[] = []): Promise<void> {
    return life.process.channel.send(message, fds);
  }

  /** The plan that runs, for a worker that starts. */
  async #sendPlan(life: Life): Promise<void> {
    for (const piece of planPieces(this.#loaded))
      await this.#tell(life, { kind: "load", message: { kind: "piece", piece } });
    await this.#tell(life, { kind: "load", message: { kind: "end", refused: false } });
  }

  /** Reads the files again and has the worker run them. Everything is said. */
  readonly reload = oneAtATime(async (): Promise<ReloadOutcome> => {
    const { terminal, tellState } = this.#parts;
    const life = this.#life;
    if (this.#isStopping || life === null || !(await life.serving.promise) || this.#isStopping) {
      terminal.notice(noWorkerText);
      return { succeeded: false, text: `${noWorkerText}\n` };
    }
    tellState("RELOADING=1");
    const told = deferred<ReloadOutcome>();
    life.reloaded = told.resolve;
    void this.#tell(life, { kind: "reload" });
    const outcome = await told.promise;
    const { succeeded } = outcome;
    life.reloaded = null;
    if (succeeded) this.#adopt();
    this.#candidate = null;
    this.#reloads[succeeded ? "done" : "failed"]++;
    if (!this.#isStopping) tellState("READY=1");
    return outcome;
  });

  #adopt(): void {
    if (this.#candidate === null) return;
    const before = this.#loaded.plan;
    ({ loaded: this.#loaded, allowed: this.#allowed } = this.#candidate);
    const { plan } = this.#loaded;
    this.#held.keepFiles();
    for (const { path, code } of giveRights(before, plan))
      this.#parts.terminal.alert(`stats socket ${path}: its rights cannot be changed (${code})`);
  }

  /** The worker wants to know what is in the files now. */
  async #load(life: Life): Promise<void> {
    const { options, given, terminal } = this.#parts;
    const builder = openPlanBuilder();
    let end: LoadMessage = { kind: "end", refused: true };
    try {
      for await (const message of loadInThread({ options, given, environment: { ...process.env } })) {
        if (message.kind === "end") end = message;
        else if (message.kind === "piece") builder.add(message.piece);
        else terminal[message.as](message.text);
        // What has been said is only for whoever asked the worker for a reload.
        if (message.kind === "say") await this.#tell(life, { kind: "load", message: { ...message, isSaid: true } });
        else if (message.kind === "piece") await this.#tell(life, { kind: "load", message });
      }
      if (end.kind === "end" && !end.refused) {
        const loaded = builder.finish() as Loaded;
        // Whoever asked may have died, and another reload may be under way.
        if (life === this.#life && life.reloaded !== null)
          this.#candidate = { loaded, allowed: allowedBy(loaded.plan) };
      }
    } catch (error) {
      terminal.alert(`Loading broke off : ${error instanceof Error ? error.message : String(error)}.`);
      end = { kind: "end", refused: true };
    }
    await this.#tell(life, { kind: "load", message: end });
  }

  #heard(life: Life, message: WorkerMessage): void {
    if (life !== this.#life) return;
    switch (message.kind) {
      case "hello":
        if (message.version === protocolVersion) return;
        this.#parts.terminal.alert(
          `worker (${life.process.pid}) speaks version ${message.version} of the protocol, this process ${protocolVersion}: restart.`,
        );
        return life.process.signal("SIGKILL");
      case "load":
        return void this.#load(life);
      case "bind":
        return this.#answerWith(
          life,
          message.ask,
          () => this.#bind(message.key),
          (code) => this.#whoHolds(message.key, code),
        );
      case "commands":
        return this.#answerWith(life, message.ask, () => ({ fd: life.commands.open(message.level) }));
      case "sink":
        return this.#answerWith(life, message.ask, () => ({ fd: this.#openSink(message.path) }));
      case "kept":
        return void this.#keep(life, message, () => this.#drafts.open(message.path));
      case "keep": {
        const { path, piece, isLast, known } = message;
        return void this.#keep(life, message, () => this.#drafts.take(path, piece, isLast, known));
      }
      case "set-aside":
        return void this.#keep(life, message, () => this.#drafts.setAside(message.path));
      case "release":
        this.#held.release(message.socket);
        return void this.#tell(life, { kind: "answer", ask: message.ask });
      case "resolve":
        return void this.#resolve(life, message.ask, message.host, message.family === 0 ? null : message.family);
      case "reload":
        return void this.reload().then((outcome) => this.#tell(life, { kind: "answer", ask: message.ask, ...outcome }));
      case "reloaded":
        return life.reloaded?.({ succeeded: message.succeeded, text: message.text });
      case "say":
        return this.#parts.say(message.text);
      case "serving":
        return this.#serves(life);
    }
  }

  #serves(life: Life): void {
    life.isServing = true;
    // What a former worker listened on and this one's plan does not.
    this.#held.closeUnused();
    this.#held.keepFiles();
    life.serving.resolve(true);
  }

  #answerWith(
    life: Life,
    ask: number,
    act: () => { readonly fd: number; readonly socket?: number },
    explain: (code: string) => Pick<Extract<MasterMessage, { kind: "answer" }>, "holder"> = () => ({}),
  ): void {
    try {
      const { fd, ...rest } = act();
      void this.#tell(life, { kind: "answer", ask, ...rest }, [fd]);
    } catch (error) {
      const refused = refusalOf(error);
      void this.#tell(life, { kind: "answer", ask, refused, ...explain(refused.code) });
    }
  }

  #isAllowed(test: (allowed: Allowed) => boolean): boolean {
    return test(this.#allowed) || (this.#candidate !== null && test(this.#candidate.allowed));
  }

  #bind(key: string): { fd: number; socket: number } {
    const wanted = this.#wanted(key);
    if (wanted === undefined) throw notInConfiguration();
    const { fd, number } = this.#held.lend(key, wanted);
    return { fd: this.#copy(fd), socket: number };
  }

  /** The worker cannot look: it sees no /proc. */
  #whoHolds(key: string, code: string): { holder?: PortHolder } {
    const address = this.#wanted(key)?.options.address;
    const holder = code === "EADDRINUSE" && address?.kind === "tcp" ? portHolder(address.port, address.host) : null;
    return holder === null ? {} : { holder };
  }

  #wanted(key: string): WantedSocket | undefined {
    return this.#candidate?.allowed.sockets.get(key) ?? this.#allowed.sockets.get(key);
  }

  #copy(fd: number): number {
    const copy = this.#parts.system.calls.duplicate(fd);
    if (copy < 0) throw systemError(-copy);
    return copy;
  }

  #openSink(path: string): number {
    if (!this.#isAllowed(({ sinks }) => sinks.has(path))) throw notInConfiguration();
    const { calls } = this.#parts.system;
    const fd = calls.socket(AF_UNIX, SOCK_DGRAM);
    if (fd < 0) throw systemError(-fd);
    const isName = path.startsWith("@");
    const to = isName ? ({ kind: "abstract", name: path.slice(1) } as const) : ({ kind: "unix", path } as const);
    const result = calls.connect(fd, to, isName);
    if (result === 0) return fd;
    calls.close(fd);
    throw systemError(-result);
  }

  /** Does something with a kept file that the configuration names. */
  async #keep(
    life: Life,
    { ask, path }: { readonly ask: number; readonly path: string },
    act: () => Promise<KeptOutcome & { readonly fd?: number | null }>,
  ): Promise<void> {
    try {
      if (!this.#isAllowed(({ kept }) => kept.has(path))) throw notInConfiguration();
      const { fd = null, ...outcome } = await act();
      void this.#tell(life, { kind: "answer", ask, ...outcome }, fd === null ? [] : [fd]);
    } catch (error) {
      void this.#tell(life, { kind: "answer", ask, refused: refusalOf(error) });
    }
  }

  async #resolve(life: Life, ask: number, host: string, family: 4 | 6 | null): Promise<void> {
    const isNamed = this.#isAllowed(({ hosts }) => hosts.has(host));
    const hosts = isNamed ? await askLibc(host, family) : [];
    void this.#tell(life, { kind: "answer", ask, hosts });
  }

  #workerEnded(life: Life, end: WorkerEnd): void {
    if (life !== this.#life) return;
    const { terminal } = this.#parts;
    this.#life = null;
    life.commands.close();
    this.#drafts.forget();
    life.reloaded?.({ succeeded: false, text: "The worker ended in the middle of it.\n" });
    life.serving.resolve(false);
    const isTold = this.#isStopping || end.code === 0 || end.code === 130 || end.code === 143;
    const said = `Current worker (${life.process.pid}) exited with code ${end.code} (${end.words})`;
    if (end.code === 0) terminal.warning(said);
    else terminal.alert(said);
    const isFirst = this.#quick === 0 && !life.isServing;
    const livedMs = clockMs() - life.process.startedAt;
    this.#quick = livedMs < quickMs ? this.#quick + 1 : 1;
    if (isTold || isFirst || this.#quick >= quickDeaths)
      return this.#leave(isTold ? (end.code === 130 ? 130 : 0) : end.code);
    this.#held.takeBack();
    terminal.notice("Another worker is started with the configuration that ran; clients wait meanwhile.");
    const next = this.#tryToBegin();
    if (next === null) this.#leave(end.code);
    else void this.#tellWhenServing(next);
  }

  async #tellWhenServing(life: Life): Promise<void> {
    if ((await life.serving.promise) && !this.#isStopping) this.#parts.tellState("READY=1");
  }

  #tryToBegin(): Life | null {
    try {
      return this.#begin();
    } catch (error) {
      this.#parts.terminal.alert(
        `No worker can be started : ${error instanceof Error ? error.message : String(error)}.`,
      );
      return null;
    }
  }

  #leave(code: number): void {
    this.#held.close();
    if (this.#life === null) this.#parts.terminal.warning(`All workers exited. Exiting... (${code})`);
    this.#ended.resolve(code);
  }

  /** TERM, INT and USR1: the worker ends, now or when its sessions have, and no other is started. */
  stop(signal: "SIGTERM" | "SIGINT" | "SIGUSR1"): void {
    if (!this.#isStopping) this.#parts.terminal.warning("Exiting Master process...");
    this.#isStopping = true;
    this.#held.leaveListeners();
    this.pass(signal);
    if (this.#life === null) this.#leave(0);
  }

  /** Passes a signal on. */
  pass(signal: NodeJS.Signals): void {
    const life = this.#life;
    // One that has no handlers yet would die of it.
    if (signal === "SIGTERM" || signal === "SIGINT") life?.process.signal(signal);
    else if (life !== null) void life.serving.promise.then((serves) => serves && life.process.signal(signal));
  }
}

const noWorkerText = "Reload refused : no worker serves.";

function notInConfiguration(): Error {
  return Object.assign(new Error("the configuration does not name it"), { code: "EPERM" });
}
