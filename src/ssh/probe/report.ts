/** What a probe has found, as whoever asked reads it: text, JSON, DNS records, lines for known_hosts. */
import { hostAndPort } from "../../address.ts";
import type { HostKey } from "../../wire/ssh/kex/host-key.ts";
import { knownHostsLine, sshfpRecords } from "../../wire/ssh/kex/key-records.ts";
import { printable } from "./conversation.ts";
import { currentClientLacks } from "./judgement.ts";
import type { ProbedKey, SshProbed } from "./probed.ts";

/** Who was asked: the name or address and port as given, and the address that answered; null: none did. */
export interface ProbedHost {
  readonly host: string;
  readonly port: number;
  readonly address: string | null;
}

const column = 18;

/** For a terminal. What the server says is made safe for one. */
export function probeText(asked: ProbedHost, probed: SshProbed): string {
  const { identification, offer, times } = probed;
  const lines = [row("server", serverText(asked))];
  if (identification !== null) lines.push(row("identification", printable(identification.line)));
  for (const text of probed.preamble) lines.push(row("before it", printable(text)));
  if (offer !== null) {
    lines.push(row("HASSH", offer.hassh), ...verdicts(probed), ...choiceLines(probed), ...keyLines(probed));
    const lists: readonly (readonly [string, readonly string[]])[] = [
      ["key exchange", offer.keyExchange],
      ["host keys", offer.hostKey],
      ["ciphers", offer.ciphersToClient],
      ["MACs", offer.macsToClient],
      ["compression", offer.compressionToClient],
    ];
    lines.push("offers", ...lists.map(([name, names]) => row(`  ${name}`, printable(names.join(" ")))));
  }
  lines.push(row("times", timesText(times)));
  return `${lines.join("\n")}\n`;
}

/** The host as given, with its port. */
export function hostText({ host, port }: Pick<ProbedHost, "host" | "port">): string {
  return hostAndPort(host, port);
}

function serverText({ host, port, address }: ProbedHost): string {
  const name = hostText({ host, port });
  return address === null || address === host ? name : `${name} (${address})`;
}

function verdicts({ postQuantum, isStrict, isTerrapin }: SshProbed): string[] {
  const methods = postQuantum.map(printable).join(" ");
  return [
    row(
      "post-quantum",
      methods === "" ? "no: what is recorded today can be read once there are quantum computers" : `yes: ${methods}`,
    ),
    row("strict kex", isStrict ? "yes" : "no"),
    row(
      "Terrapin",
      isTerrapin ? "vulnerable (CVE-2023-48795): no strict kex, and ciphers that need it" : "not vulnerable",
    ),
  ];
}

function choiceLines({ choice, offer }: SshProbed): string[] {
  if (choice === null || offer === null) return [];
  const lacking = currentClientLacks(offer);
  if (lacking.length > 0) return [row("OpenSSH 10 client", `cannot connect: no ${lacking.join(", no ")} in common`)];
  const parts = [choice.keyExchange, choice.hostKey, choice.cipherToServer, choice.macToServer];
  return [row("OpenSSH 10 client", printable(parts.filter((part) => part !== "implicit").join(", ")))];
}

function keyLines({ keys, unknownKeys }: SshProbed): string[] {
  const lines = ["keys"];
  for (const key of keys) lines.push(...oneKey(key));
  for (const name of unknownKeys) lines.push(`  ${printable(name)}: not known here, not asked for`);
  return lines;
}

/** As `ssh-keygen -l` has it: bits, fingerprint, type. */
function oneKey({ algorithm, key, signature, failure, ms }: ProbedKey): string[] {
  if (key === null) return [`  ${algorithm}: not read: ${failure}`];
  const type = key.certificate === null ? key.type : `${key.type}-CERT`;
  const line = `  ${key.bits} ${key.fingerprint} (${type}) ${signatureText(signature, algorithm)}, ${duration(ms)}`;
  const { certificate } = key;
  if (certificate === null) return [line];
  const principals = certificate.principals.map(printable).join(",");
  return [
    line,
    `    certificate ${printable(certificate.id)} (serial ${certificate.serial}) for ${principals === "" ? "any host" : principals}, ` +
      `valid ${validity(certificate.validAfter, certificate.validBefore)}, signed by ${certificate.authority}`,
  ];
}

