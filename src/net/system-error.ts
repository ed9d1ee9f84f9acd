/** The system's errors as TransportErrors, in libc's words. */
import { constants } from "node:os";
import { type ConnectStage, TransportError } from "./transport.ts";
import { systemText } from "../system/text.ts";
import { wordTable } from "../word-table.ts";

const names = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name] as const));

/** libc's text for a code such as `EADDRINUSE`; the code itself for one that sockets do not answer. */
export function errorText(code: string): string {
  return systemText(code) ?? code;
}

/** For a code such as `ECANCELED`. */
export function codeError(code: string): TransportError {
  return new TransportError(code, errorText(code));
}

/** For our own limit on a handshake, which has passed. */
export function deadlineError(): TransportError {
  return new TransportError("ETIMEDOUT", errorText("ETIMEDOUT"), true);
}

/** For a positive errno. `what` is put in front of the text: the option that could not be set. */
export function systemError(errno: number, what?: string): TransportError {
  const code = names.get(errno) ?? `errno ${errno}`;
  return new TransportError(code, what === undefined ? errorText(code) : `${what}: ${errorText(code)}`);
}

/** For a positive errno of an attempt to connect that ended at `stage`. */
export function connectError(errno: number, stage: ConnectStage): TransportError {
  const { code, message } = systemError(errno);
  return new TransportError(code, message, false, stage);
}

/** For what the runtime threw, by its `code`; `fallback` is the code of an error that has none. */
export function thrownError(error: unknown, fallback: string): TransportError {
  if (error instanceof TransportError) return error;
  const { code } = error as { code?: unknown };
  return codeError(typeof code === "string" ? code : fallback);
}

const numbers = wordTable<number>(constants.errno);

/** The positive errno of an error with a code; EINVAL's for one without. */
export function errnoOf(error: unknown): number {
  const { code } = error as { code?: unknown };
  return (typeof code === "string" ? numbers.get(code) : undefined) ?? constants.errno.EINVAL;
}
