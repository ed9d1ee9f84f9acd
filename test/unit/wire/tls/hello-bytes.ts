/** Builds TLS hellos for tests. */

export function u16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

export function text(value: string): number[] {
  return Array.from(value, (character) => character.charCodeAt(0));
}

export function extension(type: number, data: readonly number[]): number[] {
  return [...u16(type), ...u16(data.length), ...data];
}

export function serverNameExtension(name: string): number[] {
  return extension(0, [...u16(name.length + 3), 0, ...u16(name.length), ...text(name)]);
}

export function alpnExtension(...names: string[]): number[] {
  const list = names.flatMap((name) => text(`${String.fromCharCode(name.length)}${name}`));
  return extension(16, [...u16(list.length), ...list]);
}

/** A handshake message of type 1 without its record. */
export function clientHelloMessage(...extensions: number[][]): number[] {
  const all = extensions.flat();
  const random = Array.from({ length: 32 }, (_, index) => index);
  const tail = extensions.length === 0 ? [] : [...u16(all.length), ...all];
  const body = [3, 3, ...random, 2, 9, 9, ...u16(4), 0xc0, 0x2b, 0xc0, 0x2f, 1, 0, ...tail];
  return [1, 0, ...u16(body.length), ...body];
}

/** The message in records of at most `size` bytes. */
export function records(message: readonly number[], size = 16384): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < message.length; at += size) {
    const piece = message.slice(at, at + size);
    bytes.push(0x16, 3, 1, ...u16(piece.length), ...piece);
  }
  return Uint8Array.from(bytes);
}
