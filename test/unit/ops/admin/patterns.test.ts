/** Pattern commands answer in HAProxy 2.6's words; answers were taken from it. */
import { expect, test } from "bun:test";
import { addedKeyComplaint, addedValueComplaint } from "../../../../src/config/expressions/patterns.ts";
import type { AdminSession } from "../../../../src/ops/admin/command.ts";
import type { AdminSources } from "../../../../src/ops/admin/sources.ts";
import { answerCommand } from "../../../../src/ops/admin/commands.ts";
import type { PatternListPlan } from "../../../../src/plan/rules/acl.ts";
import { Patterns } from "../../../../src/rules/match/patterns.ts";

function listPlan(
  own: Partial<PatternListPlan>,
  lines: readonly (readonly [string, string | null])[],
): PatternListPlan {
  const entries = lines.map(([key, value]) => ({ key, value, compared: [key] }));
  return { id: 0, file: null, isAcl: own.isMap !== true, isMap: false, description: "d", uses: [], entries, ...own };
}

function stage() {
  const patterns = new Patterns();
  const ip = { match: "ip", ignoreCase: false, output: null } as const;
  const lists = [
    listPlan({ file: "/a", uses: [ip] }, [["10.0.0.0/8", null]]),
    listPlan({ id: 1, uses: [{ match: "str", ignoreCase: true, output: null }] }, [["Foo", null]]),
    listPlan({ id: 2, file: "/m", isMap: true, uses: [{ match: "beg", ignoreCase: false, output: "int" }] }, [
      ["foo", "1"],
      ["bar", "2"],
    ]),
  ];
  for (const _ of patterns.take(lists));
  // Patterns commands ask nothing else.
  const sources = {
    patterns: { all: () => patterns.all(), wrongKey: addedKeyComplaint, wrongValue: addedValueComplaint },
  } as unknown as AdminSources;
  const session: AdminSession = {
    level: "operator",
    severityOutput: "none",
    interactive: false,
    timeoutMs: 0,
    closing: false,
  };
  const first = [...patterns.all()].flatMap((list) => [...list.entries()])[0]?.reference ?? 0;
  // References count up in the whole process: shown from 1 here.
  const shown = (text: string): string =>
    text.replaceAll(/^0x([0-9a-f]+)/gm, (_, digits: string) => `<${Number.parseInt(digits, 16) - first + 1}>`);
  return {
    first,
    ask: (text: string, payload: string | null = null) =>
      shown([...answerCommand(text, sources, session, payload)].join("")),
  };
}

const unknownAcl = "Unknown ACL identifier. Please use #<id> or <file>.\n";
const unknownMap = "Unknown map identifier. Please use #<id> or <file>.\n";

test.each([
  [
    "show acl",
    "# id (file) description\n0 (/a) d. curr_ver=0 next_ver=0 entry_cnt=1\n1 () d. curr_ver=0 next_ver=0 entry_cnt=1\n",
  ],
  ["show map", "# id (file) description\n2 (/m) d. curr_ver=0 next_ver=0 entry_cnt=2\n"],
  ["show acl #0", "<1> 10.0.0.0/8\n"],
  ["show acl @1 /a", ""],
  ["show acl @1", unknownAcl],
  ["show acl /m", unknownAcl],
  ["show map #2", "<3> foo 1\n<4> bar 2\n"],
  ["show map #1", unknownMap],
  ["get acl /a 10.1.1.1", 'type=ip, case=sensitive, match=yes, idx=tree, pattern="10.0.0.0/8"\n'],
  ["get acl /a x", "type=ip, case=sensitive, match=no\n"],
  ["get acl #1 fOO", 'type=str, case=insensitive, match=yes, idx=list, pattern="Foo"\n'],
  ["get map /m food", 'type=beg, case=sensitive, found=yes, idx=tree, key="foo", value="1", type="sint"\n'],
  ["get map /m fo", "type=beg, case=sensitive, found=no\n"],
  ["get map /m", "Missing map identifier and/or key.\n"],
  ["add acl /a", "'add acl' expects two parameters: ACL identifier and pattern.\n"],
  ["add acl /a zzz", "'zzz' is not a valid IPv4 or IPv6 address.\n"],
  ["add acl /a 10.2/16", "'10.2/16' is not a valid IPv4 or IPv6 address.\n"],
  ["add acl @1 /a 1.1.1.1", "Version number in the future, please use 'prepare acl' before.\n"],
  [
    "add map /m k",
    "'add map' expects three parameters (map identifier, key and value) or one parameter (map identifier) and a payload\n",
  ],
  ["add map /m k x", "unable to parse 'x'.\n"],
  ["add map nope k v", unknownMap],
  ["set map /m foo", "'set map' expects three parameters: map identifier, key and value.\n"],
  ["set map /m nope 1", "entry not found.\n"],
  ["set map /m #0xfffff 1", "key or pattern not found.\n"],
  ["del acl nope x", unknownMap],
  ["del acl /a", "This command expects two parameters: ACL identifier and key.\n"],
  ["del acl /a 1.1.1.1", "Key not found.\n"],
  ["del acl /a #0xzz", "Malformed identifier. Please use #<id> or <file>.\n"],
  ["clear map", "Missing map identifier.\n"],
  ["prepare acl /a", "New version created: 1\n"],
  ["prepare acl", unknownAcl],
  ["commit acl /a", "Missing version number.\n"],
  ["commit acl @1", "Missing ACL identifier.\n"],
  ["commit acl @9 /a", "Version number out of range.\n"],
])("%s", (command, answer) => expect(stage().ask(command)).toBe(answer));

test("entries come, change and go, by key and by reference", () => {
  const { ask, first } = stage();
  const reference = `#0x${(first + 2).toString(16)}`;
  const answers = ["add map /m foo 3", "set map /m foo 4", "del map /m bar", `set map /m ${reference} 5`].map((text) =>
    ask(text),
  );
  expect([...answers, ask("show map /m")]).toEqual(["", "", "", "", "<3> foo 5\n<5> foo 4\n"]);
  expect([ask(`del map /m ${reference}`), ask("show map /m")]).toEqual(["", "<5> foo 4\n"]);
  expect([ask("clear map /m"), ask("show map /m")]).toEqual(["", ""]);
});

test("a map takes a payload up to what is wrong in it", () => {
  const { ask } = stage();
  expect(ask("add map /m", "a 7\n  b  8\nc\nd 9")).toBe("Missing value for key 'c'.\n");
  expect(ask("show map /m")).toBe("<3> foo 1\n<4> bar 2\n<5> a 7\n<6> b 8\n");
});

test("a version is filled out of sight and put in force at once", () => {
  const { ask } = stage();
  ask("prepare acl /a");
  expect([ask("add acl @1 /a 1.1.1.1"), ask("show acl /a"), ask("show acl @1 /a")]).toEqual([
    "",
    "<1> 10.0.0.0/8\n",
    "<5> 1.1.1.1\n",
  ]);
  expect([ask("commit acl @1 /a"), ask("show acl /a")]).toEqual(["", "<5> 1.1.1.1\n"]);
});
