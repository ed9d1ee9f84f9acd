/** The system's errors in the words that its own messages use. */
import { wordTable } from "../../word-table.ts";

/** What went wrong, for the end of a message. */
export function systemReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return (code !== undefined && reasons.get(code)) || (error instanceof Error ? error.message : String(error));
}

const reasons = wordTable<string>({
  ENOENT: "No such file or directory",
  EACCES: "Permission denied",
  EPERM: "Operation not permitted",
  ENOTDIR: "Not a directory",
  EISDIR: "Is a directory",
  EROFS: "Read-only file system",
  ENOSPC: "No space left on device",
  EDQUOT: "Disk quota exceeded",
  ENAMETOOLONG: "File name too long",
});
