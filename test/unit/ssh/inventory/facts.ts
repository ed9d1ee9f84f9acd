/** Facts of SSH sessions as a reader would have them. */
import type { SshChoice, SshFacts, SshOffer, SshSide } from "../../../../src/ssh-facts.ts";

/** What OpenSSH 9.2 offers, in short. */
export const modern = {
  keyExchange: ["sntrup761x25519-sha512@openssh.com", "curve25519-sha256", "kex-strict-c-v00@openssh.com"],
  hostKey: ["ssh-ed25519", "rsa-sha2-512", "ssh-rsa"],
  ciphers: ["chacha20-poly1305@openssh.com", "aes128-ctr"],
  macs: ["umac-64-etm@openssh.com", "hmac-sha1"],
};

/** What a client of 2010 offers. */
export const old = {
  keyExchange: ["diffie-hellman-group14-sha1", "ext-info-c"],
  hostKey: ["ssh-rsa"],
  ciphers: ["aes128-cbc", "3des-cbc"],
  macs: ["hmac-sha1"],
};

/** An offer whose lists are the same in both directions. */
export function offerOf(lists: Partial<typeof modern>): SshOffer {
  const { keyExchange, hostKey, ciphers, macs } = { ...modern, ...lists };
  return {
    keyExchange,
    hostKey,
    ciphersToServer: ciphers,
    ciphersToClient: ciphers,
    macsToServer: macs,
    macsToClient: macs,
    compressionToServer: ["none"],
    compressionToClient: ["none"],
    firstFollows: false,
    hassh: "",
    hasshText: "",
  };
}

/** One side; the version may be left out. */
export function sideOf(software: string, offer: SshOffer | null): SshSide {
  const [name = "", version = ""] = software.split("_");
  return {
    identification: { line: `SSH-2.0-${software}`, protocol: "2.0", software: name, version, comments: null },
    offer,
  };
}

/** What was chosen; post-quantum or not by its name. */
export function choiceOf(keyExchange: string, more: Partial<SshChoice> = {}): SshChoice {
  return {
    keyExchange,
    hostKey: "ssh-ed25519",
    cipherToServer: "aes128-ctr",
    cipherToClient: "aes128-ctr",
    macToServer: "hmac-sha2-256",
    macToClient: "hmac-sha2-256",
    compressionToServer: "none",
    compressionToClient: "none",
    isPostQuantum: /mlkem|sntrup/.test(keyExchange),
    postQuantumOffered: "none",
    isStrict: false,
    isTerrapin: false,
    ...more,
  };
}

export function factsOf(client: SshSide, server: SshSide, choice: SshChoice | null): SshFacts {
  return { client, server, choice, timeToIdentMs: 1, foreign: null, isDone: true };
}

/** Runs steps to their end. */
export function settled<Result>(steps: Iterator<unknown, Result>): Result {
  for (;;) {
    const next = steps.next();
    if (next.done === true) return next.value;
  }
}
