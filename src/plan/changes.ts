/** What a plan has that the one before it had not, and the other way round: in words, a line each. */
import type { BindPlan } from "./bind.ts";
import type { Plan } from "./plan.ts";
import type { BackendPlan, FrontendPlan } from "./proxy.ts";
import type { PatternListPlan } from "./rules/acl.ts";
import { saysSame } from "./same.ts";
import type { ServerPlan } from "./server.ts";

/** A line that says what came, went or changed; empty: a step that found nothing, so that the work can be done in slices. */
export type Changes = Generator<string, void>;

/**
 * From `before` to `next`: `added server git/two 10.0.0.2:7999`, `changed server git/one: weight 1 -> 5`. Values are told
 * of numbers, switches and addresses alone, for other words may be secrets. Positions in files do not count.
 */
export function* planChanges(before: Plan, next: Plan): Changes {
  yield* changed("global", before.global, next.global, new Set(["withoutEffect"]));
  yield* compared(before.frontends, next.frontends, (one) => one.name, front);
  yield* compared(before.backends, next.backends, (one) => one.name, back);
  yield* compared(before.resolvers, next.resolvers, (one) => one.name, named("resolvers"));
  yield* compared(before.userlists, next.userlists, (one) => one.name, whole("userlist"));
  yield* compared(filesOf(before), filesOf(next), (one) => one.file ?? "", patterns);
  for (const [kind, of] of tlsFiles)
    yield* compared<{ readonly name: string }>(of(before), of(next), (one) => one.name, whole(kind));
}

/** What is said of one that came (no former), went (no later one), or stayed. */
type Teller<One> = (former: One | null, later: One | null) => Changes;

/** In the order of the later list, and then those that are gone. */
function* compared<One>(
  before: readonly One[],
  next: readonly One[],
  key: (one: One) => string,
  tell: Teller<One>,
): Changes {
  const left = new Map(before.map((one) => [key(one), one]));
  for (const one of next) {
    const former = left.get(key(one)) ?? null;
    left.delete(key(one));
    yield* tell(former, one);
    yield "";
  }
  for (const one of left.values()) yield* tell(one, null);
}

function* cameOrWent(former: object | null, later: object | null, label: string): Changes {
  if (former === null) yield `added ${label}`;
  else if (later === null) yield `removed ${label}`;
}

function* front(former: FrontendPlan | null, later: FrontendPlan | null): Changes {
  const { name = "", isListen = false } = later ?? former ?? {};
  const label = `${isListen ? "listen" : "frontend"} ${printable(name)}`;
  yield* cameOrWent(former, later, label);
  if (former !== null && later !== null) yield* changed(label, former, later, new Set(["binds", "id"]));
  const place = (one: BindPlan | null, other: BindPlan | null): Changes => bind(label, one, other);
  yield* compared(former?.binds ?? [], later?.binds ?? [], (one) => one.text, place);
}

function* bind(proxy: string, former: BindPlan | null, later: BindPlan | null): Changes {
  const label = `bind ${printable((later ?? former)?.text ?? "")} of ${proxy}`;
  yield* cameOrWent(former, later, label);
  if (former !== null && later !== null) yield* changed(label, former, later, new Set(["id"]));
}

function* back(former: BackendPlan | null, later: BackendPlan | null): Changes {
  const { name = "", isListen = false } = later ?? former ?? {};
  // Of a `listen` its front half has said whether it came or went.
  const label = `${isListen ? "listen" : "backend"} ${printable(name)}`;
  if (!isListen) yield* cameOrWent(former, later, label);
  if (former !== null && later !== null) yield* changed(label, former, later, new Set(["servers", "id"]));
  const place = (one: ServerPlan | null, other: ServerPlan | null): Changes => server(name, one, other);
  yield* compared(former?.servers ?? [], later?.servers ?? [], (one) => one.name, place);
}

function* server(backend: string, former: ServerPlan | null, later: ServerPlan | null): Changes {
  const { name = "", text = "" } = later ?? former ?? {};
  const label = `server ${printable(`${backend}/${name}`)}`;
  yield* cameOrWent(former, later, `${label} ${printable(text)}`);
  if (former === null || later === null) return;
  yield* changed(label, former, later, new Set(["address", "id", "isIdGiven"]));
}

