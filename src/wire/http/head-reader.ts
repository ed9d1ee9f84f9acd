/** Reads heads of HTTP/1 messages (RFC 9112) strictly, in whatever pieces they come, each byte once. */
import {
  colon,
  cr,
  isBlank,
  lf,
  looseNameBytes,
  looseTargetBytes,
  space,
  targetBytes,
  tokenBytes,
  valueBytes,
} from "./bytes.ts";
import { Head } from "./head.ts";
import type { StartLine } from "./head.ts";

/** What is wrong with a head. */
export type HeadFault =
  /** It does not fit the limits. */
  | "head-too-long"
  | "too-many-fields"
  | "target-too-long"
  /** It begins as an HTTP/2 connection does: `PRI * HTTP/2.0`. */
  | "http2-preface"
  | "method"
  | "target"
  | "version"
  | "status"
  | "reason"
  /** An LF without CR, or a CR without LF. */
  | "line-end"
  /** A name that is no token, without a colon, or with white space before it. */
  | "field-name"
  /** A line that begins with white space: once the continuation of the one before. */
  | "folded"
  /** A control in a value. */
  | "field-value";

/** How large a head may be. */
export interface HeadLimits {
  /** Bytes of start line, fields and empty line: `tune.bufsize` less `tune.maxrewrite`. */
  readonly bytes: number;
  /** `tune.http.maxhdr`: of fields, the start line counted as one. */
  readonly fields: number;
  /** Bytes of a request's target. */
  readonly target: number;
}

export type HeadKind = "request" | "response" | "trailers";
export type HeadProgress = "need-more" | "whole" | "refused";

/** Where a reader stands. */
const atStart = 0;
const inMethod = 1;
const inTarget = 2;
const inVersion = 3;
const beforeStatus = 4;
const inStatus = 5;
const inReason = 6;
const atLineEnd = 7;
const atField = 8;
const inName = 9;
const beforeValue = 10;
const inValue = 11;
const atFieldEnd = 12;
const atHeadEnd = 13;
const isWhole = 14;

const asterisk = 0x2a;
const versionText = "HTTP/1.";

/**
 * Reads one head after the other of one direction of a connection.
 *
 * Stricter than HAProxy 2.6 where readers disagree about what bytes mean: lines end with CR LF, values have no controls and
 * are not folded, one space parts the words of a start line, and the version is HTTP/1.0 or HTTP/1.1. With `acceptInvalid`
 * names and targets may have more bytes, as its manual says of `accept-invalid-http-*`, but nothing that bears on where
 * anything ends: no white space or control in either, and no other version.
 */
export class HeadReader {
  /** Filled once a head is whole. */
  readonly head = new Head();
  /** After "refused": what is wrong, and with which byte, counted from the first of the head's. */
  fault: HeadFault | null = null;
  faultAt = 0;
  /** Bytes of line ends before the head: more than these have come once the head itself began. */
  skipped = 0;
  /** Offsets from the head's first byte: how far it has been read, and where the present part began. */
  #at = 0;
  #mark = 0;
  #place: number;
  /** The method is PRI, which no request of HTTP/1 has; the request line so far is an HTTP/2 preface's. */
  #isPri = false;
  #isPreface = false;
  #count = 0;
  #spans: Int32Array;
  readonly #line: StartLine = { version: 11, status: 0, wordFrom: 0, wordEnd: 0, targetFrom: 0, targetEnd: 0 };
  readonly #nameBytes: Uint8Array;
  readonly #targetBytes: Uint8Array;

  constructor(
    readonly kind: HeadKind,
    readonly limits: HeadLimits,
    acceptInvalid = false,
  ) {
    this.#place = firstPlace(kind);
    this.#spans = new Int32Array(4 * 32);
    this.#nameBytes = acceptInvalid ? looseNameBytes : tokenBytes;
    this.#targetBytes = acceptInvalid ? looseTargetBytes : targetBytes;
  }