function signatureText(signature: ProbedKey["signature"], algorithm: string): string {
  if (signature === "valid") return `signed with ${algorithm}`;
  return signature === "invalid"
    ? "SIGNATURE WRONG: the server does not have this key"
    : "signature not verified: this runtime cannot";
}

const forEver = 2n ** 64n - 1n;

function validity(after: bigint, before: bigint): string {
  const from = after === 0n ? "" : `from ${date(after)} `;
  const until = before === forEver ? "for ever" : `until ${date(before)}`;
  return `${from}${until}`;
}

/** Of seconds that a server names, which may be any. */
function date(seconds: bigint): string {
  const at = new Date(Number(seconds) * 1000);
  return Number.isNaN(at.getTime()) ? `second ${seconds}` : at.toISOString().replace(".000Z", "Z");
}

function timesText({ connectMs, identificationMs, kexInitMs, totalMs }: SshProbed["times"]): string {
  const steps: readonly (readonly [string, number])[] = [
    ["connect", connectMs],
    ["identification", identificationMs],
    ["KEXINIT", kexInitMs],
    ["in all", totalMs],
  ];
  return steps
    .filter(([, ms]) => ms >= 0)
    .map(([name, ms]) => `${name} ${duration(ms)}`)
    .join(", ");
}

function duration(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function row(name: string, text: string): string {
  return `${name.padEnd(column)}${text}`;
}

/** One object. Names and order stay; what is added later stands behind. Texts of the server's have one character a byte. */
export function probeJson({ host, port, address }: ProbedHost, probed: SshProbed): string {
  const { identification, preamble, offer, keyExchange, choice, postQuantum, isStrict, isTerrapin } = probed;
  const { keys, unknownKeys, times, failure } = probed;
  const document = {
    host,
    port,
    address,
    failure,
    identification,
    preamble,
    hassh: offer?.hassh ?? null,
    hasshText: offer?.hasshText ?? null,
    postQuantum,
    strictKex: offer === null ? null : isStrict,
    terrapin: offer === null ? null : isTerrapin,
    choice,
    keyExchange,
    keys: keys.map(keyDocument),
    unknownHostKeyAlgorithms: unknownKeys,
    offer:
      offer === null
        ? null
        : {
            keyExchange: offer.keyExchange,
            hostKey: offer.hostKey,
            ciphersToServer: offer.ciphersToServer,
            ciphersToClient: offer.ciphersToClient,
            macsToServer: offer.macsToServer,
            macsToClient: offer.macsToClient,
            compressionToServer: offer.compressionToServer,
            compressionToClient: offer.compressionToClient,
          },
    times: {
      connectMs: rounded(times.connectMs),
      identificationMs: rounded(times.identificationMs),
      kexInitMs: rounded(times.kexInitMs),
      totalMs: rounded(times.totalMs),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function keyDocument({ algorithm, key, signature, failure, ms }: ProbedKey): object {
  if (key === null) return { algorithm, failure };
  const { certificate } = key;
  return {
    algorithm,
    failure,
    type: key.type,
    bits: key.bits,
    fingerprint: key.fingerprint,
    signature,
    name: key.name,
    key: Buffer.from(key.blob).toString("base64"),
    certificate:
      certificate === null
        ? null
        : {
            ...certificate,
            serial: String(certificate.serial),
            validAfter: String(certificate.validAfter),
            validBefore: String(certificate.validBefore),
          },
    ms: rounded(ms),
  };
}

/** To the microsecond; -1 stays. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** The keys that the server has shown to have, as far as that could be told, each once: a certificate's beside the plain one is none more. */
export function shownKeys(probed: SshProbed): readonly HostKey[] {
  const keys = new Map<string, HostKey>();
  for (const { key, signature } of probed.keys)
    if (key !== null && signature !== "invalid") keys.set(key.fingerprint, keys.get(key.fingerprint) ?? key);
  return [...keys.values()];
}

/** As ssh-keyscan prints them. */
export function knownHostsText({ host, port }: ProbedHost, probed: SshProbed): string {
  return shownKeys(probed)
    .map((key) => `${knownHostsLine(host, port, key)}\n`)
    .join("");
}

/** As `ssh-keyscan -D` prints them. */
export function sshfpText({ host }: ProbedHost, probed: SshProbed): string {
  return shownKeys(probed)
    .flatMap((key) => sshfpRecords(host, key))
    .map((record) => `${record}\n`)
    .join("");
}
