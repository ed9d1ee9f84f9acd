/** What both sides will choose from what they have offered (RFC 4253, section 7.1). */
import type { SshChoice, SshOffer } from "../../ssh-facts.ts";

/**
 * The first of the client's names that the server lists, too, as both sides will find it.
 *
 * `first_kex_packet_follows` changes nothing of it: a guess that was wrong is ignored by the other side, and the choice is the same.
 * Names are the server's own strings, so that what is chosen keeps no client's bytes alive.
 */
export function negotiate(client: SshOffer, server: SshOffer): SshChoice {
  const keys = chooseKeys(client, server);
  const cipherToServer = firstCommon(client.ciphersToServer, server.ciphersToServer);
  const cipherToClient = firstCommon(client.ciphersToClient, server.ciphersToClient);
  const macToServer = chooseMac(cipherToServer, client.macsToServer, server.macsToServer);
  const macToClient = chooseMac(cipherToClient, client.macsToClient, server.macsToClient);
  const isStrict = isStrictBetween(client.keyExchange, server.keyExchange);
  return {
    ...keys,
    cipherToServer,
    cipherToClient,
    macToServer,
    macToClient,
    compressionToServer: firstCommon(client.compressionToServer, server.compressionToServer),
    compressionToClient: firstCommon(client.compressionToClient, server.compressionToClient),
    isPostQuantum: isPostQuantumKex(keys.keyExchange),
    postQuantumOffered: postQuantumOffered(client, server),
    isStrict,
    isTerrapin: !isStrict && (isOpen(cipherToServer, macToServer) || isOpen(cipherToClient, macToClient)),
  };
}

/** Whether a key exchange withstands a quantum computer: it has a part of ML-KEM, Streamlined NTRU Prime or Kyber. */
export function isPostQuantumKex(name: string): boolean {
  return name.includes("mlkem") || name.includes("sntrup") || name.includes("kyber");
}

/** Whether a word among the key exchanges names none, but says what its side can do. */
export function isPseudoKex(name: string): boolean {
  return name.startsWith("kex-strict-") || name.startsWith("ext-info-") || name === "kexguess2@matt.ucc.asn.au";
}

/**
 * A key exchange needs a host key that fits it: one that signs, or any where GSSAPI vouches for the server (RFC 4462), `null` for
 * none as well. Every known type of key signs.
 */
function chooseKeys(client: SshOffer, server: SshOffer): Pick<SshChoice, "keyExchange" | "hostKey"> {
  const signing = firstCommon(client.hostKey, server.hostKey, (name) => name !== "null");
  const vouched = firstCommon(client.hostKey, server.hostKey);
  const hostKeyFor = (name: string): string => (name.startsWith("gss-") ? vouched : signing);
  const keyExchange = firstCommon(
    client.keyExchange,
    server.keyExchange,
    (name) => !isPseudoKex(name) && hostKeyFor(name) !== "",
  );
  return { keyExchange, hostKey: keyExchange === "" ? "" : hostKeyFor(keyExchange) };
}

/** More comparisons than any real pair of lists needs. */
const fewComparisons = 4096;

/** "": none. */
function firstCommon(client: readonly string[], server: readonly string[], fits = any): string {
  if (client.length * server.length > fewComparisons) return firstOfMany(client, server, fits);
  for (const name of client) {
    const at = server.indexOf(name);
    if (at >= 0 && fits(name)) return server[at] ?? "";
  }
  return "";
}

function firstOfMany(client: readonly string[], server: readonly string[], fits: (name: string) => boolean): string {
  const listed = new Map(server.map((name) => [name, name]));
  const name = client.find((one) => listed.has(one) && fits(one));
  return listed.get(name ?? "") ?? "";
}

function any(_name: string): boolean {
  return true;
}

function chooseMac(cipher: string, client: readonly string[], server: readonly string[]): string {
  return isAead(cipher) ? "implicit" : firstCommon(client, server);
}

function isAead(cipher: string): boolean {
  return cipher.startsWith("chacha20-poly1305") || cipher.includes("-gcm") || cipher.startsWith("AEAD_");
}

function postQuantumOffered(client: SshOffer, server: SshOffer): SshChoice["postQuantumOffered"] {
  const byClient = client.keyExchange.some(isPostQuantumKex);
  const byServer = server.keyExchange.some(isPostQuantumKex);
  if (byClient) return byServer ? "both" : "client";
  return byServer ? "server" : "none";
}

/** Both say so in the same of two spellings: OpenSSH's own, and the one of draft-ietf-sshm-strict-kex. */
function isStrictBetween(client: readonly string[], server: readonly string[]): boolean {
  return ["-v00@openssh.com", ""].some(
    (spelling) => client.includes(`kex-strict-c${spelling}`) && server.includes(`kex-strict-s${spelling}`),
  );
}

/** Open to CVE-2023-48795 (Terrapin) where the key exchange is not strict. */
function isOpen(cipher: string, mac: string): boolean {
  return cipher.startsWith("chacha20-poly1305") || (cipher.includes("-cbc") && mac.includes("-etm@"));
}
