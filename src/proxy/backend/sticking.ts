/** `stick` lines: which server a session's key led to before, and what is remembered for the next one. */
import type { Tables } from "../../rules/stick/tables.ts";
import type { StickRule } from "../../plan/rules/rule.ts";
import { compileCondition } from "../../rules/condition.ts";
import type { SampleContext } from "../../rules/context.ts";
import { compileExpression } from "../../rules/expression.ts";
import type { StickKey, StickTable } from "../../rules/stick/table.ts";

/** A key to be stored under once the session's server is known. */
export interface StickStore {
  readonly table: StickTable;
  readonly key: StickKey;
}

export interface Sticking {
  /** Server names in order of the rules that have an entry; `stores` gets what is to be stored. */
  match(context: SampleContext, stores: StickStore[]): string | null;
  /** `store-response`, or null when there is no such rule. */
  readonly response: ((context: SampleContext, stores: StickStore[]) => void) | null;
}

interface Compiled {
  readonly kind: StickRule["kind"];
  readonly find: (context: SampleContext) => StickStore | null;
}

/** Compiles a backend's `stick` lines; `proxy` names it, and its own table where a line names none. */
export function compileStickRules(rules: readonly StickRule[], tables: Tables, proxy: string): Sticking {
  const compiled = rules.map((rule): Compiled => ({ kind: rule.kind, find: finder(rule, tables, proxy) }));
  const onRequest = compiled.filter((one) => one.kind !== "store-response");
  const onResponse = compiled.filter((one) => one.kind === "store-response");
  return {
    match(context, stores) {
      let server: string | null = null;
      for (const { kind, find } of onRequest) {
        if (kind === "match" && server !== null) continue;
        const place = find(context);
        if (place === null || isTaken(stores, place)) continue;
        if (kind !== "store-request") server ??= serverOf(place);
        if (kind !== "match") stores.push(place);
      }
      return server;
    },
    response:
      onResponse.length === 0
        ? null
        : (context, stores) => {
            const own: StickStore[] = [];
            for (const { find } of onResponse) {
              const place = find(context);
              if (place !== null && !isTaken(own, place)) own.push(place);
            }
            stores.push(...own);
          },
  };
}

/** As in HAProxy: of the rules for a table, a request's or an answer's, the first that stores is the last. */
function isTaken(stores: readonly StickStore[], { table }: StickStore): boolean {
  return stores.some((other) => other.table === table);
}

function serverOf(place: StickStore): string | null {
  const entry = place.table.find(place.key);
  if (entry === undefined) return null;
  place.table.touch(entry);
  return entry.serverKey;
}

function finder(rule: StickRule, tables: Tables, proxy: string): Compiled["find"] {
  const applies = rule.condition === null ? null : compileCondition(rule.condition, tables, proxy);
  const evaluate = compileExpression(rule.key, tables, proxy);
  return (context) => {
    const table = tables.get(rule.table ?? proxy);
    if (table === undefined || (applies !== null && applies(context) !== true)) return null;
    const sample = evaluate(context);
    if (sample === undefined || sample === "wait") return null;
    const key = table.keyOf(sample);
    return key === undefined ? null : { table, key };
  };
}

/** Remembers the server under all keys found, and under those that are found by now in what it says. */
export function remember(
  { response }: Sticking,
  stores: StickStore[],
  context: SampleContext,
  server: { readonly name: string; readonly id: number },
): void {
  response?.(context, stores);
  store(stores, server.name, server.id);
}

/** Remembers the server under every key. A full table remembers what it can. */
function store(stores: readonly StickStore[], server: string, id: number): void {
  for (const { table, key } of stores) {
    const entry = table.findOrCreate(key);
    if (entry !== undefined) table.storeServer(entry, server, id);
  }
}
