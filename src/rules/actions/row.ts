/** The row of an action: the words that write it, what they take, where it may stand, beside what it does. */
import type { SampleExpression } from "../../plan/rules/sample.ts";
import type { LogFormat } from "../../plan/rules/log-format.ts";
import type { Action, RedirectPlan, ReplyPlan, UriNormalizer } from "../../plan/rules/rule.ts";
import type { SampleContext } from "../context.ts";
import type { CompileContext } from "../samples/rows.ts";
import type { RuleEffects, Verdict } from "./effects.ts";

/** Rules of HTTP by the word that begins their lines. */
export type HttpLayer = "http-request" | "http-response" | "http-after-response";

/** The rules that an action may be one of. */
export type RuleLayer = "connection" | "session" | "content" | "response" | HttpLayer;

/** `tcp-request` and `tcp-response`. */
export const tcpLayers: readonly RuleLayer[] = ["connection", "session", "content", "response"];
/** Those about messages of HTTP. */
export const httpLayers: readonly HttpLayer[] = ["http-request", "http-response", "http-after-response"];
/** Those before an answer is ready to go. */
export const earlyLayers: readonly RuleLayer[] = [...tcpLayers, "http-request", "http-response"];
/** All of them. */
export const allLayers: readonly RuleLayer[] = [...tcpLayers, ...httpLayers];
/** Those about what comes from the client. */
export const requestLayers: readonly RuleLayer[] = ["connection", "session", "content", "http-request"];

/** What can stand behind an action's word and in its parentheses, and what the plan then has of it. */
export interface ActionArguments {
  readonly nothing: object;
  readonly expression: { readonly value: SampleExpression };
  /** A number, decimal, octal or hexadecimal. */
  readonly number: { readonly value: number };
  /** `emerg` to `debug` as 0 to 7; null is `silent`. */
  readonly "log level": { readonly level: number | null };
  /** `TEXT [code CODE]`. */
  readonly "last word": { readonly text: LogFormat; readonly code: number };
  readonly layer4: object;
  /** `http [proto h1]`. */
  readonly mode: object;
  /** A number that nobody asks for. */
  readonly "idle number": object;
  /** `(name)`. */
  readonly variable: { readonly name: string };
  /** `(name,condition…) EXPR`, and the same with a log-format string. */
  readonly assignment: Assignment & { readonly value: SampleExpression };
  readonly "formatted assignment": Assignment & { readonly value: LogFormat };
  /** `(name,resolvers[,ipv4|ipv6]) EXPR`. */
  readonly resolution: {
    readonly name: string;
    readonly resolvers: string;
    readonly prefers: 4 | 6;
    readonly value: SampleExpression;
  };
  /** `(index,slot)`; of a word that has the index in its name, `(slot)`. */
  readonly counter: Counter;
  /** The same, then a number or an expression. */
  readonly "counter and number": Counter & { readonly value: number | SampleExpression };
  /** `0 EXPR [table NAME]`. */
  readonly tracking: { readonly slot: number; readonly key: SampleExpression; readonly table: string | null };
  /** `[status CODE] [content-type TYPE] [string TEXT|…] [hdr NAME FORMAT]…`. */
  readonly reply: { readonly reply: ReplyPlan };
  readonly redirection: RedirectPlan;
  /** `[realm REALM]`. */
  readonly realm: { readonly realm: string | null };
  /** A field's name and a log-format string. */
  readonly field: { readonly name: string; readonly value: LogFormat };
  /** `NAME [-m METHOD]`. */
  readonly "field name": { readonly name: string; readonly match: "str" | "beg" | "end" | "sub" | "reg" };
  /** `NAME REGEX FORMAT`, and the same without the name. */
  readonly "field replacement": Replacement & { readonly name: string };
  readonly replacement: Replacement;
  readonly format: { readonly value: LogFormat };
  /** `CODE [reason TEXT]`. */
  readonly status: { readonly status: number; readonly reason: string | null };
  readonly normalizer: { readonly normalizer: UriNormalizer };
  /** `EXPR len LENGTH|id SLOT`. */
  readonly "capture slot": {
    readonly from: "request" | "response";
    readonly value: SampleExpression;
    readonly slot: number;
    readonly length: number | null;
  };
  /** `server|tunnel TIME|EXPR`; milliseconds. */
  readonly "time-out": { readonly which: "server" | "tunnel"; readonly value: number | SampleExpression };
  /** `time TIME [at-least BYTES]`. */
  readonly "body wait": { readonly waitMs: number; readonly atLeast: number };
  readonly service: { readonly name: string };
  /** `on|off`. */
  readonly switch: { readonly isOn: boolean };
  /** `(file) FORMAT`, and with a second format for the value. */
  readonly "list key": ListKey;
  readonly "list entry": ListKey & { readonly value: LogFormat };
}

interface Replacement {
  readonly regex: string;
  readonly value: LogFormat;
}

interface ListKey {
  readonly file: string;
  readonly key: LogFormat;
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

/**
 * How an action ends: "pass" goes on with the next rule. "strict" and "lenient": so rules are from there on (`strict-mode`);
 * "failed": a message cannot be changed as asked, which ends an exchange where rules are strict.
 */
export type ActionOutcome = Verdict | "strict" | "lenient" | "failed";

/** An action at work. */
export type RunAction = (context: SampleContext, effects: RuleEffects) => ActionOutcome;

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
