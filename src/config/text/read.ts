/** Reads configuration text into sections: lines, words, variables, `.if` blocks and section headers, in one pass. */
import { complain, shortPlace } from "./complaint.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { followDirective, isSkipping, newDirectives, type Directives } from "./directives/directives.ts";
import type { ConfigurationFile } from "./files.ts";
import { excerpt, isSpace, lexLine, maxWords, type LexResult } from "./lexer.ts";
import { newSectionIndex, openSection, sectionKinds, type OpenSection, type SectionIndex } from "./section-headers.ts";
import type { Environment, Section, Statement } from "./statement.ts";
import { nearest } from "./suggestion.ts";
import { applyEnvironmentStatement } from "./environment.ts";

/**
 * Reads files in order into the sections that `plan` understands; `environment` is changed by `setenv` and the like.
 *
 * Everything wrong is in `diagnostics`; what could be read is returned all the same. Lines before the first section of
 * a file belong to no section: a section does not reach into the next file.
 */
export function readConfiguration(
  files: readonly ConfigurationFile[],
  environment: Environment,
  diagnostics: Diagnostics,
): Section[] {
  const reader: Reader = { environment, diagnostics, index: newSectionIndex(), sections: [], current: null };
  for (const file of files) {
    reader.current = null;
    readFile(file, reader);
  }
  return reader.sections;
}

interface Reader {
  readonly environment: Environment;
  readonly diagnostics: Diagnostics;
  readonly index: SectionIndex;
  readonly sections: Section[];
  current: OpenSection | null;
}

function readFile(file: ConfigurationFile, reader: Reader): void {
  const directives = newDirectives();
  const lines = file.text.split("\n");
  const unfinished = lines.pop() ?? "";
  let line = 0;
  for (const source of lines) {
    line += 1;
    const nul = source.indexOf("\0");
    const isGood = readLine(file, line, nul === -1 ? source : source.slice(0, nul), directives, reader);
    if (!isGood) return endFile(file, line, directives, reader);
    if (nul !== -1) {
      const isLast = line === lines.length && unfinished === "";
      alertAt(reader, file, line, isLast ? missingLf(nul + 1) : `Stray NUL character at position ${nul + 1}.`);
      return undefined;
    }
  }
  if (unfinished !== "") {
    line += 1;
    const nul = unfinished.indexOf("\0");
    const source = nul === -1 ? unfinished : unfinished.slice(0, nul);
    if (readLine(file, line, source, directives, reader)) alertAt(reader, file, line, missingLf(source.length + 1));
  }
  return endFile(file, line, directives, reader);
}

function missingLf(position: number): string {
  return `Missing LF on last line, file might have been truncated at position ${position}.`;
}

function endFile(file: ConfigurationFile, line: number, directives: Directives, reader: Reader): void {
  if (directives.open.length > 0 && !directives.isBroken) alertAt(reader, file, line, "non-terminated '.if' block.");
}

function alertAt(reader: Reader, file: ConfigurationFile, line: number, text: string): void {
  const where = shortPlace({ file: file.name, line });
  reader.diagnostics.add({ level: "alert", text: where + text, pointer: null, advice: null });
}

/** Reads one line; false when HAProxy reads no further in this file. */
function readLine(
  file: ConfigurationFile,
  line: number,
  source: string,
  directives: Directives,
  reader: Reader,
): boolean {
  const lexed = lexLine(source, { file: file.name, line, section: reader.current?.name ?? "" }, reader.environment);
  if (!lexed.ok) {
    explainLexError(file, line, source, lexed, reader);
    return true;
  }
  const [first] = lexed.words;
  if (first === undefined || first.text === "") return true;
  const statement: Statement = { file: file.name, line, source: source.replace(/\r$/, ""), words: lexed.words };
  if (first.text.startsWith(".")) {
    return followDirective(statement, directives, reader.environment, reader.diagnostics);
  }
  if (isSkipping(directives)) return true;
  addStatement(statement, reader);
  return true;
}

function addStatement(statement: Statement, reader: Reader): void {
  const section = openSection(statement, reader.index, reader.diagnostics);
  if (section !== null) {
    reader.sections.push(section);
    reader.current = section;
    return;
  }
  if (reader.current === null) {
    const word = statement.words[0] ?? null;
    const near = nearest(word?.text.replace(/^\xef\xbb\xbf/, "") ?? "", sectionKinds);
    const advice = word?.text.startsWith("\xef\xbb\xbf")
      ? "The file begins with a byte order mark: save it as UTF-8 without BOM."
      : near === null
        ? null
        : `Did you mean '${near}'?`;
    const text = `unknown keyword '${word?.text}' out of section.`;
    complain(reader.diagnostics, "alert", statement, text, word, advice, shortPlace);
    return;
  }
  reader.current.statements.push(statement);
  if (reader.current.kind === "global") applyEnvironmentStatement(statement, reader.environment, reader.diagnostics);
}

/** HAProxy's message for a line that could not be taken apart: with the position, the line and a caret of its own. */
function explainLexError(
  file: ConfigurationFile,
  line: number,
  source: string,
  result: LexResult & { readonly ok: false },
  reader: Reader,
): void {
  if ("tooMany" in result) {
    const { position, last } = result.tooMany;
    alertAt(reader, file, line, `too many words, truncating after word ${maxWords}, position ${position}: <${last}>.`);
    return;
  }
  const { text, position } = result.error;
  let indent = 0;
  while (isSpace(source[indent] ?? "")) indent += 1;
  const shown = excerpt(source.slice(indent).replace(/\r$/, ""), position - 1 - indent);
  alertAt(reader, file, line, `${text} at position ${position}:\n${shown}`);
}
