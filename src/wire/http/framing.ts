/** Where a message ends and whether its connection goes on, as its head says (RFC 9112, 6 and 9). */
import { checkAuthority } from "./authority.ts";
import type { AuthorityFault } from "./authority.ts";
import { tokenBytes } from "./bytes.ts";
import type { Fields } from "./fields.ts";
import type { Head } from "./head.ts";
import { trimmed } from "./value-text.ts";

/** Why a head leaves in doubt where its message ends, or to whom it is. */
export type FramingFault =
  /** No number, numbers that contradict each other, or one that cannot be counted (2^53 and more). */
  | "content-length"
  /** `chunked` not last, not there or more than once, or what is no list of tokens. */
  | "transfer-encoding"
  /** Another coding besides `chunked`: 422 to a request. */
  | "other-coding"
  | "length-and-coding"
  /** Transfer-Encoding in HTTP/1.0, which has none. */
  | "coding-in-1.0"
  /** Host fields that differ in more than case. */
  | "host"
  | AuthorityFault
  /** CONNECT with a body. */
  | "connect-body"
  /** 101 that nobody asked for. */
  | "upgrade";

/** "tunnel": what follows the head belongs to no HTTP (101, and 2xx to CONNECT). */
export type Body = "none" | "length" | "chunked" | "until-close" | "tunnel";

/** What a head says; one object does for all messages of a direction. */
export class Framing {
  body: Body = "none";
  /** Bytes of the body of "length", at least 1; else 0. */
  length = 0;
  /** By version and Connection; false as well where the body ends with the connection. */
  isPersistent = false;
  /** A request without a body asks for it (Connection and Upgrade); a response is 101. */
  isUpgrade = false;
  /** A request with a body waits for 100. */
  expectsContinue = false;
  /** A response that another one follows: 1xx but 101. */
  isInterim = false;
  /** Where in the head the field begins that is at fault; 0: it is not one field. */
  faultAt = 0;
}

/** What the fields of a head say, each by itself. */
class Said {
  /** -1: nothing. */
  length = -1;
  hasCoding = false;
  hasOtherCoding = false;
  isChunked = false;
  isClose = false;
  isKeepAlive = false;
  isUpgrade = false;
  hasUpgrade = false;
  isContinue = false;
  /** Index of Host. */
  host = -1;

  reset(): void {
    this.length = this.host = -1;
    this.hasCoding = this.hasOtherCoding = this.isChunked = this.isClose = this.isKeepAlive = false;
    this.isUpgrade = this.hasUpgrade = this.isContinue = false;
  }
}

const said = new Said();
const digits = /^\d+$/;

/**
 * Reads a request's framing into `into`; null when it is sound. In `head` equal Host fields become one, and so do equal
 * lengths; Upgrade goes where there is a body and in HTTP/1.0, and a port that goes without saying from an absolute target. What Connection
 * says of the connection itself goes, too: rules do not see it.
 */
export function frameRequest(head: Head, into: Framing): FramingFault | null {
  const { fields, version, method } = head;
  const fault = readFields(fields, into) ?? soundness(version);
  if (fault !== null) return fault;
  const isConnect = method === "CONNECT";
  if (isConnect && (said.isChunked || said.length > 0)) return "connect-body";
  const authority = head.isPath && !isConnect ? null : checkAuthority(head, said.host);
  if (authority !== null) return authority;
  setBody(into, said.isChunked ? "chunked" : said.length > 0 ? "length" : "none");
  into.isPersistent = isPersistent(version);
  if (said.isClose || said.isKeepAlive) removePersistence(fields);
  into.isUpgrade = !isConnect && version === 11 && said.isUpgrade && said.hasUpgrade && into.body === "none";
  if (said.hasUpgrade && (into.body !== "none" || version !== 11)) fields.remove("upgrade");
  into.expectsContinue = version === 11 && said.isContinue && into.body !== "none";
  into.isInterim = false;
  return null;
}

/**
 * Reads a response's framing into `into`; null when it is sound. `method` is that of the request that it answers, and
 * `isUpgradeAsked` that request's `isUpgrade`. Lengths and codings that say nothing (1xx, 204, 2xx to CONNECT) are taken out
 * of `head`, and what Connection says of the connection itself; equal lengths become one.
 */
export function frameResponse(head: Head, method: string, isUpgradeAsked: boolean, into: Framing): FramingFault | null {
  const { fields, status, version } = head;
  const fault = readFields(fields, into) ?? soundness(version);
  if (fault !== null) return fault;
  if (status === 101 && !isUpgradeAsked) return "upgrade";
  const isTunnel = status === 101 || (method === "CONNECT" && status >= 200 && status < 300);
  into.isInterim = status < 200 && status !== 101;
  into.isUpgrade = status === 101;
  into.expectsContinue = false;
  const isEmpty = into.isInterim || status === 204;
  if ((isEmpty || isTunnel) && (said.hasCoding || said.length >= 0)) {
    fields.remove("content-length");
    fields.remove("transfer-encoding");
  }
  const hasNone = isEmpty || status === 304 || method === "HEAD" || said.length === 0;
  setBody(into, isTunnel ? "tunnel" : hasNone ? "none" : bodyOfAnswer());
  into.isPersistent = into.body !== "tunnel" && into.body !== "until-close" && isPersistent(version);
  if (said.isClose || said.isKeepAlive) removePersistence(fields);
  return null;
}

