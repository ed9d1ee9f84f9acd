/** Runs one check from connecting to its outcome, whatever its kind. */
import { clockMs } from "../../../clock.ts";
import type { ConnectOptions, ProbeHandler, Transport, TransportError } from "../../../net/transport.ts";
import type { SocketAddress } from "../../../address.ts";
import type { CheckPlan } from "../../../plan/check.ts";
import type { SshCheckPlan } from "../../../plan/ssh/ssh-check.ts";
import { readMostBytes } from "../../../wire/ssh/direction.ts";
import type { ProxyHeaderPlan, ServerAddress, ServerCheckPlan } from "../../../plan/server.ts";
import { ownText } from "../../../rules/value/own.ts";
import { addressesOfHost } from "../../../system/names.ts";
import { type ExternalSubject, runExternal } from "./external-check.ts";
import type { Abort } from "./abort.ts";
import { connectBudgetMs, Dialogue, done } from "./dialogue.ts";
import { connectFailure, DialogueFailure } from "./dialogue-failure.ts";
import type { CheckSecurity, CheckTimeouts, DialogueSettings } from "./dialogue.ts";
import { CheckEnd, checkVerdicts } from "./outcome.ts";
import type { CheckOutcome } from "./outcome.ts";
import { runProtocol } from "./protocols.ts";
import { checkSsh } from "../ssh/ssh-check.ts";
import type { SshCheckCourse } from "../ssh/course.ts";
import { runScript, type ScriptEnd, type ScriptPlan } from "./script.ts";
import type { CheckSamples } from "./check-samples.ts";

/** Statuses whose code is told, as HAProxy tells it. */
const withCode = new Set(["L7OK", "L7OKC", "L7STS", "PROCOK", "PROCERR", "PROCTOUT"]);

/** What a check of one server needs to know. The functions are asked anew for each check. */
export interface CheckOptions {
  readonly transport: Transport;
  readonly check: CheckPlan;
  readonly server: ServerCheckPlan;
  readonly timeouts: CheckTimeouts;
  readonly bufsizeBytes: number;
  /** Which header `send-proxy` sends on checks (version and checksum); null stands for version 1. */
  readonly proxyHeader: ProxyHeaderPlan | null;
  /** `pp2-never-send-local` of the global section; left out: no. */
  readonly neverSendLocal?: boolean;
  /** Evaluates expressions and formats of `tcp-check` and `http-check` lines. */
  readonly samples: CheckSamples;
  /** The server's socket options for a check. */
  readonly socket: () => Omit<ConnectOptions, "address" | "timeoutMs">;
  /** How the server stands, for `http-check send-state`. */
  readonly state: () => string;
  /** See `DialogueSettings`. */
  readonly secure?: CheckSecurity;
  /** For checks that speak SSH; null or left out: none can be run. */
  readonly ssh?: SshCheckOptions | null;
  /** For checks by a program; left out: none can be run. `tell`: see `runExternal`. */
  readonly external?: { readonly subject: () => ExternalSubject; readonly tell: (text: string) => void };
}

/** What checks of `option ssh-check` go by. */
export interface SshCheckOptions {
  readonly course: SshCheckCourse;
  /** The server is fully up: neither rising nor falling. */
  readonly isSettled: () => boolean;
}

/** Who hears how a check ended. */
export interface CheckHandler {
  /** Called once, and not before `runCheck` returns. Where `abort` was given up the outcome means nothing. */
  checked(abort: Abort, outcome: CheckOutcome): void;
}

/** Checks once, until it has ended or `abort` gives it up. Throws nothing for what the server or the network does. */
export function runCheck(options: CheckOptions, server: SocketAddress, abort: Abort, handler: CheckHandler): void {
  const { check } = options;
  const isScripted = check.kind === "http" || (check.kind === "tcp" && check.steps.length > 0);
  const { sendProxy, tls } = options.server;
  const isPlain = check.kind === "tcp" && check.steps.length === 0 && !sendProxy && tls === null;
  const address = isScripted || isPlain ? knownAddress(options.server, server) : null;
  if (check.kind === "ssh") void converseBySsh(options, check, server, abort, handler);
  else if (address === null) void converse(options, check, server, abort, handler);
  else if (isScripted) new Scripted(options, check, address, abort, handler).begin();
  else new LayerFour(options, address, abort, handler).begin();
}

/** Asks no more than whether a connection opens, as most checks do: many a second, so without a promise. */
class LayerFour implements ProbeHandler {
  readonly #startedAt = clockMs();

  constructor(
    private readonly options: CheckOptions,
    private readonly address: SocketAddress,
    private readonly abort: Abort,
    private readonly handler: CheckHandler,
  ) {}

