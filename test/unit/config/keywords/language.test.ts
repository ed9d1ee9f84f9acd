/** The table itself: nothing twice, a reason for everything that does not work, and nothing of HAProxy's unknown. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { keywordsJson, keywordsText } from "../../../../src/cli/keywords.ts";
import { keywords } from "../../../../src/config/keywords/language.ts";
import { readText } from "../../../cases/case.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

describe("the table", () => {
  test("has no keyword twice in one place", () => {
    const names = keywords.map((keyword) => `${keyword.scope} ${keyword.name}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test("gives a reason for whatever does not work, and only for that", () => {
    const wrong = keywords.filter((keyword) => (keyword.class === "works") !== (keyword.reason === null));
    expect(wrong.map((keyword) => keyword.name)).toEqual([]);
  });

  test("says what each keyword does", () => {
    expect(keywords.filter((keyword) => !keyword.help.endsWith(".")).map((keyword) => keyword.name)).toEqual([]);
  });

  test("refuses nothing that TCP files often have, save TLS", () => {
    const refused = keywords.filter(({ class: cls, tier }) => cls === "refused" && (tier === "A" || tier === "B"));
    expect(refused.map((keyword) => keyword.name)).toEqual([]);
  });

  test("is printed as text and as JSON", () => {
    expect(JSON.parse(keywordsJson())).toEqual(JSON.parse(JSON.stringify(keywords)));
    expect(keywordsText()).toContain("  timeout client <time>");
    expect(keywordsText()).toContain("Accepted without effect");
    expect(keywordsText()).toContain("Longest time for the head of a request. (mode http)");
  });
});

/** HAProxy's own list: `section<TAB>keyword`, from its registered keywords. */
function registered(): { scope: string; name: string }[] {
  const output = spawnSync("haproxy", ["-dKcfg", "-q", "-c", "-f", "/dev/null"], { encoding: "utf8" }).stdout ?? "";
  let section = "";
  return output.split("\n").flatMap((line) => {
    if (/^\w/.test(line)) section = line.trim();
    const bind = /^\tbind <addr> (?:ssl )?(\S+)/.exec(line)?.[1];
    if (bind !== undefined) return { scope: "bind", name: bind };
    const server = /^\tserver <name> <addr> (\S+)/.exec(line)?.[1];
    if (server !== undefined) return { scope: "server", name: server };
    const option = /^\t(option \S+)/.exec(line)?.[1];
    if (option !== undefined) return { scope: "proxy", name: option };
    const plain = /^\t(\S+)$/.exec(line)?.[1];
    if (plain === undefined || (section !== "global" && section !== "listen")) return [];
    return { scope: section === "global" ? "global" : "proxy", name: plain };
  });
}

const isKnown = ({ scope, name }: { scope: string; name: string }): boolean =>
  keywords.some((one) => one.scope === scope && (one.name === name || one.name.startsWith(`${name} `)));

const list = registered();
test.skipIf(list.length === 0)("knows every keyword that HAProxy registers", () => {
  expect(list.length).toBeGreaterThan(100);
  expect(list.filter((one) => !isKnown(one))).toEqual([]);
});

test("what has no effect is listed with its place", () => {
  const { plan } = readText(
    "global\n tune.maxaccept 5\nlisten x\n bind :1\n timeout client 1s\n timeout http-request 5s\n",
  );
  expect(plan?.global.withoutEffect).toEqual([
    {
      keyword: "tune.maxaccept",
      reason: "buffers and limits of HAProxy's own engine",
      position: { file: "case.cfg", line: 2 },
    },
    { keyword: "timeout http-request", reason: "it is for mode http", position: { file: "case.cfg", line: 6 } },
  ]);
});
