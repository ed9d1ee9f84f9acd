/** Holds the walls of the house: imports run one way, and what only Bun has stays in the rooms made for it. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const source = join(import.meta.dir, "../../src");

/** What a room may import besides itself: a room, or one file of it. `main` may import everything. */
const allowed: Record<string, readonly string[]> = {
  cli: ["config", "plan", "ops", "address", "word-table"],
  config: [
    "system",
    "ip-literal",
    "plan",
    "regex",
    "word-table",
    "rules/samples",
    "rules/fetches/fetches",
    "rules/converters/converters",
    "rules/actions",
    "rules/format/log-alias",
    "rules/stick/stores",
    "rules/value/sample",
    "rules/value/crypt",
    "proxy/balance/algorithms",
    "proxy/names/init-addr",
    // The length of a text alone.
    "ssh-facts",
  ],
  regex: ["word-table"],
  plan: ["address"],
  events: ["plan", "address", "rules/context", "session-record"],
  address: [],
  "ip-literal": [],
  "tcp-info": [],
  "tls-facts": [],
  "ssh-facts": [],
  "session-record": ["address"],
  "line-bytes": [],
  clock: [],
  faults: [],
  "word-table": [],
  system: ["word-table"],
  deferred: [],
  roster: [],
  proxy: [
    "plan",
    "events",
    "session-record",
    "clock",
    "deferred",
    "roster",
    "system",
    "faults",
    "word-table",
    "regex",
    "rules",
    "wire",
    "address",
    "ip-literal",
    "tcp-info",
    "tls-facts",
    "ssh-facts",
    "net/buffers",
    "net/gate",
    "net/tls/secure",
    "net/transport",
  ],
  rules: [
    "session-record",
    "line-bytes",
    "plan",
    "regex",
    "clock",
    "word-table",
    "wire",
    "address",
    "ip-literal",
    "tcp-info",
    "tls-facts",
    "ssh-facts",
  ],
  ssh: [
    "plan",
    "events",
    "ssh-facts",
    "rules",
    "address",
    "ip-literal",
    "clock",
    "deferred",
    "word-table",
    "session-record",
    "net/deadlines",
    "net/transport",
    "proxy",
    "wire",
  ],
  http: [
    "plan",
    "events",
    "rules",
    "address",
    "ip-literal",
    "clock",
    "deferred",
    "roster",
    "word-table",
    "session-record",
    "tcp-info",
    "tls-facts",
    "net/gate",
    "net/deadlines",
    "net/transport",
    "proxy",
    "wire",
  ],
  ops: [
    "line-bytes",
    "plan",
    "events",
    "clock",
    "faults",
    "word-table",
    "rules/context",
    "rules/format/log-alias",
    "rules/format/log-format",
    "session-record",
    "proxy/public",
    "ssh-facts",
    "ssh/public",
    "address",
  ],
  net: [
    "system",
    "clock",
    "word-table",
    "address",
    "ip-literal",
    "tcp-info",
    "tls-facts",
    "plan/libc-options",
    "plan/socket",
    // Bytes alone: what a client of TLS asks for decides with what it is answered.
    "wire/tls/hello",
  ],
  wire: ["ip-literal", "ssh-facts", "word-table"],
  service: [
    "ip-literal",
    "cli",
    "config",
    "ops",
    "plan",
    "events",
    "clock",
    "deferred",
    "system",
    "word-table",
    "proxy",
    "rules",
    "http",
    "ssh",
    "ssh-facts",
    "address",
    "net",
  ],
};

/** Folders of a room or of a folder, from the one that all others in it may import to the one that nobody imports; "." is its own files that have no place by name. */
const folderOrder: Record<string, readonly string[]> = {
  config: "text draft row addresses tls expressions checks options lines keywords sections finish".split(" "),
  rules: [
    ..."value match stick sniffing http-view tls-view".split(" "),
    ..."context samples fetches converters expression format actions".split(" "),
    ".",
  ],
  proxy: [..."time tls process rules balance names check backend frontend session public stats".split(" "), "."],
  http: ["bytes", "fields", "compression", "server", "answers", "client", "exchange", "."],
  ops: ["answers", "log", "stats", "admin", "sockets", "page", "health"],
  service: ["kept", "runtime", "loading", "start", "doctor", ".", "master"],
  net: [".", ..."libc relay listen bun node epoll splice tls".split(" ")],
  "net/epoll": ["turn", "."],
  plan: ["position", "rules", "ssh", "."],
  wire: [".", "x509", "tls", "http", "ssh"],
  "config/text": [".", "directives", "read"],
  "config/draft": ["tls", "."],
  "config/finish": ["assemble", "audit", "."],
  "ops/admin": [".", "tls", "ssh", "own", "commands"],
  "proxy/session": "sessions questions search context proxy-header hearing inspect .".split(" "),
  "proxy/tls": ["figures", "certificates", "."],
};