  /**
   * Goes on with the bytes from `from` to `end` of the caller's buffer, which begin with those of the call before (these may
   * have moved). After "whole" the next call begins the next head: its bytes are from `from + head.size` on. "refused" stays
   * until `reset`.
   */
  read(bytes: Uint8Array, from: number, end: number): HeadProgress {
    if (this.fault !== null) return "refused";
    if (this.#place === isWhole) this.reset();
    const stop = Math.min(end, from + this.limits.bytes);
    if (this.#place >= atField || this.#readStartLine(bytes, from, stop)) this.#readFields(bytes, from, stop);
    if (this.fault !== null) return "refused";
    if (this.#place === isWhole) {
      this.#spans = this.head.fields.fill(bytes, from, this.#at, this.#spans, this.#count);
      this.head.fill(this.#line, this.#at);
      return "whole";
    }
    if (stop - from < this.limits.bytes) return "need-more";
    this.#refuse("head-too-long", this.limits.bytes);
    return "refused";
  }

  /** Forgets a head that was read in part, and a refusal. */
  reset(): void {
    this.fault = null;
    this.faultAt = this.skipped = this.#at = this.#mark = this.#count = 0;
    this.#place = firstPlace(this.kind);
  }

  /** Whether the start line is behind. */
  #readStartLine(bytes: Uint8Array, from: number, stop: number): boolean {
    while (this.#place < atField) {
      if (from + this.#at >= stop || !this.#readPart(bytes, from, stop)) return false;
    }
    return true;
  }

  /** Reads of the present part of the start line; false when its bytes were all, or wrong. At least one byte is there. */
  #readPart(bytes: Uint8Array, from: number, stop: number): boolean {
    const byte = bytes[from + this.#at] ?? 0;
    switch (this.#place) {
      case atStart:
        return this.#skipLineEnd(byte);
      case inMethod:
        return this.#readMethod(bytes, from, stop);
      case inTarget:
        return this.#readTarget(bytes, from, stop);
      case inVersion:
        return this.#readVersion(bytes, from, stop);
      case beforeStatus:
        if (byte !== space) return this.#refuse("version", this.#at);
        return this.#goTo(inStatus, this.#at + 1);
      case inStatus:
        return this.#readStatus(byte);
      case inReason:
        return this.#readReason(bytes, from, stop);
      default:
        if (byte !== lf) return this.#refuse("line-end", this.#at);
        return this.#goTo(atField, this.#at + 1);
    }
  }

  /** Line ends before a request, which some clients send behind a body (RFC 9112, 2.2). */
  #skipLineEnd(byte: number): boolean {
    const isBehindCr = (this.skipped & 1) === 1;
    if (byte !== (isBehindCr ? lf : cr)) {
      if (isBehindCr || byte === lf) return this.#refuse("line-end", this.#at);
      return this.#goTo(inMethod, this.#at);
    }
    this.skipped += 1;
    this.#at += 1;
    return true;
  }

  #readMethod(bytes: Uint8Array, from: number, stop: number): boolean {
    let at = from + this.#at;
    while (at < stop && tokenBytes[bytes[at] ?? 0] === 1) at += 1;
    this.#at = at - from;
    if (at === stop) return false;
    if (bytes[at] !== space || this.#at === this.#mark) return this.#refuse("method", this.#at);
    this.#line.wordFrom = this.#mark;
    this.#line.wordEnd = this.#at;
    return this.#goTo(inTarget, this.#at + 1);
  }

  #readTarget(bytes: Uint8Array, from: number, stop: number): boolean {
    const allowed = this.#targetBytes;
    let at = from + this.#at;
    while (at < stop && allowed[bytes[at] ?? 0] === 1) at += 1;
    this.#at = at - from;
    if (this.#at - this.#mark > this.limits.target) {
      return this.#refuse("target-too-long", this.#mark + this.limits.target);
    }
    if (at === stop) return false;
    if (bytes[at] !== space || this.#at === this.#mark) return this.#refuse("target", this.#at);
    this.#line.targetFrom = this.#mark;
    this.#line.targetEnd = this.#at;
    this.#isPri = this.#isWord(bytes, from, "PRI");
    this.#isPreface = this.#isPri && this.#at - this.#mark === 1 && bytes[at - 1] === asterisk;
    return this.#goTo(inVersion, this.#at + 1);
  }

  #isWord(bytes: Uint8Array, from: number, word: string): boolean {
    const { wordFrom, wordEnd } = this.#line;
    if (wordEnd - wordFrom !== word.length) return false;
    for (let at = 0; at < word.length; at++) if (bytes[from + wordFrom + at] !== word.charCodeAt(at)) return false;
    return true;
  }

  /** `HTTP/1.x`, and the CR behind a request's. */
  #readVersion(bytes: Uint8Array, from: number, stop: number): boolean {
    const start = from + this.#mark;
    let at = from + this.#at;
    while (at < stop && at - start < versionText.length && bytes[at] === versionText.charCodeAt(at - start)) at += 1;
    this.#at = at - from;
    if (at === stop) return false;
    if (at - start < versionText.length) {
      const isHttp2 = this.#isPreface && at - start === 5 && bytes[at] === 0x32;
      return this.#refuse(isHttp2 ? "http2-preface" : "version", this.#at);
    }
    if (at - start === versionText.length) {
      if (bytes[at] !== 0x30 && bytes[at] !== 0x31) return this.#refuse("version", this.#at);
      if (this.#isPri) return this.#refuse("method", this.#line.wordFrom);
      this.#line.version = bytes[at] === 0x30 ? 10 : 11;
      at += 1;
      this.#at += 1;
      if (this.kind === "response") return this.#goTo(beforeStatus, this.#at);
      if (at === stop) return false;
    }
    if (bytes[at] !== cr) return this.#refuse(bytes[at] === lf ? "line-end" : "version", this.#at);
    return this.#goTo(atLineEnd, this.#at + 1);
  }

  /** Three digits, then a space or, as some servers have it, the end of the line. */
  #readStatus(byte: number): boolean {
    const place = this.#at - this.#mark;
    const { status } = this.#line;
    if (place < 3) {
      if (byte < (place === 0 ? 0x31 : 0x30) || byte > 0x39) return this.#refuse("status", this.#at);
      this.#line.status = (place === 0 ? 0 : status * 10) + byte - 0x30;
      this.#at += 1;
      return true;
    }
    this.#line.wordFrom = this.#line.wordEnd = this.#at;
    if (byte === cr) return this.#goTo(atLineEnd, this.#at + 1);
    if (byte !== space) return this.#refuse(byte === lf ? "line-end" : "status", this.#at);
    return this.#goTo(inReason, this.#at + 1);
  }

