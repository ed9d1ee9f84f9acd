/** `fairlead top`: sessions, rates and servers of a running process, as they are and as they change. */
import { singleLine } from "../../ops/log/syslog.ts";
import type { Said } from "../ask-socket.ts";
import { parseDuration } from "../duration.ts";
import type { Terminal } from "../terminal.ts";
import { readTop, type TopView } from "./answer.ts";
import { topJson } from "./json.ts";
import { Screen, type ScreenPorts } from "./screen.ts";
import { type TopOrder, topLines } from "./table.ts";

/** How it is to be shown. */
export interface TopWish {
  readonly intervalMs: number;
  /** One look, as text. */
  readonly once: boolean;
  readonly json: boolean;
}

/** `--interval`: seconds, or with a unit; null: it is none, or nobody could look so often or so seldom. */
export function intervalOf(text: string): number | null {
  const ms = parseDuration(text);
  return ms === null || ms < 200 ? null : ms;
}

/** Where it looks, and what it shows it on. */
export interface TopScene {
  readonly ask: () => Promise<Said>;
  /** The socket, for messages. */
  readonly where: string;
  readonly terminal: Pick<Terminal, "print" | "alert">;
  /** Null: stdout is no terminal. */
  readonly ports: ScreenPorts | null;
  /** Columns of text that is for no terminal. */
  readonly width: number;
  /** Takes what ends it from outside; `restore` gives the terminal back at once, however the process ends. */
  readonly onEnd: (end: (by: NodeJS.Signals) => void, restore: (write: (text: string) => void) => void) => void;
  /** Calls when the terminal has another size. */
  readonly onResize: (redraw: () => void) => void;
}

/** Shows it until told to end; the exit code, or the signal that ends it. */
export async function showTop(wish: TopWish, scene: TopScene): Promise<number | NodeJS.Signals> {
  const { ports } = scene;
  return wish.once || wish.json || ports === null ? showOnce(wish, scene) : new LiveTop(wish, scene, ports).run();
}

async function look({ ask }: TopScene): Promise<TopView | string> {
  const answer = await ask();
  return "failed" in answer ? `${answer.failed}` : readTop(answer.said, Date.now());
}

async function showOnce({ json }: TopWish, scene: TopScene): Promise<number> {
  const { terminal, where, width } = scene;
  const view = await look(scene);
  if (typeof view === "string") {
    terminal.alert(`stats socket ${where}: ${view}\n    is fairlead running, and is this its 'stats socket'?`);
    return 1;
  }
  terminal.print(
    json
      ? topJson(view)
      : topLines({ view, before: null, order: "file", width })
          .map((line) => `${line.trimEnd()}\n`)
          .join(""),
  );
  return 0;
}

/** One that goes on. */
class LiveTop {
  readonly #wish: TopWish;
  readonly #scene: TopScene;
  readonly #ports: ScreenPorts;
  #order: TopOrder = "file";
  #first = 0;
  #view: TopView | null = null;
  #before: TopView | null = null;
  /** Why the last look saw nothing. */
  #wrong: string | null = null;
  #ended: number | NodeJS.Signals | null = null;
  #wake: () => void = () => {};
  #screen: Screen | null = null;

  constructor(wish: TopWish, scene: TopScene, ports: ScreenPorts) {
    this.#wish = wish;
    this.#scene = scene;
    this.#ports = ports;
  }

  async run(): Promise<number | NodeJS.Signals> {
    const screen = new Screen(this.#ports, (key) => this.#press(key));
    this.#screen = screen;
    this.#scene.onEnd(
      (by) => this.#end(by),
      (write) => screen.close(write),
    );
    this.#scene.onResize(() => this.#draw());
    try {
      for (;;) {
        await this.#look();
        if (this.#ended === null) await this.#rest();
        if (this.#ended !== null) return this.#ended;
      }
    } finally {
      screen.close();
    }
  }

  #end(by: number | NodeJS.Signals): void {
    this.#ended ??= by;
    this.#wake();
  }

  async #look(): Promise<void> {
    // Whoever wants to leave does not wait for an answer.
    const woken = new Promise<null>((resolve) => (this.#wake = () => resolve(null)));
    const seen = await Promise.race([look(this.#scene), woken]);
    if (seen === null) return;
    if (typeof seen === "string") this.#wrong = seen;
    else {
      this.#before = this.#view;
      this.#view = seen;
      this.#wrong = null;
    }
    this.#draw();
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#wish.intervalMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #press(key: string): void {
    if (key === "q" || key === "\u0003" || key === "\u0004") return this.#end(0);
    if (key === "s") this.#order = this.#order === "sessions" ? "file" : "sessions";
    else if (key === "b") this.#order = this.#order === "bytes" ? "file" : "bytes";
    else if (key === "j") this.#first += 1;
    else if (key === "k") this.#first = Math.max(0, this.#first - 1);
    this.#draw();
  }

  #draw(): void {
    const screen = this.#screen;
    if (screen === null) return;
    const { width, height } = screen;
    const foot = `q quit  s by sessions  b by bytes  j/k scroll  [${this.#order === "file" ? "as configured" : this.#order}] `;
    const wrong = this.#wrong === null ? [] : [singleLine(`${this.#scene.where}: ${this.#wrong}`).slice(0, width)];
    const view = this.#view;
    if (view === null) return screen.draw(wrong, foot);
    const lines = topLines({ view, before: this.#before, order: this.#order, width });
    // The process's lines and the titles stay.
    const heads = lines.slice(0, headLength);
    const rows = lines.slice(headLength);
    const room = height - 1 - headLength - wrong.length;
    this.#first = Math.max(0, Math.min(this.#first, rows.length - room));
    screen.draw([...wrong, ...heads, ...rows.slice(this.#first, this.#first + Math.max(0, room))], foot);
  }
}

/** Lines above the first row. */
const headLength = 5;
