/** `show ssh penalties` and `clear ssh penalties`. */
import { describe, expect, test } from "bun:test";
import { answerCommand } from "../../../../../src/ops/admin/commands.ts";
import type { AdminSession } from "../../../../../src/ops/admin/command.ts";
import { nextSlice, sliceRows } from "../../../../../src/ops/answers/slices.ts";
import { Penalties } from "../../../../../src/ssh/penalties/penalties.ts";
import { frontendPlan, scene } from "../../../ssh/penalties/scene.ts";
import { adminSources } from "../../admin-sources.ts";

function stage(hosts: readonly string[], level: AdminSession["level"] = "admin") {
  const plan = frontendPlan({ minMs: 1500 });
  const penalties = new Penalties();
  penalties.renew([plan]);
  const { session } = scene(plan);
  for (const host of hosts) {
    const one = session(host);
    if (penalties.meet(one, false) === null) one.standing?.ended(one, { cause: "C", first: null });
  }
  const sources = adminSources();
  const from = { ...sources, info: { ...sources.info, sshPenalties: penalties } };
  const own: AdminSession = { level, severityOutput: "none", interactive: false, timeoutMs: 0, closing: false };
  const rows = (text: string) => answerCommand(text, from, own);
  return { rows, ask: (text: string) => [...rows(text)].join("") };
}

const head = "# frontend source seconds enforced noauth invalid proxy refused\n";

describe("penalties are shown", () => {
  test("as lines, and as JSON", () => {
    const { ask } = stage(["192.0.2.1", "192.0.2.1", "192.0.2.1", "2001:db8::1"]);
    expect(ask("show ssh penalties")).toMatch(
      new RegExp(`^${head}in 192\\.0\\.2\\.1/32 [12]\\.\\d yes 2 0 0 1\nin 2001:db8::/64 [01]\\.\\d no 1 0 0 0\n$`),
    );
    expect(JSON.parse(ask("show ssh penalties json"))).toEqual([
      {
        frontend: "in",
        source: "192.0.2.1/32",
        leftMs: expect.any(Number),
        enforced: true,
        faults: { noauth: 2, invalid: 0, proxy: 0 },
        refused: 1,
      },
      expect.objectContaining({ source: "2001:db8::/64", enforced: false, refused: 0 }),
    ]);
    expect(JSON.parse(stage([]).ask("show ssh penalties json"))).toEqual([]);
    expect(stage([]).ask("show ssh penalties")).toBe(head);
  });

  test("in slices, however many there are", () => {
    const { rows } = stage(Array.from({ length: 2000 }, (_, at) => `10.0.${at >> 8}.${at & 255}`));
    const steps = rows("show ssh penalties")[Symbol.iterator]();
    let count = 0;
    for (let slice = nextSlice(steps); ; slice = nextSlice(steps)) {
      count += 1;
      expect(slice.text.split("\n").length).toBeLessThanOrEqual(sliceRows + 1);
      if (slice.isLast) break;
    }
    expect(count).toBeGreaterThan(7);
  });

  test("to operators", () => {
    expect(stage([], "operator").ask("show ssh penalties")).toBe(head);
    expect(stage([], "user").ask("show ssh penalties")).toBe("Permission denied\n");
  });
});

describe("penalties are cleared", () => {
  test("all of them, or those in a network", () => {
    const { ask } = stage(["192.0.2.1", "192.0.2.2", "198.51.100.1"]);
    expect(ask("clear ssh penalties 192.0.2.1")).toBe("");
    expect(ask("show ssh penalties")).not.toContain("192.0.2.1/32");
    expect(ask("clear ssh penalties 192.0.2.1")).toBe("No source there has a penalty.\n");
    expect(ask("clear ssh penalties 192.0.2.0/24")).toBe("");
    expect(ask("clear ssh penalties")).toBe("");
    expect(ask("show ssh penalties")).toBe(head);
  });

  test("by admins", () => {
    expect(stage([], "operator").ask("clear ssh penalties")).toBe("Permission denied\n");
  });
});

test("other words are refused", () => {
  const { ask } = stage([]);
  expect(ask("show ssh penalties xml")).toBe("Expects nothing, or 'json'.\n");
  expect(ask("show ssh penalties json x")).toBe("Expects nothing, or 'json'.\n");
  expect(ask("clear ssh penalties x")).toBe("'x' is not a valid IPv4 or IPv6 address.\n");
  expect(ask("clear ssh penalties 192.0.2.1 all")).toBe("Expects an address or a network, or nothing.\n");
  const own: AdminSession = {
    level: "admin",
    severityOutput: "none",
    interactive: false,
    timeoutMs: 0,
    closing: false,
  };
  expect([...answerCommand("show ssh penalties", adminSources(), own)].join("")).toBe("SSH is not looked at here.\n");
});
