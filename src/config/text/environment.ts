/** Environment variables: what the process inherited, what `setenv` and its like change, and `${VAR}` in addresses. */
import { Complaint, complain, shortPlace } from "./complaint.ts";
import type { Diagnostics } from "./diagnostics.ts";
import type { Environment, Statement } from "./statement.ts";
import { toBytes } from "./text-bytes.ts";

/** The process's environment, ready for reading a configuration. */
export function inheritedEnvironment(variables: Record<string, string | undefined>): Environment {
  const environment: Environment = new Map();
  for (const [name, value] of Object.entries(variables)) {
    if (value !== undefined) environment.set(name, toBytes(value));
  }
  return environment;
}

/**
 * Expands `$VAR`, `${VAR}` and `${VAR-default}` in an unquoted address, as HAProxy does on bind, server and log lines.
 *
 * An unset variable without a default gives nothing. Throws a Complaint for a brace that does not close.
 */
export function expandAddress(text: string, environment: Environment): string {
  let result = "";
  let at = 0;
  for (;;) {
    const dollar = text.indexOf("$", at);
    if (dollar === -1) return result + text.slice(at);
    result += text.slice(at, dollar);
    const isBraced = text[dollar + 1] === "{";
    const nameAt = dollar + (isBraced ? 2 : 1);
    const name = /^[A-Za-z0-9_]*/.exec(text.slice(nameAt))?.[0] ?? "";
    let end = nameAt + name.length;
    let value = environment.get(name);
    if (isBraced) {
      const close = text.indexOf("}", end);
      if (close === -1 || (close !== end && text[end] !== "-")) {
        throw new Complaint(`unmatched brace in environment variable name in address '${text}'`);
      }
      if (close !== end) value ??= text.slice(end + 1, close);
      end = close + 1;
    }
    result += value ?? "";
    at = end;
  }
}

/** Carries out `setenv`, `presetenv`, `resetenv`, `unsetenv` and `localpeer` of a `global` section; other lines are left alone. */
export function applyEnvironmentStatement(
  statement: Statement,
  environment: Environment,
  diagnostics: Diagnostics,
): void {
  const [keyword = "", ...names] = statement.words.map((word) => word.text);
  if (keyword === "setenv" || keyword === "presetenv") assign(statement, keyword, names, environment, diagnostics);
  if (keyword === "unsetenv") {
    if ((names[0] ?? "") === "") refuse(diagnostics, statement, "'unsetenv' expects at least one variable name.");
    for (const name of names) {
      if (name === "") break;
      if (name.includes("="))
        refuse(diagnostics, statement, `'unsetenv' failed on variable '${name}' : Invalid argument.`);
      environment.delete(name);
    }
  }
  if (keyword === "localpeer" && names[0]) environment.set("HAPROXY_LOCALPEER", names[0]);
  if (keyword === "resetenv") {
    for (const name of environment.keys()) if (!names.includes(name)) environment.delete(name);
  }
}

function assign(
  statement: Statement,
  keyword: string,
  names: readonly string[],
  environment: Environment,
  diagnostics: Diagnostics,
): void {
  const [name = "", value = ""] = names;
  if (value === "") {
    refuse(diagnostics, statement, `'${keyword}' expects a name and a value.`);
  } else if (name === "" || name.includes("=")) {
    refuse(diagnostics, statement, `'${keyword}' failed on variable '${name}' : Invalid argument.`);
  } else if (keyword === "setenv" || !environment.has(name)) {
    environment.set(name, value);
  }
}

function refuse(diagnostics: Diagnostics, statement: Statement, text: string): void {
  complain(diagnostics, "alert", statement, text, statement.words[1] ?? statement.words[0] ?? null, null, shortPlace);
}
