/** A gate in a relay: what comes from the server is held back until somebody has looked at it. */
import { appended } from "./buffers.ts";

/** What a gate asks of the relay that it stands in. */
export interface Gatekeeper {
  /** The gate is open: what was held goes on, and all that comes. */
  opened(): void;
  /** These of what was held go on already. */
  passed(bytes: Uint8Array): void;
  /** Both connections are the caller's again, and the relay is over without a word to anybody. */
  gaveBack(): void;
  /** The relay goes on, the client has not finished, and no side has been silent for too long: whatever the server does is its own doing. */
  readonly isUndisturbed: boolean;
}

/** Made by whoever wants to look, filled by one relay. The client's bytes go on meanwhile, and its deadlines run. */
export class Gate {
  /** All that has come from the server: no more is taken once it is `limitBytes`. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The server has finished, or there is no room: no more will come. */
  isWhole = false;
  isOpen = false;
  /** So many of `bytes` have gone on already. */
  passedBytes = 0;
  /** The server is lost while the gate is shut. True: whoever looks has given both connections back, or is about to. */
  whenLost: (() => boolean) | null = null;
  #keeper: Gatekeeper | null = null;

  /** `changed` is called when more has come, or will not come, while the gate is shut; it may open it. */
  constructor(
    readonly limitBytes: number,
    readonly changed: () => void,
  ) {}

  /** Called by the relay. */
  guardedBy(keeper: Gatekeeper): void {
    this.#keeper = keeper;
  }

  /** Called by the relay: so much has come. */
  hold(bytes: Uint8Array): void {
    this.bytes = this.bytes.length === 0 ? bytes : appended(this.bytes, bytes);
    if (this.bytes.length >= this.limitBytes) this.isWhole = true;
    this.changed();
  }

  /** Called by the relay: the server has finished. */
  end(): void {
    this.isWhole = true;
    this.changed();
  }

  /** Called by the relay: the server is lost. False: the relay ends as it would without a gate. */
  lost(): boolean {
    return !this.isOpen && this.whenLost?.() === true;
  }

  /** See `Gatekeeper`. */
  get isUndisturbed(): boolean {
    return this.#keeper?.isUndisturbed ?? true;
  }

  /** Lets the first `count` of `bytes` through, where they stay for whoever looks; all else is held on. */
  pass(count: number): void {
    if (this.isOpen || count <= this.passedBytes) return;
    const first = this.bytes.subarray(this.passedBytes, count);
    this.passedBytes += first.length;
    this.#keeper?.passed(first);
  }

  /** What of it has not gone on. */
  get rest(): Uint8Array {
    return this.bytes.subarray(this.passedBytes);
  }

  /** Lets everything through, once. */
  open(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.#keeper?.opened();
  }

  /** Ends the relay and leaves both connections to the caller; what was held is in `rest`. Not after `open`. */
  giveBack(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    this.#keeper?.gaveBack();
  }
}
