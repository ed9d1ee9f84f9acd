/** What refused clients read: an identification line, and SSH_MSG_DISCONNECT with a text (RFC 4253, section 11.1). */
import type { SshRefusal, SshSession } from "../proxy/process/ssh-place.ts";
import { bytesOf } from "../wire/latin1.ts";
import { formatSshDisconnect } from "../wire/ssh/disconnect.ts";
import type { RefusalReason } from "./public.ts";

/** RFC 4250, section 4.2.2: "service not available", "by application", "too many connections". */
const codes = { unserved: 7, rule: 11, limit: 12 } as const;

/** What is sent where the configuration has no text of its own. Plain ASCII, which OpenSSH shows as it is. */
const builtIn: Readonly<Record<RefusalReason, { readonly code: number; readonly text: string }>> = {
  "no-server": { code: codes.unserved, text: "No server is available at the moment. Please try again later." },
  unreachable: { code: codes.unserved, text: "The server cannot be reached at the moment. Please try again later." },
  timeout: { code: codes.unserved, text: "The server did not answer in time. Please try again later." },
  queue: { code: codes.limit, text: "Too many sessions wait for a server already. Please try again later." },
  limit: { code: codes.limit, text: "There is no room for another session at the moment. Please try again later." },
  maintenance: { code: codes.unserved, text: "This service is in maintenance. Please try again later." },
  full: { code: codes.limit, text: "The server takes no more connections at the moment. Please try again later." },
  "not-allowed": { code: codes.limit, text: "The server takes no connections from here. Please try again later." },
  rule: { code: codes.rule, text: "Not allowed: a rule of this service refuses your connection." },
  foreign: { code: codes.unserved, text: "The server does not speak SSH." },
  penalty: {
    code: codes.limit,
    text: "Too many connections from your address have ended without a login. Please try again later.",
  },
  fault: { code: codes.unserved, text: "An internal error has ended your session. Please try again later." },
};

/** What clients read of how the last server turned their session down. */
const saidOf = { full: "full", "not-allowed": "not-allowed", closed: "unreachable" } as const;

/** Why a session is refused; null: it is not, its client has left or said nothing for too long. */
export function reasonOf(session: SshSession, { cause, phase, standing }: SshRefusal): RefusalReason | null {
  if (standing === true) return "penalty";
  switch (cause) {
    case "P":
      return session.ssh?.foreign === "server" ? "foreign" : "rule";
    case "R":
      return "limit";
    case "I":
      return "fault";
    case "K":
      return "maintenance";
    case "s":
      return phase === "Q" ? "queue" : "timeout";
    case "S":
      if (phase === "Q") return "queue";
      if (session.recordSoFar().server === null) return "no-server";
      return saidOf[session.serverRefusal ?? "closed"];
    default:
      return null;
  }
}

/** What its client is sent; null: nothing, for `no ssh-error` says so. */
export function lastWordOf(session: SshSession, reason: RefusalReason, refusal: SshRefusal): Uint8Array | null {
  const word = wordOf(session, reason, refusal);
  if (word === null) return null;
  const packet = formatSshDisconnect(word.code, word.text);
  if (session.hasServerLines === true) return packet;
  const bytes = new Uint8Array(identification.length + packet.length);
  bytes.set(identification);
  bytes.set(packet, identification.length);
  return bytes;
}

interface Word {
  readonly code: number;
  readonly text: string;
}

function wordOf(session: SshSession, reason: RefusalReason, { cause, phase }: SshRefusal): Word | null {
  const { code, text } = builtIn[reason];
  const { lastWord } = session;
  if (lastWord !== null) return { code: lastWord.code, text: shown(lastWord.text) || text };
  // Where it usually goes has a say before that is known.
  const back = session.at ?? session.front.defaultBackend;
  const speaker = [session.front, back].find((one) => (one?.plan.ssh.refusal ?? null) !== null);
  if (speaker === undefined || speaker === null) return { code, text };
  const { sshError } = speaker.rules;
  if (sshError === null) return null;
  // As its log line will tell it.
  const record = { ...session.recordSoFar(), termination: cause + phase };
  return { code, text: shown(sshError(record, session)) || text };
}

const identification = new TextEncoder().encode("SSH-2.0-fairlead\r\n");

/** A text of one character a byte as clients may be shown it: UTF-8, as the RFC wants it, and each control character a space. */
export function shown(text: string): string {
  let kept = "";
  for (const character of new TextDecoder().decode(bytesOf(text))) {
    const code = character.codePointAt(0) as number;
    kept += code < 0x20 || (code >= 0x7f && code < 0xa0) ? " " : character;
  }
  return kept.trim();
}
