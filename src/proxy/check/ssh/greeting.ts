/** One conversation of a check with an SSH server: as far as its lists, and a farewell that it takes without complaint. */
import { randomBytes } from "node:crypto";
import { clockMs } from "../../../clock.ts";
import type { SshIdentification, SshOffer } from "../../../ssh-facts.ts";
import { latin1 } from "../../../wire/latin1.ts";
import { SshDirection } from "../../../wire/ssh/direction.ts";
import { formatSshDisconnect } from "../../../wire/ssh/disconnect.ts";
import { formatSshIdentification, speaksSsh2 } from "../../../wire/ssh/identification.ts";
import { formatClientKexInit } from "../../../wire/ssh/kex/client-offer.ts";
import { joinBytes, SshFieldReader } from "../../../wire/ssh/kex/fields.ts";
import { linesEnd } from "../../../wire/ssh/lines-end.ts";
import { isPseudoKex } from "../../../wire/ssh/negotiation.ts";
import { formatSshPacket, sshMessageAt, sshMessages, sshPacketEnd } from "../../../wire/ssh/packet.ts";
import { sshRefusal } from "../../../wire/ssh/refusal.ts";
import type { Dialogue } from "../run/dialogue.ts";
import { DialogueFailure } from "../run/dialogue-failure.ts";
import { CheckEnd } from "../run/outcome.ts";
import type { SshHeard } from "./heard.ts";

/** What a conversation needs of its connection. */
export type SshDialogue = Pick<Dialogue, "send" | "receive" | "lastWord">;

/** The server wants no more clients for now, us or any: that says nothing of its health. Thrown, but no Error, as `CheckEnd`. */
export class SshRefused {
  constructor(
    readonly kind: "penalty" | "full",
    readonly info: string,
  ) {}
}

const refusals = {
  penalty: "Not allowed at this time: the server penalises this address (PerSourcePenalties)",
  full: "Exceeded MaxStartups: the server has too many clients that have not logged in",
} as const;

const misheard = "a PROXY header is missing or one too many";

const ourLine = formatSshIdentification("fairlead_check");
const disconnect = formatSshDisconnect(11, "checked by fairlead");
/** RFC 4250, section 4.2.2. */
const tooManyConnections = 12;

/**
 * Hears a server out over a connected dialogue. Throws CheckEnd, DialogueFailure or SshRefused where it is not one of SSH that takes us.
 *
 * sshd keeps its KEXINIT until it has our identification. What ends the dialogue at any time is a DISCONNECT, behind our own KEXINIT
 * once the server's is there; the connection stays until the server has closed it.
 */
export async function greet(dialogue: SshDialogue): Promise<SshHeard> {
  const connectedAt = clockMs();
  const server = new SshDirection("server");
  let identMs = -1;
  let taken = 0;
  let seen = new Uint8Array(0);
  dialogue.lastWord = disconnect;
  dialogue.send(ourLine);
  try {
    await dialogue.receive((answer, final) => {
      server.take(answer.subarray(taken));
      taken = answer.length;
      seen = answer as Uint8Array<ArrayBuffer>;
      if (identMs < 0 && server.identification !== null) identMs = clockMs() - connectedAt;
      return final || isEnough(server, answer) ? null : "wait";
    });
  } catch (error) {
    throw error instanceof DialogueFailure ? broken(error, server.identification) : error;
  }
  const { offer } = server;
  if (server.identification === null || offer === null) throw failure(dialogue, server, seen);
  dialogue.lastWord = joinBytes(formatSshPacket(formatClientKexInit(echo(offer), randomBytes(16))), disconnect);
  return { identification: server.identification, offer, identMs };
}

/** Whether what has come tells all: lists, or why there are none. */
function isEnough(server: SshDirection, answer: Uint8Array): boolean {
  if (server.state === "reading") return server.identification === null && sshRefusal(answer) !== null;
  const isLeaving = server.state === "read" && server.offer === null && speaksSsh2(protocolOf(server));
  return !isLeaving || disconnectIn(answer) !== null;
}

function protocolOf(server: SshDirection): string {
  return server.identification?.protocol ?? "";
}

/** What went wrong with the connection before there were lists. A server that cannot read a PROXY header may reset it. */
function broken(error: DialogueFailure, identification: SshIdentification | null): DialogueFailure | CheckEnd {
  if (error.status === "L7TOUT") {
    return new CheckEnd("L7TOUT", `waiting for its ${identification === null ? "SSH identification" : "KEXINIT"}`);
  }
  if (identification === null) return error;
  return new CheckEnd("L7RSP", `connection reset behind ${printable(identification.line)}: ${misheard}?`);
}

/** Why there are no lists. */
function failure(dialogue: SshDialogue, server: SshDirection, answer: Uint8Array): CheckEnd | SshRefused {
  const refusal = sshRefusal(answer);
  if (refusal === "not-ssh") return new CheckEnd("L7RSP", `Invalid SSH identification string: ${misheard}`);
  if (refusal !== null) return new SshRefused(refusal, refusals[refusal]);
  const leaving = server.identification === null ? null : disconnectIn(answer);
  if (leaving?.reason === tooManyConnections) return new SshRefused("full", `Too many connections: ${leaving.text}`);
  if (leaving !== null) return new CheckEnd("L7STS", `SSH disconnect: ${leaving.text}`, leaving.reason);
  if (server.identification === null) {
    // It has nothing to do with SSH, or has gone.
    dialogue.lastWord = null;
    const said = printable(latin1(answer.subarray(0, 80)));
    return new CheckEnd("L7RSP", said === "" ? "no SSH identification" : `no SSH identification: ${said}`);
  }
  const { protocol } = server.identification;
  if (!speaksSsh2(protocol)) return new CheckEnd("L7RSP", `the server speaks SSH ${protocol} alone`);
  return new CheckEnd("L7RSP", `no KEXINIT behind ${printable(server.identification.line)}`);
}

/** A whole DISCONNECT behind the server's identification; null: there is none (yet). */
function disconnectIn(answer: Uint8Array): { readonly reason: number; readonly text: string } | null {
  const lines = linesEnd(answer);
  for (let at = lines; at > 0 && at < answer.length;) {
    const message = sshMessageAt(answer, at, answer.length);
    if (message < 0) return null;
    const end = sshPacketEnd(answer, at);
    if (end > answer.length) return null;
    if (message === sshMessages.disconnect) {
      const fields = new SshFieldReader(answer.subarray(at + 5, end), 1);
      const reason = fields.uint32();
      return { reason, text: printable(fields.text().slice(0, 200)) };
    }
    at = end;
  }
  return null;
}

/** Lists that have the first of each of the server's: it finds something in common, and has nothing to complain of. */
function echo(offer: SshOffer): Parameters<typeof formatClientKexInit>[0] {
  return {
    keyExchange: first(offer.keyExchange.filter((name) => !isPseudoKex(name))),
    hostKey: first(offer.hostKey),
    ciphers: first(offer.ciphersToServer, offer.ciphersToClient),
    macs: first(offer.macsToServer, offer.macsToClient),
    compression: first(offer.compressionToServer, offer.compressionToClient),
  };
}

/** Of each list; none twice. */
function first(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flatMap((list) => list.slice(0, 1)))];
}

/** A server's text, fit for a log: what is no printable ASCII as \xNN, without the end of its line. */
export function printable(text: string): string {
  return text
    .replace(/\r?\n$/, "")
    .replaceAll(/[^ -~]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, "0")}`);
}
