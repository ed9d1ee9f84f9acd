/** The aliases that tell of an exchange of HTTP. In `mode tcp` there is neither status nor cookie. */
import type { LogFormatPart } from "../../plan/rules/log-format.ts";
import type { HttpRecord, SessionRecord } from "../../session-record.ts";
import { pathStart, queryStart } from "../value/target.ts";
import { type Alias, growing, late, number, plain, text, usual } from "./alias.ts";
import { gmtDate, localDate, logDate } from "./log-date.ts";

type Flags = LogFormatPart["flags"];

/** What stands for a request that there was none of, or none that could be read. */
export const badRequest = "<BADREQ>";

/** A part of the request's line. Where it is empty, nothing stands there: no `-`. */
function ofRequest(read: (line: string) => string): Alias {
  const part = (record: SessionRecord): string => read(record.http?.requestLine ?? badRequest);
  return { ...usual, read: part, isText: true, write: (record, flags) => flagged(encodeUrl(part(record)), flags) };
}

function flagged(text: string, flags: Flags): string {
  const escaped = flags.escape ? text.replaceAll(/["\\\]]/g, "\\$&") : text;
  return flags.quote ? `"${escaped}"` : escaped;
}

/** Words of a request's line: method, target, version; "" for those that it has not. */
function words(line: string): string[] {
  return line.split(/[ \t]+/);
}

function targetIn(line: string): string {
  return words(line)[1] ?? badRequest;
}

/** All before the query, be it a path or not. */
function beforeQuery(line: string): string {
  const target = targetIn(line);
  return target.slice(0, queryStart(target));
}

function pathIn(line: string): string {
  const target = targetIn(line);
  if (target === badRequest) return target;
  const start = pathStart(target);
  return start < 0 ? "" : target.slice(start, Math.max(start, queryStart(target)));
}

function queryIn(line: string): string {
  const target = targetIn(line);
  return target === badRequest ? target : target.slice(queryStart(target));
}

/** `"`, `#` and what cannot be printed as `#XX`. */
export function encodeUrl(text: string): string {
  return /[^ !$-~]/.test(text) ? text.replaceAll(/[^ !$-~]/g, asHash) : text;
}

/** So are, in captured fields, the characters that set them apart. */
function encodeField(text: string): string {
  return /[^ !$-z~]/.test(text) ? text.replaceAll(/[^ !$-z~]/g, asHash) : text;
}

function asHash(character: string): string {
  return `#${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

type Captured = (record: SessionRecord) => readonly (string | null)[];

const ofRequests: Captured = ({ http = null, captured = [] }) => (http === null ? captured : http.capturedRequest);
const ofAnswers: Captured = ({ http = null }) => (http === null ? [] : http.capturedResponse);

/** `{a|b}`: what was captured, in one word. Nothing where there are no slots. */
function braces(captured: Captured): Alias {
  const word = (record: SessionRecord): string => inBraces(captured(record));
  return {
    ...usual,
    read: word,
    isText: true,
    vanishes: true,
    write: (record, flags) => {
      const text = word(record);
      return text === "" ? "" : flagged(text, flags);
    },
  };
}

/** The same as a word each. */
function list(values: Captured): Alias {
  return {
    ...usual,
    read: (record) =>
      values(record)
        .map((value) => encodeField(value ?? ""))
        .join(" "),
    isText: true,
    vanishes: true,
    write: (record, flags) =>
      values(record)
        .map((value) => listed(value, flags))
        .join(" "),
  };
}

function listed(value: string | null, flags: Flags): string {
  if (value === null || value === "") return flags.quote ? '""' : "-";
  return flagged(encodeField(value), flags);
}

/** `{a|b}`; "" for no slots. */
export function inBraces(values: readonly (string | null)[]): string {
  if (values.length === 0) return "";
  return `{${values.map((value) => (value === null ? "" : encodeField(value))).join("|")}}`;
}

function time(read: (http: HttpRecord) => number): Alias {
  return number(({ http = null }) => (http === null ? -1 : read(http)));
}

/** Wall clock of a request's first byte, ms since 1970. */
export function requestedAt({ acceptedAt, handshakeMs, http = null }: SessionRecord): number {
  return http === null || http.idleMs < 0 ? acceptedAt : acceptedAt + Math.max(0, handshakeMs) + http.idleMs;
}

function requestSecond(record: SessionRecord): number {
  return Math.floor(requestedAt(record) / 1000);
}

/** From the connection on to the end of the request's head. */
function untilRequest({ handshakeMs, http = null }: SessionRecord): number {
  if (http === null || http.requestMs < 0) return -1;
  return Math.max(0, handshakeMs) + Math.max(0, http.idleMs) + http.requestMs;
}

/** The data's share: from the answer's head, or in TCP from the server's connection, to the end. */
function dataMs({ handshakeMs, queueMs, connectMs, totalMs, http = null }: SessionRecord): number {
  if (http === null) return connectMs < 0 ? -1 : totalMs - handshakeMs - queueMs - connectMs;
  if (http.responseMs < 0) return -1;
  const before = Math.max(0, http.requestMs) + Math.max(0, queueMs) + Math.max(0, connectMs) + http.responseMs;
  return Math.max(0, http.activeMs - before);
}

/** Those that have a meaning in `mode http` alone, and those that have another one there. */
export const httpAliasRows = {
  CC: text(({ http }) => http?.requestCookie ?? null),
  CS: late(text(({ http }) => http?.responseCookie ?? null)),
  HM: ofRequest((line) => words(line)[0] ?? ""),
  HP: ofRequest(beforeQuery),
  HPO: ofRequest(pathIn),
  HQ: ofRequest(queryIn),
  HU: ofRequest(targetIn),
  HV: ofRequest((line) => words(line)[2] ?? badRequest),
  ST: number(({ http }) => http?.status ?? 0),
  TR: time((http) => http.requestMs),
  Ta: growing(({ http }) => http?.activeMs ?? -1),
  Td: late(number(dataMs)),
  Ti: time((http) => http.idleMs),
  Tq: number(untilRequest),
  Tr: late(time((http) => http.responseMs)),
  Tu: growing(({ totalMs, http }) => totalMs - Math.max(0, http?.idleMs ?? 0)),
  hr: braces(ofRequests),
  hrl: list(ofRequests),
  hs: braces(ofAnswers),
  hsl: list(ofAnswers),
  r: ofRequest((line) => line),
  tr: plain((record) => logDate(requestedAt(record))),
  trg: plain((record) => gmtDate(requestSecond(record))),
  trl: plain((record) => localDate(requestSecond(record))),
  tsc: plain(({ termination, http }) => termination + (http?.cookieState ?? "--")),
};