  #readReason(bytes: Uint8Array, from: number, stop: number): boolean {
    let at = from + this.#at;
    while (at < stop && valueBytes[bytes[at] ?? 0] === 1) at += 1;
    this.#at = at - from;
    if (at === stop) return false;
    if (bytes[at] !== cr) return this.#refuse(bytes[at] === lf ? "line-end" : "reason", this.#at);
    this.#line.wordFrom = this.#mark;
    this.#line.wordEnd = this.#at;
    return this.#goTo(atLineEnd, this.#at + 1);
  }

  /** Reads lines of fields and the empty line, as far as there are bytes. Most of what a head costs: all in locals. */
  #readFields(bytes: Uint8Array, from: number, stop: number): void {
    const nameBytes = this.#nameBytes;
    const most = this.limits.fields - 1;
    let spans = this.#spans;
    let count = this.#count;
    let at = from + this.#at;
    let mark = from + this.#mark;
    let place = this.#place;
    while (at < stop) {
      if (place === atField) {
        const byte = bytes[at] ?? 0;
        if (nameBytes[byte] !== 1 || count === most) {
          if (byte !== cr) return this.#refuseLine(byte, at - from);
          place = atHeadEnd;
          at += 1;
          continue;
        }
        mark = at;
        place = inName;
      }
      if (place === inName) {
        while (at < stop && nameBytes[bytes[at] ?? 0] === 1) at += 1;
        if (at === stop) break;
        if (bytes[at] !== colon) return void this.#refuse("field-name", at - from);
        if (count * 4 === spans.length) spans = this.#grow();
        spans[count * 4] = mark - from;
        spans[count * 4 + 1] = at - from;
        at += 1;
        place = beforeValue;
      }
      if (place === beforeValue) {
        while (at < stop && isBlank(bytes[at])) at += 1;
        if (at === stop) break;
        mark = at;
        place = inValue;
      }
      if (place === inValue) {
        while (at < stop && valueBytes[bytes[at] ?? 0] === 1) at += 1;
        if (at === stop) break;
        if (bytes[at] !== cr) return void this.#refuse(bytes[at] === lf ? "line-end" : "field-value", at - from);
        spans[count * 4 + 2] = mark - from;
        spans[count * 4 + 3] = withoutBlanks(bytes, mark, at) - from;
        count += 1;
        at += 1;
        place = atFieldEnd;
        if (at === stop) break;
      }
      if (bytes[at] !== lf) return void this.#refuse("line-end", at - from);
      at += 1;
      place = place === atHeadEnd ? isWhole : atField;
      if (place === isWhole) break;
    }
    this.#count = count;
    this.#at = at - from;
    this.#mark = mark - from;
    this.#place = place;
  }

  #grow(): Int32Array {
    const spans = new Int32Array(this.#spans.length * 2);
    spans.set(this.#spans);
    return (this.#spans = spans);
  }

  /** A line of fields that must not begin so, or be at all. */
  #refuseLine(byte: number, at: number): void {
    if (this.#nameBytes[byte] === 1) this.#refuse("too-many-fields", at);
    else this.#refuse(isBlank(byte) ? "folded" : byte === lf ? "line-end" : "field-name", at);
  }

  #goTo(place: number, at: number): true {
    this.#place = place;
    this.#at = this.#mark = at;
    return true;
  }

  #refuse(fault: HeadFault, at: number): false {
    this.fault = fault;
    this.faultAt = at;
    return false;
  }
}

function firstPlace(kind: HeadKind): number {
  if (kind === "trailers") return atField;
  return kind === "request" ? atStart : inVersion;
}

/** Where a value ends that has white space behind it up to `end`. */
function withoutBlanks(bytes: Uint8Array, from: number, end: number): number {
  let last = end;
  while (last > from && isBlank(bytes[last - 1])) last -= 1;
  return last;
}
