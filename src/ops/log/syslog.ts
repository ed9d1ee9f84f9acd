/** Log lines as their targets want them: syslog's header formats, levels and samples. */
import { dateMs } from "../../clock.ts";
import type { LineBytes } from "../../line-bytes.ts";
import type { LogTarget } from "../../plan/log.ts";
import { Outputs } from "./outputs.ts";
import type { OpenDirect } from "./udp-output.ts";

/** One message for some targets. `level` as syslog's, 0 (emerg) to 7 (debug). */
export interface LogMessage {
  readonly level: number;
  /** `log-tag` of the proxy; null: the process's. */
  readonly tag: string | null;
  /** May hold anything: what could break or forge a line is replaced on the way out. As bytes: sound ones. */
  readonly text: string | LineBytes;
  /** RFC 5424 structured data, ready made by `log-format-sd`; null for none. */
  readonly structured: string | null;
}

/** What a line says of where it comes from. */
export interface LogNames {
  readonly tag: string;
  /** `log-send-hostname`: the name to send, or null. */
  readonly hostname: string | null;
}

/** What a log needs to know of its process. */
export interface SyslogOptions {
  readonly pid: number;
  /** Asked for each line, so that a reload changes everything about a line at once. */
  readonly names: () => LogNames;
  /** Sends one datagram to a unix socket; false when it could not. Null where the runtime cannot: such targets are then told once to be unreachable. */
  readonly sendUnix: ((path: string, bytes: Uint8Array) => boolean) | null;
  /** UDP by the system's own sockets; null or left out: by the runtime's. */
  readonly openUdp?: OpenDirect | null;
  /** Hears once of each target that does not take its lines. */
  readonly complain: (text: string) => void;
}

/** The open end of all `log` targets. */
export interface Syslog {
  /** Sends to each target that wants this level; never throws, never blocks. */
  write(targets: readonly LogTarget[], message: LogMessage): void;
  /** After a reload: of each target that still does not take its lines, that is told once more. */
  complainAnew(): void;
  /** Lines given up because a target was too slow or gone. */
  readonly dropped: number;
  /** Waits until what was written has left, at most `limitMs`. */
  flush(limitMs: number): Promise<void>;
  close(): void;
}

/** Opens nothing yet: a target is opened by its first line. */
export function openSyslog(options: SyslogOptions): Syslog {
  const counters = new WeakMap<LogTarget, number>();
  const complained = new Set<string>();
  const outputs = new Outputs(
    options.sendUnix,
    (name, reason) => {
      if (complained.has(name)) return;
      complained.add(name);
      options.complain(`sendmsg()/writev() failed in logger ${name}: ${reason}`);
    },
    options.openUdp ?? null,
  );
  return {
    write(targets, message) {
      for (const target of targets) {
        if (message.level > target.maxLevel || !isSampled(target, counters)) continue;
        const { tag, hostname } = options.names();
        outputs.send(target, formatLine(target, message, { pid: options.pid, tag, hostname }));
      }
    },
    complainAnew: () => complained.clear(),
    get dropped() {
      return outputs.dropped;
    },
    flush: (limitMs) => outputs.flush(limitMs),
    close: () => outputs.close(),
  };
}

/** Whether this line is within the target's `sample` ranges; counts it. */
function isSampled(target: LogTarget, counters: WeakMap<LogTarget, number>): boolean {
  if (target.sample === null) return true;
  const index = (counters.get(target) ?? 0) + 1;
  counters.set(target, index >= target.sample.size ? 0 : index);
  return target.sample.ranges.some(([from, to]) => index >= from && index <= to);
}

const encoder = new TextEncoder();
/** Where a usual line is written, each over the one before. */
const usualBytes = new Uint8Array(8192);
const usualLine = Buffer.from(usualBytes.buffer);
/** The line there as it was told of last: the next is often as long. */
let usualView = usualBytes;
/** The header, printable ASCII, that `usualBytes` begins with; null: something else. */
let usualHeader: string | null = null;

function usualOf(length: number): Uint8Array {
  if (usualView.length !== length) usualView = usualBytes.subarray(0, length);
  return usualView;
}

/**
 * One line with its header and its LF, cut to the target's length in bytes (a character is never cut in two).
 *
 * The timestamps are local, with the offset where the format has one, as HAProxy writes them. The bytes hold until the next call.
 */
export function formatLine(
  target: LogTarget,
  message: LogMessage,
  process: LineOrigin,
  nowMicros = Math.floor(dateMs() * 1000),
): Uint8Array {
  const level = Math.max(message.level, target.minLevel);
  const header = formatHeader(target, level, message, process, nowMicros);
  const { text } = message;
  const length = header.length + text.length + 1;
  if (length <= target.length + 1 && length <= usualBytes.length) {
    const isWritten = typeof text === "string" ? writeText(header + text) : writeBytes(header, text);
    if (isWritten) return usualOf(length);
  }
  const line = encoder.encode(header + singleLine(String(text)));
  // HAProxy counts the LF out of `len`'s last byte but one: a line of len + 1 bytes goes out.
  let end = Math.min(line.length, target.length);
  while (end < line.length && end > 0 && ((line[end] ?? 0) & 0xc0) === 0x80) end--;
  const bytes = new Uint8Array(end + 1);
  bytes.set(line.subarray(0, end));
  bytes[end] = 0x0a;
  return bytes;
}

/** Writes a text, and the line's end, where `usualBytes` begin. False: there is more in it than printable ASCII. */
function writeText(text: string): boolean {
  usualHeader = null;
  const written = usualLine.write(text, "utf8");
  usualBytes[written] = 0x0a;
  return written === text.length && isPlain(usualBytes, written);
}

