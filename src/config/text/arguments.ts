/** Argument lists in parentheses: of fetches, converters and `.if` predicates. */
import { Complaint } from "./complaint.ts";

/** What stood between the parentheses. */
export interface ArgumentTexts {
  /** One text per argument given, quotes worked off. */
  readonly values: readonly string[];
  /** How many characters of the text were taken, parentheses included; 0 when there was no list. */
  readonly length: number;
}

/** What is wrong with a list; `index` (from 0) is the argument that is to blame, `offset` where in the text it was noticed. */
export class ArgumentComplaint extends Complaint {
  readonly index: number;
  readonly offset: number;

  constructor(text: string, index: number, offset = 0) {
    super(text);
    this.index = index;
    this.offset = offset;
  }
}

/**
 * Takes `(a,"b,c",d)` off the beginning of `text`.
 *
 * `types` are the names HAProxy uses for the arguments in messages, `required` of them must be there. An argument
 * may be quoted again, and `\` protects quotes, spaces and itself; nothing else. A list left out, or an empty one,
 * counts as one empty argument where there must be one, as HAProxy does it.
 */
export function takeArguments(text: string, types: readonly string[], required: number): ArgumentTexts {
  if (!text.startsWith("(")) {
    if (required > 1 && mayBeEmpty(types[0])) throw missing(1, required, types);
    return { values: required > 0 ? [""] : [], length: 0 };
  }
  if (text[1] === ")" && required === 0) return { values: [], length: 2 };
  const values: string[] = [];
  let at = 1;
  while (values.length < types.length) {
    const taken = takeOne(text, at);
    // An argument that may be left out and cannot be empty ends the list, so that what follows is one too many.
    const isLeftOut = taken.at === at && values.length >= required && !mayBeEmpty(types[values.length]);
    if (isLeftOut && text[at] === ",") throw unexpected(text, at, values.length);
    values.push(taken.value);
    at = taken.at;
    if (text[at] !== "," || values.length === types.length) break;
    at += 1;
  }
  if (text[at] === ")") {
    if (values.length < required) throw missing(values.length, required, types, at);
    return { values, length: at + 1 };
  }
  throw unexpected(text, at, values.length);
}

/** What stands where the list should end. */
function unexpected(text: string, at: number, index: number): ArgumentComplaint {
  const rest = text.slice(at);
  return new ArgumentComplaint(rest === "" ? "expected ')'" : `expected ')' before '${rest}'`, index, at);
}

/** Whether HAProxy takes nothing for a value of a type: then it is the next argument that is missing. */
function mayBeEmpty(type: string | undefined): boolean {
  return type === "string" || type === "table" || type === "regex";
}

/** `missing arguments (got 1/2), type 'integer' expected`. */
function missing(got: number, required: number, types: readonly string[], offset = 0): ArgumentComplaint {
  const text = `missing arguments (got ${got}/${required}), type '${types[got] ?? ""}' expected`;
  return new ArgumentComplaint(text, got, offset);
}

/** One argument up to `,` or `)` outside quotes, or to the end of the text. */
function takeOne(text: string, start: number): { value: string; at: number } {
  let value = "";
  let quote = "";
  let at = start;
  while (at < text.length) {
    const character = text[at] as string;
    if (quote === "" && (character === "," || character === ")")) break;
    if ((character === '"' || character === "'") && (quote === "" || quote === character)) {
      quote = quote === "" ? character : "";
      at += 1;
    } else if (character === "\\" && quote !== "'" && /[\\ "']/.test(text[at + 1] ?? "")) {
      value += text[at + 1];
      at += 2;
    } else {
      value += character;
      at += 1;
    }
  }
  return { value, at };
}
