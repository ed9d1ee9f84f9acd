/** `stick on|match|…`, `use_backend`, `use-server`, `force-persist`, `ignore-persist`: lines that end in a condition. */
import type { Condition, LogFormat, StickRule } from "../plan.ts";
import type { ProxyScope } from "./scope.ts";
import type { Statement } from "./statement.ts";

/** Reads `stick on|match|store-request|store-response KEY [table T] [if …]`. Throws a Complaint. */
export function parseStickRule(statement: Statement, scope: ProxyScope): StickRule {
  throw new Error(`not yet: ${statement.line} ${scope.name}`);
}

/** Reads `use_backend NAME [if …]`; a name with `%` is a log-format string. Throws a Complaint. */
export function parseUseBackend(
  statement: Statement,
  scope: ProxyScope,
): { backend: string | LogFormat; condition: Condition | null } {
  throw new Error(`not yet: ${statement.line} ${scope.name}`);
}

/** Reads `use-server NAME if …`. Throws a Complaint. */
export function parseUseServer(
  statement: Statement,
  scope: ProxyScope,
): { server: string | LogFormat; condition: Condition | null } {
  throw new Error(`not yet: ${statement.line} ${scope.name}`);
}

/** Reads `force-persist if …` and `ignore-persist if …`. Throws a Complaint. */
export function parsePersistRule(
  statement: Statement,
  scope: ProxyScope,
): { kind: "force-persist" | "ignore-persist"; condition: Condition } {
  throw new Error(`not yet: ${statement.line} ${scope.name}`);
}
