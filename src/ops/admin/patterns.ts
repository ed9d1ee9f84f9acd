/** Commands on patterns: `show`, `get`, `add`, `set`, `del`, `clear`, `prepare` and `commit` of ACLs and maps. */
import { type Answer, err, info, type Message } from "./answer.ts";
import type { AdminCommand } from "./command.ts";
import type { PatternChoiceView, PatternEntryView, PatternListView, PatternSource, PatternUseView } from "./sources.ts";
import type { Rows } from "../answers/slices.ts";
import { singleLine } from "../log/syslog.ts";

type Kind = "acl" | "map";

const titles = { acl: "ACL", map: "map" } as const;

/** All commands on ACLs' and maps' patterns. As in HAProxy 2.6, none asks for a higher level: the default, operator, has always been enough. */
export const patternCommands: readonly AdminCommand[] = [
  command("acl", "show", "[@<ver>] <acl>]", "report available acls or dump an acl's contents", "user", show),
  command("map", "show", "[@ver] [map]", "report available maps or dump a map's contents", "user", show),
  command("acl", "get", "<acl> <value>", "report the patterns matching a sample for an ACL", "user", get),
  command("map", "get", "<acl> <value>", "report the keys and values matching a sample for a map", "user", get),
  command("acl", "add", "[@<ver>] <acl> <pattern>", "add an acl entry", "user", add),
  command(
    "map",
    "add",
    "[@<ver>] <map> <key> <val>",
    "add a map entry (payload supported instead of key/val)",
    "user",
    add,
  ),
  command("map", "set", "<map> [<key>|#<ref>] <value>", "modify a map entry", "user", set),
  command("acl", "del", "<acl> [<key>|#<ref>]", "delete acl entries matching <key>", "user", remove),
  command("map", "del", "<map> [<key>|#<ref>]", "delete map entries matching <key>", "user", remove),
  command("acl", "clear", "[@<ver>] <acl>", "clear the contents of this acl", "user", clear),
  command("map", "clear", "[@<ver>] <map>", "clear the contents of this map", "user", clear),
  command("acl", "prepare", "<acl>", "prepare a new version for atomic ACL replacement", "user", prepare),
  command("map", "prepare", "<acl>", "prepare a new version for atomic map replacement", "user", prepare),
  command("acl", "commit", "@<ver> <acl>", "commit the ACL at this version", "user", commit),
  command("map", "commit", "@<ver> <map>", "commit the map at this version", "user", commit),
];

interface Call {
  readonly kind: Kind;
  /** `@<ver>`; null when it was left out. */
  readonly version: number | null;
  /** The words after the version. */
  readonly args: readonly string[];
  readonly patterns: PatternSource;
  readonly payload: string | null;
}

function command(
  kind: Kind,
  verb: string,
  usage: string,
  help: string,
  level: AdminCommand["level"],
  answer: (call: Call) => Answer,
): AdminCommand {
  // `set` and `del` know no versions: there, `@1` is the name of a list.
  const isVersioned = verb !== "set" && verb !== "del" && verb !== "get" && verb !== "prepare";
  return {
    words: [verb, kind],
    usage: `${verb} ${kind} ${usage}`,
    help,
    level,
    run(words, sources, _session, payload) {
      const hasVersion = isVersioned && words[0]?.startsWith("@") === true;
      const version = hasVersion ? Number(/^@([0-9]+)/.exec(words[0] ?? "")?.[1] ?? 0) : null;
      return answer({ kind, version, args: hasVersion ? words.slice(1) : words, patterns: sources.patterns, payload });
    },
  };
}

/** `#<id>` or a file's name. */
function find(name: string, { patterns }: Call): PatternListView | undefined {
  const number = /^#([0-9]*)$/.exec(name)?.[1];
  for (const list of patterns.all()) {
    if (number === undefined ? list.file === name : list.id === Number(number)) return list;
  }
  return undefined;
}

/** As `find`, but only lists that `show acl` or `show map` name. */
function findOwn(name: string, call: Call): PatternListView | undefined {
  const list = find(name, call);
  return list !== undefined && isOf(list, call.kind) ? list : undefined;
}

