/** Argument lists in parentheses: of fetches, converters and `.if` predicates. */
import { Complaint } from "./complaint.ts";

/** What stood between the parentheses. */
export interface ArgumentTexts {
  /** One text per argument given, quotes worked off; null for none at all. */
  readonly values: readonly (string | null)[];
  /** How many characters of the text were taken, parentheses included; 0 when there was no list. */
  readonly length: number;
}

/**
 * Takes `(a,"b,c",d)` off the beginning of `text`.
 *
 * `types` are the names HAProxy uses for the arguments in messages, `required` of them must be there. An argument
 * may be quoted again, and `\` protects quotes, spaces and itself; nothing else. Without a list at all, or with an
 * empty one, all `required` arguments are missing only when `required` says so to the caller: HAProxy takes an empty
 * string for the first argument of an empty list.
 */
export function takeArguments(text: string, types: readonly string[], required: number): ArgumentTexts {
  if (!text.startsWith("(")) {
    if (required > 0 && types[0] !== "string") throw missing(0, required, types);
    if (required > 1) throw missing(1, required, types);
    return { values: [], length: 0 };
  }
  const values: string[] = [];
  let at = 1;
  for (;;) {
    if (values.length >= types.length) {
      if (text[at - 1] === ",") throw new Complaint(`expected ')' before '${text.slice(at - 1)}'`);
      if (text[at] !== ")")
        throw new Complaint(text[at] === undefined ? "expected ')'" : `expected ')' before '${text.slice(at)}'`);
      return { values, length: at + 1 };
    }
    const taken = takeOne(text, at);
    values.push(taken.value);
    at = taken.at;
    if (text[at] === ",") {
      at += 1;
      continue;
    }
    if (text[at] !== ")") throw new Complaint("expected ')'");
    const isEmpty = values.length === 1 && values[0] === "" && at === 1;
    if (isEmpty && required === 0) return { values: [], length: at + 1 };
    if (values.length < required) throw missing(values.length, required, types);
    return { values, length: at + 1 };
  }
}

/** `missing arguments (got 1/2), type 'integer' expected`. */
function missing(got: number, required: number, types: readonly string[]): Complaint {
  return new Complaint(`missing arguments (got ${got}/${required}), type '${types[got] ?? ""}' expected`);
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
