/** The terminal while `fairlead top` has it: frames, keys, and everything as it was before at the end. */

/** What a terminal is drawn on and read from. */
export interface ScreenPorts {
  readonly write: (text: string) => void;
  readonly size: () => { readonly width: number; readonly height: number };
  /** Switches keys one by one on and off; null: nobody types there. */
  readonly keys: {
    readonly raw: (on: boolean) => void;
    readonly on: (hear: (text: string) => void) => void;
    readonly stop: () => void;
  } | null;
}

const enter = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const leave = "\u001b[?7h\u001b[?25h\u001b[?1049l";

/** Open from the call on, until it is closed; closing twice is nothing. */
export class Screen {
  readonly #ports: ScreenPorts;
  #isOpen = true;

  /** `press` hears each key. */
  constructor(ports: ScreenPorts, press: (key: string) => void) {
    this.#ports = ports;
    ports.write(enter);
    ports.keys?.raw(true);
    ports.keys?.on((text) => {
      // What a key that is no letter sends begins with ESC: none of them means anything here.
      for (const key of text.startsWith("\u001b") ? [] : text) press(key);
    });
  }

  get width(): number {
    return Math.max(20, this.#ports.size().width);
  }

  get height(): number {
    return Math.max(5, this.#ports.size().height);
  }

  /** Shows lines that steer nothing, as many as fit; the last line is `foot`, highlighted. */
  draw(lines: readonly string[], foot: string): void {
    if (!this.#isOpen) return;
    const { height, width } = this;
    const shown = lines.slice(0, height - 1);
    const frame = shown.map((line) => `${line}\u001b[K\r\n`).join("");
    this.#ports.write(`\u001b[H${frame}\u001b[J\u001b[${height};1H\u001b[7m${foot.slice(0, width)}\u001b[0m\u001b[K`);
  }

  /** Gives the terminal back. `write`: by what; left out: as frames are written. */
  close(write = this.#ports.write): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#ports.keys?.raw(false);
    this.#ports.keys?.stop();
    write(leave);
  }
}