/** `kind NAME`, with what of it is other. */
function named<One extends { readonly name: string }>(kind: string): Teller<One> {
  return function* (former, later) {
    const label = `${kind} ${printable((later ?? former)?.name ?? "")}`;
    yield* cameOrWent(former, later, label);
    if (former !== null && later !== null) yield* changed(label, former, later, new Set());
  };
}

/** `kind NAME` without what of it is other, which is nobody's business. */
function whole<One extends { readonly name: string }>(kind: string): Teller<One> {
  return function* (former, later) {
    const label = `${kind} ${printable((later ?? former)?.name ?? "")}`;
    yield* cameOrWent(former, later, label);
    if (former !== null && later !== null && !saysSame(former, later)) yield `changed ${label}`;
  };
}

/** Lists of files; those of lines are told with their proxies. */
function filesOf({ patternLists }: Plan): readonly PatternListPlan[] {
  return patternLists.filter(({ file }) => file !== null);
}

/** A file of patterns may be long. */
function* patterns(former: PatternListPlan | null, later: PatternListPlan | null): Changes {
  const label = `patterns of ${printable((later ?? former)?.file ?? "")}`;
  yield* cameOrWent(former, later, label);
  if (former === null || later === null) return;
  const [one, other] = [former.entries, later.entries];
  let differs = one.length !== other.length;
  for (let at = 0; at < one.length && !differs; at += 1) {
    differs = !saysSame(one[at], other[at]);
    yield "";
  }
  if (differs) yield `changed ${label}: ${one.length} -> ${other.length} entries`;
}

type NamedFiles = readonly { readonly name: string }[];

const tlsFiles: readonly (readonly [string, (plan: Plan) => NamedFiles])[] = [
  ["certificate", ({ tls }) => tls.certificates],
  ["authorities", ({ tls }) => tls.authorities],
  ["revocations", ({ tls }) => tls.revocations],
  ["certificate list", ({ tls }) => tls.lists],
];

function* changed(label: string, former: object, later: object, but: ReadonlySet<string>): Changes {
  // Most have not.
  if (saysSame(former, later, but)) return;
  const found = differences(former, later, but);
  if (found.length === 0) return;
  const more = found.length > mostFields ? `, and ${found.length - mostFields} more` : "";
  yield `changed ${label}: ${found.slice(0, mostFields).join(", ")}${more}`;
}

const mostFields = 12;

/** The fields in which two differ, as words; of objects in them, their fields. */
function differences(former: object, later: object, but: ReadonlySet<string>): string[] {
  const before = new Map<string, unknown>(Object.entries(former));
  const found: string[] = [];
  for (const [key, value] of Object.entries(later)) {
    const old = before.get(key);
    before.delete(key);
    if (key === "position" || but.has(key) || saysSame(old, value)) continue;
    if (isFields(old) && isFields(value))
      found.push(...differences(old, value, new Set()).map((one) => `${words(key)} ${one}`));
    else found.push(words(key) + values(key, old, value));
  }
  for (const key of before.keys()) if (!but.has(key)) found.push(words(key));
  return found;
}

function isFields(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** `onMarkedDown` as `on-marked-down`, `clientMs` as `client`; the text of an address is an address. */
function words(key: string): string {
  if (key === "text") return "address";
  if (key === "timeouts") return "timeout";
  return key.replace(/(?:Ms|Bytes)$/, "").replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function values(key: string, before: unknown, next: unknown): string {
  const [one, other] = [valueText(key, before), valueText(key, next)];
  return one === null || other === null ? "" : ` ${one} -> ${other}`;
}

/** Null: it is not to be told. */
function valueText(key: string, value: unknown): string | null {
  if (typeof value === "number") return key.endsWith("Ms") ? timeText(value) : String(value);
  if (typeof value === "boolean") return value ? "on" : "off";
  if (value === null) return "none";
  return key === "text" && typeof value === "string" ? printable(value) : null;
}

/** In the largest unit that leaves nothing over. */
function timeText(ms: number): string {
  const units = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "m"],
    [1000, "s"],
  ] as const;
  for (const [length, unit] of units) if (ms >= length && ms % length === 0) return `${ms / length}${unit}`;
  return `${ms}ms`;
}

function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}
