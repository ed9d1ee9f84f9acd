/** Parameters for Diffie and Hellman (PKCS #3): read, so that a broken file is told, and never used. */
import type { NamedFiles } from "../text/named-files.ts";
import { pemBlocks } from "./pem.ts";

const maxFileBytes = 64 * 1024;

/** Whether a file has such parameters. */
export function isDhFile(files: NamedFiles, name: string): boolean {
  const found = files.look(name);
  const text = found.kind === "file" && found.bytes <= maxFileBytes ? files.read(name) : null;
  const block = pemBlocks(text ?? "").find(({ label }) => label === "DH PARAMETERS");
  return block !== undefined && block.der !== null && isDhParameters(block.der);
}

/*
 * SEQUENCE (0x30), its length, then
 *   INTEGER (0x02)  prime
 *   INTEGER (0x02)  base
 *   and a third that may be left out
 */
function isDhParameters(der: Buffer): boolean {
  const whole = elementAt(der, 0, 0x30);
  if (whole === null || whole.end !== der.length) return false;
  const prime = elementAt(der, whole.start, 0x02);
  const base = prime === null ? null : elementAt(der, prime.end, 0x02);
  return prime !== null && base !== null && prime.end - prime.start >= 64 && base.end <= der.length;
}

/** Where the content of an element with this tag begins and ends; null: there is none. */
function elementAt(der: Buffer, at: number, tag: number): { readonly start: number; readonly end: number } | null {
  const short = der[at + 1];
  if (der[at] !== tag || short === undefined) return null;
  if (short < 0x80) return within(der, at + 2, short);
  const bytes = short & 0x7f;
  if (bytes < 1 || bytes > 4 || at + 2 + bytes > der.length) return null;
  return within(der, at + 2 + bytes, der.readUIntBE(at + 2, bytes));
}

function within(der: Buffer, start: number, length: number): { readonly start: number; readonly end: number } | null {
  return start + length <= der.length ? { start, end: start + length } : null;
}
