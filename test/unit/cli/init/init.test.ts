/** `fairlead init`: what it asks, what it refuses, what it writes. */
import { describe, expect, test } from "bun:test";
import { initialise, type InitScene, type InitWish, wrongInit } from "../../../../src/cli/init/init.ts";
import { readText } from "../../../cases/case.ts";
import { heard } from "../heard.ts";

const nothing: InitWish = { listen: null, servers: null, out: "a.cfg", socket: null, force: false, yes: false };

function stage(own: {
  wish?: Partial<InitWish>;
  answers?: readonly (string | null)[] | null;
  there?: boolean;
  isRoot?: boolean;
  fails?: string;
}) {
  const { wish = {}, answers = null, there = false, isRoot = true, fails } = own;
  const { terminal, text } = heard();
  const asked: string[] = [];
  const written: (readonly [string, string, boolean])[] = [];
  const left = [...(answers ?? [])];
  const scene: InitScene = {
    terminal,
    ask:
      answers === null
        ? null
        : async (question) => {
            asked.push(question);
            return left.shift() ?? null;
          },
    exists: () => there,
    accepts: async (_name, config) => readText(config).plan !== null,
    write(path, config, replace) {
      if (fails !== undefined) throw Object.assign(new Error("no room"), { code: fails });
      written.push([path, config, replace]);
    },
    isRoot,
    folderOf: () => "/home/ann",
  };
  return { run: () => initialise({ ...nothing, ...wish }, scene), text, asked, written };
}

const next = (from: string, to: string): string =>
  `a.cfg forwards ${from} to ${to}. Next:\n  fairlead -c -f a.cfg\n  fairlead -W -f a.cfg\n`;

test("two questions, of which the first has a usual answer", async () => {
  const { run, text, asked, written } = stage({ answers: ["", " bb1.example:7999, 192.0.2.2:7999 "] });
  expect(await run()).toBe(0);
  expect(asked).toEqual([
    "Where do clients come in? A port, or ADDRESS:PORT [22]: ",
    "Where are the servers? HOST:PORT, several separated by spaces: ",
  ]);
  expect(text()).toBe(next("22", "bb1.example:7999, 192.0.2.2:7999"));
  const [[path, config, replace] = []] = written;
  expect([path, replace]).toEqual(["a.cfg", false]);
  expect(config).toContain("    bind :22\n");
  expect(config).toContain("    server server2 192.0.2.2:7999\n");
  expect(config).toContain("    stats socket /run/fairlead.sock mode 600 level admin\n");
});

test("an answer that is wrong is asked for again, a few times", async () => {
  const good = stage({ answers: ["nowhere", "2222", "", "host", "h:1"] });
  expect(await good.run()).toBe(0);
  expect(good.text()).toBe(
    `  'nowhere' has no port: say which, as in nowhere:2222\n  at least one is needed\n  'host' has no port: say which, as in host:22\n${next("2222", "h:1")}`,
  );
  const never = stage({ answers: Array<string>(50).fill("x") });
  expect([await never.run(), never.asked.length, never.written]).toEqual([1, 5, []]);
});

test("input that ends leaves nothing behind", async () => {
  const { run, text, written } = stage({ answers: ["22", null] });
  expect([await run(), text(), written]).toEqual([1, "[ALERT]    nobody answers here: say --server HOST:PORT\n", []]);
});

describe("without anybody to ask", () => {
  const rows: readonly (readonly [Partial<InitWish>, number, string])[] = [
    [{}, 1, "[ALERT]    nobody answers here: say --listen PORT and --server HOST:PORT\n"],
    [{ listen: "22" }, 1, "[ALERT]    nobody answers here: say --server HOST:PORT\n"],
    [{ yes: true }, 1, "[ALERT]    what has no usual answer must be said: --server HOST:PORT\n"],
    [{ yes: true, servers: ["h:1"] }, 0, next("22", "h:1")],
    [{ listen: "[::1]:22", servers: ["h:1"] }, 0, next("[::1]:22", "h:1")],
  ];
  test.each(rows)("%j", async (wish, code, said) => {
    const { run, text } = stage({ wish });
    expect([await run(), text()]).toEqual([code, said]);
  });
  test("with --yes, nobody is asked on a terminal either", async () => {
    const { run, asked } = stage({ wish: { yes: true, servers: ["h:1"] }, answers: ["2222"] });
    expect([await run(), asked]).toEqual([0, []]);
  });
});

