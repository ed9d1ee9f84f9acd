/** What a run left behind, made comparable: ports, dates, pids and folders masked, timers marked so that they may differ a little. */

/** Everything that clients, servers and the log's receiver saw. */
export interface Transcript {
  readonly clients: readonly string[];
  readonly servers: Readonly<Record<string, readonly string[]>>;
  readonly logs: readonly string[];
}

/** What is known of a run when its lines are masked. */
export interface Known {
  readonly pid: number;
  readonly folder: string;
  /** Names by address (`127.0.0.1:4000`) and by port (`4000`). */
  readonly names: ReadonlyMap<string, string>;
}

/** Bytes as text: printable ASCII as it is, all else as `\xNN`. */
export function visible(latin1: string): string {
  return JSON.stringify(latin1).replace(/[\u007f-\u00ff]|\\u00(..)/g, (found, hex: string | undefined) => {
    return `\\x${hex ?? found.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

const date = /\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d(?:\.\d{3})?(?: [+-]\d{4})?/g;
const syslogDate = /[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d /g;
const isoDate = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;
/** `tcplog`: Tw/Tc/Tt, after the server's name. */
const logTimers = / ((?:[+-]?\d+\/){2}\+?\d+) (\+?\d+) /g;
/** `Tw=12`, as the cases' own formats write timers. */
const namedTimers = /\b(T[a-zA-Z]+=)(-?\d+)/g;
/** `check duration: 3ms`. */
const checkTimers = /(check duration: )(\d+)(?=ms)/g;

/** Masks what differs between any two runs. */
export function mask(line: string, known: Known): string {
  let masked = line.replaceAll("\n", "⏎").replaceAll(known.folder, "<dir>");
  for (const [address, name] of known.names) {
    if (address.includes(":")) masked = masked.replaceAll(address, `<${name}>`);
  }
  return masked
    .replace(/(\d+\.\d+\.\d+\.\d+|[\da-f:]*::[\da-f]*):(\d{4,5})(?!\d)/g, "$1:<port>")
    .replace(/PROXY (TCP[46] \S+ \S+) (\d+) (\d+)/g, (_, addresses: string, from: string, to: string) => {
      return `PROXY ${addresses} ${portName(from, known)} ${portName(to, known)}`;
    })
    .replace(/\bport=(\d+)/g, (_, port: string) => `port=${portName(port, known)}`)
    .replace(/\b(7F0000[\dA-F]{2}):([\dA-F]{4})\b/g, "$1:<PORT>")
    .replaceAll(date, "<date>")
    .replaceAll(syslogDate, "<date> ")
    .replaceAll(isoDate, "<date>")
    .replaceAll(new RegExp(`\\b${known.pid}\\b`, "g"), "<pid>")
    .replaceAll(logTimers, (_, timers: string, bytes: string) => ` ${timers.replace(/\d+/g, "≈$&≈")} ${bytes} `)
    .replaceAll(namedTimers, "$1≈$2≈")
    .replaceAll(checkTimers, "$1≈$2≈");
}

function portName(port: string, known: Known): string {
  const name = known.names.get(port);
  return name === undefined ? "<port>" : `<${name}:port>`;
}

/**
 * The line with every timer that is near enough to its counterpart replaced by that: what is left differs for another reason.
 *
 * A timer that is missing (-1) equals only a missing one.
 */
export function settle(line: string, reference: string | undefined, toleranceMs: number): string {
  const others = [...(reference ?? "").matchAll(/≈(-?\d+)≈/g)].map((found) => Number(found[1]));
  let at = 0;
  return line.replaceAll(/≈(-?\d+)≈/g, (whole, digits: string) => {
    const other = others[at++];
    if (other === undefined) return whole;
    const isNear =
      Math.sign(other + 0.5) === Math.sign(Number(digits) + 0.5) && Math.abs(other - Number(digits)) <= toleranceMs;
    return isNear ? `≈${other}≈` : whole;
  });
}
