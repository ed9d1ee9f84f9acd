/** Pages of HTTP in the place of what went wrong: `errorfile` and its like (manual, 4.2). */
import { type ErrorStatus, errorStatuses } from "../../../plan/http.ts";
import { Complaint } from "../../text/complaint.ts";
import { parseHttpError } from "../../lines/http-error.ts";
import { checkErrorFile } from "../../lines/error-file.ts";
import type { ErrorLine } from "../../draft/http.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import type { Line, Row } from "../../row/row.ts";
import type { Word } from "../../text/statement.ts";
import { anyWords, text, words } from "../../row/value.ts";
import { httpRow } from "./http-row.ts";

/** A status that there are pages of. Throws a Complaint. */
export function errorStatus(name: string, word: Word): ErrorStatus {
  const found = errorStatuses.find((one) => one === Number.parseInt(word.text, 10));
  if (found !== undefined) return found;
  throw new Complaint(`${name} : status code '${Number.parseInt(word.text, 10) || 0}' not handled.`, word);
}

/** The two words of `errorfile` and `errorloc`. */
function pageWords(name: string, what: string, line: Line): { status: ErrorStatus; value: Word } {
  const [code, value] = line.words;
  if (code === undefined || value === undefined) {
    throw new Complaint(`${name} : expects <status_code> and <${what}> as arguments.`, line.keyword);
  }
  return { status: errorStatus(name, code), value };
}

function add({ settings }: ProxySection, line: ErrorLine): void {
  settings.http.errors = { line, before: settings.http.errors };
}

/** The rows of this file. */
export const httpPageRows: readonly Row<ProxySection>[] = [
  httpRow("errorfile", {
    where: "DFLB",
    usage: "<code> <file>",
    tier: "A",
    help: "The whole answer that is sent for a status of the proxy's own.",
    words: anyWords(),
    land(target, _values, line) {
      const { status, value } = pageWords("errorfile", "file", line);
      const content = checkErrorFile("errorfile", value, line);
      add(target, { kind: "page", status, page: { kind: "file", status, content } });
    },
  }),
  ...(
    [
      ["errorloc", 302],
      ["errorloc302", 302],
      ["errorloc303", 303],
    ] as const
  ).map(([name, code]) =>
    httpRow(name, {
      where: "DFLB",
      usage: "<code> <url>",
      tier: "A",
      help: `Redirects with ${code} in the place of a status of the proxy's own.`,
      words: anyWords(),
      land(target, _values, line) {
        const { status, value } = pageWords(name, "url", line);
        add(target, { kind: "page", status, page: { kind: "redirect", status: code, location: value.text } });
      },
    }),
  ),
  httpRow("http-error", {
    where: "DFLB",
    usage:
      "status <code> [content-type <type>] [default-errorfiles|errorfile <file>|errorfiles <section>|file <file>|lf-file <file>|string <text>|lf-string <format>] [hdr <name> <format>]…",
    tier: "C",
    help: "What is sent for a status of the proxy's own.",
    words: anyWords(),
    land(target, _values, line) {
      const { status, reply } = parseHttpError(line.statement, target.scope);
      add(target, { kind: "page", status, page: reply });
    },
  }),
  httpRow("errorfiles", {
    where: "DFLB",
    usage: "<section> [<code> …]",
    tier: "A",
    help: "Takes answers from an `http-errors` section.",
    words: words("errorfiles", [text("errorfiles : expects <name> as argument.")], "ignore"),
    land(target, [name], line) {
      const codes = line.words.slice(1).map((word) => errorStatus("errorfiles", word));
      const statuses = codes.length === 0 ? null : codes;
      add(target, { kind: "section", name, statuses, statement: line.statement, word: line.words[0] ?? null });
    },
  }),
];
