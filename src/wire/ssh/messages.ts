/** The clear-text start of an SSH connection: identification lines, KEXINIT and DISCONNECT (RFC 4253). */
import { latin1 } from "../latin1.ts";

/** One identification line (section 4.2) and what a server may say before it. */
export interface SshIdentification {
  /** The line without CR LF, one character per byte. */
  readonly line: string;
  /** `2.0`, or `1.99` for a server that also speaks SSH 1. */
  readonly protocol: string;
  readonly software: string;
  readonly comments: string | null;
  /** Lines before it. */
  readonly preamble: readonly string[];
  /** Bytes up to and with its line end. */
  readonly length: number;
}

/** `atLeast` is a total count, always more than was given. "none": this is not SSH. */
export type SshParse<T> =
  | { readonly state: "need-more"; readonly atLeast: number }
  | { readonly state: "none" }
  | { readonly state: "found"; readonly found: T };

/** Longest identification line with its CR LF. */
export const sshLineMaxBytes = 255;
/** What a server may say before its line, at most; RFC 4253 names no limit, OpenSSH's client takes 1024 lines. */
const preambleMaxBytes = 8192;
const none = { state: "none" } as const;

/**
 * Reads an identification line. Only a server (`from`) may send other lines first.
 *
 * OpenSSH ends lines with CR LF; a bare LF is taken too, as every implementation does.
 */
export function parseSshIdentification(bytes: Uint8Array, from: "client" | "server"): SshParse<SshIdentification> {
  const preamble: string[] = [];
  let at = 0;
  for (;;) {
    const isSsh = startsWithSsh(bytes, at);
    if (from === "client" && isSsh === false) return none;
    const limit = isSsh === false ? preambleMaxBytes : at + sshLineMaxBytes;
    const end = bytes.subarray(0, limit).indexOf(0x0a, at);
    if (end < 0) return bytes.length >= limit ? none : { state: "need-more", atLeast: bytes.length + 1 };
    const line = latin1(bytes.subarray(at, end)).replace(/\r$/, "");
    if (isSsh === true) return readLine(line, preamble, end + 1);
    if (from === "client") return none;
    preamble.push(line);
    at = end + 1;
  }
}

/** Whether `SSH-` stands at `at`; null: too few bytes to tell. */
function startsWithSsh(bytes: Uint8Array, at: number): boolean | null {
  for (const [index, expected] of [0x53, 0x53, 0x48, 0x2d].entries()) {
    const byte = bytes[at + index];
    if (byte === undefined) return null;
    if (byte !== expected) return false;
  }
  return true;
}

function readLine(line: string, preamble: readonly string[], length: number): SshParse<SshIdentification> {
  const match = /^SSH-([^- ]+)-([^ ]*)(?: (.*))?$/.exec(line);
  if (match === null) return none;
  const [, protocol = "", software = "", comments = null] = match;
  return { state: "found", found: { line, protocol, software, comments, preamble, length } };
}

/** The lists of SSH_MSG_KEXINIT (section 7.1), each in the sender's order of preference. */
export interface SshKexInit {
  readonly cookie: Uint8Array;
  readonly keyExchange: readonly string[];
  readonly hostKey: readonly string[];
  readonly ciphersToServer: readonly string[];
  readonly ciphersToClient: readonly string[];
  readonly macsToServer: readonly string[];
  readonly macsToClient: readonly string[];
  readonly compressionToServer: readonly string[];
  readonly compressionToClient: readonly string[];
  readonly languagesToServer: readonly string[];
  readonly languagesToClient: readonly string[];
  readonly firstFollows: boolean;
}

/** Why a side ended the connection, in its own words. */
export interface SshDisconnect {
  /** RFC 4250, section 4.2.2: 2 protocol error, 7 service not available, 11 by application, 12 too many connections. */
  readonly reason: number;
  /** One character per byte; UTF-8 by the RFC. */
  readonly description: string;
}

const messages = { disconnect: 1, kexInit: 20 } as const;
/** Section 6.1: what every implementation must take. */
const packetMaxBytes = 35000;

/**
 * The payload of the first unencrypted packet in `bytes`.
 *
 * Packet: 0 4 length of what follows, 4 1 padding length, 5 n payload, then padding; no MAC before keys are exchanged.
 */
