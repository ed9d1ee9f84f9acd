/** The row of an action: the words that write it, what they take, where it may stand, beside what it does. */
import type { SampleExpression } from "../../plan/sample.ts";
import type { LogFormat } from "../../plan/log-format.ts";
import type { Action } from "../../plan/rule.ts";
import type { SampleContext } from "../context.ts";
import type { CompileContext } from "../samples/rows.ts";
import type { RuleEffects, Verdict } from "./effects.ts";

/** The rules that an action may be one of. */
export type RuleLayer = "connection" | "session" | "content" | "response";

/** All of them. */
export const allLayers: readonly RuleLayer[] = ["connection", "session", "content", "response"];
/** Those about what comes from the client. */
export const requestLayers: readonly RuleLayer[] = ["connection", "session", "content"];

/** What can stand behind an action's word and in its parentheses, and what the plan then has of it. */
export interface ActionArguments {
  readonly nothing: object;
  readonly expression: { readonly value: SampleExpression };
  /** A number, decimal, octal or hexadecimal. */
  readonly number: { readonly value: number };
  /** `emerg` to `debug` as 0 to 7; null is `silent`. */
  readonly "log level": { readonly level: number | null };
  readonly layer4: object;
  /** `(name)`. */
  readonly variable: { readonly name: string };
  /** `(name,condition…) EXPR`, and the same with a log-format string. */
  readonly assignment: Assignment & { readonly value: SampleExpression };
  readonly "formatted assignment": Assignment & { readonly value: LogFormat };
  /** `(index,slot)`; of a word that has the index in its name, `(slot)`. */
  readonly counter: Counter;
  /** The same, then a number or an expression. */
  readonly "counter and number": Counter & { readonly value: number | SampleExpression };
  /** `0 EXPR [table NAME]`. */
  readonly tracking: { readonly slot: number; readonly key: SampleExpression; readonly table: string | null };
}

interface Assignment {
  readonly name: string;
  readonly conditions: readonly string[];
}

interface Counter {
  readonly index: number;
  readonly slot: number;
}

/** One of the ways to write what an action takes. */
export type ActionForm = keyof ActionArguments;

/** A word that writes an action, and how it is read. */
export interface ActionWord<Form extends ActionForm = ActionForm> {
  /** Before any parenthesis. */
  readonly word: string;
  readonly takes: Form;
  /** HAProxy takes anything that begins with the word, and says itself what is missing. */
  readonly isPrefix?: true;
  /** Of a number: the greatest; what is greater is taken modulo it. */
  readonly most?: number;
  /** Of a counter: what it is called, and the index where the word itself says it. */
  readonly counter?: "gpc" | "gpt";
  readonly index?: number;
}

/** "pass" goes on with the next rule. */
export type RunAction = (context: SampleContext, effects: RuleEffects) => Verdict;

/** All that is known of one kind of action. */
export interface ActionRow {
  readonly kind: Action["kind"];
  readonly words: readonly ActionWord[];
  readonly layers: readonly RuleLayer[];
  /** Whether it may be done again when the rules are gone through again. */
  readonly isRepeatable: boolean;
  readonly compile: (action: Action, within: CompileContext) => RunAction;
}

type ActionOf<Kind extends Action["kind"], One = Action> = One extends { readonly kind: infer Own }
  ? Kind extends Own
    ? One
    : never
  : never;

/** The forms whose values are what the plan has of that kind of action. */
type FormOf<Kind extends Action["kind"], Form extends ActionForm = ActionForm> = Form extends ActionForm
  ? { readonly kind: Kind } & ActionArguments[Form] extends ActionOf<Kind>
    ? Form
    : never
  : never;

/** The row of one kind of action. */
export function action<Kind extends Action["kind"]>(
  kind: Kind,
  layers: readonly RuleLayer[],
  words: readonly ActionWord<FormOf<Kind>>[],
  compile: (action: ActionOf<Kind>, within: CompileContext) => RunAction,
  isRepeatable = false,
): ActionRow {
  return {
    kind,
    layers,
    words,
    isRepeatable,
    compile: (given, within) => compile(given as ActionOf<Kind>, within),
  };
}

/** What is done, whereupon the next rule follows. */
export function always(effect: (context: SampleContext, effects: RuleEffects) => unknown): RunAction {
  return (context, effects) => {
    effect(context, effects);
    return "pass";
  };
}
