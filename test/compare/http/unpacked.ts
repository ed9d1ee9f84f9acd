/** An answer as it was before it was compressed and cut into chunks: two programs do neither in the same way. */
import { gunzipSync, inflateRawSync, inflateSync } from "node:zlib";

/** The head as it came, and the body; `text` itself where it is no whole answer in chunks. Trailers stay behind the body. */
export function unpacked(text: string): string {
  const end = text.indexOf("\r\n\r\n") + 4;
  const head = text.slice(0, end);
  if (end < 4 || !/\ntransfer-encoding: chunked\r/.test(head)) return text;
  const parts: string[] = [];
  for (let at = end; ;) {
    const line = text.indexOf("\r\n", at);
    const size = line < 0 ? Number.NaN : Number.parseInt(text.slice(at, line), 16);
    if (Number.isNaN(size)) return text;
    if (size === 0) return head + decompressed(head, parts.join("")) + text.slice(line + 2).replace(/\r\n$/, "");
    parts.push(text.slice(line + 2, line + 2 + size));
    at = line + 4 + size;
  }
}

function decompressed(head: string, body: string): string {
  const bytes = Buffer.from(body, "latin1");
  const coding = /\ncontent-encoding: (\w+)\r/.exec(head)?.[1];
  if (coding === "gzip") return gunzipSync(bytes).toString("latin1");
  if (coding !== "deflate") return body;
  // With zlib's head, or as `raw-deflate` has it.
  const isZlib = (bytes[0] ?? 0) % 16 === 8 && bytes.readUInt16BE(0) % 31 === 0;
  return (isZlib ? inflateSync(bytes) : inflateRawSync(bytes)).toString("latin1");
}
