/** Exchanges for tests of rules of HTTP, without sockets: what rules change in them, and what they ask for. */
import type { Action, Rule } from "../../../../src/plan/rules/rule.ts";
import type { SampleContext } from "../../../../src/rules/context.ts";
import type { RuleEffects, Verdict } from "../../../../src/rules/actions/effects.ts";
import type { HttpReply, HttpRequestView, HttpResponseView, HttpView } from "../../../../src/rules/http-view.ts";
import type { Tables } from "../../../../src/rules/stick/tables.ts";
import { compileRules } from "../../../../src/rules/ruleset.ts";
import { Fields } from "../../../../src/wire/http/fields.ts";
import { record, session, tables } from "../session.ts";

type Lines = readonly (readonly [name: string, value: string])[];

const noBody = { bytes: new Uint8Array(0), final: true };

/** Fields with these lines. */
export function fieldsOf(lines: Lines): Fields {
  const fields = new Fields();
  for (const [name, value] of lines) fields.add(name, value);
  return fields;
}

/** `name: value` of each. */
export function linesOf(fields: Fields): string[] {
  return Array.from({ length: fields.count }, (_, index) => `${fields.name(index)}: ${fields.value(index)}`);
}

/** GET for a target with these fields. */
export function request(
  target: string,
  lines: Lines = [["host", "h.example"]],
  given: Partial<HttpRequestView> = {},
): HttpRequestView {
  return { method: "GET", target, version: "1.1", fields: fieldsOf(lines), body: noBody, bodyBytes: 0, ...given };
}

/** A server's answer with these fields. */
export function response(status: number, lines: Lines = []): HttpResponseView {
  return { status, reason: "Fine", version: "1.1", fields: fieldsOf(lines), body: noBody, bodyBytes: 0 };
}

/** What rules see: a session with this exchange. */
export function exchange(
  asked: HttpRequestView | null,
  answered: HttpResponseView | null = null,
  given: Partial<SampleContext> = {},
): SampleContext {
  const http: HttpView = {
    request: asked,
    response: answered,
    isFirst: true,
    isFinal: true,
    capturedRequest: [],
    capturedResponse: [],
    capture: () => {},
    record: () => record({ client: { kind: "tcp", host: "10.0.0.1", port: 4000 } }),
  };
  return session({ http, ...given });
}

/** What rules asked for, in order. */
export interface Told {
  readonly effects: RuleEffects;
  readonly told: unknown[];
  reply: HttpReply | null;
}

/** Effects as a list; a body is there once `hasBody` says so. */
export function recorder(hasBody = true): Told {
  const told: unknown[] = [];
  const all: Told = {
    told,
    reply: null,
    effects: {
      setMark: (mark) => told.push(["mark", mark]),
      setTos: (tos) => told.push(["tos", tos]),
      setLogLevel: (level) => told.push(["level", level]),
      setPriority: (priority) => told.push(["priority", priority]),
      setLastWord: (text, code) => told.push(["last word", text, code]),
      doLog: () => told.push("log"),
      captureEarly: (slot, text) => told.push(["early", slot, text]),
      lookUp: () => null,
      http: {
        answer(reply, cause) {
          all.reply = reply;
          told.push(["answer", cause]);
        },
        cannotWrite: () => told.push("cannot write"),
        hint: (name, value) => told.push(["hint", name, value]),
        setTimeout: (which, ms) => told.push(["timeout", which, ms]),
        capture: (from, slot, text) => told.push(["capture", from, slot, text]),
        disableRetry: () => told.push("no retry"),
        hasBody(atLeast, waitMs) {
          told.push(["body", atLeast, waitMs]);
          return hasBody;
        },
        serve(name) {
          told.push(["serve", name]);
          return name === "prometheus-exporter";
        },
      },
    },
  };
  return all;
}

export function rule(action: Action): Rule {
  return { position: { file: "x.cfg", line: 1 }, action, condition: null };
}

/** Runs actions as rules of proxy `p`. */
export function run(
  actions: readonly Action[],
  context: SampleContext,
  { effects }: Told = recorder(),
  all: Tables = tables([]),
): Verdict {
  return compileRules(actions.map(rule), all, "p").start(context, effects).step();
}
