/** The health endpoint of the running process: it opens, steps aside for what the configuration binds, and comes back. */
import type { Terminal } from "../cli/terminal.ts";
import type { Options } from "../cli/options.ts";
import { version } from "../cli/version.ts";
import {
  defaultHealthAddress,
  type HealthAddress,
  type HealthEndpoint,
  isBoundBy,
  isTakenBy,
  openHealthEndpoint,
  parseHealthAddress,
} from "../ops/health/health-endpoint.ts";
import type { MetricsSource } from "../ops/stats/metrics.ts";
import { addressText } from "../address.ts";
import type { Plan } from "../plan/plan.ts";
import type { Failure } from "../proxy/proxy.ts";
import { bindReasonText } from "./bind-failure.ts";
import type { Runtime } from "./runtime/runtime.ts";

/** How often an address is tried that the process before this one still holds. */
const retryMs = 500;

/** What it is made from. `plan`: the one that runs; null before the first. */
export interface OwnHealthEndpointParts {
  readonly options: Options;
  readonly terminal: Terminal;
  readonly metrics: MetricsSource;
  readonly plan: () => Plan | null;
  readonly findHolder: Runtime["portHolder"];
}

/** Closed at first. */
export class OwnHealthEndpoint {
  readonly #parts: OwnHealthEndpointParts;
  #endpoint: HealthEndpoint | null = null;
  #isClosed = false;

  constructor(parts: OwnHealthEndpointParts) {
    this.#parts = parts;
  }

  /** Where it listens, as HOST:PORT; null where it does not. */
  get address(): string | null {
    return this.#endpoint === null ? null : addressText({ kind: "tcp", ...this.#endpoint.address });
  }

  /** At the start: what was asked for must be had, but for what the processes hold that this one replaces. What is wrong, in words. */
  async start(): Promise<readonly string[]> {
    const { options, terminal } = this.#parts;
    const failure = await this.#open();
    if (failure === null) return [];
    if (options.oldPids !== null && failure.isHeld) {
      terminal.notice(`health endpoint: it opens once the process has gone that holds ${wantedText(options)}`);
      this.#openLater();
      return [];
    }
    if (options.health !== null) return [`health endpoint: ${failure.why}`];
    this.#tell(failure);
    return [];
  }

  /** Opens it. While the process runs, one that cannot be opened is no reason to stop: it is told. */
  async open(): Promise<void> {
    this.#tell(await this.#open());
  }

  /** Opens it where it is closed, and the plan that runs has no use for its address. */
  async openBeside(plan: Plan): Promise<void> {
    if (this.#endpoint === null && !this.#isBoundBy(plan)) await this.open();
  }

  /** Whether it is all that keeps a plan from its addresses. */
  isInTheWay(failures: readonly Failure[]): boolean {
    const endpoint = this.#endpoint;
    if (endpoint === null || failures.length === 0) return false;
    return failures.every((one) => one.kind === "bind" && isTakenBy(one.bind, endpoint.address));
  }

  /** Leaves its address to a plan. */
  stepAside(): void {
    this.#endpoint?.close();
    this.#endpoint = null;
  }

  /** For good. */
  close(): void {
    this.#isClosed = true;
    this.#endpoint?.close();
  }

  #isBoundBy(plan: Plan): boolean {
    const address = wantedAddress(this.#parts.options);
    return address !== null && isBoundBy(plan, address);
  }

  /** What came in its way; null when it is open, or not wanted. */
  async #open(): Promise<HealthFailure | null> {
    const { options, metrics, plan, findHolder } = this.#parts;
    const address = wantedAddress(options);
    const current = plan();
    if (current === null) throw new Error("no plan runs yet");
    if (address === null) return null;
    const text = wantedText(options);
    if (isBoundBy(current, address))
      return { why: `the configuration binds ${text} itself: give one of them another address`, isHeld: false };
    const opened = await openHealthEndpoint(address, { ...metrics, ownVersion: version, names: options.healthNames });
    if ("failed" in opened) {
      const reason = bindReasonText({ code: opened.failed, message: opened.failed, ...address }, findHolder);
      return { why: `cannot bind ${text} ${reason}`, isHeld: opened.failed === "EADDRINUSE" };
    }
    if (this.#isClosed) opened.close();
    else this.#endpoint = opened;
    return null;
  }

  #openLater(): void {
    setTimeout(() => {
      const plan = this.#parts.plan();
      if (this.#isClosed || this.#endpoint !== null || plan === null || this.#isBoundBy(plan)) return;
      void this.#open().then((failure) => failure?.isHeld === true && this.#openLater());
    }, retryMs).unref();
  }

  #tell(failure: HealthFailure | null): void {
    if (failure === null) return;
    const { options, terminal } = this.#parts;
    const level = options.health === null ? "notice" : "warning";
    terminal[level](`health endpoint: ${failure.why}\n    it stays closed (see --health)`);
  }
}

/** `isHeld`: another process has the address. */
interface HealthFailure {
  readonly why: string;
  readonly isHeld: boolean;
}

function wantedText({ health }: Options): string {
  return health ?? defaultHealthAddress;
}

/** What is no address has been refused before. Null: it is not wanted. */
function wantedAddress(options: Options): HealthAddress | null {
  const address = parseHealthAddress(wantedText(options));
  return address === "off" ? null : address;
}
