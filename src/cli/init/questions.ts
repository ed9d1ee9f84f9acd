/** Questions to whoever sits at the terminal, a line each. */
import { createInterface } from "node:readline";

/** Asks one after the other. */
export interface Questions {
  /** The line that was typed; null: there are no more. */
  readonly ask: (question: string) => Promise<string | null>;
  readonly close: () => void;
}

/** Nobody types so much in a line. */
const longestLine = 10_000;

/** `print` shows a question. */
export function openQuestions(input: NodeJS.ReadableStream, print: (text: string) => void): Questions {
  // What is typed is shown by the system itself.
  const lines = createInterface({ input, terminal: false });
  const typed: string[] = [];
  let hear: ((line: string | null) => void) | null = null;
  let hasEnded = false;
  lines.on("line", (line) => {
    const asked = hear;
    hear = null;
    if (asked !== null) asked(line.slice(0, longestLine));
    else if (typed.length < 100) typed.push(line.slice(0, longestLine));
  });
  lines.on("close", () => {
    hasEnded = true;
    hear?.(null);
  });
  return {
    async ask(question) {
      print(question);
      const early = typed.shift();
      if (early !== undefined) return early;
      if (hasEnded) return null;
      return new Promise<string | null>((resolve) => (hear = resolve));
    },
    close: () => lines.close(),
  };
}