/** Rooms and files where Bun's own interfaces may be named. */
const bunRooms = /^(?:net\/|service\/runtime\/heap-bytes\.ts$|main\.ts$)/;

interface Import {
  readonly file: string;
  readonly target: string;
}

const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
const texts = new Map(files.map((file) => [file, readFileSync(join(source, file), "utf8")]));

function importsOf(file: string, text: string): Import[] {
  const statements = /(?:^|\n)\s*(?:import|export)\s+(?:[^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"/g;
  return [...text.matchAll(statements)].map((found) => ({ file, target: found[1] ?? found[2] ?? "" }));
}

const imports = [...texts].flatMap(([file, text]) => importsOf(file, text));
const ours = imports.filter((one) => one.target.startsWith("."));

function room(path: string): string {
  return path.replace(/\.ts$/, "").split("/")[0] ?? "";
}

function isIn(home: string, path: string): boolean {
  return path.startsWith(`${home}/`);
}

/** Where a path below `home` stands in its order, by its folder or, beside folders, by its own name; -1: it is not in it. */
function rankOf(home: string, path: string): number {
  const [first = "", ...rest] = path
    .slice(home.length + 1)
    .replace(/\.ts$/, "")
    .split("/");
  const order = folderOrder[home] ?? [];
  return order.indexOf(rest.length > 0 || order.includes(first) ? first : ".");
}

/** The imported file's path below src, without its extension. */
function reached(one: Import): string {
  return normalize(join(dirname(one.file), one.target)).replace(/\.(?:ts|json|html|css|txt)$/, "");
}

describe("architecture", () => {
  test("there is something to look at", () => {
    expect(ours.length).toBeGreaterThan(100);
  });

  test("imports run one way", () => {
    const wrong = ours
      .filter((one) => room(one.file) !== "main" && room(reached(one)) !== room(one.file))
      .filter((one) => !reached(one).startsWith("../package"))
      .filter((one) => {
        const to = reached(one);
        return !(allowed[room(one.file)] ?? []).some((room) => to === room || to.startsWith(`${room}/`));
      })
      .map((one) => `${one.file} imports ${reached(one)}`);
    expect(wrong).toEqual([]);
  });

  test("the folders of a room run one way, and every one of them is known here", () => {
    const unknown = Object.keys(folderOrder).flatMap((home) =>
      files.filter((file) => isIn(home, file) && rankOf(home, file) < 0),
    );
    const wrong = Object.keys(folderOrder).flatMap((home) =>
      ours
        .filter((one) => isIn(home, one.file) && isIn(home, reached(one)))
        .filter((one) => rankOf(home, reached(one)) > rankOf(home, one.file))
        .map((one) => `${one.file} imports ${reached(one)}`),
    );
    expect({ unknown, wrong }).toEqual({ unknown: [], wrong: [] });
  });

  test("no files import each other in a circle, types included", () => {
    expect(circles()).toEqual([]);
  });

  test("every room is known here", () => {
    const unknown = [...new Set(files.map(room))].filter((name) => name !== "main" && !(name in allowed));
    expect(unknown).toEqual([]);
  });

  test("files carry their extension, and what comes with the runtime its prefix", () => {
    const wrong = imports
      .filter((one) => (one.target.startsWith(".") ? !/\.\w+$/.test(one.target) : isBareBuiltin(one.target)))
      .map((one) => `${one.file}: ${one.target}`);
    expect(wrong).toEqual([]);
  });

  test("only the transports know Bun", () => {
    const wrong = [...texts]
      .filter(([file]) => !bunRooms.test(file))
      .filter(([, text]) => /from "bun(?::\w+)?"|\bBun\./.test(withoutComments(text)))
      .map(([file]) => file);
    expect(wrong).toEqual([]);
  });

  test("nothing that runs on Node 20 asks for what it lacks", () => {
    const lacking = /\bPromise\.(?:withResolvers|try)\b|\bArray\.fromAsync\b|\bObject\.groupBy\b|\bMap\.groupBy\b/;
    const wrong = [...texts].filter(([, text]) => lacking.test(withoutComments(text))).map(([file]) => file);
    expect(wrong).toEqual([]);
  });

  test("packages are those that package.json names", () => {
    const known = ["citty", "consola", "re2js", "valibot"];
    const wrong = imports
      .filter((one) => !one.target.startsWith(".") && !/^(?:node|bun):|^bun$/.test(one.target))
      .filter((one) => !known.some((name) => one.target === name || one.target.startsWith(`${name}/`)))
      .map((one) => `${one.file}: ${one.target}`);
    expect(wrong).toEqual([]);
  });

  // The type checker lets an object be asked for any word only where its type has an index signature, where the word is
  // cast, or where the object is a fresh one; and `in` it does not look at.
  test("no object is asked for a word that may come from outside", () => {
    const ways: readonly { readonly what: RegExp; readonly except: readonly string[] }[] = [
      {
        what: /\bRecord<string\b/,
        // The environment, asked for names that stand in the source; and what is only built or looked through.
        except: [
          ..."ops/admin/sources config/text/environment cli/version cli/commands service/start/daemon service/runtime/portable-runtime".split(
            " ",
          ),
          ..."service/loading/load service/loading/plan-pieces plan/same".split(" "),
        ],
      },
      { what: /\[\w+: string\]/, except: ["word-table"] },
      { what: /\bas keyof\b/, except: [] },
      { what: /\}\[(?![\]$ ])/, except: [] },
      { what: /(?<!for \((?:const|let) )(?<![\w"[])[a-z][\w.]* in [a-z]\w*(?=[^\w]*[);?&|])/i, except: ["plan/same"] },
      {
        what: /\benv(?:ironment(?:\(\))?)?\[(?!")/,
        except: ["rules/fetches/constants", "service/start/daemon", "service/master/worker-start"],
      },
    ];
    const wrong = [...texts].flatMap(([file, text]) =>
      ways
        .filter(({ except }) => !except.includes(file.replace(/\.ts$/, "")))
        .flatMap(({ what }) =>
          withoutComments(text)
            .split("\n")
            .filter((line) => what.test(line.replaceAll(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, '""')))
            .map((line) => `${file}: ${line.trim()}`),
        ),
    );
    expect(wrong).toEqual([]);
  });

  test("each file says first what it is for, exports nothing by default, and has no such name as utils", () => {
    const wrong = [...texts]
      .filter(
        ([file, text]) =>
          !/^(?:#!.*\n)?\/\*\*/.test(text) ||
          /^export default/m.test(text) ||
          /(?:^|\/)(?:utils?|helpers?|common|manager|index)\.ts$/.test(file),
      )
      .map(([file]) => file);
    expect(wrong).toEqual([]);
  });
});

/** Files of circles, and those on the way from one circle to another: what is left when files that import nothing that is left have been taken away, and those that nothing left imports. */
function circles(): string[] {
  const left = new Map(files.map((file) => [file.replace(/\.ts$/, ""), new Set<string>()]));
  for (const one of ours) if (left.has(reached(one))) left.get(one.file.replace(/\.ts$/, ""))?.add(reached(one));
  for (let isLess = true; isLess;) {
    isLess = false;
    const imported = new Set(
      [...left.values()].flatMap((targets) => [...targets].filter((target) => left.has(target))),
    );
    for (const [file, targets] of left) {
      if (imported.has(file) && [...targets].some((target) => left.has(target))) continue;
      left.delete(file);
      isLess = true;
    }
  }
  return [...left.keys()].toSorted();
}

function isBareBuiltin(name: string): boolean {
  return ["fs", "net", "os", "path", "dns", "tls", "http", "crypto", "child_process", "util", "stream"].includes(name);
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}
