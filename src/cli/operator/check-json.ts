/** What `fairlead check --json` prints: everything that is said of a configuration, as one object. Fields are only ever added. */
import type { Diagnostic, Level } from "../../config/text/diagnostics.ts";
import { fromBytes } from "../../config/text/text-bytes.ts";

/** What a check came to. */
export interface CheckResult {
  /** The configuration's files, by name, in the order in which they were read. */
  readonly files: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  readonly withoutEffect: readonly {
    readonly keyword: string;
    readonly reason: string;
    readonly position: { readonly file: string; readonly line: number };
  }[];
  /** 0 valid, 1 refused, 2 valid without a listener. */
  readonly code: 0 | 1 | 2;
}

const severities: { readonly [One in Level]: "error" | "warning" | "notice" } = {
  alert: "error",
  warning: "warning",
  notice: "notice",
  diag: "notice",
};

const verdicts = ["valid", "refused", "nothing listens"] as const;

/** The document. `withDiag`: with what `-dD` shows. */
export function checkJson({ files, diagnostics, withoutEffect, code }: CheckResult, withDiag: boolean): string {
  const known: ReadonlySet<string> = new Set(files);
  const document = {
    document: "fairlead check",
    version: 1,
    verdict: verdicts[code],
    exitCode: code,
    files,
    diagnostics: diagnostics.filter(({ level }) => withDiag || level !== "diag").map((one) => entry(one, known)),
    withoutEffect: withoutEffect.map(({ keyword, reason, position }) => ({
      keyword,
      reason,
      file: position.file,
      line: position.line,
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function entry({ level, text, pointer, advice }: Diagnostic, files: ReadonlySet<string>): object {
  const shown = fromBytes(text);
  const { file, line, message } = placed(shown, files);
  const before = pointer === null ? "" : fromBytes(pointer.source.slice(0, pointer.column - 1));
  const word =
    pointer === null ? null : fromBytes(pointer.source.slice(pointer.column - 1, pointer.column - 1 + pointer.length));
  const [, suggestion = null] = /[;,] did you mean '([^']*)' maybe \?/.exec(message) ?? [];
  return {
    severity: severities[level],
    file,
    line,
    column: pointer === null ? null : before.length + 1,
    word: word === "" ? null : word,
    message,
    suggestion,
    advice: advice === null ? null : fromBytes(advice),
  };
}

/** A message begins with its place, in one of HAProxy's three forms; those about the whole have none. */
function placed(
  text: string,
  files: ReadonlySet<string>,
): { readonly file: string | null; readonly line: number | null; readonly message: string } {
  const [all = "", file = "", line = ""] = /^(?:[Pp]arsing )?\[([^\n]+?):(\d+)\] ?: ?/.exec(text) ?? [];
  if (!files.has(file)) return { file: null, line: null, message: text };
  return { file, line: Number(line), message: text.slice(all.length) };
}
