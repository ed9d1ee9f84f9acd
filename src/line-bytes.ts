/** A line that is put together byte by byte: its pieces never become one text, which costs more than the bytes. */

/** Of a date, a name or a path: of a longer line the pieces are a text as ever. */
const roomBytes = 4096;

/** Used for one line after the other; its bytes hold until the next. */
export class LineBytes {
  readonly bytes = new Uint8Array(new ArrayBuffer(roomBytes));
  length = 0;
  /** All that was put is printable ASCII, and there was room for it. Else the line has to be made in another way. */
  isSound = true;

  start(): void {
    this.length = 0;
    this.isSound = true;
  }

  /** Anything that is not to be written as it is. */
  refuse(): void {
    this.isSound = false;
  }

  put(text: string): void {
    const { bytes } = this;
    const start = this.length;
    const { length } = text;
    if (start + length > roomBytes) return this.refuse();
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code < 0x20 || code > 0x7e) this.isSound = false;
      bytes[start + at] = code;
    }
    this.length = start + length;
  }

  /** Such a text as stands in a line's quotes: neither `"` nor `#` may be in it. */
  putQuoted(text: string): void {
    const { bytes } = this;
    const start = this.length;
    const { length } = text;
    if (start + length > roomBytes) return this.refuse();
    for (let at = 0; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x23) this.isSound = false;
      bytes[start + at] = code;
    }
    this.length = start + length;
  }

  putByte(byte: number): void {
    if (this.length === roomBytes) return this.refuse();
    this.bytes[this.length++] = byte;
  }

  /** A whole number in decimal. */
  putNumber(value: number): void {
    // An integer from here on: what a compiler takes for one and finds to be none is compiled anew, again and again.
    let rest = value | 0;
    if (rest < 0 || rest > 0x3fff_ffff || value !== rest) return this.put(String(value));
    let end = this.length + 1;
    for (let more = rest; more > 9; more = (more / 10) | 0) end += 1;
    if (end > roomBytes) return this.refuse();
    for (let at = end - 1; at >= this.length; at--) {
      const tens = (rest / 10) | 0;
      this.bytes[at] = 0x30 + rest - tens * 10;
      rest = tens;
    }
    this.length = end;
  }

  toString(): string {
    return Buffer.from(this.bytes.buffer, 0, this.length).toString("latin1");
  }
}
