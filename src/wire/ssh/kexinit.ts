/** SSH_MSG_KEXINIT (RFC 4253, section 7.1): what a side is ready to speak. */
import type { SshChoice, SshOffer } from "../../ssh-facts.ts";
import { latin1 } from "../latin1.ts";
import { hasshOf } from "./hassh.ts";
import { uint32 } from "./packet.ts";

/** The message's number and the cookie, which differs each time. */
export const kexInitListsAt = 17;
const listCount = 10;
/** Of algorithms. */
const usedLists = 8;
/** `first_kex_packet_follows` and four bytes that are reserved. */
const tailBytes = 5;

/** One side's lists. Live longer than their session where they are remembered, so nothing of a session's is in here. */
export class KexInit implements SshOffer {
  readonly keyExchange: readonly string[];
  readonly hostKey: readonly string[];
  readonly ciphersToServer: readonly string[];
  readonly ciphersToClient: readonly string[];
  readonly macsToServer: readonly string[];
  readonly macsToClient: readonly string[];
  readonly compressionToServer: readonly string[];
  readonly compressionToClient: readonly string[];
  readonly firstFollows: boolean;
  readonly hasshText: string;
  #hassh: string | null = null;
  /** What was chosen of it lately, with whose; remembered lists alone have some. */
  readonly chosenWith: { readonly server: KexInit; readonly choice: SshChoice }[] = [];

  /** `lists`: the first eight as they were sent. */
  constructor(
    from: "client" | "server",
    lists: readonly string[],
    readonly text: string,
    firstFollows: boolean,
  ) {
    const [kex = "", hostKey = "", c2s = "", s2c = "", mac2s = "", mac2c = "", zip2s = "", zip2c = ""] = lists;
    this.keyExchange = names(kex);
    this.hostKey = names(hostKey);
    this.ciphersToServer = names(c2s);
    this.ciphersToClient = s2c === c2s ? this.ciphersToServer : names(s2c);
    this.macsToServer = names(mac2s);
    this.macsToClient = mac2c === mac2s ? this.macsToServer : names(mac2c);
    this.compressionToServer = names(zip2s);
    this.compressionToClient = zip2c === zip2s ? this.compressionToServer : names(zip2c);
    this.firstFollows = firstFollows;
    this.hasshText = from === "client" ? `${kex};${c2s};${mac2s};${zip2s}` : `${kex};${s2c};${mac2c};${zip2c}`;
  }

  get hassh(): string {
    this.#hassh ??= hasshOf(this.hasshText);
    return this.#hassh;
  }

  /** Names in all. */
  get size(): number {
    return (
      this.keyExchange.length +
      this.hostKey.length +
      this.ciphersToServer.length +
      this.ciphersToClient.length +
      this.macsToServer.length +
      this.macsToClient.length +
      this.compressionToServer.length +
      this.compressionToClient.length
    );
  }
}

/** Reads a payload's lists, which stand from `at` to `end` behind the cookie; null: they are cut short. */
export function readKexInit(from: "client" | "server", bytes: Uint8Array, at: number, end: number): KexInit | null {
  const ends: number[] = [];
  let next = at;
  for (let index = 0; index < listCount; index++) {
    if (next + 4 > end) return null;
    next += 4 + uint32(bytes, next);
    if (next > end) return null;
    ends.push(next - at);
  }
  if (next + tailBytes > end) return null;
  // The last two are languages, which nobody uses, and of which no text is kept.
  const text = latin1(bytes.subarray(at, at + (ends[usedLists - 1] ?? 0)));
  const lists = ends.slice(0, usedLists).map((to, index) => text.slice((ends[index - 1] ?? 0) + 4, to));
  return new KexInit(from, lists, text, bytes[next] !== 0);
}

function names(list: string): readonly string[] {
  return list === "" ? [] : list.split(",");
}