function isOf(list: PatternListView, kind: Kind): boolean {
  return kind === "acl" ? list.isAcl : list.isMap;
}

function unknown(kind: Kind): Message {
  return err(`Unknown ${titles[kind]} identifier. Please use #<id> or <file>.\n`);
}

function show(call: Call): Answer {
  const { kind, version, args, patterns } = call;
  const [name] = args;
  if (name === undefined && version === null) {
    return headlines(patterns.all(), kind);
  }
  const list = findOwn(name ?? "", call);
  if (list === undefined) return unknown(kind);
  return entryRows(list.entries(version ?? list.currentVersion));
}

function* headlines(lists: Iterable<PatternListView>, kind: Kind): Rows {
  yield "# id (file) description\n";
  for (const list of lists) yield isOf(list, kind) ? headline(list) : "";
}

function* entryRows(entries: Iterable<PatternEntryView>): Rows {
  for (const { reference, key, value } of entries) {
    yield `${singleLine(`0x${reference.toString(16)} ${value === null ? key : `${key} ${value}`}`)}\n`;
  }
}

function headline(list: PatternListView): string {
  const versions = `curr_ver=${list.currentVersion} next_ver=${list.nextVersion}`;
  const text = `${list.id} (${list.file ?? ""}) ${list.description}. ${versions} entry_cnt=${list.size}`;
  return `${singleLine(text)}\n`;
}

function get(call: Call): Answer {
  const { kind, args } = call;
  const [name, text] = args;
  if (name === undefined || text === undefined) return err(`Missing ${titles[kind]} identifier and/or key.\n`);
  const list = findOwn(name, call);
  if (list === undefined) return unknown(kind);
  return list.uses.map((use) => `${singleLine(foundLine(list, use, text))}\n`).join("");
}

const valueTypes = {
  str: () => "str",
  int: () => "sint",
  ip: (value: string) => (value.includes(":") ? "ipv6" : "ipv4"),
};

function foundLine(list: PatternListView, use: PatternUseView, text: string): string {
  const { isMatch, entry } = list.find(use, text);
  const found = use.output === null ? "match" : "found";
  const start = `type=${use.match}, case=${use.ignoreCase ? "insensitive" : "sensitive"}, ${found}`;
  if (!isMatch) return `${start}=no`;
  const isTree = use.match === "ip" || (!use.ignoreCase && (use.match === "str" || use.match === "beg"));
  const head = `${start}=yes, idx=${isTree ? "tree" : "list"}`;
  if (use.output === null) return `${head}, pattern=${entry === null ? "unknown" : `"${entry.key}"`}`;
  const value = entry?.value ?? "";
  return `${head}, key="${entry?.key ?? ""}", value="${value}", type="${valueTypes[use.output](value)}"`;
}

function add(call: Call): Answer {
  const { kind, version, args, patterns } = call;
  const [name, key, ...words] = args;
  if (kind === "map" && name !== undefined && call.payload !== null) return addPayload(call, name, call.payload);
  if (name === undefined || key === undefined || (kind === "map" && words.length === 0)) {
    return err(
      kind === "acl"
        ? "'add acl' expects two parameters: ACL identifier and pattern.\n"
        : "'add map' expects three parameters (map identifier, key and value) or one parameter (map identifier) and a payload\n",
    );
  }
  const list = find(name, call);
  if (list === undefined) return unknown(kind);
  if (version !== null && version > list.nextVersion) {
    return fromFuture(kind);
  }
  const value = kind === "map" ? (words[0] ?? "") : list.isMap ? "" : null;
  const wrong = complaintAbout(list, key, value, patterns);
  if (wrong !== null) return err(`${wrong}.\n`);
  list.add(key, list.isMap ? value : null, version ?? list.currentVersion);
  return "";
}