/**
 * Takes `close` and `keep-alive` out of Connection, and the names of fields that frame or route; the field itself where nothing
 * else is in it.
 */
export function removePersistence(fields: Fields): void {
  for (let index = fields.find("connection"); index >= 0; index = fields.find("connection", index)) {
    const value = fields.value(index);
    const rest = value.split(",").map(trimmed).filter(isOtherToken).join(", ");
    if (rest === "") {
      fields.removeAt(index);
      continue;
    }
    if (rest !== value) fields.replaceAt(index, rest);
    index += 1;
  }
}

/** Whether Connection has `close` in it. */
export function saysClose(fields: Fields): boolean {
  for (let index = fields.find("connection"); index >= 0; index = fields.find("connection", index + 1)) {
    if (
      fields
        .value(index)
        .split(",")
        .some((token) => trimmed(token).toLowerCase() === "close")
    )
      return true;
  }
  return false;
}

/** Whoever is next takes fields out that Connection names (RFC 9110, 7.6.1): what frames and routes must not go. */
const neverNamed = new Set(["", "close", "keep-alive", "content-length", "transfer-encoding", "host"]);

function isOtherToken(token: string): boolean {
  return !neverNamed.has(token.toLowerCase());
}

function setBody(into: Framing, body: Body): void {
  into.body = body;
  into.length = body === "length" ? said.length : 0;
}

function bodyOfAnswer(): Body {
  if (said.isChunked) return "chunked";
  return said.length > 0 ? "length" : "until-close";
}

function isPersistent(version: number): boolean {
  return !said.isClose && (version === 11 || said.isKeepAlive);
}

/** Whether length and coding go together. */
function soundness(version: number): FramingFault | null {
  if (!said.hasCoding) return null;
  if (version === 10) return "coding-in-1.0";
  if (said.length >= 0) return "length-and-coding";
  if (!said.isChunked) return "transfer-encoding";
  return said.hasOtherCoding ? "other-coding" : null;
}

/** Reads the fields that bear on framing; they are told apart by the lengths of their names first. */
function readFields(fields: Fields, into: Framing): FramingFault | null {
  said.reset();
  into.faultAt = 0;
  for (let index = 0; index < fields.count; index++) {
    const fault = readField(fields, index);
    if (fault === merged) {
      fields.removeAt(index);
      index -= 1;
    } else if (fault !== null) {
      into.faultAt = Math.max(0, fields.position(index));
      return fault;
    }
  }
  return null;
}

/** A field that says the same as one before. */
const merged = "merged";

function readField(fields: Fields, index: number): FramingFault | typeof merged | null {
  switch (fields.nameLength(index)) {
    case 4:
      return fields.isNamed(index, "host") ? readHost(fields, index) : null;
    case 6:
      if (fields.isNamed(index, "expect")) said.isContinue = fields.isValue(index, "100-continue");
      return null;
    case 7:
      if (fields.isNamed(index, "upgrade")) said.hasUpgrade = true;
      return null;
    case 10:
      if (fields.isNamed(index, "connection")) readConnection(fields, index);
      return null;
    case 14:
      return fields.isNamed(index, "content-length") ? readLength(fields, index) : null;
    case 17:
      return fields.isNamed(index, "transfer-encoding") ? readCoding(fields.value(index)) : null;
    default:
      return null;
  }
}

function readHost(fields: Fields, index: number): FramingFault | typeof merged | null {
  if (said.host >= 0) {
    return fields.value(said.host).toLowerCase() === fields.value(index).toLowerCase() ? merged : "host";
  }
  said.host = index;
  return null;
}

function readConnection(fields: Fields, index: number): void {
  if (fields.isValue(index, "keep-alive")) said.isKeepAlive = true;
  else if (fields.isValue(index, "close")) said.isClose = true;
  else {
    for (const part of fields.value(index).toLowerCase().split(",")) {
      const token = trimmed(part);
      if (token === "close") said.isClose = true;
      else if (token === "keep-alive") said.isKeepAlive = true;
      else if (token === "upgrade") said.isUpgrade = true;
    }
  }
}

/** One number, also where it is said more than once; the digits stay as they are. */
function readLength(fields: Fields, index: number): FramingFault | typeof merged | null {
  const usual = fields.numberAt(index);
  if (usual >= 0 && said.length < 0) {
    said.length = usual;
    return null;
  }
  const value = fields.value(index);
  const parts = value.includes(",") ? value.split(",").map(trimmed) : null;
  const last = parts?.at(-1) ?? value;
  const length = digits.test(last) ? Number(last) : Number.NaN;
  if (!Number.isSafeInteger(length)) return "content-length";
  if (parts?.some((part) => !digits.test(part) || Number(part) !== length) === true) return "content-length";
  if (said.length >= 0) return said.length === length ? merged : "content-length";
  said.length = length;
  if (parts !== null) fields.replaceAt(index, last);
  return null;
}

/** Tokens without parameters; `chunked` is the last of all of them. */
function readCoding(value: string): FramingFault | null {
  said.hasCoding = true;
  for (const part of value.split(",")) {
    const coding = trimmed(part);
    if (said.isChunked || !isToken(coding)) return "transfer-encoding";
    said.isChunked = coding.toLowerCase() === "chunked";
    if (!said.isChunked) said.hasOtherCoding = true;
  }
  return null;
}

function isToken(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (tokenBytes[text.charCodeAt(index)] !== 1) return false;
  return text !== "";
}
