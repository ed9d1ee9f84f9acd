/** Actions on a request's method and target. */
import type { HttpRequestView } from "../../http-view.ts";
import type { LogFormat } from "../../../plan/rules/log-format.ts";
import { compileRegex } from "../../../regex/compile.ts";
import type { CompileContext } from "../../samples/rows.ts";
import { normalize } from "./normalize-uri.ts";
import { action, type ActionOutcome, type ActionRow, type RunAction } from "../row.ts";
import { authorityIn, encodeTarget, pathStart, queryStart } from "../../value/target.ts";
import { compileText, expandTemplate } from "./message-text.ts";

/** Changes the request with a text; false: it cannot be so. */
type Put = (request: HttpRequestView, text: string) => boolean;

function putTarget(request: HttpRequestView, target: string): boolean {
  const encoded = encodeTarget(target);
  if (encoded === "") return false;
  request.target = encoded;
  return true;
}

/** The Host field says the host that the target names. */
function followTarget({ target, fields }: HttpRequestView): void {
  const authority = authorityIn(target);
  if (authority === null || authority === "") return;
  const at = fields.find("host");
  if (at < 0) fields.add("host", authority);
  else fields.replaceAt(at, authority);
}

/** The part of the target from the path on, or, where it has none, all of it. */
function pathOrAll(target: string): number {
  return Math.max(0, pathStart(target));
}

type Part = "set-method" | "set-path" | "set-pathq" | "set-query" | "set-uri";

const puts: Readonly<Record<Part, Put>> = {
  "set-method"(request, method) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(method)) return false;
    request.method = method;
    return true;
  },
  "set-path"(request, path) {
    const { target } = request;
    const start = pathOrAll(target);
    const end = Math.max(start, queryStart(target));
    return putTarget(request, target.slice(0, start) + path + target.slice(end));
  },
  "set-pathq": (request, path) => putTarget(request, request.target.slice(0, pathOrAll(request.target)) + path),
  "set-query"(request, query) {
    const { target } = request;
    const mark = queryStart(target);
    const isAsked = query !== "" || mark < target.length;
    return putTarget(request, isAsked ? `${target.slice(0, mark)}?${query}` : target);
  },
  "set-uri"(request, uri) {
    if (!putTarget(request, uri)) return false;
    followTarget(request);
    return true;
  },
};

function set(part: Part): ActionRow {
  return action(part, ["http-request"], [{ word: part, takes: "format" }], ({ value }, within) => {
    const text = compileText(value, within);
    const put = puts[part];
    return (context) => outcome(context.http?.request ?? null, (request) => put(request, text(context)));
  });
}

function outcome(request: HttpRequestView | null, change: (request: HttpRequestView) => boolean): ActionOutcome {
  return request === null || change(request) ? "pass" : "failed";
}

/** The part in which an expression is looked for; undefined: there is none. */
type Take = (target: string) => string | undefined;

const takes: Readonly<Record<"replace-path" | "replace-pathq" | "replace-uri", readonly [Take, Part]>> = {
  "replace-path": [pathOf, "set-path"],
  "replace-pathq": [pathAndQueryOf, "set-pathq"],
  "replace-uri": [(target) => target, "set-uri"],
};

function pathAndQueryOf(target: string): string | undefined {
  const start = pathStart(target);
  return start < 0 ? undefined : target.slice(start);
}

function pathOf(target: string): string | undefined {
  return pathAndQueryOf(target)?.split("?", 1)[0];
}

/** Where an expression is found in a part, all of the part becomes what the template makes of it. */
function replace(kind: keyof typeof takes, regex: string, value: LogFormat, within: CompileContext): RunAction {
  const [take, part] = takes[kind];
  const text = compileText(value, within);
  const expression = compileRegex(regex, { hasGroups: true });
  return (context) =>
    outcome(context.http?.request ?? null, (request) => {
      const given = take(request.target);
      const groups = given === undefined || given === "" ? null : expression.exec(given);
      if (groups === null) return true;
      const made = expandTemplate(text(context), groups);
      return made !== null && puts[part](request, made);
    });
}

function replacing(kind: keyof typeof takes): ActionRow {
  return action(kind, ["http-request"], [{ word: kind, takes: "replacement" }], ({ regex, value }, within) =>
    replace(kind, regex, value, within),
  );
}

/** The actions of this file. */
export const uriActions: readonly ActionRow[] = [
  ...(["set-method", "set-path", "set-pathq", "set-query", "set-uri"] as const).map(set),
  ...(["replace-path", "replace-pathq", "replace-uri"] as const).map(replacing),
  action("normalize-uri", ["http-request"], [{ word: "normalize-uri", takes: "normalizer" }], ({ normalizer }) => {
    return ({ http }, effects) => {
      const request = http?.request ?? null;
      const made = request === null ? null : normalize(request.target, normalizer);
      if (made === "invalid") {
        effects.http?.answer({ kind: "page", status: 400, fields: [["connection", "close"]] }, "error");
        return "answer";
      }
      if (request !== null && made !== null) request.target = made.target;
      return "pass";
    };
  }),
];
