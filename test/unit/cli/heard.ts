/** A terminal that keeps what it is told, without process ids. */
import { openTerminal, type Terminal } from "../../../src/cli/terminal.ts";

export function heard(): { readonly terminal: Terminal; readonly text: () => string } {
  let text = "";
  const line = {
    dropped: 0,
    write: (bytes: Uint8Array) => void (text += new TextDecoder().decode(bytes)),
    flushed: async () => {},
  };
  return { terminal: openTerminal(line, line, null), text: () => text.replaceAll(/\(\d+\) : /g, "") };
}
