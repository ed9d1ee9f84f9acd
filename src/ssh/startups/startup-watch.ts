/** One session's start-up: from its server's connection being there until its authentication is over, as far as that can be seen. */
import type { SshFacts } from "../../ssh-facts.ts";
import { type Deadline, type Expiring, expireAfter } from "../../net/deadlines.ts";
import type { SshStartup } from "../../proxy/process/ssh-place.ts";
import { SshCourse } from "../../wire/ssh/course.ts";
import { Authentication } from "./authentication.ts";
import { packetSizes } from "./packet-sizes.ts";

/** So many hidden bytes, both ways, are nobody's authentication any more. */
const watchedMostBytes = 64 * 1024;

/** A tap that lets go when it is over, whatever tells so. */
export class StartupWatch implements SshStartup, Expiring {
  readonly #course = { client: new SshCourse(), server: new SshCourse() };
  /** Null until there are keys; undefined: sizes tell nothing. */
  #authentication: Authentication | null | undefined = null;
  #hiddenBytes = 0;
  #deadline: Deadline | null;
  #isOver = false;

  /** Begins now, and calls `over` once, after `graceMs` at the latest. `facts`: as they are told while the same bytes are read before. */
  constructor(
    readonly facts: SshFacts,
    graceMs: number,
    readonly over: () => void,
  ) {
    this.#deadline = expireAfter(graceMs, this);
  }

  fromClient(bytes: Uint8Array): boolean {
    return this.#take("client", bytes);
  }

  fromServer(bytes: Uint8Array): boolean {
    return this.#take("server", bytes);
  }

  #take(side: "client" | "server", bytes: Uint8Array): boolean {
    if (this.#isOver) return false;
    const from = this.#course[side].take(bytes);
    if (from === bytes.length) return true;
    if (this.#authentication === null) this.#authentication = authenticationOf(this.facts);
    if (side === "client") this.#authentication?.fromClient();
    else this.#authentication?.fromServer(bytes.subarray(from));
    this.#hiddenBytes += bytes.length - from;
    if (this.#authentication?.isOver === true || this.#hiddenBytes >= watchedMostBytes) this.#end();
    return !this.#isOver;
  }

  /** Of the relay: bulk is moved. */
  letGo(): void {
    this.#end();
  }

  expire(): void {
    this.#end();
  }

  stop(): void {
    this.#isOver = true;
    this.#deadline?.cancel();
    this.#deadline = null;
  }

  #end(): void {
    if (this.#isOver) return;
    this.stop();
    this.over();
  }
}

function authenticationOf({ choice }: SshFacts): Authentication | undefined {
  if (choice === null) return undefined;
  const sizes = packetSizes(choice.cipherToClient, choice.macToClient, choice.compressionToClient);
  return sizes === null ? undefined : new Authentication(sizes);
}
