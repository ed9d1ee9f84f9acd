/** A backend's rules, compiled once when a plan is applied; null where there are none, so that sessions skip the machinery. */
import { algorithmOf } from "../balance/algorithms.ts";
import type { Tables } from "../../rules/stick/tables.ts";
import type { BackendPlan } from "../../plan/proxy.ts";
import type { SampleExpression } from "../../plan/rules/sample.ts";
import { compileCondition } from "../../rules/condition.ts";
import type { SampleContext } from "../../rules/context.ts";
import { compileExpression } from "../../rules/expression.ts";
import { compileAskingRule, type Ruleset, rulesetOf } from "../../rules/ruleset.ts";
import { cast } from "../../rules/value/sample.ts";
import { hashOf, hashOfAddress } from "../balance/hash-functions.ts";
import { requestKey } from "../balance/request-key.ts";
import { compileHttp, type HttpRules } from "../rules/http-rules.ts";
import { firstOf, rulesOf, sshErrorOf, textOf } from "../rules/rule-lines.ts";
import type { SshRules } from "../process/ssh-place.ts";
import type { Work } from "../time/turns.ts";
import { compileStickRules, type Sticking } from "./sticking.ts";

export interface BackendRules extends SshRules {
  readonly content: Ruleset | null;
  /** As those of a frontend. */
  readonly asks: Ruleset | null;
  readonly response: Ruleset | null;
  /** Null in `mode tcp`. */
  readonly http: HttpRules | null;
  /** The first `use-server` that applies. */
  readonly useServer: ((context: SampleContext) => string | null) | null;
  /**
   * Which of `force-persist` and `ignore-persist` applies first; null: neither. `ignore-persist` concerns cookies, as in HAProxy:
   * stick rules are heard none the less.
   */
  readonly persistence: ((context: SampleContext) => "force" | "ignore" | null) | null;
  /** `persist rdp-cookie`: where its server is, as the client's cookie says. */
  readonly rdpAddress: ((context: SampleContext) => RdpAddress | null) | null;
  readonly sticking: Sticking | null;
  /** The key that the balancing algorithm hashes; null when it needs none. */
  readonly hash: ((context: SampleContext) => number | null) | null;
  /** Values of a server's own TLVs, by server name. */
  readonly tlvs: ReadonlyMap<
    string,
    readonly { readonly type: number; readonly value: (context: SampleContext) => string }[]
  >;
  /** The name that a server is asked for in TLS, by server name; null: none. */
  readonly serverNames: ReadonlyMap<string, (context: SampleContext) => string | null>;
}

/** Compiles what a backend needs, a rule or a server at a time. */
export function* compileBackend(plan: BackendPlan, tables: Tables): Work<BackendRules> {
  yield 1 + plan.stickRules.length + plan.persistRules.length;
  const asks = compileAskingRule(askingPart(plan), tables, plan.name);
  return {
    content: yield* rulesOf(plan.contentRules, tables, plan.name, plan.http === null ? asks : null),
    asks: asks === null ? null : rulesetOf([asks]),
    response: yield* rulesOf(plan.responseRules, tables, plan.name),
    http: yield* compileHttp(plan.http, [], tables, plan.name),
    sshError: sshErrorOf(plan, tables),
    useServer: yield* firstOf(plan.useServers, (one) => one.server, tables, plan.name),
    persistence: persistenceOf(plan, tables),
    rdpAddress: plan.rdpCookie === null ? null : rdpAddressFor(plan.rdpCookie, tables, plan.name),
    sticking: plan.stickRules.length === 0 ? null : compileStickRules(plan.stickRules, tables, plan.name),
    hash: hashFor(plan, tables),
    tlvs: yield* tlvsOf(plan, tables),
    serverNames: yield* serverNamesOf(plan, tables),
  };
}

/** All but the rules that wait by themselves; servers are many, and ask nothing. */
function askingPart(plan: BackendPlan): object {
  const http = plan.http === null ? null : { ...plan.http, requestRules: [], redirectRules: [], statsPage: null };
  return { ...plan, contentRules: [], servers: [], http };
}

