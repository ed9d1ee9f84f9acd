/** Actions on the fields of a message. */
import { compileRegex } from "../../../regex/compile.ts";
import type { LogFormat } from "../../../plan/rules/log-format.ts";
import type { Fields } from "../../../wire/http/fields.ts";
import { isFraming } from "./framing-fields.ts";
import { replaceValues } from "../../../wire/http/occurrences.ts";
import type { SampleContext } from "../../context.ts";
import type { CompileContext } from "../../samples/rows.ts";
import { action, type ActionRow, always, httpLayers, type RunAction } from "../row.ts";
import { encodeTarget, withAuthority } from "../../value/target.ts";
import { compileText, expandTemplate } from "./message-text.ts";

/** Those of the message that rules are about: the response's once there is one. */
function fieldsOf({ http }: SampleContext): Fields | undefined {
  return (http?.response ?? http?.request)?.fields;
}

function write(name: string, value: LogFormat, within: CompileContext, put: "add" | "set"): RunAction {
  const text = compileText(value, within);
  return always((context) => {
    fieldsOf(context)?.[put](name, text(context));
    if (name === "host" && put === "set") followHost(context);
  });
}

/** The authority of an absolute target is the host that the Host field says. */
function followHost({ http }: SampleContext): void {
  const request = http?.request ?? null;
  if (request === null || (http?.response ?? null) !== null) return;
  const at = request.fields.find("host");
  if (at >= 0) request.target = withAuthority(request.target, encodeTarget(request.fields.value(at)));
}

/** Which names are meant, other than by the name itself. */
function nameTest(name: string, match: "beg" | "end" | "sub" | "reg"): (name: string) => boolean {
  switch (match) {
    case "beg":
      return (one) => one.startsWith(name);
    case "end":
      return (one) => one.endsWith(name);
    case "sub":
      return (one) => one.includes(name);
    case "reg": {
      // Of names in lower case, as HAProxy has them.
      const regex = compileRegex(name);
      return (one) => regex.test(one);
    }
  }
}

/** What replaces the values of a field in which the expression is found. */
function replace(
  { name, regex, value }: { readonly name: string; readonly regex: string; readonly value: LogFormat },
  within: CompileContext,
  replaceIn: (fields: Fields, name: string, replaced: (value: string) => string | undefined) => unknown,
): RunAction {
  const text = compileText(value, within);
  const expression = compileRegex(regex, { hasGroups: true });
  return (context) => {
    const fields = fieldsOf(context);
    if (fields === undefined || !fields.has(name)) return "pass";
    const template = text(context);
    let isBroken = false;
    replaceIn(fields, name, (given) => {
      const groups = isBroken ? null : expression.exec(given);
      if (groups === null) return undefined;
      const made = expandTemplate(template, groups);
      isBroken = made === null;
      return made ?? undefined;
    });
    if (name === "host") followHost(context);
    return isBroken ? "failed" : "pass";
  };
}

/** An action on the field of that name; none on those that tell where a message ends. */
function onField<Given extends { readonly name: string }>(
  compile: (given: Given, within: CompileContext) => RunAction,
): (given: Given, within: CompileContext) => RunAction {
  return (given, within) => (isFraming(given.name) ? () => "pass" : compile(given, within));
}

/** The actions of this file. */
export const headerActions: readonly ActionRow[] = [
  action(
    "add-header",
    httpLayers,
    [{ word: "add-header", takes: "field" }],
    onField(({ name, value }, within) => write(name, value, within, "add")),
  ),
  action(
    "set-header",
    httpLayers,
    [{ word: "set-header", takes: "field" }],
    onField(({ name, value }, within) => write(name, value, within, "set")),
  ),
  action("del-header", httpLayers, [{ word: "del-header", takes: "field name" }], ({ name, match }) => {
    if (match === "str") return isFraming(name) ? () => "pass" : always((context) => fieldsOf(context)?.remove(name));
    const matches = nameTest(name, match);
    const isMeant = (one: string): boolean => matches(one) && !isFraming(one);
    return always((context) => fieldsOf(context)?.removeWhere(isMeant));
  }),
  action(
    "replace-header",
    httpLayers,
    [{ word: "replace-header", takes: "field replacement" }],
    onField((given, within) => replace(given, within, (fields, name, replaced) => fields.replaceLines(name, replaced))),
  ),
  action(
    "replace-value",
    httpLayers,
    [{ word: "replace-value", takes: "field replacement" }],
    onField((given, within) => replace(given, within, replaceValues)),
  ),
  action(
    "early-hint",
    ["http-request"],
    [{ word: "early-hint", takes: "field" }],
    onField(({ name, value }, within) => {
      const text = compileText(value, within);
      return always((context, { http }) => http?.hint(name, text(context)));
    }),
  ),
];
