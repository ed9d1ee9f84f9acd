/** One server whose host keys are looked at again and again. */
import { addressText, type SocketAddress } from "../../address.ts";
import { clockMs } from "../../clock.ts";
import type { CheckResult } from "../../events.ts";
import type { SshHostKeysPlan } from "../../plan/ssh/ssh.ts";
import type { Server } from "../../proxy/backend/server.ts";
import { headerFor } from "../probe/own-header.ts";
import type { HostKeysServer } from "../public.ts";
import { SshProbe } from "../probe/probe.ts";
import type { SshProbed } from "../probe/probed.ts";
import { type SeenKey, seenKeys } from "./known.ts";
import { judgePins } from "./pins.ts";

/** What a watch needs of those who have it. */
export interface WatchKeeper {
  /** As identification lines have it. */
  readonly software: string;
  readonly neverSendLocal: boolean;
  /** See `ProbeOptions.turn`. */
  turn(server: Server, address: SocketAddress): Promise<() => void>;
  /** The kind of a key that some server was seen with. */
  nameOf(fingerprint: string): string | null;
  /** A look has ended. */
  looked(watch: Watch, look: Look): void;
}

/** What came of one look. */
export interface Look {
  /** In words, as `addressText` has it. */
  readonly address: string;
  readonly seen: readonly SeenKey[];
  /** All was read that the server lists. */
  readonly isWhole: boolean;
  /** Why not; null where it was. */
  readonly failure: string | null;
  /** The kind of a key that it shows and does not have; null: of none. */
  readonly forged: string | null;
  readonly durationMs: number;
}

/** How long one connection may take. */
const connectionMs = 10_000;
/** After a look that was not whole, doubled with each further one: no more often than planned. */
const retryMs = 30_000;

/** From `HostKeys.watch` until `end`. Never throws. */
export class Watch {
  #probe: SshProbe | null = null;
  #at: SocketAddress | null = null;
  /** The same as a word. */
  #address: string | null = null;
  #startedAt = 0;
  #nextAt = 0;
  #failures = 0;
  /** The last look at where it is now. */
  #last: Look | null = null;
  #pin: "unknown" | "held" | "refused" = "unknown";
  #isEnded = false;

  constructor(
    readonly server: Server,
    readonly keeper: WatchKeeper,
    private plan: SshHostKeysPlan,
  ) {}

  /** Where it was looked at last, or is; null: nowhere yet. */
  get address(): string | null {
    return this.#address;
  }

  /** How it stands with its pins; see `HostKeysServer`. */
  get pin(): HostKeysServer["pin"] {
    return this.plan.pins.length === 0 ? "none" : this.#pin;
  }

  get last(): Look | null {
    return this.#last;
  }

  /** It is there, and has never been looked at to the end: more will be known soon. */
  get isNew(): boolean {
    return this.#last === null && this.server.isFit && whereTo(this.server) !== null;
  }

