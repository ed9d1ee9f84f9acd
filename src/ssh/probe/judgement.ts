/** What a server's lists say of it without its saying anything more. */
import type { SshChoice, SshOffer } from "../../ssh-facts.ts";
import {
  type ClientOffer,
  currentClient,
  formatClientKexInit,
  ordinaryOffer,
} from "../../wire/ssh/kex/client-offer.ts";
import { kexInitListsAt, readKexInit } from "../../wire/ssh/kexinit.ts";
import { isPostQuantumKex, isPseudoKex, negotiate } from "../../wire/ssh/negotiation.ts";

/** A client's lists as those of a side. */
function offerOf(client: ClientOffer): SshOffer | null {
  const payload = formatClientKexInit(client, new Uint8Array(16));
  return readKexInit("client", payload, kexInitListsAt, payload.length);
}

/** What OpenSSH's client of today comes to with this server. */
export function currentChoice(server: SshOffer): SshChoice | null {
  const client = offerOf(currentClient);
  return client === null ? null : negotiate(client, server);
}

/** What it has none of in common with that client; none: they come to terms. */
export function currentClientLacks(server: SshOffer): readonly string[] {
  const { keyExchange, hostKey, ciphers, macs, compression } = currentClient;
  const isImplicit = currentChoice(server)?.macToServer === "implicit";
  const lists: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["key exchange", keyExchange.filter((name) => !isPseudoKex(name)), server.keyExchange],
    ["host key", hostKey, server.hostKey],
    ["cipher", ciphers, server.ciphersToServer],
    ["MAC", macs, server.macsToServer],
    ["compression", compression, server.compressionToServer],
  ];
  return lists
    .filter(([name, ours, theirs]) => !(name === "MAC" && isImplicit) && firstListed(ours, theirs) === "")
    .map(([name]) => name);
}

/** Those of its key exchanges that withstand a quantum computer. */
export function postQuantumMethods(server: SshOffer): readonly string[] {
  return server.keyExchange.filter(isPostQuantumKex);
}

/** Either spelling; see `negotiate`. */
export function hasStrictKex(server: SshOffer): boolean {
  return server.keyExchange.some((name) => name === "kex-strict-s-v00@openssh.com" || name === "kex-strict-s");
}

/** By Terrapin-Scanner's rule: ChaCha20-Poly1305, or CBC with an encrypt-then-MAC, in either direction, and not strict. */
export function isOpenToTerrapin(server: SshOffer): boolean {
  if (hasStrictKex(server)) return false;
  return [
    [server.ciphersToClient, server.macsToClient] as const,
    [server.ciphersToServer, server.macsToServer] as const,
  ].some(
    ([ciphers, macs]) =>
      ciphers.some((name) => name.startsWith("chacha20-poly1305")) ||
      (ciphers.some((name) => name.endsWith("-cbc")) && macs.some((name) => name.includes("-etm@"))),
  );
}

/** The first of ours that the server lists; "": none. */
export function firstListed(ours: readonly string[], listed: readonly string[]): string {
  return ours.find((name) => listed.includes(name)) ?? "";
}

/**
 * Our lists for one exchange with this server: one method and one host key algorithm that it lists, and ciphers and the like of which it
 * lists one at least: where it has nothing of ours, its own first will do, since nothing of it is ever used.
 */
export function offerFor(server: SshOffer, keyExchange: string, hostKey: string): ClientOffer {
  return {
    keyExchange: [keyExchange],
    hostKey: [hostKey],
    ciphers: withCommon(ordinaryOffer.ciphers, server.ciphersToServer, server.ciphersToClient),
    macs: withCommon(ordinaryOffer.macs, server.macsToServer, server.macsToClient),
    compression: withCommon(ordinaryOffer.compression, server.compressionToServer, server.compressionToClient),
  };
}

function withCommon(ours: readonly string[], ...theirs: readonly (readonly string[])[]): readonly string[] {
  const foreign = theirs.filter((list) => firstListed(ours, list) === "").flatMap((list) => list.slice(0, 1));
  return [...ours, ...new Set(foreign)];
}
