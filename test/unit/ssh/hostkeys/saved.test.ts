/** Host keys as a text, whole or not at all. */
import { expect, test } from "bun:test";
import { KnownServers } from "../../../../src/ssh/hostkeys/known.ts";
import { restore, savedLines } from "../../../../src/ssh/hostkeys/saved.ts";
import { settled } from "../inventory/facts.ts";

const [x, y] = ["A", "E"].map((end) => `SHA256:${"x".repeat(42)}${end}`) as [string, string];
const key = { name: "ssh-ed25519", type: "ED25519", bits: 256, fingerprint: x, isVerified: true };

function filled(): KnownServers {
  const known = new KnownServers();
  const server = known.at("b", "s", "[::1]:22");
  known.note(server, [key], true, 10);
  known.note(server, [{ ...key, fingerprint: y }], true, 20);
  known.at("b", "never read", "h:1");
  return known;
}

const parsed = (content: string): unknown[] =>
  content
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const text = (known: KnownServers): string => [...savedLines(known)].join("");

function taken(content: string): { readonly known: KnownServers; readonly wrong: string | null } {
  const known = new KnownServers();
  return { known, wrong: settled(restore(known, content)) };
}

test("comes back as it was", () => {
  const { known, wrong } = taken(text(filled()));
  expect(wrong).toBeNull();
  expect(parsed(text(known))).toEqual(parsed(text(filled())));
  expect(known.size).toBe(1);
  expect([known.nameOf(y), known.find("b", "s", "[::1]:22")?.changes]).toEqual(["ssh-ed25519", 0]);
});

const lines = text(filled()).split("\n");
const bent: readonly (readonly [string, string, RegExp])[] = [
  ["nothing", "", /not a file of fairlead's ssh-hostkeys/],
  ["something else", '{"file":"fairlead ssh-report","version":1}\n', /not a file of fairlead's ssh-hostkeys/],
  [
    "a later form",
    '{"file":"fairlead ssh-hostkeys","version":2}\n',
    /has version 2 of its form, and this program reads 1/,
  ],
  ["cut off", text(filled()).slice(0, -3), /ends before its last line/],
  ["without a line", [lines[0], lines[2], ""].join("\n"), /lines of it are missing/],
  ["with more behind it", `${text(filled())}x\n`, /lines of it are missing/],
  ["a bent line", text(filled()).replace("ED25519", "ed\\u0000"), /line 2 makes no sense/],
  ["a bent fingerprint", text(filled()).replace(y, "SHA256:x"), /line 2 makes no sense/],
  ["an instant that is none", text(filled()).replace('"lookedAt":20', '"lookedAt":9e15'), /line 2 makes no sense/],
];
for (const [what, content, wrong] of bent)
  test(`${what} is told, and nothing of it is taken`, () => {
    const found = taken(content);
    expect(found.wrong).toMatch(wrong);
    expect([...found.known.all()]).toEqual([]);
  });
