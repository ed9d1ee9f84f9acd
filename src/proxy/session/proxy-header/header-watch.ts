/** Watches the first bytes of a session for signs that a PROXY header is sent, expected or left out on one side alone. */
import type { Tap } from "../../../net/transport.ts";
import { bytesOf, latin1 } from "../../../wire/latin1.ts";
import { parseProxyHeader } from "../../../wire/proxy-protocol.ts";
import { sshAnswer } from "../../../wire/ssh/header-answer.ts";
import type { Server } from "../../backend/server.ts";
import type { SessionContext } from "../context/session-context.ts";
import { noteAtBind, noteAtServer } from "./mismatch-words.ts";

/** A server may be slow to say its line: so long is a sign that it waits for something. */
const silentMs = 5000;
/** A header with a few fields, and a server's identification with its complaint behind it. */
const clientMostBytes = 536;
const serverMostBytes = 768;

/** One session's, from the beginning of its relay: of a server that is sent a header, or where SSH is read along. */
export class HeaderWatch implements Tap {
  readonly #isSent: boolean;
  /** Null: too little has come to tell. */
  #client: "ssh" | "header" | "other" | null = null;
  #clientSeen = "";
  #serverBytes = 0;
  #serverSeen = "";
  /** A server that has sent more than this has got over its header. */
  #enough = Infinity;
  /** No more is to be learnt of the server. */
  #isSettled = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    readonly session: SessionContext,
    readonly server: Server,
  ) {
    this.#isSent = server.plan.proxyHeader !== null;
  }

  fromClient(bytes: Uint8Array): boolean {
    this.#clientSeen += latin1(bytes.subarray(0, clientMostBytes - this.#clientSeen.length));
    this.#client = clientIs(this.#clientSeen);
    if (this.#client === null) return true;
    this.#clientSeen = "";
    const { listener, proxyHeader } = this.session;
    if (this.#client === "header" && proxyHeader === null) noteAtBind(this.session, "unexpected");
    else if (this.#client === "ssh" && proxyHeader === null) listener.hint = null;
    if (this.#client === "ssh" && !this.#isSent && !this.#isSettled && !this.server.hasFittingHeaders) {
      this.#timer = setTimeout(() => this.#doubt("silent"), silentMs);
    }
    return false;
  }

  fromServer(bytes: Uint8Array): boolean {
    this.#serverBytes += bytes.length;
    if (!this.#isSent) return this.#fits();
    if (this.#enough === Infinity) this.#read(bytes);
    if (this.#serverBytes > this.#enough) return this.#fits();
    return !this.#isSettled;
  }

  #fits(): false {
    this.#settle();
    this.server.headersFit();
    return false;
  }

  #read(bytes: Uint8Array): void {
    this.#serverSeen += latin1(bytes.subarray(0, serverMostBytes - this.#serverSeen.length));
    const answer = sshAnswer(this.#serverSeen);
    if (answer === "open" && this.#serverSeen.length < serverMostBytes) return;
    if (typeof answer === "number") this.#enough = answer;
    else this.#settle();
    this.#serverSeen = "";
    // To a client that is none of SSH's it would say the same.
    if (answer === "refused" && this.#client !== "other" && this.#client !== "header") {
      noteAtServer(this.session, this.server, "refused");
    }
  }

  #settle(): void {
    this.#isSettled = true;
    this.stop();
  }

  /** Its relay has ended, and the server was first. */
  serverLeft(): void {
    if (this.#isSettled || this.#client !== "ssh" || this.#isAtOdds) return;
    if (this.#isSent) this.#doubt("ended");
    else if (this.#serverBytes === 0) this.#doubt("silent");
  }

  /** Client and server have no algorithms in common: reason enough to end. */
  get #isAtOdds(): boolean {
    const choice = this.session.ssh?.choice ?? null;
    return choice !== null && Object.values(choice).includes("");
  }

  /** Only a guess: not of a server with which the same went well before. */
  #doubt(mismatch: "ended" | "silent"): void {
    this.#settle();
    if (!this.server.hasFittingHeaders) noteAtServer(this.session, this.server, mismatch);
  }

  /** The session is over. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** What a client's first bytes are; null: it takes more to tell. */
function clientIs(seen: string): "ssh" | "header" | "other" | null {
  if (seen.startsWith("SSH-")) return "ssh";
  if ("SSH-".startsWith(seen)) return null;
  const { state } = parseProxyHeader(bytesOf(seen), clientMostBytes);
  if (state === "need-more" && seen.length < clientMostBytes) return null;
  return state === "header" ? "header" : "other";
}
