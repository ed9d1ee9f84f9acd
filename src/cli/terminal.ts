/** What whoever started the program reads: plain lines on stdout, HAProxy's labelled messages on stderr. Never the access log. */
import { createConsola } from "consola/core";
import type { LineWriter } from "../ops/log/line-writer.ts";
import { singleLine } from "../ops/log/syslog.ts";
import type { Options } from "./options.ts";

/** stdout and stderr, wherever they lead. Nothing here throws, whoever has closed the other end. */
export interface Terminal {
  /** Text for stdout, with its line ends. */
  print(text: string): void;
  /** Text for stderr as it is: diagnostics that are already formatted. */
  report(text: string): void;
  alert(text: string): void;
  warning(text: string): void;
  notice(text: string): void;
  /** What another process said during the start counts as said here. */
  recall(said: string): void;
  /** Ends the start: what is said from now on is not introduced any more. */
  started(): void;
  /** Everything of level warning and above said during the start (`show startup-logs`). */
  readonly said: string;
}

/** How much is said: "quiet" (`-q`) nothing on stderr, "normal" all but notices until something is wrong. */
export type Talk = "quiet" | "normal" | "verbose";

/** How much the command line wants said. */
export function talkOf({ quiet, verbose }: Options): Talk {
  return verbose ? "verbose" : quiet ? "quiet" : "normal";
}

/**
 * The first message is preceded by who speaks, as HAProxy does it: version and path of the program.
 *
 * `about.name` is the name the program was run by. Null: another process has done that.
 */
export function openTerminal(
  out: LineWriter,
  err: LineWriter,
  about: { readonly name: string; readonly version: string; readonly path: string } | null,
): Terminal & { talk: Talk } {
  let introduced = false;
  let isStarting = true;
  let said = "";
  const encoder = new TextEncoder();

  function stderr(text: string): void {
    if (self.talk === "quiet") return;
    if (!introduced && about !== null) {
      introduced = true;
      const lines = [`${about.name} version is ${about.version}`, `path to executable is ${about.path}`];
      err.write(encoder.encode(lines.map((line) => label("notice", line)).join("")));
    }
    err.write(encoder.encode(text));
  }

  const consola = openConsola(
    (text) => out.write(encoder.encode(text)),
    (level, line) => {
      if (isStarting && level !== "notice") said += line;
      stderr(line);
    },
  );

  const self: Terminal & { talk: Talk } = {
    talk: "normal",
    print: (text: string) => consola.log(text),
    report(text: string) {
      if (isStarting) said += text;
      stderr(text);
    },
    alert: (text: string) => consola.error(text),
    warning: (text: string) => consola.warn(text),
    notice: (text: string) => consola.info(text),
    recall(before: string) {
      said = before + said;
    },
    started() {
      introduced = true;
      isStarting = false;
    },
    get said() {
      return said;
    },
  };
  return self;
}

/** `print` gets what is for stdout, `tell` what is for stderr, with its label. */
function openConsola(
  print: (text: string) => void,
  tell: (level: keyof typeof labels, line: string) => void,
): ReturnType<typeof createConsola> {
  return createConsola({
    level: 5,
    // Equal lines must all be seen.
    throttle: 0,
    reporters: [
      {
        log({ type, args }) {
          const text = String(args[0]);
          if (type === "log") return print(text);
          const level = type === "error" ? "alert" : type === "warn" ? "warning" : "notice";
          tell(level, label(level, text));
        },
      },
    ],
  });
}

const labels = { alert: "[ALERT]    ", warning: "[WARNING]  ", notice: "[NOTICE]   " } as const;

/** `[WARNING]  (PID) : text`, made safe line by line. */
export function label(level: keyof typeof labels, text: string): string {
  const [first = "", ...rest] = text.split("\n").map(singleLine);
  return [`${labels[level]}(${process.pid}) : ${first}`, ...rest].map((line) => `${line}\n`).join("");
}