  begin(): void {
    const { options, address } = this;
    const timeoutMs = connectBudgetMs(options.server.interMs, options.timeouts);
    this.abort.running = options.transport.probe({ ...options.socket(), address, timeoutMs }, this);
  }

  /** ProbeHandler. */
  probed(failure: TransportError | null): void {
    const end = failure === null ? opened : toEnd(connectFailure(failure, this.address), this.options);
    this.handler.checked(this.abort, outcomeOf(end, this.#startedAt));
  }
}

/** Goes through the lines of a script, without a promise as well. */
class Scripted implements ScriptEnd {
  readonly #startedAt = clockMs();
  #hasBegun = false;

  constructor(
    private readonly options: CheckOptions,
    private readonly check: ScriptPlan,
    private readonly address: SocketAddress,
    private readonly abort: Abort,
    private readonly handler: CheckHandler,
  ) {}

  begin(): void {
    const { options, check, address, abort } = this;
    script(options, check, address, new Dialogue(settings(options), abort), this);
    this.#hasBegun = true;
  }

  /** ScriptEnd. */
  ended(end: unknown): void {
    if (this.#hasBegun) this.#tell(end);
    else queueMicrotask(() => this.#tell(end));
  }

  #tell(end: unknown): void {
    this.handler.checked(this.abort, outcomeOf(toEnd(end, this.options), this.#startedAt));
  }
}

function script(
  options: CheckOptions,
  plan: ScriptPlan,
  server: SocketAddress,
  dialogue: Dialogue,
  end: ScriptEnd,
): void {
  const { samples } = options;
  const state = (): string => options.state();
  const { sendProxy, tls } = options.server;
  const tlsDefault = options.secure?.default ?? null;
  runScript({ plan, dialogue, samples, server, sendProxy, tls, tlsDefault, state, resolve }, end);
}

const opened = new CheckEnd("L4OK", null);
const secured = new CheckEnd("L6OK", null);

type OtherPlan = Exclude<CheckPlan, SshCheckPlan>;

async function converse(
  options: CheckOptions,
  check: OtherPlan,
  server: SocketAddress,
  abort: Abort,
  handler: CheckHandler,
): Promise<void> {
  const startedAt = clockMs();
  let end = options.server.tls === null ? opened : secured;
  try {
    // A program is told where the server is, whatever `addr` and `port` of the line say.
    const isExternal = check.kind === "external";
    await runKind(options, check, isExternal ? server : await whereTo(options.server, server), abort);
  } catch (error) {
    end = toEnd(error, options);
  }
  handler.checked(abort, outcomeOf(end, startedAt));
}

async function converseBySsh(
  options: CheckOptions,
  plan: SshCheckPlan,
  at: SocketAddress,
  abort: Abort,
  handler: CheckHandler,
): Promise<void> {
  const startedAt = clockMs();
  let outcome: CheckOutcome;
  try {
    const { server, ssh } = options;
    if (ssh === undefined || ssh === null) throw new Error("nobody keeps the course of this server's SSH checks");
    const { course } = ssh;
    const address = await whereTo(server, at);
    const run = { plan, server, settings: sshSettings(options, plan), address, course, isSettled: ssh.isSettled() };
    outcome = await checkSsh(run, abort);
  } catch (error) {
    outcome = outcomeOf(toEnd(error, options), startedAt);
  }
  handler.checked(abort, outcome);
}

/** A server that is slow is to be found slow and not dead, where no time is set for its answer. */
function sshSettings(options: CheckOptions, { slowMs }: SshCheckPlan): DialogueSettings {
  const found = settings(options);
  const { connectMs, checkMs } = found.timeouts;
  const allowedMs = checkMs === 0 && slowMs > 0 ? found.interMs + slowMs : checkMs;
  return { ...found, timeouts: { connectMs, checkMs: allowedMs }, bufsizeBytes: readMostBytes };
}

function outcomeOf({ status, info, code }: CheckEnd, startedAt: number): CheckOutcome {
  const durationMs = Math.max(0, Math.floor(clockMs() - startedAt));
  const verdict = checkVerdicts.get(status) ?? "failed";
  const told = withCode.has(status) ? (code ?? 0) : null;
  // It is kept until the next check's end, and may have been cut out of a long answer.
  return { verdict, result: { status, code: told, info: info ? ownText(info) : null, durationMs } };
}

/** The addresses that checks have gone to by their `addr` and `port`: one object as long as nothing changes, for sockets remember it. */
const planned = new WeakMap<ServerCheckPlan, { readonly server: SocketAddress; readonly address: SocketAddress }>();

/** Where the check goes: `addr` and `port` of the server line before the server's own. Null: to a name, which is looked up anew each time. */
function knownAddress(plan: ServerCheckPlan, server: SocketAddress): SocketAddress | null {
  const { address, port } = plan;
  if (address === null && (port === null || server.kind !== "tcp")) return server;
  if (address !== null && address.kind !== "tcp") return address;
  if (address?.isName === true) return null;
  let known = planned.get(plan);
  if (known?.server !== server) {
    const host = address?.host ?? (server.kind === "tcp" ? server.host : "");
    known = { server, address: { kind: "tcp", host, port: address?.port ?? plannedPort(plan, server) } };
    planned.set(plan, known);
  }
  return known.address;
}

/** The same, with a name's address. */
async function whereTo(plan: ServerCheckPlan, server: SocketAddress): Promise<SocketAddress> {
  return knownAddress(plan, server) ?? (await resolve(plan.address as ServerAddress, plannedPort(plan, server)));
}

function plannedPort({ port }: ServerCheckPlan, server: SocketAddress): number {
  return port ?? (server.kind === "tcp" ? server.port : 0);
}

/** The address of a server-like text; a name is looked up anew each time. */
async function resolve(address: ServerAddress, port: number): Promise<SocketAddress> {
  if (address.kind !== "tcp") return address;
  if (!address.isName) return { kind: "tcp", host: address.host, port: address.port ?? port };
  const [host] = await addressesOfHost(address.host, address.family);
  if (host === undefined) throw new CheckEnd("SOCKERR", `could not resolve ${address.host}`);
  return { kind: "tcp", host, port: address.port ?? port };
}

/** Protocols whose servers complain of a connection that ends with RST; HAProxy closes these with FIN. */
const takesLeave = new Set<CheckPlan["kind"]>(["smtp", "mysql", "pgsql"]);

/** The server speaks first. */
function isGreeted(check: CheckPlan): boolean {
  return check.kind === "smtp" || (check.kind === "mysql" && check.user === null);
}

async function runKind(options: CheckOptions, check: OtherPlan, address: SocketAddress, abort: Abort): Promise<void> {
  const { server } = options;
  if (check.kind === "external") return runProgram(options, check, address, abort);
  const layer4 = check.kind === "tcp" && check.steps.length === 0;
  const dialogue = new Dialogue(settings(options), abort);
  try {
    const { sendProxy, tls } = server;
    if (layer4 && !sendProxy && tls === null) return await done((handler) => dialogue.probe(address, handler));
    if (layer4)
      return await done((handler) =>
        dialogue.open(address, { sendProxy, lingers: false, speaksFirst: false, tls }, handler),
      );
    if (check.kind === "tcp" || check.kind === "http")
      return await new Promise((_, ended) => script(options, check, address, dialogue, { ended }));
    const opening = { sendProxy, lingers: takesLeave.has(check.kind), speaksFirst: !isGreeted(check), tls };
    await done((handler) => dialogue.open(address, opening, handler));
    await runProtocol(dialogue, check);
  } finally {
    dialogue.finish();
  }
}

async function runProgram(
  options: CheckOptions,
  check: Extract<CheckPlan, { kind: "external" }>,
  address: SocketAddress,
  abort: Abort,
): Promise<void> {
  if (options.external === undefined) throw new CheckEnd("PROCERR", null, -1);
  const limitMs = connectBudgetMs(options.server.interMs, options.timeouts);
  await runExternal(check, address, options.external.subject(), { limitMs, abort }, options.external.tell);
}

function settings(options: CheckOptions): DialogueSettings {
  return {
    transport: options.transport,
    socket: options.socket(),
    interMs: options.server.interMs,
    timeouts: options.timeouts,
    bufsizeBytes: options.bufsizeBytes,
    proxyVersion: options.proxyHeader?.version ?? 1,
    proxyChecksum: options.proxyHeader?.options.includes("crc32c") ?? false,
    neverSendLocal: options.neverSendLocal ?? false,
    ...(options.secure === undefined ? {} : { secure: options.secure }),
  };
}

/** Puts what a check threw into its end. What is no word of ours is a mistake in this program and told as such. */
function toEnd(error: unknown, options: CheckOptions): CheckEnd {
  if (error instanceof CheckEnd) return error;
  if (!(error instanceof DialogueFailure)) return new CheckEnd("SOCKERR", String(error));
  const { check } = options;
  const scripted = check.kind === "tcp" && check.scripted && check.steps.length === 0;
  const where = scripted ? " at initial connection step of tcp-check" : "";
  const status = check.kind === "ssl-hello" && error.status === "L7TOUT" ? "L6TOUT" : error.status;
  return new CheckEnd(status, `${error.text ?? ""}${where}`);
}