export function parseSshPacket(bytes: Uint8Array): SshParse<{ readonly payload: Uint8Array; readonly length: number }> {
  if (bytes.length < 4) return { state: "need-more", atLeast: 4 };
  const size = uint32(bytes, 0);
  if (size < 2 || size > packetMaxBytes - 4) return none;
  if (bytes.length < 4 + size) return { state: "need-more", atLeast: 4 + size };
  const padding = bytes[4] ?? 0;
  if (padding + 2 > size) return none;
  return { state: "found", found: { payload: bytes.slice(5, 4 + size - padding), length: 4 + size } };
}

/** Reads a packet's payload as KEXINIT; null when it is none or cut short. */
export function parseSshKexInit(payload: Uint8Array): SshKexInit | null {
  if (payload[0] !== messages.kexInit || payload.length < 17) return null;
  const lists: string[][] = [];
  let at = 17;
  for (let index = 0; index < 10; index++) {
    const text = readString(payload, at);
    if (text === null) return null;
    lists.push(text === "" ? [] : text.split(","));
    at += 4 + text.length;
  }
  const follows = payload[at];
  if (follows === undefined || at + 5 > payload.length) return null;
  const [
    kex = [],
    hostKey = [],
    c2s = [],
    s2c = [],
    mac2s = [],
    mac2c = [],
    zip2s = [],
    zip2c = [],
    lang2s = [],
    lang2c = [],
  ] = lists;
  return {
    cookie: payload.slice(1, 17),
    keyExchange: kex,
    hostKey,
    ciphersToServer: c2s,
    ciphersToClient: s2c,
    macsToServer: mac2s,
    macsToClient: mac2c,
    compressionToServer: zip2s,
    compressionToClient: zip2c,
    languagesToServer: lang2s,
    languagesToClient: lang2c,
    firstFollows: follows !== 0,
  };
}

/** Reads a packet's payload as DISCONNECT (section 11.1); null when it is none or cut short. */
export function parseSshDisconnect(payload: Uint8Array): SshDisconnect | null {
  if (payload[0] !== messages.disconnect || payload.length < 9) return null;
  const description = readString(payload, 5);
  return description === null ? null : { reason: uint32(payload, 1), description };
}

/** An unencrypted DISCONNECT packet, to be sent after an identification line. The text is cut to what clients show (400 bytes). */
export function formatSshDisconnect(reason: number, description: string): Uint8Array {
  const text = new TextEncoder().encode(description).subarray(0, 400);
  const payload = new Uint8Array(9 + text.length + 4);
  const view = new DataView(payload.buffer);
  view.setUint8(0, messages.disconnect);
  view.setUint32(1, reason);
  view.setUint32(5, text.length);
  payload.set(text, 9);
  return formatSshPacket(payload);
}

/** Puts a payload into an unencrypted packet: at least 4 bytes of padding, the whole a multiple of 8. */
export function formatSshPacket(payload: Uint8Array): Uint8Array {
  const padding = 4 + ((8 - ((5 + payload.length + 4) % 8)) % 8);
  const packet = new Uint8Array(5 + payload.length + padding);
  const view = new DataView(packet.buffer);
  view.setUint32(0, packet.length - 4);
  view.setUint8(4, padding);
  packet.set(payload, 5);
  return packet;
}

/**
 * What a server's first words tell beside SSH: "not-ssh" that it could not read what it was sent (a PROXY header it does not
 * speak), "penalty" and "full" that sshd refuses us for what we did or for now. Null: nothing of the kind.
 */
export function sshRefusal(bytes: Uint8Array): "not-ssh" | "penalty" | "full" | null {
  const text = latin1(bytes.subarray(0, 256));
  if (/^(?:SSH-[^\r\n]*\r?\n)?(?:Invalid SSH identification string|Protocol mismatch)/.test(text)) return "not-ssh";
  if (text.startsWith("Not allowed at this time")) return "penalty";
  return text.startsWith("Exceeded MaxStartups") ? "full" : null;
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}

/** A string of SSH's wire format; null when it reaches beyond `bytes`. */
function readString(bytes: Uint8Array, at: number): string | null {
  if (at + 4 > bytes.length) return null;
  const length = uint32(bytes, at);
  return length > bytes.length - at - 4 ? null : latin1(bytes.subarray(at + 4, at + 4 + length));
}
