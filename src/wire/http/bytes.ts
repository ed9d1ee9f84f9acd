/** Which bytes may stand where in HTTP/1, and how text gets among bytes. */

export const lf = 0x0a;
export const cr = 0x0d;
export const space = 0x20;
export const tab = 0x09;
export const colon = 0x3a;

/** A table of 256: 1 for the bytes whose character fits. */
function bytesLike(pattern: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (pattern.test(String.fromCharCode(byte)) ? 1 : 0));
}

/** Of a token: methods and names of fields (RFC 9110, 5.6.2). */
export const tokenBytes = bytesLike(/[!#$%&'*+\-.^_`|~0-9A-Za-z]/);
/** Of a name that only `accept-invalid-http-*` lets through: all but controls, white space and the colon, which say where a name ends. */
export const looseNameBytes = bytesLike(/[^\x00-\x20\x7f:]/);
/** Of a target, as HAProxy takes it: no fragment, nothing beyond ASCII. */
export const targetBytes = bytesLike(/[\x21\x22\x24-\x7e]/);
/** The same with `accept-invalid-http-request`. */
export const looseTargetBytes = bytesLike(/[^\x00-\x20\x7f]/);
/** Of a field's value or a reason: no control but the tab. */
export const valueBytes = bytesLike(/[^\x00-\x08\x0a-\x1f\x7f]/);
/** Each byte with A to Z in lower case. */
export const lowerCase = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte,
);

export function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === tab;
}

/** Writes text of one character a byte; where it ends. CR, LF and NUL, which would end a line, become spaces. */
export function writeText(text: string, into: Uint8Array, at: number): number {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index) & 0xff;
    into[at + index] = code === cr || code === lf || code === 0 ? space : code;
  }
  return at + text.length;
}

/** Copies the bytes from `start` to `end`; where they end. No view of them is made, which would cost more than copying a head. */
export function copyBytes(from: Uint8Array, start: number, end: number, into: Uint8Array, at: number): number {
  copy.call(from as Buffer, into, at, start, end);
  return at + end - start;
}

// It takes any bytes.
const { copy } = Buffer.prototype;

/** Writes CR LF; where it ends. */
export function writeLineEnd(into: Uint8Array, at: number): number {
  into[at] = cr;
  into[at + 1] = lf;
  return at + 2;
}
