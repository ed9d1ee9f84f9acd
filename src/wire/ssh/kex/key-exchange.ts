/** A client's side of a key exchange, as far as the server's reply: what is sent, and what the reply proves (RFC 4253, section 8). */
import { createHash } from "node:crypto";
import { joinBytes, stringField } from "./fields.ts";

/** Of the digests that key exchanges and signatures go by. */
export type SshDigest = "sha1" | "sha256" | "sha384" | "sha512";

/** What the server has answered. */
export interface KexReply {
  /** K_S, as sent: a public key or a certificate. */
  readonly hostKey: Uint8Array;
  readonly signature: Uint8Array;
  /** What the exchange hash has behind both KEXINITs: K_S, what both sides sent for the secret, and the secret. */
  readonly hashed: Uint8Array;
}

/** "wrong": the server has not kept to the method, and why. */
export type KexStep =
  | { readonly state: "send"; readonly payload: Uint8Array }
  | { readonly state: "done"; readonly reply: KexReply }
  | { readonly state: "wrong"; readonly why: string };

/**
 * One exchange, used once. Payloads are those of packets. Neither method throws or rejects, whatever the server sends.
 *
 * Nothing is ever encrypted with the secret: it is there because the signature is over it.
 */
export interface KeyExchange {
  readonly digest: SshDigest;
  /** What is sent first. */
  begin(): Promise<Uint8Array>;
  /** The server's next message. */
  take(payload: Uint8Array): Promise<KexStep>;
}

/** What both sides have said before. Lines are without their ends, KEXINITs are payloads. */
export interface KexTranscript {
  readonly clientLine: string;
  readonly serverLine: string;
  readonly clientKexInit: Uint8Array;
  readonly serverKexInit: Uint8Array;
}

/** H, which the server signs. */
export function exchangeHash(digest: SshDigest, said: KexTranscript, reply: KexReply): Uint8Array {
  const text = joinBytes(
    stringField(said.clientLine),
    stringField(said.serverLine),
    stringField(said.clientKexInit),
    stringField(said.serverKexInit),
    reply.hashed,
  );
  return createHash(digest).update(text).digest();
}

/** What a message that should be the method's own is instead. */
export function unexpectedMessage(payload: Uint8Array): KexStep {
  return { state: "wrong", why: `message ${payload[0] ?? "without a number"} where the key exchange should go on` };
}
