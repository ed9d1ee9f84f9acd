/** Regular expressions in a configuration: whether they can be compiled here. */

import { compileRegex } from "../regex.ts";

/** HAProxy's words about an expression that does not compile, with the engine's reason; null for one that does. */
export function regexComplaint(pattern: string, ignoreCase: boolean): string | null {
  try {
    compileRegex(pattern, ignoreCase);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const reason = message.slice(message.lastIndexOf(":") + 1).trim();
    return `regex '${pattern}' is invalid (error=${reason})`;
  }
}
