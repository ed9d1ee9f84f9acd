/** Programs on a terminal: what they draw, what is typed, and how they leave it. */
import { environment, waitUntil } from "./harness.ts";

/** A program with a terminal of its own. */
export interface OnTerminal extends AsyncDisposable {
  readonly pid: number;
  /** All that it has written. */
  readonly text: () => string;
  readonly exited: Promise<number>;
  readonly signal: () => NodeJS.Signals | number | null;
  type(keys: string): void;
  resize(columns: number, rows: number): void;
  /** Waits until it has written that behind the place of the last find. */
  find(pattern: RegExp): Promise<string>;
  /** How keys and lines are treated: what the program has changed, it has to change back. */
  readonly flags: () => readonly number[];
}

/** Starts a command. */
export function onTerminal(
  command: readonly string[],
  { columns = 100, rows = 24, cwd }: { columns?: number; rows?: number; cwd?: string } = {},
): OnTerminal {
  let text = "";
  let seen = 0;
  const decoder = new TextDecoder();
  const terminal = new Bun.Terminal({
    cols: columns,
    rows,
    data: (_terminal, data) => void (text += decoder.decode(data, { stream: true })),
  });
  // The terminal tells of its size those alone whom it controls.
  const child = Bun.spawn(["setsid", "-c", ...command], {
    terminal,
    env: environment,
    ...(cwd === undefined ? {} : { cwd }),
  });
  return {
    pid: child.pid,
    text: () => text,
    exited: child.exited,
    signal: () => child.signalCode,
    type: (keys) => void terminal.write(keys),
    resize: (width, height) => terminal.resize(width, height),
    find: (pattern) =>
      waitUntil(`${pattern} behind ${JSON.stringify(text.slice(seen).slice(-2000))}`, () => {
        const found = pattern.exec(text.slice(seen));
        if (found === null) return null;
        seen += found.index + found[0].length;
        return found[0];
      }),
    flags: () => [terminal.inputFlags, terminal.outputFlags, terminal.localFlags, terminal.controlFlags],
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
      terminal.close();
    },
  };
}
