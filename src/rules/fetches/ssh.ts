/** Fetches of what is read of SSH in passing, which HAProxy does not have: in clear text are both identification lines and KEXINITs. */
import type { SshChoice, SshFacts, SshIdentification, SshOffer } from "../../ssh-facts.ts";
import { SshDirection } from "../../wire/ssh/direction.ts";
import type { Payload, SampleContext } from "../context.ts";
import { type Evaluate, fetch, type FetchRow } from "../samples/rows.ts";
import type { Source } from "../samples/sites.ts";
import { bool, type Sample, sint, str } from "../value/sample.ts";

type Read<Part> = (part: Part) => Sample | undefined;

/** A client's first bytes, which come again at each look with those that are new. */
class ClientStart {
  readonly #direction = new SshDirection("client");
  #seenBytes = 0;

  /** "foreign": no line will come. */
  read(bytes: Uint8Array): SshIdentification | "foreign" | null {
    const direction = this.#direction;
    if (direction.identification === null && bytes.length > this.#seenBytes)
      direction.take(bytes.subarray(this.#seenBytes));
    this.#seenBytes = bytes.length;
    return direction.identification ?? (direction.state === "foreign" ? "foreign" : null);
  }
}

/** Whether more may be known at the next look at what the server says. */
function mayCome({ response }: SampleContext, { isDone, foreign }: SshFacts): boolean {
  return response !== null && !response.final && !isDone && foreign === null;
}

/** Before the client's bytes are relayed they are the rules' own to read. */
function inRequest({ bytes, final, sniffing }: Payload): SshIdentification | undefined | "wait" {
  const start = sniffing === undefined ? new ClientStart() : sniffing.reader(ClientStart);
  const found = start.read(bytes);
  if (found === null) return final ? undefined : "wait";
  return found === "foreign" ? undefined : found;
}

function ofClientLine(read: Read<SshIdentification>): Evaluate {
  return (context) => {
    const facts = context.ssh ?? null;
    const known = facts === null ? null : facts.client.identification;
    if (known !== null) return read(known);
    if (facts !== null) return mayCome(context, facts) ? "wait" : undefined;
    if (context.request === null || (context.http ?? null) !== null) return undefined;
    const line = inRequest(context.request);
    return line === undefined || line === "wait" ? line : read(line);
  };
}

/** Of what is read once bytes are relayed both ways. */
function ofFacts<Part>(part: (facts: SshFacts) => Part | null, read: Read<Part>): Evaluate {
  return (context) => {
    const facts = context.ssh ?? null;
    if (facts === null) return undefined;
    const known = part(facts);
    if (known !== null) return read(known);
    return mayCome(context, facts) ? "wait" : undefined;
  };
}

function text(value: string): Sample | undefined {
  return value === "" ? undefined : str(value);
}

const client: Source = "SSH client identification";
const server: Source = "SSH server identification";
const keyExchange: Source = "SSH key exchange";

const lineParts: readonly (readonly [string, Read<SshIdentification>])[] = [
  ["ident", ({ line }) => text(line)],
  ["software", ({ software }) => text(software)],
  ["version", ({ version }) => text(version)],
];

const offerParts: readonly (readonly [string, Read<SshOffer>])[] = [
  ["hassh", ({ hassh }) => text(hassh)],
  ["hassh_string", ({ hasshText }) => text(hasshText)],
];

const choiceParts: readonly (readonly [string, Read<SshChoice>])[] = [
  ["kex: str", (choice) => text(choice.keyExchange)],
  ["hostkey_alg: str", (choice) => text(choice.hostKey)],
  ["cipher.c2s: str", (choice) => text(choice.cipherToServer)],
  ["cipher.s2c: str", (choice) => text(choice.cipherToClient)],
  ["mac.c2s: str", (choice) => text(choice.macToServer)],
  ["mac.s2c: str", (choice) => text(choice.macToClient)],
  ["compression.c2s: str", (choice) => text(choice.compressionToServer)],
  ["compression.s2c: str", (choice) => text(choice.compressionToClient)],
  ["pq: str", (choice) => str(choice.isPostQuantum ? "yes" : "no")],
  ["pq.offered: str", (choice) => str(choice.postQuantumOffered)],
  ["strict_kex: bool", (choice) => bool(choice.isStrict)],
  ["terrapin: bool", (choice) => bool(choice.isTerrapin)],
];

/** The fetches of this file. */
export const sshFetches: readonly FetchRow[] = [
  ...lineParts.map(([name, read]) => fetch(`ssh.client.${name}: str`, client, () => ofClientLine(read))),
  ...lineParts.map(([name, read]) =>
    fetch(`ssh.server.${name}: str`, server, () => ofFacts((facts) => facts.server.identification, read)),
  ),
  ...(["client", "server"] as const).flatMap((side) =>
    offerParts.map(([name, read]) =>
      fetch(`ssh.${side}.${name}: str`, keyExchange, () => ofFacts((facts) => facts[side].offer, read)),
    ),
  ),
  ...choiceParts.map(([form, read]) => fetch(`ssh.${form}`, keyExchange, () => ofFacts((facts) => facts.choice, read))),
  fetch("ssh.penalty: sint", "client", () => (context) => {
    const leftMs = context.sshPenaltyMs?.() ?? null;
    return leftMs === null ? undefined : sint(leftMs);
  }),
  fetch("ssh.time_to_ident: sint", server, () =>
    ofFacts(({ timeToIdentMs }) => (timeToIdentMs < 0 ? null : timeToIdentMs), sint),
  ),
];