/** Adds `KEY VALUE` lines up to the first that is wrong, as HAProxy does. */
function addPayload(call: Call, name: string, payload: string): Answer {
  const list = find(name, call);
  if (list === undefined) return unknown(call.kind);
  const version = call.version ?? list.currentVersion;
  if (version > list.nextVersion) return fromFuture(call.kind);
  let text = payload;
  while (text !== "") {
    const [taken = "", key = "", value = ""] = /^[ \t]*([^ \t\n]*)[ \t]*([^\n]*)(?:\n|$)/.exec(text) ?? [];
    if (value === "") return err(`Missing value for key '${key}'.\n`);
    const wrong = complaintAbout(list, key, value, call.patterns);
    if (wrong !== null) return err(`${wrong}.\n`);
    list.add(key, list.isMap ? value : null, version);
    text = text.slice(taken.length);
  }
  return "";
}

function fromFuture(kind: Kind): Message {
  return err(`Version number in the future, please use 'prepare ${kind}' before.\n`);
}

/** What is wrong with an entry for any of the ways in which the list is compared. */
function complaintAbout(
  list: PatternListView,
  key: string | null,
  value: string | null,
  patterns: PatternSource,
): string | null {
  for (const use of list.uses) {
    const wrong =
      (key === null ? null : patterns.wrongKey(key, use)) ??
      (value === null || use.output === null ? null : patterns.wrongValue(value, use));
    if (wrong !== null) return wrong;
  }
  return null;
}

/** Which entries `<key>` or `#0x<ref>` means; null when the reference is no number. */
function chosenBy(text: string): PatternChoiceView | null {
  if (!text.startsWith("#0x")) return { key: text };
  return /^#0x[0-9a-f]+$/i.test(text) ? { reference: Number.parseInt(text.slice(3), 16) } : null;
}

/** Goes through the steps of a change; words when nothing was chosen. */
function* changed(steps: Iterator<unknown, number>, otherwise: Message): Iterable<string | Message> {
  for (;;) {
    const step = steps.next();
    if (step.done !== true) yield "";
    else return yield step.value === 0 ? otherwise : "";
  }
}

const malformed = err("Malformed identifier. Please use #<id> or <file>.\n");

function set(call: Call): Answer {
  const [name, key, value] = call.args;
  if (name === undefined || key === undefined || value === undefined) {
    return err("'set map' expects three parameters: map identifier, key and value.\n");
  }
  const list = find(name, call);
  if (list === undefined) return unknown("map");
  const choice = chosenBy(key);
  if (choice === null) return malformed;
  const wrong = complaintAbout(list, null, value, call.patterns);
  if (wrong !== null) return err(`${wrong}.\n`);
  return changed(
    list.set(choice, value),
    err(key.startsWith("#0x") ? "key or pattern not found.\n" : "entry not found.\n"),
  );
}

function remove(call: Call): Answer {
  const [name, key] = call.args;
  if (name === undefined || key === undefined) {
    return err(`This command expects two parameters: ${titles[call.kind]} identifier and key.\n`);
  }
  const list = find(name, call);
  // HAProxy says "map" of ACLs, too.
  if (list === undefined) return unknown("map");
  const choice = chosenBy(key);
  return choice === null ? malformed : changed(list.remove(choice), err("Key not found.\n"));
}

function clear(call: Call): Answer {
  const [name] = call.args;
  if (name === undefined) return err(`Missing ${titles[call.kind]} identifier.\n`);
  const list = findOwn(name, call);
  if (list === undefined) return unknown(call.kind);
  list.clear(call.version ?? list.currentVersion);
  return "";
}

function prepare(call: Call): Answer {
  const list = findOwn(call.args[0] ?? "", call);
  return list === undefined ? unknown(call.kind) : info(`New version created: ${list.prepare()}\n`);
}

function commit(call: Call): Answer {
  const { kind, version, args } = call;
  if (version === null) return err("Missing version number.\n");
  const [name] = args;
  if (name === undefined) return err(`Missing ${titles[kind]} identifier.\n`);
  const list = findOwn(name, call);
  if (list === undefined) return unknown(kind);
  return list.commit(version) ? "" : err("Version number out of range.\n");
}