/** The same of a header and sound bytes behind it. */
function writeBytes(header: string, text: LineBytes): boolean {
  if (header !== usualHeader) {
    for (let at = 0; at < header.length; at++) usualBytes[at] = header.charCodeAt(at);
    usualHeader = isPlain(usualBytes, header.length) ? header : null;
  }
  if (usualHeader === null) return false;
  const { bytes, length } = text;
  usualLine.copy.call(bytes as Buffer, usualLine, header.length, 0, length);
  usualBytes[header.length + length] = 0x0a;
  return true;
}

interface LineOrigin {
  readonly pid: number;
  readonly tag: string;
  readonly hostname: string | null;
}

/** The header of the last line whose header is the same for all of a second, and what it was made from. */
const last = {
  target: null as LogTarget | null,
  level: 0,
  tag: "",
  pid: 0,
  hostname: null as string | null,
  second: 0,
};
let lastHeader = "";

function formatHeader(
  target: LogTarget,
  level: number,
  message: LogMessage,
  process: LineOrigin,
  nowMicros: number,
): string {
  if (target.format !== "rfc3164") return makeHeader(target, level, message, process, nowMicros);
  const tag = message.tag ?? process.tag;
  const second = Math.floor(nowMicros / 1_000_000);
  const isSame =
    last.target === target &&
    last.second === second &&
    last.level === level &&
    last.tag === tag &&
    last.hostname === process.hostname &&
    last.pid === process.pid;
  if (isSame) return lastHeader;
  Object.assign(last, { target, level, tag, second, hostname: process.hostname, pid: process.pid });
  return (lastHeader = makeHeader(target, level, message, process, nowMicros));
}

function makeHeader(
  target: LogTarget,
  level: number,
  message: LogMessage,
  process: LineOrigin,
  nowMicros: number,
): string {
  const tag = singleLine(message.tag ?? process.tag);
  const priority = `<${target.facility * 8 + level}>`;
  const host = process.hostname === null ? (target.namesHost ? "localhost" : null) : singleLine(process.hostname);
  switch (target.format) {
    case "raw":
      return "";
    case "short":
      return `<${level}>`;
    case "timed":
      return `<${level}>${isoTime(nowMicros)} `;
    case "iso":
      return `${isoTime(nowMicros)} `;
    case "priority":
      return priority;
    case "local":
      return `${priority}${bsdTime(nowMicros)} ${tag}[${process.pid}]: `;
    case "rfc3164":
      return `${priority}${bsdTime(nowMicros)} ${host === null ? "" : `${host} `}${tag}[${process.pid}]: `;
    case "rfc5424": {
      const data = message.structured === null || message.structured === "" ? "-" : singleLine(message.structured);
      return `${priority}1 ${isoTime(nowMicros)} ${host ?? "-"} ${tag} ${process.pid} - ${data} `;
    }
  }
}

const months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

function two(number: number): string {
  return String(number).padStart(2, "0");
}

function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

let lastSecond = -1;
let lastBsdTime = "";

/** `Nov  3 09:05:07` (RFC 3164). */
function bsdTime(micros: number): string {
  const second = Math.floor(micros / 1_000_000);
  if (second === lastSecond) return lastBsdTime;
  const date = new Date(micros / 1000);
  lastSecond = second;
  return (lastBsdTime = `${months[date.getMonth()]} ${String(date.getDate()).padStart(2)} ${clock(date)}`);
}

/** `2026-11-23T21:10:00.046519+00:00` (RFC 5424), in local time. */
function isoTime(micros: number): string {
  const date = new Date(micros / 1000);
  const offset = -date.getTimezoneOffset();
  const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${clock(date)}.${String(micros % 1_000_000).padStart(6, "0")}${zone}`;
}

/** `23/Nov/2026:21:06:20.307`, the date inside the brackets of a log line, local time. `atMs` since 1970. */
export function logDate(atMs: number): string {
  const date = new Date(atMs);
  const day = `${two(date.getDate())}/${months[date.getMonth()]}/${date.getFullYear()}`;
  return `${day}:${clock(date)}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}

/** Whether all of a line up to `end` is printable ASCII. */
function isPlain(line: Uint8Array, end: number): boolean {
  for (let at = 0; at < end; at++) {
    const byte = line[at] ?? 0;
    if (byte < 0x20 || byte > 0x7e) return false;
  }
  return true;
}

const plain = /^[\x20-\x7e]*$/;

/**
 * Makes a text safe to stand in one line: control characters, and what some readers take for the end of a line, become
 * `#XX` for each of their bytes, HAProxy's way of writing what it will not print.
 */
export function singleLine(text: string): string {
  // Most are as they should be.
  if (plain.test(text)) return text;
  return fromBytes(text).replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Surrogate}/gu, (character) =>
    Array.from(
      new TextEncoder().encode(character),
      (byte) => `#${byte.toString(16).toUpperCase().padStart(2, "0")}`,
    ).join(""),
  );
}

/**
 * Texts from files and clients hold one character per byte. Where those bytes are UTF-8 they are shown as such; other
 * bytes above 126 become `#XX`. A text with characters beyond bytes is taken as it is.
 */
function fromBytes(text: string): string {
  if (!/[\u0080-\u00ff]/.test(text) || /[^\u0000-\u00ff]/.test(text)) return text;
  const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return text.replaceAll(/[\u0080-\u00ff]/g, (one) => `#${one.charCodeAt(0).toString(16).toUpperCase()}`);
  }
}
