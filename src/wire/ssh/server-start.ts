/** A server's first bytes, as far as they may still become a refusal in clear text. */
import type { ServerRefusal } from "../../ssh-facts.ts";
import { sshLinesMostBytes } from "./identification.ts";

/** What sshd says, as its first and only line, to whom it does not serve. */
const texts: readonly (readonly [text: string, refusal: ServerRefusal])[] = [
  ["Not allowed at this time", "not-allowed"],
  ["Exceeded MaxStartups", "full"],
];
const sign = "SSH-";
const lineFeed = 0x0a;

/** One server's, which come again at each look with those that are new; what it finds depends on the bytes alone. */
export class ServerStart {
  /** Where the line begins that is not whole: those before it are none of SSH's own (RFC 4253, section 4.2). */
  lineAt = 0;
  /** In the midst of a line that can be nothing else: how far that has been searched for its end. */
  #searched = 0;

  /** "heard": it has begun to say who it is, or will not. A number: so many bytes go on whatever follows, all others may yet become a refusal. */
  take(bytes: Uint8Array): "heard" | ServerRefusal | number {
    for (;;) {
      if (this.lineAt >= sshLinesMostBytes || this.#searched >= sshLinesMostBytes) return "heard";
      if (this.#searched <= this.lineAt) {
        const start = startAt(bytes, this.lineAt);
        if (start === "held") return this.lineAt;
        if (start === "sign") return bytes.length;
        if (start !== "other") return start;
      }
      const feed = bytes.indexOf(lineFeed, Math.max(this.#searched, this.lineAt));
      this.#searched = feed < 0 ? bytes.length : feed + 1;
      if (feed < 0) return this.#searched >= sshLinesMostBytes ? "heard" : bytes.length;
      this.lineAt = this.#searched;
    }
  }
}

/** What the line is that begins at `at`. "held": it may become a refusal; "sign": or its identification; "other": neither. */
function startAt(bytes: Uint8Array, at: number): "heard" | ServerRefusal | "held" | "sign" | "other" {
  if (at >= bytes.length) return "held";
  for (const [text, refusal] of texts) {
    const is = begins(bytes, at, text);
    if (is !== false) return is ? refusal : "held";
  }
  const isSigned = begins(bytes, at, sign);
  return isSigned === null ? "sign" : isSigned ? "heard" : "other";
}

/** Null: too few bytes to tell. */
function begins(bytes: Uint8Array, at: number, text: string): boolean | null {
  for (let index = 0; index < text.length; index++) {
    if (at + index >= bytes.length) return null;
    if (bytes[at + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
