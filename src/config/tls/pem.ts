/** PEM: blocks of base64 with a label (RFC 7468), found in one pass; what stands between them is passed over. */

/** One block. */
export interface PemBlock {
  /** What follows `BEGIN`: `CERTIFICATE`. */
  readonly label: string;
  /** From its first dash to its last. */
  readonly text: string;
  /** What its base64 stands for; null where it is none, and where fields stand before it (`Proc-Type`). */
  readonly der: Buffer | null;
}

const begin = "-----BEGIN ";
const dashes = "-----";

/** The blocks of a text in their order. One that does not end is left out, with all behind it. */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let at = startOf(text, 0); at >= 0;) {
    const labelEnd = text.indexOf(dashes, at + begin.length);
    const lineEnd = text.indexOf("\n", at);
    if (labelEnd < 0 || lineEnd < 0) break;
    if (labelEnd > lineEnd) {
      at = startOf(text, lineEnd);
      continue;
    }
    const label = text.slice(at + begin.length, labelEnd);
    const end = `${dashes}END ${label}${dashes}`;
    const bodyEnd = text.indexOf(end, lineEnd);
    if (bodyEnd < 0) break;
    const body = text.slice(lineEnd + 1, bodyEnd);
    blocks.push({ label, text: text.slice(at, bodyEnd + end.length), der: derOf(body) });
    at = startOf(text, bodyEnd + end.length);
  }
  return blocks;
}

/** The next block's beginning, at the beginning of a line; -1: there is none. */
function startOf(text: string, from: number): number {
  for (let at = text.indexOf(begin, from); at >= 0; at = text.indexOf(begin, at + 1)) {
    if (at === 0 || text[at - 1] === "\n") return at;
  }
  return -1;
}

function derOf(body: string): Buffer | null {
  const letters = body.replaceAll(/\s/g, "");
  return /^[A-Za-z0-9+/]*={0,2}$/.test(letters) && letters.length % 4 === 0 ? Buffer.from(letters, "base64") : null;
}

/** Bytes as a block, in lines of 64 characters. */
export function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `${begin}${label}${dashes}\n${lines.join("\n")}\n${dashes}END ${label}${dashes}\n`;
}
