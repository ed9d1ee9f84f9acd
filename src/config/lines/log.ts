/** The `log` line of global and proxy sections: where lines go, in which form, from which level on. */
import { Complaint } from "../text/complaint.ts";
import type { LogTarget, RingPlan } from "../../plan/log.ts";
import { type ParsedAddress, parseAddress, serverAddress } from "../addresses/address.ts";
import { parseSample } from "./log-sample.ts";
import type { Environment, Word } from "../text/statement.ts";
import { wordList } from "../row/value.ts";

const facilities = wordList(`
  kern user mail daemon auth syslog lpr news uucp cron auth2 ftp ntp audit alert cron2
  local0 local1 local2 local3 local4 local5 local6 local7
`);

const levels = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

const formats: readonly LogTarget["format"][] = [
  "rfc3164",
  "rfc5424",
  "priority",
  "short",
  "timed",
  "iso",
  "raw",
  "local",
];

/** The format of that name. */
export function logFormat(name: string): LogTarget["format"] | undefined {
  return formats.find((one) => one === name);
}

/** The number behind a syslog level's name, or null: 0 is emerg, 7 debug. */
export function logLevel(name: string): number | null {
  const level = levels.indexOf(name);
  return level < 0 ? null : level;
}

/**
 * Reads the words after `log` (manual, 4.2, `log`). "global" stands for the targets of the global section.
 *
 * Throws a Complaint that begins with `log : `, as HAProxy's messages do.
 */
export function parseLog(
  words: readonly Word[],
  keyword: Word,
  section: "global" | "proxy",
  environment: Environment,
): LogTarget | "global" {
  const text = (index: number): string => words[index]?.text ?? "";
  const fail = (message: string, index: number): never => {
    throw new Complaint(`log : ${message}`, words[index] ?? keyword);
  };
  if (text(0) === "global" && text(1) === "") {
    if (section === "global") fail("'global' is not supported for a global syslog server", 0);
    return "global";
  }
  if (text(0) === "" || text(1) === "") {
    fail(`expects <address> and <facility> ${section === "proxy" ? "or global" : ""} as arguments`, words.length);
  }
  let index = 1;
  let length = 1024;
  let format: LogTarget["format"] = "rfc3164";
  let sample: LogTarget["sample"] = null;
  for (;;) {
    if (text(index) === "len") {
      length = Number.parseInt(text(index + 1), 10);
      if (!(length >= 80 && length <= 65_535)) {
        fail(`invalid log length '${text(index + 1)}', must be between 80 and 65535`, index + 1);
      }
    } else if (text(index) === "format") {
      const named = logFormat(text(index + 1));
      format = named ?? fail(`unknown log format '${text(index + 1)}'`, index + 1);
    } else if (text(index) === "sample") {
      sample = parseSample(text(index + 1), (message) => fail(message, index + 1));
    } else {
      break;
    }
    index += 2;
  }
  const facility = facilities.indexOf(text(index));
  if (facility < 0) fail(`unknown log facility '${text(index)}'`, index);
  const maxLevel = text(index + 1) === "" ? 7 : (logLevel(text(index + 1)) ?? -1);
  if (maxLevel < 0) fail(`unknown optional log level '${text(index + 1)}'`, index + 1);
  const minLevel = text(index + 2) === "" ? 0 : (logLevel(text(index + 2)) ?? -1);
  if (minLevel < 0) fail(`unknown optional minimum log level '${text(index + 2)}'`, index + 2);
  if (text(index + 3) !== "") fail(`cannot handle unexpected argument '${text(index + 3)}'`, index + 3);
  const destination = parseDestination(words[0] ?? keyword, environment);
  return {
    destination,
    format,
    ...(words.some((word, at) => word.text === "rfc3164" && words[at - 1]?.text === "format")
      ? { namesHost: true }
      : {}),
    length,
    facility,
    maxLevel,
    minLevel,
    sample,
  };
}

function parseDestination(word: Word, environment: Environment): LogTarget["destination"] {
  const { text } = word;
  if (text === "stdout" || text === "stderr") return { kind: "fd", fd: text === "stdout" ? 1 : 2 };
  if (text.startsWith("ring@")) return { kind: "ring", ring: emptyRing(text.slice("ring@".length)) };
  if (/^fd@\d+$/.test(text)) return { kind: "fd", fd: Number(text.slice(3)) };
  try {
    const rule = { port: "optional", range: false, offset: false, descriptor: true, datagram: true } as const;
    const parsed = parseAddress(word, rule, environment);
    if (parsed.kind !== "fd" && parsed.isStream) return { kind: "ring", ring: ringTo(parsed, text) };
    if (parsed.kind === "unix") return { kind: "unix", path: parsed.path };
    if (parsed.kind === "fd") return { kind: "fd", fd: parsed.fd };
    if (parsed.kind === "abstract") return { kind: "unix", path: `\0${parsed.name}` };
    return { kind: "udp", host: parsed.host === "" ? "127.0.0.1" : parsed.host, port: parsed.firstPort || 514 };
  } catch (error) {
    if (error instanceof Complaint) throw new Complaint(`log : ${error.message}`, error.word, error.advice);
    throw error;
  }
}

/** What stands for a ring until its section has been read. */
function emptyRing(name: string): RingPlan {
  return { name, sizeBytes: 0, connectMs: 0, serverMs: 0, servers: [] };
}

/** What a `log` line to a stream gets of its own in HAProxy as well: a ring whose only server it is. */
function ringTo(parsed: Exclude<ParsedAddress, { kind: "fd" }>, text: string): RingPlan {
  const given = serverAddress(parsed);
  const address = given.kind === "tcp" ? { ...given, host: given.host || "127.0.0.1", port: given.port ?? 514 } : given;
  const servers = [{ name: text, address, countsOctets: false }];
  return { name: text, sizeBytes: implicitRingBytes, connectMs: 1000, serverMs: 5000, servers };
}

/** Lines of a `log` line to a stream that may wait. */
const implicitRingBytes = 1024 * 1024;
