/** Takes what comes over a command socket apart: commands up to `;` or the end of a line, with the lines of a payload. */

/** One command. */
export interface Command {
  readonly text: string;
  /** The lines that came after one that ended in `<<`, which is not part of `text` then; null: it did not. */
  readonly payload: string | null;
  /** It was the last of its line. */
  readonly endsLine: boolean;
}

/** HAProxy's buffer: a command with its end and its payload is shorter. */
export const commandLimit = 16_384;

/** A letter in upper case, or a byte that is no text. */
const foreignStart = /^[A-Z\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\uffff]/;

/** What has come and was not taken yet. */
export class CommandReader {
  #text = "";
  /** Up to here there is no end of the command. */
  #searched = 0;

  push(part: string): void {
    this.#text += part;
  }

  /** Nothing has come since the last command. */
  get isEmpty(): boolean {
    return this.#text === "";
  }

  /**
   * What has come is the beginning of something else: an HTTP request, a TLS hello, a STUN message, … Commands are in lower
   * case. One byte tells, so that nothing of it is taken for a command however it comes.
   */
  get isForeign(): boolean {
    return foreignStart.test(this.#text);
  }

  /** The next command; null: the rest of it is still to come; "too long": it will never be taken, as in HAProxy. */
  next(): Command | "too long" | null {
    const end = this.#end();
    if (end < 0) return this.#text.length < commandLimit ? null : "too long";
    const text = this.#text.slice(0, end);
    const endsLine = this.#text[end] === "\n";
    const start = endsLine ? /^(|.*\s)<<\s*$/s.exec(text)?.[1] : undefined;
    if (start === undefined) return this.#take(end + 1, { text, payload: null, endsLine });
    // An empty line ends it, which may be the first.
    const close = this.#text.indexOf("\n\n", end);
    const payload = this.#text.slice(end + 1, close + 1);
    if (close >= 0) return this.#take(close + 2, { text: start, payload, endsLine });
    return this.#text.length < commandLimit ? null : "too long";
  }

  /** Where the first command ends: at a line's end or a `;` without a backslash in front of it. */
  #end(): number {
    const ends = /(?<!\\);|\n/g;
    ends.lastIndex = this.#searched;
    const end = ends.exec(this.#text)?.index ?? -1;
    this.#searched = end < 0 ? this.#text.length : end;
    return end;
  }

  #take(length: number, command: Command): Command | "too long" {
    if (length >= commandLimit) return "too long";
    this.#text = this.#text.slice(length);
    this.#searched = 0;
    return command;
  }
}
