/** Listens to a server of SSH until it begins to say who it is: one that turns the session down instead has not been reached. */
import { appended, noBytes } from "../../../net/buffers.ts";
import { Gate } from "../../../net/gate.ts";
import type { Tap } from "../../../net/transport.ts";
import type { Payload } from "../../../rules/context.ts";
import type { ServerRefusal } from "../../../ssh-facts.ts";
import { ServerStart } from "../../../wire/ssh/server-start.ts";

/** What listening asks of its session. */
export interface Hearer {
  /** Something else holds the server's bytes as well: none of them go on by themselves. */
  readonly isInspecting: boolean;
  /** What its client has sent is no line of SSH, so that a server may well want none of it. */
  readonly isClientForeign: boolean;
  /** The server speaks, or is not to be judged: once. Whoever is the last to look at its bytes opens the gate. */
  heard(gate: Gate): void;
  /** The server has turned the session down, and its client has read nothing but lines that any other may follow: once. */
  turnedDown(refusal: ServerRefusal, hearing: Hearing): void;
  /** More has come behind what was heard. */
  heardMore(): void;
}

/** Of one connection to a server: stands in its relay as a gate for the server's bytes, and as a tap that keeps the client's. */
export class Hearing implements Tap {
  readonly gate: Gate;
  /** What the client has sent by now; no more of it than there is room for. */
  kept: Uint8Array = noBytes;
  keepsAll = true;
  readonly #start = new ServerStart();
  #state: "set" | "listening" | "over" = "set";
  #isLost = false;

  /** `limitBytes`: so many of either side are looked at, and kept. `request`: what rules have seen of the client, for whoever is asked again. */
  constructor(
    readonly limitBytes: number,
    readonly hearer: Hearer,
    readonly request: Payload | null,
  ) {
    this.gate = new Gate(limitBytes, () => this.#changed());
    this.gate.whenLost = () => this.#lost();
  }

  /** The relay has begun: what has come by then is looked at. */
  begin(): void {
    if (this.#state !== "set") return;
    this.#state = "listening";
    const { bytes, isWhole } = this.gate;
    if (this.#isLost) this.#left();
    else if (bytes.length > 0 || isWhole) this.#changed();
  }

  /** Nobody wants to know any more. */
  stop(): void {
    this.#state = "over";
    this.gate.whenLost = null;
    this.kept = noBytes;
  }

  fromClient(bytes: Uint8Array): boolean {
    if (this.#state === "over") return false;
    const room = this.limitBytes - this.kept.length;
    if (bytes.length > room) this.keepsAll = false;
    if (room > 0) this.kept = appended(this.kept, bytes.subarray(0, room));
    return true;
  }

  fromServer(): boolean {
    return false;
  }

  #changed(): void {
    if (this.#state === "over") return this.hearer.heardMore();
    if (this.#state === "set") return;
    const { bytes, isWhole } = this.gate;
    const found = this.#start.take(bytes);
    // No more of it is looked at.
    const isFull = typeof found === "number" && bytes.length >= this.limitBytes;
    if (found === "heard" || isFull) this.#heard();
    else if (typeof found === "string") this.#turnedDown(found);
    else if (isWhole) this.#left();
    else if (!this.hearer.isInspecting) this.gate.pass(found);
  }

  /** Where nobody is listening yet the relay has not begun, and `begin` finds out. */
  #lost(): boolean {
    if (this.#state === "set") this.#isLost = true;
    return this.#state === "set" || this.#left();
  }

  /** It will say no more. Whether that is a refusal. */
  #left(): boolean {
    return this.#turnedDown("closed");
  }

  #turnedDown(refusal: ServerRefusal): boolean {
    const { gate, hearer } = this;
    // Its client may read what it said before, and may turn out to have gone.
    if (!hearer.isInspecting && !hearer.isClientForeign) gate.pass(this.#start.lineAt);
    // Behind half a line no other server could begin.
    const isOurs = gate.isUndisturbed && gate.passedBytes <= this.#start.lineAt && !hearer.isClientForeign;
    if (isOurs) {
      this.#state = "over";
      hearer.turnedDown(refusal, this);
    } else this.#heard();
    return isOurs;
  }

  #heard(): void {
    this.stop();
    this.hearer.heard(this.gate);
  }
}
