/** Log lines on their way out: syslog's header formats, and every kind of `log` target. */
import { dateMs } from "../../clock.ts";
import type { LogTarget, RingPlan } from "../../plan/log.ts";
import { openLineWriter, type LineWriter } from "./line-writer.ts";
import { openRing, type RingOutput } from "./ring-output.ts";
import { openUdpOutput, type UdpOutput } from "./udp-output.ts";

/** One message for some targets. `level` as syslog's, 0 (emerg) to 7 (debug). */
export interface LogMessage {
  readonly level: number;
  /** `log-tag` of the proxy; null: the process's. */
  readonly tag: string | null;
  /** May hold anything: what could break or forge a line is replaced on the way out. */
  readonly text: string;
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
  const outputs = openOutputs(options.sendUnix, (name, reason) => {
    if (complained.has(name)) return;
    complained.add(name);
    options.complain(`sendmsg()/writev() failed in logger ${name}: ${reason}`);
  });
  return {
    write(targets, message) {
      for (const target of targets) {
        if (message.level > target.maxLevel || !isSampled(target, counters)) continue;
        outputs.send(target, formatLine(target, message, { pid: options.pid, ...options.names() }));
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

/**
 * One line with its header and its LF, cut to the target's length in bytes (a character is never cut in two).
 *
 * The timestamps are local, with the offset where the format has one, as HAProxy writes them.
 */
export function formatLine(
  target: LogTarget,
  message: LogMessage,
  process: { readonly pid: number; readonly tag: string; readonly hostname: string | null },
  nowMicros = Math.floor(dateMs() * 1000),
): Uint8Array {
  const level = Math.max(message.level, target.minLevel);
  const tag = singleLine(message.tag ?? process.tag);
  const header = formatHeader(target, level, tag, message, process, nowMicros);
  const line = new TextEncoder().encode(header + singleLine(message.text));
  // HAProxy counts the LF out of `len`'s last byte but one: a line of len + 1 bytes goes out.
  let end = Math.min(line.length, target.length);
  while (end < line.length && end > 0 && ((line[end] ?? 0) & 0xc0) === 0x80) end--;
  const bytes = new Uint8Array(end + 1);
  bytes.set(line.subarray(0, end));
  bytes[end] = 0x0a;
  return bytes;
}

function formatHeader(
  target: LogTarget,
  level: number,
  tag: string,
  message: LogMessage,
  process: { readonly pid: number; readonly hostname: string | null },
  nowMicros: number,
): string {
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

/** `Nov  3 09:05:07` (RFC 3164). */
function bsdTime(micros: number): string {
  const date = new Date(micros / 1000);
  return `${months[date.getMonth()]} ${String(date.getDate()).padStart(2)} ${clock(date)}`;
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

/**
 * Makes a text safe to stand in one line: control characters, and what some readers take for the end of a line, become
 * `#XX` for each of their bytes, HAProxy's way of writing what it will not print.
 */
export function singleLine(text: string): string {
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

interface Outputs {
  send(target: LogTarget, line: Uint8Array): void;
  readonly dropped: number;
  flush(limitMs: number): Promise<void>;
  close(): void;
}

/** Where lines leave the process. `fail` hears of every failure; the caller tells the operator once. */
function openOutputs(sendUnix: SyslogOptions["sendUnix"], fail: (name: string, reason: string) => void): Outputs {
  const writers = new Map<number, LineWriter>();
  const receivers = new Map<string, UdpOutput>();
  const rings = new Map<string, RingOutput>();
  const ringsByPlan = new WeakMap<RingPlan, RingOutput>();
  let dropped = 0;

  const lost = (name: string, error: unknown): void => {
    dropped++;
    fail(name, error instanceof Error ? error.message : String(error));
  };

  /** One for each receiver; one that was not written to for longest makes room. */
  function udpOf(host: string, port: number): UdpOutput {
    const name = `${host}:${port}`;
    const known = receivers.get(name);
    const output = known ?? openUdpOutput(host, port, (reason) => fail(name, reason));
    if (known === undefined && receivers.size >= mostReceivers) forgetOne();
    // The last one in the order of a Map is the one used last.
    if (known !== undefined) receivers.delete(name);
    receivers.set(name, output);
    return output;
  }

  function forgetOne(): void {
    for (const [name, output] of receivers) {
      dropped += output.dropped;
      void output.flushed().then(() => output.close());
      receivers.delete(name);
      return;
    }
  }

  /** One for all targets of a ring; another once a reload says something else of it. */
  function ringOf(plan: RingPlan): RingOutput {
    const cached = ringsByPlan.get(plan);
    if (cached !== undefined) return cached;
    const key = JSON.stringify(plan);
    const ring = rings.get(key) ?? openRing(plan, fail);
    rings.set(key, ring);
    ringsByPlan.set(plan, ring);
    return ring;
  }

  return {
    send(target, line) {
      const to = target.destination;
      if (to.kind === "ring") return ringOf(to.ring).write(line);
      if (to.kind === "udp") return udpOf(to.host, to.port).send(line);
      if (to.kind === "unix") {
        if (sendUnix === null) return lost(to.path, "unix datagrams are out of reach here; log to stdout or over UDP");
        if (!sendUnix(to.path, line)) lost(to.path, "the socket does not take it");
        return;
      }
      let writer = writers.get(to.fd);
      if (writer === undefined) {
        writer = openLineWriter(to.fd, (reason) => fail(`fd@${to.fd}`, reason));
        writers.set(to.fd, writer);
      }
      writer.write(line);
    },
    get dropped() {
      const others = [...writers.values(), ...rings.values(), ...receivers.values()];
      return dropped + others.reduce((sum, other) => sum + other.dropped, 0);
    },
    async flush(limitMs) {
      const outputs = [...receivers.values(), ...writers.values(), ...rings.values()];
      const all = Promise.all(outputs.map((one) => one.flushed()));
      let timer: ReturnType<typeof setTimeout> | undefined;
      await Promise.race([all, new Promise((resolve) => (timer = setTimeout(resolve, limitMs)))]);
      clearTimeout(timer);
    },
    close() {
      for (const output of receivers.values()) output.close();
      receivers.clear();
      for (const ring of rings.values()) ring.close();
      rings.clear();
    },
  };
}

/** UDP receivers that sockets are kept for: reloads may bring ever new ones. */
const mostReceivers = 256;
