/** What is said during a reload, for whoever asked for it, while it is said to the operator as well. */
import { label } from "../cli/terminal.ts";
import type { LoadVoice, SaidAs } from "./loading/load.ts";

/** What is kept of it: the rest is on stderr, and what changed has its own limit. */
const mostLength = 30_000;
const mostChanges = 100;

/** Passes everything on, and keeps it. */
export class ReloadRecord implements LoadVoice {
  readonly #voice: LoadVoice;
  #said = "";
  #changes: string[] = [];
  #moreChanges = 0;

  constructor(voice: LoadVoice) {
    this.#voice = voice;
  }

  readonly report = (text: string): void => this.#pass("report", text);
  readonly alert = (text: string): void => this.#pass("alert", text);
  readonly warning = (text: string): void => this.#pass("warning", text);
  readonly notice = (text: string): void => this.#pass("notice", text);

  #pass(as: SaidAs, text: string): void {
    this.#voice[as](text);
    this.hear(as, text);
  }

  /** Keeps what has been said elsewhere. */
  readonly hear = (as: SaidAs, text: string): void => {
    if (this.#said.length < mostLength) this.#said += as === "report" ? text : label(as, text);
  };

  /** A line about what has changed; empty: none. */
  readonly change = (line: string): void => {
    if (line === "") return;
    if (this.#changes.length < mostChanges) this.#changes.push(line.slice(0, 200));
    else this.#moreChanges += 1;
  };

  /** All of it: at most some 50,000 characters. */
  get text(): string {
    const cut = this.#said.length > mostLength ? `${this.#said.slice(0, mostLength)} …\n` : this.#said;
    const more = this.#moreChanges > 0 ? [`and ${this.#moreChanges} changes more`] : [];
    return cut + [...this.#changes, ...more].map((line) => `${line}\n`).join("");
  }
}
