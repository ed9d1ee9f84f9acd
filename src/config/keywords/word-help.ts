/** All that is known of one word of the language, wherever it may stand: keywords, options of lines, actions, samples, converters. */
import { actionWords as actions } from "../../rules/actions/actions.ts";
import type { ActionForm, RuleLayer } from "../../rules/actions/row.ts";
import { converters } from "../../rules/converters/converters.ts";
import { aclKeywords, fetches } from "../../rules/fetches/fetches.ts";
import { refusedConverters, refusedFetches } from "../../rules/samples/refused.ts";
import type { Signature } from "../../rules/samples/signature.ts";
import { isAvailable, sites, type Source } from "../../rules/samples/sites.ts";
import type { Class, Scope } from "../row/row.ts";
import { distance } from "../text/suggestion.ts";
import { examples } from "./examples.ts";
import { globalTable, keywords, proxyTable } from "./language.ts";

/** One meaning of a word. */
export interface WordHelp {
  readonly name: string;
  /** What it is, and where it stands: `In global`, `Action of rules`. */
  readonly kind: string;
  /** As it is written, with its arguments. */
  readonly form: string;
  readonly class: Class;
  /** Why it has no effect or is refused; null where it works. */
  readonly reason: string | null;
  /** Sections, rules or places that take it; empty: the kind says it all. */
  readonly where: readonly string[];
  readonly isExtension: boolean;
  /** Null where HAProxy's manual says it. */
  readonly help: string | null;
  readonly mode: "http" | null;
  /** Whether `no` may stand before it. */
  readonly isNegatable: boolean;
  readonly example: string | null;
}

const kinds: { readonly [One in Scope]: string } = {
  section: "Section",
  directive: "Directive, between lines",
  global: "Line of a global section",
  proxy: "Line of a proxy's section",
  bind: "Option of bind lines",
  server: "Option of server, default-server and server-template lines",
  resolvers: "Line of a resolvers section",
  ring: "Line of a ring section",
  peers: "Line of a peers section",
  userlist: "Line of a userlist section",
  "http-errors": "Line of an http-errors section",
  mailers: "Line of a mailers section",
  action: "Action of rules",
  sample: "Sample",
};

const sections = [
  ["D", "defaults"],
  ["F", "frontend"],
  ["L", "listen"],
  ["B", "backend"],
] as const;

const negatable: ReadonlySet<string> = new Set(
  [
    ...globalTable.map((row) => [`global ${row.name}`, row] as const),
    ...proxyTable.map((row) => [`proxy ${row.name}`, row] as const),
  ]
    .filter(([, row]) => row.negatable)
    .map(([key]) => key),
);

function* keywordHelps(): Generator<WordHelp> {
  for (const { name, scope, where, usage, class: own, reason, mode, isExtension, help } of keywords) {
    if (scope === "action" || scope === "sample") continue;
    const key = `${scope} ${name}`;
    yield {
      name,
      kind: kinds[scope],
      form: usage.startsWith("(") ? name + usage : [name, usage].filter(Boolean).join(" "),
      class: own,
      reason,
      where: sections.filter(([letter]) => where.includes(letter)).map(([, section]) => section),
      isExtension,
      help,
      mode,
      isNegatable: negatable.has(key),
      example: examples.get(key) ?? null,
    };
  }
}

const plain = { class: "works", reason: null, where: [], isExtension: false, help: null, mode: null } as const;

/** What is said of those of ours, by name. */
const ownWords = new Map(
  keywords
    .filter(({ scope }) => scope === "action" || scope === "sample")
    .map((one) => [`${one.scope} ${one.name}`, one]),
);

const layers: { readonly [One in RuleLayer]: string } = {
  connection: "tcp-request connection",
  session: "tcp-request session",
  content: "tcp-request content",
  response: "tcp-response content",
  "http-request": "http-request",
  "http-response": "http-response",
  "http-after-response": "http-after-response",
};

/** What stands behind an action's word. */
const forms: { readonly [Form in ActionForm]: string } = {
  nothing: "",
  expression: " <expr>",
  number: " <number>",
  "log level": " <level>",
  "last word": " <format> [code <1..15>]",
  layer4: " layer4",
  mode: " http [proto h1]",
  "idle number": " <number>",
  variable: "(<var>)",
  assignment: "(<var>[,<cond>…]) <expr>",
  "formatted assignment": "(<var>[,<cond>…]) <format>",
  resolution: "(<var>,<resolvers>[,ipv4|ipv6]) <expr>",
  counter: "(<index>,<slot>)",
  "counter and number": "(<index>,<slot>) { <number> | <expr> }",
  tracking: " <expr> [table <table>]",
  reply: " [status <code>] [content-type <type>] [string <text>|…] [hdr <name> <format>]…",
  redirection: " location|prefix|scheme <format> [code <code>] [<option>…]",
  realm: " [realm <realm>]",
  field: " <name> <format>",
  "field name": " <name> [-m str|beg|end|sub|reg]",
  "field replacement": " <name> <regex> <format>",
  replacement: " <regex> <format>",
  format: " <format>",
  status: " <code> [reason <text>]",
  normalizer: " <normalizer>",
  "capture slot": " <expr> len <length>|id <slot>",
  "time-out": " server|tunnel <time>|<expr>",
  "body wait": " time <time> [at-least <bytes>]",
  service: " <name>",
  switch: " on|off",
  "list key": "(<file>) <format>",
  "list entry": "(<file>) <key> <value>",
};

