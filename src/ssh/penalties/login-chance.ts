/** Whether a session's client can have logged in by now, as far as that shows: who logs in, and whether it was let, is encrypted. */
import type { Tap } from "../../net/transport.ts";
import { SshCourse } from "../../wire/ssh/course.ts";

/**
 * The least that both sides send behind NEWKEYS where somebody logs in (RFC 4252 to 4254), by the smallest block and MAC in use, 8 bytes each.
 *
 * ```text
 * client  SERVICE_REQUEST  40     USERAUTH_REQUEST of the shortest method, without a user's name  48
 * server  SERVICE_ACCEPT   40     USERAUTH_SUCCESS                                                24
 * ```
 */
const leastBytes = { client: 88, server: 64 } as const;
/** So much is watched of a direction: what was not clear by then is another thing than a login that has not begun. */
const mostBytes = 64 * 1024;

type Side = keyof typeof leastBytes;

/** Follows one session's bytes from its server's first on. What it says depends on the bytes and their order alone. */
export class LoginChance implements Tap {
  readonly client = new SshCourse();
  readonly server = new SshCourse();
  readonly #watched = { client: 0, server: 0 };
  /** Who said something last, and when; null: nobody has said anything. */
  lastSide: Side | null = null;
  #isLetGo = false;

  /** `heard` is called with each piece. */
  constructor(private readonly heard: () => void = () => {}) {}

  /** Somebody may have logged in: what shows does not rule it out. */
  get mayHaveCome(): boolean {
    if (this.#isLetGo || this.client.stage === "untold" || this.server.stage === "untold") return true;
    return this.#isThrough("client") && this.#isThrough("server");
  }

  #isThrough(side: Side): boolean {
    return this[side].encryptedBytes >= leastBytes[side] || this.#watched[side] >= mostBytes;
  }

  /** It is the server's turn: what it has to say next is not there yet. Else it is the client's, or nobody's. */
  get isServersTurn(): boolean {
    const { client, server } = this;
    if (server.stage === "lines") return true;
    if (client.stage === "lines") return false;
    if (!server.hasOffered) return true;
    if (client.stage === "encrypted") return client.encryptedBytes > 0 && this.lastSide === "client";
    return client.methodPackets > server.methodPackets;
  }

  fromClient(bytes: Uint8Array): boolean {
    return this.#take("client", bytes);
  }

  fromServer(bytes: Uint8Array): boolean {
    return this.#take("server", bytes);
  }

  #take(side: Side, bytes: Uint8Array): boolean {
    this[side].take(bytes);
    this.#watched[side] += bytes.length;
    this.lastSide = side;
    this.heard();
    return !this.mayHaveCome;
  }

  letGo(): void {
    this.#isLetGo = true;
  }
}
