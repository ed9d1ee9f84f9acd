/** A stick table's key as it is shown. */
import { bytesOf } from "../../wire/latin1.ts";
import { wordTable } from "../../word-table.ts";

/**
 * Bytes in hexadecimal, text with what cannot stand in a line of `name=value` words escaped: HAProxy's way, so that nobody who
 * chooses a key can write another line, or another value.
 */
export function shownKey(key: string | number, isBinary: boolean): string {
  if (typeof key === "number") return String(key);
  if (isBinary) return Array.from(bytesOf(key), hex).join("");
  return key.replaceAll(/[^!-<>-[\]-~]/g, (character) => escapes.get(character) ?? bytes(character));
}

const escapes = wordTable({
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
  "\u001b": "\\e",
  "\\": "\\\\",
  " ": "\\ ",
  "=": "\\=",
});

function bytes(character: string): string {
  return Array.from(bytesOf(character), (byte) => `\\x${hex(byte)}`).join("");
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, "0");
}
