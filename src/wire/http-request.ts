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

export type HttpRequestParse =
  | { readonly state: "need-more" }
  | { readonly state: "none" }
  | { readonly state: "found"; readonly found: HttpRequestHead };

/** HAProxy's, which counts the request line and the end among its 101. */
const maxHeaders = 98;
const needMore = { state: "need-more" } as const;
const none = { state: "none" } as const;

const methodToken = /[!#$%&'*+\-.^_`|~0-9A-Za-z]*/y;
const headerToken = methodToken;
const uriBytes = /[\x21\x22\x24-\x7e]*/y;
const versionBytes = /[A-Z0-9./]*/y;
const spaces = / */y;
const valueBytes = /[^\r\n]*/y;

interface Reader {
  readonly text: string;
  at: number;
}

function take(reader: Reader, pattern: RegExp): string {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0] ?? "";
  reader.at += found.length;
  return found;
}

/** Takes a line's end, CR LF or LF: "no" when something else stands there. */
function takeEnd(reader: Reader): "taken" | "no" | "need-more" {
  const { text, at } = reader;
  if (at >= text.length) return "need-more";
  if (text[at] === "\n") {
    reader.at += 1;
    return "taken";
  }
  if (text[at] !== "\r") return "no";
  if (at + 1 >= text.length) return "need-more";
  if (text[at + 1] !== "\n") return "no";
  reader.at += 2;
  return "taken";
}

/**
 * Reads a request's head as HAProxy 2.6 does in `mode tcp` (measured): decided once the empty line has come, or as soon
 * as a byte cannot belong to one; a request line without a version is a request by itself.
 *
 * Heads that an HTTP proxy must refuse (contradicting lengths or hosts) are none.
 */
export function parseHttpRequest(bytes: Uint8Array): HttpRequestParse {
  const reader: Reader = { text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1"), at: 0 };
  const line = readRequestLine(reader);
  if ("state" in line) return line;
  const [method, uri, version] = line;
  // Only GET was there before versions were; other protocols have such lines too (`EHLO x`).
  if (version === "") {
    return method === "GET" ? { state: "found", found: { method, uri, version: "1.0", headers: [] } } : none;
  }
  const headers = readHeaders(reader);
  if (!Array.isArray(headers)) return headers;
  const slash = version.indexOf("/");
  const found = { method, uri, version: slash < 0 ? "" : version.slice(slash + 1), headers };
  return isSound(found) ? { state: "found", found } : none;
}

type Undecided = typeof needMore | typeof none;

/** Method, URI and version ("" when there is none). Empty lines before it are skipped. */
function readRequestLine(reader: Reader): readonly [string, string, string] | Undecided {
  let end = takeEnd(reader);
  while (end === "taken") end = takeEnd(reader);
  if (end === "need-more" || reader.text[reader.at] === "\r") return end === "need-more" ? needMore : none;
  const isOver = (): boolean => reader.at >= reader.text.length;
  const method = take(reader, methodToken);
  if (isOver()) return needMore;
  if (method === "" || take(reader, spaces) === "") return none;
  if (isOver()) return needMore;
  const uri = take(reader, uriBytes);
  if (isOver()) return needMore;
  if (uri === "") return none;
  const gap = take(reader, spaces);
  const version = gap === "" ? "" : take(reader, versionBytes);
  end = takeEnd(reader);
  if (end !== "taken") return end === "need-more" ? needMore : none;
  return [method, uri, version];
}

function readHeaders(reader: Reader): { name: string; value: string }[] | Undecided {
  const headers: { name: string; value: string }[] = [];
  for (;;) {
    const end = takeEnd(reader);
    if (end === "need-more") return needMore;
    if (end === "taken") return headers.length > maxHeaders ? none : headers;
    const name = take(reader, headerToken);
    if (reader.at >= reader.text.length) return needMore;
    if (name === "" || reader.text[reader.at] !== ":") return none;
    reader.at += 1;
    const value = readValue(reader);
    if (typeof value !== "string") return value;
    headers.push({ name: name.toLowerCase(), value });
  }
}

/** The rest of a header with the lines that continue it, and its line end. */
function readValue(reader: Reader): string | Undecided {
  let value = "";
  for (;;) {
    value += take(reader, valueBytes);
    const end = takeEnd(reader);
    if (end !== "taken") return end === "need-more" ? needMore : none;
    const next = reader.text[reader.at];
    if (next === undefined) return needMore;
    if (next !== " " && next !== "\t") return value.replaceAll(/^[ \t]+|[ \t]+$/g, "");
    value += " ";
  }
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
