/** `.if` blocks and `.notice`, `.warning`, `.alert`, `.diag`: the lines that begin with a dot. */
import { complain, shortPlace } from "../complaint.ts";
import { ConditionError, evaluateCondition } from "./if-condition.ts";
import type { Diagnostics, Level } from "../diagnostics.ts";
import { excerpt } from "../lexer.ts";
import type { Environment, Statement } from "../statement.ts";
import { wordTable } from "../../../word-table.ts";

/** One `.if` whose `.endif` has not come yet. */
interface Block {
  /** Whether the lines of the branch under way count. */
  isTaken: boolean;
  /** Whether a branch was taken before, or the block stands in a branch that does not count. */
  isDone: boolean;
  isElse: boolean;
}

/** As in HAProxy: so many blocks within each other are too many. */
const mostOpen = 100;

/** The state of a file's `.if` blocks. */
export interface Directives {
  /** Outermost first. */
  readonly open: Block[];
  /** True when a message has already said that the blocks do not match. */
  isBroken: boolean;
}

/** No block open: one per file. */
export function newDirectives(): Directives {
  return { open: [], isBroken: false };
}

/** Follows a line that begins with a dot; false when HAProxy reads no further in this file. */
export function followDirective(
  statement: Statement,
  directives: Directives,
  environment: Environment,
  diagnostics: Diagnostics,
): boolean {
  const keyword = statement.words[0]?.text ?? "";
  switch (keyword) {
    case ".if":
    case ".elif":
      return conditional(statement, keyword, directives, environment, diagnostics);
    case ".else":
    case ".endif":
      return closing(statement, keyword, directives, diagnostics);
    case ".notice":
    case ".warning":
    case ".alert":
    case ".diag":
      return message(statement, keyword, directives, diagnostics);
    default:
      if (isSkipping(directives)) return true;
      return stop(statement, diagnostics, `unknown directive '${keyword}'.`);
  }
}

/** Whether lines are passed over: the innermost block knows. */
export function isSkipping(directives: Directives): boolean {
  // A block within a branch that does not count is never taken.
  return directives.open.at(-1)?.isTaken === false;
}

function stop(statement: Statement, diagnostics: Diagnostics, text: string): false {
  const word = statement.words[1] ?? statement.words[0] ?? null;
  complain(diagnostics, "alert", statement, text, word, null, shortPlace);
  return false;
}

function conditional(
  statement: Statement,
  keyword: ".if" | ".elif",
  directives: Directives,
  environment: Environment,
  diagnostics: Diagnostics,
): boolean {
  let block = directives.open.at(-1);
  if (keyword === ".if") {
    block = { isTaken: false, isDone: isSkipping(directives), isElse: false };
    directives.open.push(block);
    if (directives.open.length >= mostOpen) {
      directives.isBroken = true;
      return stop(statement, diagnostics, `too many nested '.if', max is ${mostOpen}.`);
    }
  } else if (block === undefined) {
    return stop(statement, diagnostics, "lone '.elif' with no matching '.if'.");
  } else if (block.isElse) {
    directives.isBroken = true;
    return stop(statement, diagnostics, "'.elif' after '.else' is not permitted.");
  }
  if (block.isDone || block.isTaken) {
    block.isDone = true;
    block.isTaken = false;
    return true;
  }
  const text = statement.words
    .slice(1)
    .map((word) => word.text)
    .join(" ");
  try {
    block.isTaken = evaluateCondition(text, environment);
    return true;
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    directives.isBroken = true;
    const shown = excerpt(`${keyword} ${text}`, keyword.length + 1 + error.at);
    const where = `in '${keyword}' at position ${error.at + 1}`;
    const message = `${shortPlace(statement)}${error.message} ${where}:\n${shown}`;
    diagnostics.add({ level: "alert", text: message, pointer: null, advice: null });
    return false;
  }
}

function closing(
  statement: Statement,
  keyword: ".else" | ".endif",
  directives: Directives,
  diagnostics: Diagnostics,
): boolean {
  const extra = statement.words[1]?.text ?? "";
  if (extra !== "") return stop(statement, diagnostics, `Unexpected argument '${extra}' for '${keyword}'.`);
  const block = directives.open.at(-1);
  if (block === undefined) return stop(statement, diagnostics, `lone '${keyword}' with no matching '.if'.`);
  if (keyword === ".endif") {
    directives.open.pop();
    return true;
  }
  if (block.isElse) {
    directives.isBroken = true;
    return stop(statement, diagnostics, "'.else' after '.else' is not permitted.");
  }
  block.isElse = true;
  block.isTaken = !block.isDone && !block.isTaken;
  block.isDone = true;
  return true;
}

const levels = wordTable<Level>({
  ".notice": "notice",
  ".warning": "warning",
  ".alert": "alert",
  ".diag": "diag",
});

function message(statement: Statement, keyword: string, directives: Directives, diagnostics: Diagnostics): boolean {
  if (isSkipping(directives)) return true;
  const [, first, second] = statement.words;
  if (second !== undefined && second.text !== "") {
    const advice = "Use quotes if the message should contain spaces.";
    const text = `Unexpected argument '${second.text}' for '${keyword}'. ${advice}`;
    complain(diagnostics, "alert", statement, text, second, null, shortPlace);
    return true;
  }
  diagnostics.add({
    level: levels.get(keyword) ?? "notice",
    text: `${shortPlace(statement)}'${first?.text ?? ""}'.`,
    pointer: null,
    advice: null,
  });
  return keyword !== ".alert";
}
