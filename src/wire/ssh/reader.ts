/** Reads both directions of a connection as far as SSH speaks in clear text: identification lines and KEXINIT. */
import type { SshChoice, SshFacts, SshSide } from "../../ssh-facts.ts";
import { SshDirection } from "./direction.ts";
import type { KexInit } from "./kexinit.ts";
import { negotiate } from "./negotiation.ts";

/** Servers whose choice a remembered client's offer has at hand. */
const chosenWithMost = 8;

/**
 * One session's. Bytes may come in any pieces; what is kept of them is bounded by `readMostBytes` a direction, and nothing is once
 * that direction is read. Never throws, whatever comes.
 */
export class SshReader implements SshFacts {
  readonly #client = new SshDirection("client");
  readonly #server = new SshDirection("server");
  #choice: SshChoice | null = null;
  timeToIdentMs = -1;
  foreign: "client" | "server" | null = null;
  isDone = false;

  /** `connectedAt`: when the server's connection was there, in the monotonic ms that `now` is in. */
  constructor(readonly connectedAt: number) {}

  get client(): SshSide {
    return this.#client;
  }

  get server(): SshSide {
    return this.#server;
  }

  get choice(): SshChoice | null {
    const [client, server] = [this.#client.offer, this.#server.offer];
    if (this.#choice === null && client !== null && server !== null)
      this.#choice = this.#client.isRemembered ? choiceOf(client, server) : negotiate(client, server);
    return this.#choice;
  }

  /** Takes the next bytes of a direction; false: no more of that direction is wanted. Keeps none of `bytes`. */
  take(from: "client" | "server", bytes: Uint8Array, now: number): boolean {
    const direction = from === "client" ? this.#client : this.#server;
    if (direction.state !== "reading") return false;
    const state = direction.take(bytes);
    if (this.timeToIdentMs < 0 && this.#server.identification !== null) this.timeToIdentMs = now - this.connectedAt;
    if (state === "foreign") this.#giveUp(from);
    this.isDone = this.#client.state !== "reading" && this.#server.state !== "reading";
    return state === "reading";
  }

  /** No more comes here: what is known is all. */
  letGo(): void {
    for (const one of [this.#client, this.#server]) if (one.state === "reading") one.letGo("read");
    this.isDone = true;
  }

  /** What the other side may still say is of no use to anybody. */
  #giveUp(from: "client" | "server"): void {
    this.foreign = from;
    const other = from === "client" ? this.#server : this.#client;
    other.letGo("read");
  }
}

/** Kept with the client's offer, so that whoever sends new ones each time pushes out nobody else's. */
function choiceOf(client: KexInit, server: KexInit): SshChoice {
  const { chosenWith } = client;
  const known = chosenWith.find((one) => one.server === server);
  if (known !== undefined) return known.choice;
  const choice = negotiate(client, server);
  if (chosenWith.length === chosenWithMost) chosenWith.shift();
  chosenWith.push({ server, choice });
  return choice;
}