  /** Goes on under another plan: what is known already is judged by that. */
  replan(plan: SshHostKeysPlan): void {
    const isSooner = plan.interMs < this.plan.interMs;
    this.plan = plan;
    if (isSooner && this.#failures === 0) this.#nextAt = Math.min(this.#nextAt, this.#startedAt + plan.interMs);
    this.judge();
  }

  /** Nobody asks for it any more; what spoke against it does so no more. */
  end(): void {
    this.#isEnded = true;
    this.#probe?.cancel();
    if (this.server.objection !== null) this.server.object(null, null);
  }

  /** The server is gone, or the process stops: nothing is begun any more, and nothing told. */
  stop(): void {
    this.#isEnded = true;
    this.#probe?.cancel();
  }

  /** It is being looked at. */
  get isBusy(): boolean {
    return this.#probe !== null;
  }

  /** Since when it is to be looked at; null: it is not, now. */
  dueSince(now: number): number | null {
    if (this.#probe !== null || this.#isEnded) return null;
    const { server } = this;
    const address = whereTo(server);
    if (address === null || !server.isFit) return null;
    if (address !== this.#at) {
      this.#at = address;
      const place = addressText(address);
      if (place !== this.#address) this.#moveTo(place, now);
    }
    return now >= this.#nextAt ? this.#nextAt : null;
  }

  /** Looks at it, which is due. */
  look(): void {
    if (this.#at !== null && this.#address !== null) void this.#look(this.#at, this.#address);
  }

  /** Nothing is known of it there. */
  #moveTo(place: string, now: number): void {
    this.#address = place;
    this.#nextAt = now;
    this.#failures = 0;
    this.#last = null;
    this.#pin = "unknown";
    if (this.server.objection !== null) this.server.object(null, result("INI", "it has another address now", 0));
  }

  async #look(address: SocketAddress, place: string): Promise<void> {
    const { server, keeper } = this;
    const { plan, backend } = server;
    this.#startedAt = clockMs();
    try {
      this.#probe = new SshProbe({
        transport: backend.process.transport,
        connect: { ...server.checkSocket, address, timeoutMs: backend.plan.timeouts.connectMs },
        software: keeper.software,
        header: headerFor(plan.proxyHeader, keeper.neverSendLocal),
        timeoutMs: connectionMs,
        turn: () => keeper.turn(server, address),
      });
      const probed = await this.#probe.run();
      this.#probe = null;
      // What was found elsewhere is no news of it.
      const now = whereTo(server);
      if (this.#isEnded || now === null || addressText(now) !== place) return;
      this.#take(lookOf(probed, place));
    } catch (error) {
      this.#probe = null;
      this.#nextAt = clockMs() + retryMs;
      backend.process.faults.note(error, "while host keys were looked at");
    }
  }

  #take(look: Look): void {
    const { interMs } = this.plan;
    this.#failures = look.isWhole ? 0 : this.#failures + 1;
    const pauseMs = look.isWhole ? interMs : Math.min(interMs, retryMs * 2 ** Math.min(10, this.#failures - 1));
    this.#nextAt = Math.max(clockMs(), this.#startedAt + pauseMs);
    // What could not be read does not take away what was.
    if (look.seen.length > 0 || look.isWhole || this.#last === null) this.#last = look;
    this.keeper.looked(this, look);
    this.judge();
  }

  /** Tells the server how it stands with its pins, as far as it has been looked at. */
  judge(): void {
    const { server, plan } = this;
    const look = this.#last;
    if (plan.pins.length === 0) {
      if (server.objection !== null) server.object(null, null);
      return;
    }
    if (look === null || (look.seen.length === 0 && !look.isWhole)) return;
    const verdict = judgePins(plan.pins, look.seen, look.isWhole, (fingerprint) => this.keeper.nameOf(fingerprint));
    if (verdict === "unknown") return;
    const { objection } = verdict;
    this.#pin = objection === null ? "held" : "refused";
    if (objection === (server.objection?.info ?? null)) return;
    const { durationMs } = look;
    if (objection === null) server.object(null, result("L7OK", "its host keys are as pinned", durationMs));
    else server.object(result("L7RSP", objection, durationMs));
  }
}

function result(status: string, info: string, durationMs: number): CheckResult {
  return { status, code: null, info, durationMs };
}

function lookOf(probed: SshProbed, address: string): Look {
  const { keys, failure } = probed;
  const seen = seenKeys(keys);
  const unread = keys.find((key) => key.failure !== null);
  const forged = keys.find((key) => key.signature === "invalid");
  // Without the time in which nobody was asked.
  const durationMs = keys.reduce((sum, { ms }) => sum + Math.max(0, ms), 0);
  const isWhole = failure === null && unread === undefined;
  const why = failure ?? (unread === undefined ? null : `${unread.algorithm}: ${unread.failure ?? ""}`);
  return { address, seen, isWhole, failure: why, forged: forged?.algorithm ?? null, durationMs };
}

/** Where sessions reach it; null: nowhere now, or where each client wanted to go. */
function whereTo({ address, plan }: Server): SocketAddress | null {
  if (address === null || address.kind !== "tcp") return address;
  if (address.port === 0 || isAnywhere.has(address.host)) return null;
  return plan.address.kind === "tcp" && plan.address.portOffset !== 0 ? null : address;
}

const isAnywhere = new Set(["0.0.0.0", "::", ""]);
