/** Bytes as text with one character per byte (Latin-1), the form that text of unknown encoding has in this program. */

/** Bytes as text, one character each. */
export function latin1(bytes: Uint8Array): string {
  // Put together a character at a time it would cost five times as much.
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** Such a text as its bytes; of a character beyond them the low eight bits. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
