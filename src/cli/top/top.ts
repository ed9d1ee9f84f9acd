/** `fairlead top`: sessions, rates and servers of a running process, as they are and as they change. */
import { singleLine } from "../../ops/log/syslog.ts";
import type { Said } from "../ask-socket.ts";
import { parseDuration } from "../duration.ts";
import type { Terminal } from "../terminal.ts";
import { readTop, topLine, type TopView } from "./answer.ts";
import { topJson } from "./json.ts";
import { Screen, type ScreenPorts } from "./screen.ts";
import { sessionLines } from "./sessions.ts";
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
  readonly ask: (line: string) => Promise<Said>;
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

async function look({ ask }: TopScene, withSessions: boolean): Promise<TopView | string> {
  const answer = await ask(topLine(withSessions));
  return "failed" in answer ? answer.failed : readTop(answer.said, Date.now());
}

async function showOnce({ json }: TopWish, scene: TopScene): Promise<number> {
  const { terminal, where, width } = scene;
  const view = await look(scene, false);
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
  /** Sessions are listed, and not proxies. */
  #listsSessions = false;
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
        const hasLooked = await this.#look();
        if (hasLooked && this.#ended === null) await this.#rest();
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

  /** False: something else is wanted by now. */
  async #look(): Promise<boolean> {
    // Whoever wants to leave, or to see something else, does not wait for an answer.
    const woken = new Promise<null>((resolve) => (this.#wake = () => resolve(null)));
    const seen = await Promise.race([look(this.#scene, this.#listsSessions), woken]);
    if (seen === null) return false;
    if (typeof seen === "string") this.#wrong = seen;
    else {
      this.#before = this.#view;
      this.#view = seen;
      this.#wrong = null;
    }
    this.#draw();
    return true;
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
    else if (key === "l") {
      this.#listsSessions = !this.#listsSessions;
      this.#first = 0;
      // Nobody has asked for them yet.
      return this.#wake();
    } else if (key === "j") this.#first += 1;
    else if (key === "k") this.#first = Math.max(0, this.#first - 1);
    this.#draw();
  }

  #foot(): string {
    const list = this.#listsSessions;
    const order = list
      ? this.#order === "bytes"
        ? "bytes"
        : "oldest"
      : this.#order === "file"
        ? "as configured"
        : this.#order;
    return `q quit  ${list ? "l proxies  " : "l sessions  s by sessions  "}b by bytes  j/k scroll  [${order}] `;
  }

  #sessions({ sessions, at }: TopView, width: number): string[] {
    const before = this.#before;
    const elapsedMs = before === null ? 0 : at - before.at;
    const former = before?.sessions ?? null;
    if (typeof sessions === "string") return ["", singleLine(sessions).slice(0, width)];
    return sessionLines({
      now: sessions,
      before: typeof former === "string" ? null : former,
      elapsedMs,
      byBytes: this.#order === "bytes",
      width,
    });
  }

  #draw(): void {
    const screen = this.#screen;
    if (screen === null) return;
    const { width, height } = screen;
    const foot = this.#foot();
    const wrong = this.#wrong === null ? [] : [singleLine(`${this.#scene.where}: ${this.#wrong}`).slice(0, width)];
    const view = this.#view;
    if (view === null) return screen.draw(wrong, foot);
    const lines = topLines({ view, before: this.#before, order: this.#order, width });
    // The process's lines and the titles stay.
    const [title = "", ...rows] = this.#listsSessions ? this.#sessions(view, width) : lines.slice(headLength - 1);
    const heads = [...lines.slice(0, headLength - 1), title];
    const room = height - 1 - headLength - wrong.length;
    this.#first = Math.max(0, Math.min(this.#first, rows.length - room));
    screen.draw([...wrong, ...heads, ...rows.slice(this.#first, this.#first + Math.max(0, room))], foot);
  }
}

/** Lines above the first row, the titles among them. */
const headLength = 5;
