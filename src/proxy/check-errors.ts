/** The system's texts for socket errors by name, as strerror(3) gives them: log lines are matched on them. */
import { wordTable } from "../word-table.ts";

const texts = wordTable<string>({
  EACCES: "Permission denied",
  EADDRINUSE: "Address already in use",
  EADDRNOTAVAIL: "Cannot assign requested address",
  EAFNOSUPPORT: "Address family not supported by protocol",
  ECONNABORTED: "Software caused connection abort",
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset by peer",
  EHOSTDOWN: "Host is down",
  EHOSTUNREACH: "No route to host",
  EINVAL: "Invalid argument",
  EMFILE: "Too many open files",
  ENETDOWN: "Network is down",
  ENETUNREACH: "Network is unreachable",
  ENFILE: "Too many open files in system",
  ENOBUFS: "No buffer space available",
  ENOENT: "No such file or directory",
  ENOMEM: "Cannot allocate memory",
  EPERM: "Operation not permitted",
  EPIPE: "Broken pipe",
  ETIMEDOUT: "Connection timed out",
});

/** The text of `ECONNREFUSED` and its like; a name without one stands for itself. */
export function systemErrorText(code: string): string {
  return texts.get(code) ?? code;
}
