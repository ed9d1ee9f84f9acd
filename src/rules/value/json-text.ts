/** Text escaped for a JSON string: the `json` converter's five ways, and the one of JSON logs. */

const named: Readonly<Record<number, string>> = {
  0x08: "\\b",
  0x09: "\\t",
  0x0a: "\\n",
  0x0c: "\\f",
  0x0d: "\\r",
  0x22: '\\"',
  0x2f: "\\/",
  0x5c: "\\\\",
};

/**
 * The `json` converter: `ascii` takes each byte for a character; `utf8` reads UTF-8 and gives undefined on an error, which
 * `s` skips and whose overlong forms `p` accepts. Characters beyond U+FFFF are errors, as in HAProxy.
 */
export function escapeJson(text: string, encoding: string): string | undefined {
  const permissive = encoding.includes("p");
  const skips = encoding.endsWith("s");
  let result = "";
  for (let at = 0; at < text.length;) {
    const { code, length, isBad } = encoding === "ascii" ? byteAt(text, at) : characterAt(text, at, permissive);
    at += length;
    if (!isBad) result += escapeCode(code);
    else if (!skips) return undefined;
  }
  return result;
}

function escapeCode(code: number): string {
  const name = named[code];
  if (name !== undefined) return name;
  return code < 0x20 || code > 0x7e ? `\\u${code.toString(16).padStart(4, "0")}` : String.fromCharCode(code);
}

interface Character {
  readonly code: number;
  readonly length: number;
  readonly isBad: boolean;
}

function byteAt(text: string, at: number): Character {
  return { code: text.charCodeAt(at), length: 1, isBad: false };
}

/** Reads one UTF-8 character of a text with one character per byte. */
function characterAt(text: string, at: number, permissive: boolean): Character {
  const first = text.charCodeAt(at);
  if (first < 0x80) return { code: first, length: 1, isBad: false };
  const wanted = first >= 0xf8 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
  let code = first & (0x3f >> wanted);
  let length = 1;
  while (length <= wanted && (text.charCodeAt(at + length) & 0xc0) === 0x80) {
    code = (code << 6) | (text.charCodeAt(at + length) & 0x3f);
    length++;
  }
  const isComplete = wanted > 0 && length === wanted + 1;
  const isOverlong = code < [0, 0x80, 0x800, 0x10000][wanted]!;
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  const isBad = !isComplete || (isOverlong && !permissive) || isSurrogate || code > 0xffff;
  return { code, length, isBad };
}

const unsafe = /["\\\u0000-\u001f\u007f-\uffff]/;

/** A JSON string with its quotes. What is not UTF-8 comes out as one `\u00XX` per byte. */
export function quoteJson(text: string): string {
  if (!unsafe.test(text)) return `"${text}"`;
  const isUtf8 = !Buffer.from(text, "latin1").toString("utf8").includes("\ufffd");
  let result = '"';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const staysRaw = code === 0x2f || (code >= 0x80 && isUtf8);
    result += staysRaw ? text[at] : escapeCode(code);
  }
  return `${result}"`;
}
