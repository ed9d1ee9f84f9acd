/** One session's SSH as it passes: a tap for its relay, which shows it both directions until they have told what there is to know. */
import { clockMs } from "../clock.ts";
import type { SshReading } from "../proxy/process/ssh-place.ts";
import type { SshFacts } from "../ssh-facts.ts";
import { linesEnd } from "../wire/ssh/lines-end.ts";
import { SshReader } from "../wire/ssh/reader.ts";

/** Made when the server's connection is there. Of what it has read it keeps the facts alone. */
export class Reading implements SshReading {
  whenTold: (() => void) | null = null;
  readonly #reader = new SshReader(clockMs());

  /**
   * `onEnd` hears of the end of its session, `onForeign` of the side that does not speak SSH, before its bytes go on, `onServer` when
   * the server has identified itself, and when it has told what it offers.
   */
  constructor(
    readonly onEnd: (facts: SshFacts) => void,
    readonly onForeign: (side: "client" | "server") => void = () => {},
    readonly onServer: (facts: SshFacts) => void = () => {},
  ) {}

  get facts(): SshFacts {
    return this.#reader;
  }

  fromClient(bytes: Uint8Array): boolean {
    const reader = this.#reader;
    const { identification } = reader.client;
    const wantsMore = this.#take("client", bytes);
    if (!wantsMore || reader.client.identification !== identification) this.whenTold?.();
    return wantsMore;
  }

  fromServer(bytes: Uint8Array): boolean {
    const { server } = this.#reader;
    const { identification, offer } = server;
    const wantsMore = this.#take("server", bytes);
    if (server.identification !== identification || server.offer !== offer) this.onServer(this.#reader);
    return wantsMore;
  }

  #take(side: "client" | "server", bytes: Uint8Array): boolean {
    const reader = this.#reader;
    const { foreign } = reader;
    const wantsMore = reader.take(side, bytes, clockMs());
    if (foreign === null && reader.foreign !== null) this.onForeign(reader.foreign);
    return wantsMore;
  }

  linesEnd(held: Uint8Array): number {
    return this.#reader.server.identification === null ? 0 : linesEnd(held);
  }

  /** Of the relay: there is more to move than whoever speaks SSH has before keys. */
  letGo(): void {
    this.#reader.letGo();
  }

  ended(): void {
    this.whenTold = null;
    this.#reader.letGo();
    this.onEnd(this.#reader);
  }
}
