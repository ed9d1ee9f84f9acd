/** The head of an HTTP/1 request among raw bytes (RFC 9112), as far as telling it from other protocols needs. */

/** One request's head. One character a byte throughout. */
export interface HttpRequestHead {
  readonly method: string;
  readonly uri: string;
  /** What follows `HTTP/`: `1.1`; "1.0" for a request line without a version, "" where there is no slash. */
  readonly version: string;
  /** In order; values without white space around them, folded lines joined. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/** "none": this is no request, whatever follows; "need-more": it may yet be one. */
export type HttpRequestParse =
  | { readonly state: "need-more" }
  | { readonly state: "none" }
  | { readonly state: "found"; readonly found: HttpRequestHead };

/** HAProxy's, which counts the request line and the end among its 101. */
const maxHeaders = 98;
const needMore = { state: "need-more" } as const;
const none = { state: "none" } as const;

const lf = 0x0a;
const cr = 0x0d;
const space = 0x20;
const tab = 0x09;
const colon = 0x3a;

/** The bytes that a pattern of one character fits. */
function bytesLike(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (pattern.test(String.fromCharCode(byte)) ? 1 : 0));
}

const tokenBytes = bytesLike(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
const uriBytes = bytesLike(/[\x21\x22\x24-\x7e]/);
const versionBytes = bytesLike(/[A-Z0-9./]/);
const spaceBytes = bytesLike(/ /);
const valueBytes = bytesLike(/[^\r\n]/);

/** Where a reader stands: in a part of the request line, at the beginning of a line, in a header, or behind a CR. */
type Place =
  | "start"
  | "method"
  | "before-uri"
  | "uri"
  | "before-version"
  | "version"
  | "line-end"
  | "header"
  | "name"
  | "value"
  | "after-value";

/**
 * Reads a request's head as HAProxy 2.6 does in `mode tcp` (measured): decided once the empty line has come, or as soon
 * as a byte cannot belong to one; a request line without a version is a request by itself.
 *
 * Heads that an HTTP proxy must refuse (contradicting lengths or hosts) are none. Each byte is read once, in however many
 * pieces they come.
 */
export class HttpRequestReader {
  #answer: HttpRequestParse | null = null;
  #place: Place = "start";
  /** The last byte was a CR, which only a LF may follow. */
  #isBehindCr = false;
  /** The next byte to be read, and where the part that it belongs to begins. */
  #at = 0;
  #from = 0;
  #method = "";
  #uri = "";
  #version = "";
  #name = "";
  #value: string[] = [];
  readonly #headers: { name: string; value: string }[] = [];

  /** Goes on with `bytes`, which begin with those of the call before. */
  read(bytes: Uint8Array): HttpRequestParse {
    while (this.#answer === null) {
      if (this.#at >= bytes.length) return needMore;
      if (!this.#step(bytes)) this.#answer = none;
    }
    return this.#answer;
  }

  /** Takes what belongs to the present part; false when a byte belongs to no request. */
  #step(bytes: Uint8Array): boolean {
    switch (this.#place) {
      case "start":
        return this.#isLineEnd(bytes) ? this.#takeLineEnd(bytes, () => {}) : this.#goTo("method");
      case "method":
        if (!this.#skip(bytes, tokenBytes)) return true;
        this.#method = this.#part(bytes);
        return this.#method !== "" && bytes[this.#at] === space && this.#goTo("before-uri");
      case "before-uri":
        return !this.#skip(bytes, spaceBytes) || this.#goTo("uri");
      case "uri":
        if (!this.#skip(bytes, uriBytes)) return true;
        this.#uri = this.#part(bytes);
        return this.#uri !== "" && this.#goTo(bytes[this.#at] === space ? "before-version" : "line-end");
      case "before-version":
        return !this.#skip(bytes, spaceBytes) || this.#goTo("version");
      case "version":
        if (!this.#skip(bytes, versionBytes)) return true;
        this.#version = this.#part(bytes);
        return this.#goTo("line-end");
      case "line-end":
        return this.#takeLineEnd(bytes, () => {
          if (this.#version === "") this.#endWithoutVersion();
          else this.#goTo("header");
        });
      default:
        return this.#stepHeader(bytes);
    }
  }

  #stepHeader(bytes: Uint8Array): boolean {
    switch (this.#place) {
      case "header":
        return this.#isLineEnd(bytes) ? this.#takeLineEnd(bytes, () => this.#end()) : this.#goTo("name");
      case "name":
        if (!this.#skip(bytes, tokenBytes)) return true;
        this.#name = this.#part(bytes).toLowerCase();
        if (this.#name === "" || bytes[this.#at] !== colon) return false;
        this.#at += 1;
        return this.#goTo("value");
      case "value":
        if (!this.#isBehindCr) {
          if (!this.#skip(bytes, valueBytes)) return true;
          this.#value.push(this.#part(bytes));
        }
        return this.#takeLineEnd(bytes, () => this.#goTo("after-value"));
      default: {
        const isFolded = bytes[this.#at] === space || bytes[this.#at] === tab;
        if (isFolded) this.#value.push(" ");
        else this.#headers.push({ name: this.#name, value: withoutBlanks(this.#value.join("")) });
        if (!isFolded) this.#value = [];
        return this.#goTo(isFolded ? "value" : "header");
      }
    }
  }

  #goTo(place: Place): true {
    this.#place = place;
    this.#from = this.#at;
    return true;
  }

  /** Passes over bytes of a kind; false when they go on to the end, so that more of them may come. */
  #skip(bytes: Uint8Array, kind: Uint8Array): boolean {
    while (this.#at < bytes.length && kind[bytes[this.#at] ?? 0] === 1) this.#at += 1;
    return this.#at < bytes.length;
  }

  #part(bytes: Uint8Array): string {
    return Buffer.from(bytes.buffer, bytes.byteOffset + this.#from, this.#at - this.#from).toString("latin1");
  }

  #isLineEnd(bytes: Uint8Array): boolean {
    return this.#isBehindCr || bytes[this.#at] === lf || bytes[this.#at] === cr;
  }

  /** Takes CR or LF of a line's end, CR LF or LF; `ended` is called at the LF. False when something else stands there. */
  #takeLineEnd(bytes: Uint8Array, ended: () => void): boolean {
    const byte = bytes[this.#at];
    if (byte !== lf && (byte !== cr || this.#isBehindCr)) return false;
    this.#at += 1;
    this.#isBehindCr = byte === cr;
    if (byte === lf) ended();
    return true;
  }

  /** Only GET was there before versions were; other protocols have such lines too (`EHLO x`). */
  #endWithoutVersion(): void {
    const [method, uri] = [this.#method, this.#uri];
    this.#answer = method === "GET" ? { state: "found", found: { method, uri, version: "1.0", headers: [] } } : none;
  }

  #end(): void {
    const [method, uri, headers] = [this.#method, this.#uri, this.#headers];
    const slash = this.#version.indexOf("/");
    const found = { method, uri, version: slash < 0 ? "" : this.#version.slice(slash + 1), headers };
    this.#answer = headers.length <= maxHeaders && isSound(found) ? { state: "found", found } : none;
  }
}

/** Reads bytes that have come in one piece; as HttpRequestReader. */
export function parseHttpRequest(bytes: Uint8Array): HttpRequestParse {
  return new HttpRequestReader().read(bytes);
}

function withoutBlanks(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text[start])) start += 1;
  while (end > start && isBlank(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isBlank(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

/** Whether lengths, codings and hosts do not contradict one another. */
function isSound({ method, uri, headers }: HttpRequestHead): boolean {
  const all = (name: string): string[] => headers.filter((one) => one.name === name).map((one) => one.value);
  const list = (name: string): string[] =>
    all(name).flatMap((value) => value.split(",").map((item) => item.trim().toLowerCase()));
  const lengths = list("content-length");
  if (!lengths.every((one) => /^\d+$/.test(one) && Number(one) === Number(lengths[0]))) return false;
  const codings = list("transfer-encoding");
  if (codings.length > 0 && codings.indexOf("chunked") !== codings.length - 1) return false;
  const hosts = all("host");
  const [host] = hosts;
  if (hosts.some((one) => one !== host)) return false;
  if (method === "CONNECT") return /:\d*$/.test(uri) && (host === undefined || host === uri);
  const absolute = /^([^:/]*):\/\/([^/?]*)/.exec(uri);
  if (absolute === null || host === undefined) return true;
  const [, scheme = "", authority = ""] = absolute;
  return portless(authority.replace(/^.*@/, ""), scheme) === portless(host, scheme);
}

function portless(authority: string, scheme: string): string {
  return authority.toLowerCase().replace(scheme.toLowerCase() === "https" ? /:443$/ : /:80$/, "");
}
