/** The system's errors in the words that its own messages use. */
import { systemText } from "../../system/text.ts";

/** What went wrong, for the end of a message. */
export function systemReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return (code !== undefined && systemText(code)) || (error instanceof Error ? error.message : String(error));
}
