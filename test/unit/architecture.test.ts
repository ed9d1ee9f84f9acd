/** Holds the walls of the house: imports run one way, and what only Bun has stays in the rooms made for it. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const source = join(import.meta.dir, "../../src");

/** What a room may import besides itself: a room, or one file of it. `main` may import everything. */
const allowed: Record<string, readonly string[]> = {
  cli: ["config", "plan", "ops"],
  config: ["plan", "regex", "net/transport"],
  regex: [],
  plan: ["net/transport"],
  events: ["plan", "net/transport", "rules/context", "rules/session-record"],
  clock: [],
  faults: [],
  proxy: ["plan", "events", "clock", "faults", "rules", "wire", "net/transport"],
  rules: ["plan", "regex", "clock", "wire", "net/transport"],
  http: ["plan", "events", "rules", "net/transport", "proxy"],
  ops: [
    "plan",
    "events",
    "clock",
    "rules/context",
    "rules/log-format",
    "rules/session-record",
    "proxy/face",
    "net/transport",
  ],
  net: ["clock"],
  wire: [],
  service: ["cli", "config", "ops", "plan", "events", "clock", "proxy", "rules", "http", "net"],
};

/** Rooms and files where Bun's own interfaces may be named. */
const bunRooms = /^(?:net\/|main\.ts$)/;

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

  test("packages are those that package.json names", () => {
    const known = ["citty", "consola", "valibot"];
    const wrong = imports
      .filter((one) => !one.target.startsWith(".") && !/^(?:node|bun):|^bun$/.test(one.target))
      .filter((one) => !known.some((name) => one.target === name || one.target.startsWith(`${name}/`)))
      .map((one) => `${one.file}: ${one.target}`);
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

function isBareBuiltin(name: string): boolean {
  return ["fs", "net", "os", "path", "dns", "tls", "http", "crypto", "child_process", "util", "stream"].includes(name);
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
}
