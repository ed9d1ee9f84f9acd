/** The head of an HTTP/1 message: start line and fields, as it came and as it goes out. */
import { looseTargetBytes, space, tokenBytes, writeLineEnd, writeText } from "./bytes.ts";
import { Fields } from "./fields.ts";

const slash = 0x2f;
/** Bytes before the reason: `HTTP/1.1 200 `. */
const statusLength = 13;
const usualMethods = ["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"] as const;

/** HTTP/1.0 or HTTP/1.1. */
export type HttpVersion = 10 | 11;

/** Offsets in the bytes of a head, of its start line's parts: the method's or the reason's, the target's. */
export interface StartLine {
  version: HttpVersion;
  /** Of a response, 100 to 999; 0 in a request. */
  status: number;
  wordFrom: number;
  wordEnd: number;
  targetFrom: number;
  targetEnd: number;
}

/**
 * A request's or response's head. A reader fills one and the same with each head, from a copy of the bytes, once that is
 * whole: the caller's buffer is free by then, and strings may be kept. Text has one character a byte.
 */
export class Head {
  readonly fields = new Fields();
  version: HttpVersion = 11;
  /** Of a response: 100 to 999. 0 in a request. */
  status = 0;
  /** Bytes of the wire that it took, line ends before it included: what follows is body or the next head. */
  size = 0;
  readonly #line: StartLine = { version: 11, status: 0, wordFrom: 0, wordEnd: 0, targetFrom: 0, targetEnd: 0 };
  #method: string | undefined;
  #target: string | undefined;
  #reason: string | undefined;
  #isChanged = false;

  /** For readers: the head whose parts stand in `line`, once its fields have been filled. */
  fill(line: StartLine, size: number): void {
    this.version = this.#line.version = line.version;
    this.status = this.#line.status = line.status;
    this.#line.wordFrom = line.wordFrom;
    this.#line.wordEnd = line.wordEnd;
    this.#line.targetFrom = line.targetFrom;
    this.#line.targetEnd = line.targetEnd;
    this.size = size;
    this.#method = this.#target = this.#reason = undefined;
    this.#isChanged = false;
  }

  /** Of a request, as it came: "GET"; "" in a response. */
  get method(): string {
    return (this.#method ??= this.status === 0 ? (this.#usualMethod() ?? this.#word()) : "");
  }

  /** Of a request, as it came or a rule made it; "" in a response. */
  get target(): string {
    return (this.#target ??= this.fields.textOf(this.#line.targetFrom, this.#line.targetEnd));
  }

  /** Whether the target, as it came, begins with a slash. */
  get isPath(): boolean {
    return this.fields.byteAt(this.#line.targetFrom) === slash;
  }

  /** Of a response, maybe "". */
  get reason(): string {
    return (this.#reason ??= this.status === 0 ? "" : this.#word());
  }

  /** Bytes of the start line. */
  get lineLength(): number {
    const line = this.#line;
    if (this.status !== 0) return 15 + (this.#isChanged ? this.reason.length : line.wordEnd - line.wordFrom);
    if (this.#isChanged) return this.method.length + this.target.length + 12;
    return line.targetEnd - line.wordFrom + 11;
  }

  /** Writes the start line; where it ends. */
  writeLine(into: Uint8Array, at: number): number {
    return this.status === 0 ? this.#writeRequestLine(into, at) : this.#writeStatusLine(into, at);
  }

  #writeStatusLine(into: Uint8Array, at: number): number {
    const line = this.#line;
    if (!this.#isChanged && line.version === this.version && line.wordEnd > line.wordFrom) {
      return this.fields.copyOf(line.wordFrom - statusLength, line.wordEnd + 2, into, at);
    }
    let end = writeText(this.version === 11 ? "HTTP/1.1 " : "HTTP/1.0 ", into, at);
    end = writeText(String(this.status), into, end);
    into[end] = space;
    return writeLineEnd(into, writeText(this.reason, into, end + 1));
  }

  #writeRequestLine(into: Uint8Array, at: number): number {
    const line = this.#line;
    if (!this.#isChanged && line.version === this.version) {
      return this.fields.copyOf(line.wordFrom, line.targetEnd + 11, into, at);
    }
    let end = writeText(this.method, into, at);
    into[end] = space;
    end = writeText(this.target, into, end + 1);
    return writeLineEnd(into, writeText(this.version === 11 ? " HTTP/1.1" : " HTTP/1.0", into, end));
  }

  /** Changes the method; false, and nothing changes, where it is no token. */
  setMethod(method: string): boolean {
    if (method === "" || !fits(method, tokenBytes)) return false;
    this.#method = method;
    this.#isChanged = true;
    return true;
  }

  /** Changes the target: what would end it (white space, controls) is percent-encoded, and "" becomes "/". */
  setTarget(target: string): void {
    const isWhole = fits(target, looseTargetBytes);
    this.#isChanged = true;
    this.#target = target === "" ? "/" : isWhole ? target : target.replaceAll(/[^\x21-\x7e\x80-\xff]/g, percentEncoded);
  }

  setStatus(status: number, reason: string): void {
    this.status = status;
    this.#reason = reason;
    this.#isChanged = true;
  }

  /** Without making text of the head, which may be needed for nothing else. */
  #usualMethod(): string | undefined {
    const { wordFrom, wordEnd } = this.#line;
    const first = this.fields.byteAt(wordFrom);
    for (const method of usualMethods) {
      if (method.length !== wordEnd - wordFrom || method.charCodeAt(0) !== first) continue;
      let at = 1;
      while (at < method.length && this.fields.byteAt(wordFrom + at) === method.charCodeAt(at)) at += 1;
      if (at === method.length) return method;
    }
    return undefined;
  }

  #word(): string {
    return this.fields.textOf(this.#line.wordFrom, this.#line.wordEnd);
  }
}

/** Bytes that `writeHead` writes. */
export function headLength(head: Head): number {
  return head.lineLength + head.fields.bytes + 2;
}

/**
 * Writes start line, fields with names in lower case (or as `adjustCase` has them) and the empty line from `at` on; where
 * they end. The caller has room for `headLength`.
 */
export function writeHead(head: Head, into: Uint8Array, at: number, adjustCase?: ReadonlyMap<string, string>): number {
  return writeLineEnd(into, head.fields.write(into, head.writeLine(into, at), adjustCase));
}

function fits(text: string, kind: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) if (kind[text.charCodeAt(index)] !== 1) return false;
  return true;
}

function percentEncoded(character: string): string {
  return `%${(character.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, "0")}`;
}