function* actionHelps(): Generator<WordHelp> {
  for (const [name, { takes, row, index }] of actions) {
    const own = ownWords.get(`action ${name}`);
    const form = index === undefined ? forms[takes] : forms[takes].replace("<index>,", "");
    yield {
      ...plain,
      name,
      kind: kinds.action,
      form: own === undefined ? name + form : `${name} ${own.usage}`.trim(),
      where: row.layers.map((layer) => layers[layer]),
      isExtension: own !== undefined,
      help: own?.help ?? null,
      isNegatable: false,
      example: examples.get(`action ${name}`) ?? null,
    };
  }
}

function callOf(name: string, { arguments: taken, required }: Signature): string {
  if (taken.length === 0) return name;
  const given = taken
    .slice(0, required)
    .map((one) => `<${one}>`)
    .join(",");
  const more = taken.slice(required).map((one, at) => `[${at === 0 && required === 0 ? "" : ","}<${one}>`);
  return `${name}(${given}${more.join("")}${"]".repeat(more.length)})`;
}

function* sampleHelps(): Generator<WordHelp> {
  for (const [name, row] of fetches) {
    const own = ownWords.get(`sample ${name}`);
    yield {
      ...plain,
      name,
      kind: kinds.sample,
      form: `${callOf(name, row)}: ${row.result}`,
      where: placesOf(row.source),
      isExtension: own !== undefined,
      help: own?.help ?? null,
      isNegatable: false,
      example: examples.get(`sample ${name}`) ?? null,
    };
  }
  for (const [name, { fetch, match }] of aclKeywords)
    yield {
      ...plain,
      name,
      kind: "Word of ACLs",
      form: callOf(name, fetch),
      where: placesOf(fetch.source),
      help: `${fetch.name}, compared by -m ${match}.`,
      isNegatable: false,
      example: null,
    };
}

function placesOf(source: Source): readonly string[] {
  return sites.every((site) => isAvailable(source, site)) ? [] : sites.filter((site) => isAvailable(source, site));
}

function* converterHelps(): Generator<WordHelp> {
  for (const [name, row] of converters)
    yield {
      ...plain,
      name,
      kind: "Converter",
      form: `${callOf(name, row)}: ${row.input} -> ${row.result}`,
      isNegatable: false,
      example: null,
    };
}

function* refusedHelps(): Generator<WordHelp> {
  const lists = [
    [kinds.sample, refusedFetches],
    ["Converter", refusedConverters],
  ] as const;
  for (const [kind, list] of lists) {
    for (const [name, lacking] of list) {
      const reason = `it needs ${lacking}`;
      yield { ...plain, name, kind, form: name, class: "refused", reason, isNegatable: false, example: null };
    }
  }
}

/** All of them, in the order of the reference. */
export function* wordHelps(): Generator<WordHelp> {
  yield* keywordHelps();
  yield* actionHelps();
  yield* sampleHelps();
  yield* converterHelps();
  yield* refusedHelps();
}

/**
 * What is called so, and what begins with it (`timeout`); where nothing is, what has it in its name (`sshlog`). Several words are one
 * name; `no` before it, and what stands in parentheses behind, do not count.
 */
export function helpFor(asked: string): readonly WordHelp[] {
  const word = asked
    .trim()
    .replace(/^no\s+/, "")
    .replace(/\(.*$/s, "")
    .replaceAll(/\s+/g, " ");
  const all = [...wordHelps()];
  const exact = all.filter(({ name }) => name === word);
  if (exact.length > 0) return [...exact, ...all.filter(({ name }) => name.startsWith(`${word} `))];
  return all.filter(({ name }) => ` ${name} `.includes(` ${word} `));
}

const mostNear = 5;

/** Names that may have been meant, the nearest first. */
export function nearWords(asked: string): readonly string[] {
  const word = asked.trim().slice(0, 100);
  const names = new Set<string>();
  for (const { name } of wordHelps()) for (const one of [name, ...name.split(" ").slice(1)]) names.add(one);
  const near: { readonly name: string; readonly far: number }[] = [];
  for (const name of names) {
    const limit = Math.max(1, Math.floor(Math.max(word.length, name.length) / 3));
    const begins = word.length > 2 && name.startsWith(word);
    if (!begins && Math.abs(name.length - word.length) > limit) continue;
    const far = begins ? 0 : distance(word, name);
    if (far <= limit) near.push({ name, far });
  }
  return near
    .toSorted((one, other) => one.far - other.far)
    .slice(0, mostNear)
    .map(({ name }) => name);
}
