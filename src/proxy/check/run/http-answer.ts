/** The little HTTP that checks speak: one request out, one answer's head and body in. */
import { latin1 } from "../../../wire/latin1.ts";

/** Head and body so far of an answer. `bodyEnded`: the head's own rules say that no more body comes. */
export interface HttpAnswer {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string;
  readonly bodyEnded: boolean;
}

/** Methods that say nothing of a body that is not there. */
const bodiless = new Set(["GET", "HEAD", "OPTIONS", "DELETE"]);

/**
 * A request as HAProxy's checks send it: header names in lower case, the length of a body, and for HTTP/1.1 a wish to close.
 *
 * Text is Latin-1. An operator's lengths are never kept: they could split the request. A header that came out empty is left
 * out, and so is the wish to close where a `connection` of the operator's stands in its place.
 */
export function formatHttpRequest(
  method: string,
  uri: string,
  version: string,
  headers: readonly (readonly [string, string])[],
  body: string,
): string {
  const isNew = /^HTTP\/(?:[2-9]|1\.[1-9])/i.test(version);
  const lines = [`${method} ${uri} ${isNew ? "HTTP/1.1" : version || "HTTP/1.0"}`];
  let closes = isNew;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    if (value === "" || lower === "content-length" || lower === "transfer-encoding") continue;
    if (lower === "connection") closes = false;
    lines.push(`${lower}: ${value.replaceAll(/[\r\n\0]/g, " ")}`);
  }
  if (body !== "" || !bodiless.has(method)) lines.push(`content-length: ${body.length}`);
  if (closes) lines.push("connection: close");
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** Reads what came so far: "wait" while the head is not whole, "invalid" when it is no HTTP answer. */
export function parseHttpAnswer(bytes: Uint8Array, final: boolean): HttpAnswer | "wait" | "invalid" {
  const text = latin1(bytes);
  if (!"HTTP/".startsWith(text.slice(0, 5))) return "invalid";
  const end = /\r?\n\r?\n/.exec(text);
  if (end === null) return final ? "invalid" : "wait";
  const [first = "", ...lines] = text.slice(0, end.index).split(/\r?\n/);
  const start = /^HTTP\/[0-9]\.[0-9] ([0-9]{3})(?: (.*))?$/.exec(first);
  if (start === null) return "invalid";
  const headers: { name: string; value: string }[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) return "invalid";
    headers.push({ name: line.slice(0, colon).toLowerCase(), value: line.slice(colon + 1).trim() });
  }
  const status = Number(start[1]);
  const rest = text.slice(end.index + end[0].length);
  return { status, reason: start[2] ?? "", headers, ...readBody(status, headers, rest, final) };
}

function readBody(
  status: number,
  headers: readonly { name: string; value: string }[],
  rest: string,
  final: boolean,
): { body: string; bodyEnded: boolean } {
  if (status < 200 || status === 204 || status === 304) return { body: "", bodyEnded: true };
  if (headers.some(({ name, value }) => name === "transfer-encoding" && /chunked\s*$/i.test(value))) {
    return readChunks(rest, final);
  }
  const length = headers.find(({ name }) => name === "content-length")?.value;
  if (length === undefined || !/^[0-9]{1,15}$/.test(length)) return { body: rest, bodyEnded: final };
  return { body: rest.slice(0, Number(length)), bodyEnded: final || rest.length >= Number(length) };
}

function readChunks(rest: string, final: boolean): { body: string; bodyEnded: boolean } {
  const pieces: string[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = rest.indexOf("\n", at);
    const size = lineEnd < 0 ? null : /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?\r?$/.exec(rest.slice(at, lineEnd));
    if (size === null) return { body: pieces.join(""), bodyEnded: final || lineEnd >= 0 };
    const length = Number.parseInt(size[1] ?? "0", 16);
    if (length === 0) return { body: pieces.join(""), bodyEnded: true };
    pieces.push(rest.slice(lineEnd + 1, lineEnd + 1 + length));
    at = lineEnd + 1 + length;
    if (at >= rest.length) return { body: pieces.join(""), bodyEnded: final };
    at += rest.startsWith("\r\n", at) ? 2 : 1;
  }
}

/** The values of each header by its name: whole (`full`), or split at the commas outside quotes. */
export function headerValues(answer: HttpAnswer, full: boolean): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const { name, value } of answer.headers) {
    let list = values.get(name);
    if (list === undefined) values.set(name, (list = []));
    if (full) list.push(value);
    else for (const one of splitValue(value)) list.push(one);
  }
  return values;
}

/** Parts without white space around them, empty ones left out. A quote that nothing closes goes to the end. */
function splitValue(value: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at <= value.length; at++) {
    const character = value[at];
    if (isQuoted && character === "\\") at += 1;
    else if (character === '"') isQuoted = !isQuoted;
    else if (at >= value.length || (character === "," && !isQuoted)) {
      if (at > start) parts.push(value.slice(start, at).trim());
      start = at + 1;
    }
  }
  if (start < value.length) parts.push(value.slice(start).trim());
  return parts;
}