test("a file that is there stays, and nobody is asked for nothing", async () => {
  const { run, text, asked, written } = stage({ answers: ["", "h:1"], there: true });
  expect([await run(), asked, written]).toEqual([1, [], []]);
  expect(text()).toBe("[ALERT]    a.cfg is there already: --force replaces it, --out FILE writes another\n");
  const forced = stage({ wish: { force: true, yes: true, servers: ["h:1"] }, there: true });
  expect([await forced.run(), forced.written[0]?.[2]]).toEqual([0, true]);
});

test("a file that cannot be written is told", async () => {
  const wish = { yes: true, servers: ["h:1"] };
  const rows = [
    ["EEXIST", "it has come meanwhile; --force replaces it"],
    ["ENOSPC", "no room"],
  ] as const;
  for (const [fails, why] of rows) {
    const { run, text } = stage({ wish, fails });
    expect([await run(), text()]).toEqual([1, `[ALERT]    a.cfg cannot be written: ${why}\n`]);
  }
});

/** Where the file that is written has the stats socket. */
const socketOf = async (own: Parameters<typeof stage>[0]): Promise<string | undefined> => {
  const { run, written } = stage({ ...own, wish: { yes: true, servers: ["h:1"], ...own.wish } });
  await run();
  return /stats socket (\S+)/.exec(written[0]?.[1] ?? "")?.[1];
};

test("the socket is where the process can make it", async () => {
  expect(await socketOf({})).toBe("/run/fairlead.sock");
  expect(await socketOf({ isRoot: false })).toBe("/home/ann/fairlead.sock");
  expect(await socketOf({ wish: { out: "/etc/fairlead/fairlead.cfg" } })).toBe("/run/fairlead/admin.sock");
  expect(await socketOf({ wish: { socket: "/x/y" } })).toBe("/x/y");
});

test("the installed service's file is begun by the service", async () => {
  const { run, text } = stage({ wish: { out: "/etc/fairlead/fairlead.cfg", yes: true, servers: ["h:1"] } });
  await run();
  expect(text()).toEndWith("  systemctl enable --now fairlead\n");
  const odd = stage({ wish: { out: "my file's.cfg", yes: true, servers: ["h:1"] } });
  await odd.run();
  expect(odd.text()).toEndWith("  fairlead -W -f 'my file'\\''s.cfg'\n");
});

test("words that are wrong", () => {
  const rows: readonly (readonly [Partial<InitWish>, string | null])[] = [
    [{}, null],
    [{ listen: "22", servers: ["a:1", "b:2"], socket: "/s" }, null],
    [{ listen: "here" }, "'--listen': 'here' has no port: say which, as in here:2222"],
    [{ listen: "22 x" }, "'--listen': '22 x' is not an address to listen on"],
    [{ servers: ["a:1", "b"] }, "'--server': 'b' has no port: say which, as in b:22"],
    [{ servers: ["a:1\n    server x"] }, "'--server': 'a:1\n    server x' is not a server's address, like host:22"],
    [{ socket: "s" }, "'--socket': expects a whole path of plain letters, like /run/fairlead.sock"],
    [{ socket: `/${"x".repeat(100)}` }, "'--socket': a socket's path may have 90 characters"],
    [{ out: "a\nb" }, "'--out': a path without control characters is expected"],
  ];
  for (const [wish, wrong] of rows) expect(wrongInit({ ...nothing, ...wish })).toBe(wrong);
});
