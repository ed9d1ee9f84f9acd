/** This process's own terminal, for `fairlead top`. */
import type { ScreenPorts } from "./screen.ts";

/** Null: stdout leads elsewhere. `write`: by which frames go there. */
export function ownPorts(write: (text: string) => void): ScreenPorts | null {
  const { stdin, stdout } = process;
  if (!stdout.isTTY) return null;
  return {
    write,
    size: () => ({ width: stdout.columns || 80, height: stdout.rows || 24 }),
    keys: stdin.isTTY
      ? {
          raw: (on) => void stdin.setRawMode(on),
          on(hear) {
            stdin.setEncoding("utf8");
            stdin.on("data", (text: string) => hear(text));
            stdin.resume();
          },
          stop: () => void stdin.pause(),
        }
      : null,
  };
}