function* tlvsOf(plan: BackendPlan, tables: Tables): Work<BackendRules["tlvs"]> {
  const tlvs = new Map<string, { readonly type: number; readonly value: (context: SampleContext) => string }[]>();
  for (const { name, proxyHeader } of plan.servers) {
    const own = proxyHeader?.tlvs ?? [];
    if (own.length === 0) continue;
    tlvs.set(
      name,
      own.map(({ type, format }) => ({ type, value: textOf(format, tables, plan.name) })),
    );
    yield own.length;
  }
  return tlvs;
}

/** The longest that a name may be (RFC 1035, 2.3.4). */
const longestName = 253;

/** `sni` of servers: each expression is compiled once, however many servers have it. */
function* serverNamesOf(plan: BackendPlan, tables: Tables): Work<BackendRules["serverNames"]> {
  const names = new Map<string, (context: SampleContext) => string | null>();
  const known = new Map<string, (context: SampleContext) => string | null>();
  for (const { name, tls } of plan.servers) {
    if (tls === null || tls.sni === null) continue;
    const key = JSON.stringify(tls.sni);
    let nameFor = known.get(key);
    if (nameFor === undefined) known.set(key, (nameFor = serverNameBy(tls.sni, tables, plan.name)));
    names.set(name, nameFor);
    yield 1;
  }
  return names;
}

function serverNameBy(sni: SampleExpression, tables: Tables, proxy: string): (context: SampleContext) => string | null {
  const evaluate = compileExpression(sni, tables, proxy);
  return (context) => {
    const sample = evaluate(context);
    const text = sample === undefined || sample === "wait" ? undefined : cast(sample, "str");
    if (text?.type !== "str" || text.value === "" || text.value.length > longestName) return null;
    return text.value.includes("\0") ? null : text.value;
  };
}

function persistenceOf(plan: BackendPlan, tables: Tables): BackendRules["persistence"] {
  if (plan.persistRules.length === 0) return null;
  const rules = plan.persistRules.map(({ kind, condition }) => ({
    word: kind === "force-persist" ? ("force" as const) : ("ignore" as const),
    applies: compileCondition(condition, tables, plan.name),
  }));
  return (context) => rules.find((one) => one.applies(context) === true)?.word ?? null;
}

/** An address of a server's. */
export interface RdpAddress {
  readonly host: string;
  readonly port: number;
}

function rdpAddressFor(name: string, tables: Tables, proxy: string): BackendRules["rdpAddress"] {
  const text = `req.rdp_cookie(${name})`;
  const expression: SampleExpression = { fetch: "req.rdp_cookie", arguments: [name], converters: [], text };
  const evaluate = compileExpression(expression, tables, proxy);
  return (context) => {
    const sample = evaluate(context);
    return sample === undefined || sample === "wait" || sample.type !== "str" ? null : rdpAddress(sample.value);
  };
}

/** An address and a port as numbers whose bytes stand in the order of the wire, and a third that says nothing; null: it is no such cookie. */
export function rdpAddress(cookie: string): RdpAddress | null {
  const parts = /^(\d+)\.(\d+)\./.exec(cookie);
  if (parts === null) return null;
  const [address, port] = [Number(parts[1]), Number(parts[2])];
  if (address > 0xffffffff || port > 0xffff) return null;
  const host = [0, 8, 16, 24].map((shift) => Math.floor(address / 2 ** shift) & 255).join(".");
  return { host, port: ((port & 255) << 8) | (port >> 8) };
}

const anyAddress: SampleExpression = { fetch: "src", arguments: [], converters: [], text: "src" };

function hashFor(plan: BackendPlan, tables: Tables): BackendRules["hash"] {
  const { balance, hashType } = plan;
  if (!algorithmOf(balance).hasKey) return null;
  if (balance.uri !== undefined || balance.urlParam !== undefined || balance.header !== undefined) {
    return ({ http }) => {
      const request = http?.request ?? null;
      const key = request === null ? null : requestKey(balance, request);
      return key === null ? null : hashOf(Buffer.from(key, "latin1"), hashType);
    };
  }
  const { expression = anyAddress } = balance;
  const evaluate = compileExpression(expression, tables, plan.name);
  return (context) => {
    const sample = evaluate(context);
    if (sample === undefined || sample === "wait") return null;
    const bytes = cast(sample, "bin");
    if (bytes?.type !== "bin") return null;
    return balance.expression === undefined
      ? hashOfAddress(bytes.value, hashType.avalanche)
      : hashOf(bytes.value, hashType);
  };
}
