import { describe, expect, test } from "bun:test";
import { Inventory } from "../../../../src/ssh/inventory/inventory.ts";
import { readSaved, restore, savedLines } from "../../../../src/ssh/inventory/saved.ts";
import { choiceOf, factsOf, modern, offerOf, old, settled, sideOf } from "./facts.ts";

const dayMs = 86_400_000;
const start = 20_000 * dayMs;
const server = sideOf("OpenSSH_9.2p1", offerOf(modern));

function filled(clock: { at: number }): Inventory {
  const inventory = new Inventory(
    () => clock.at,
    (software) => (software === "OpenSSH" ? software : null),
  );
  for (let count = 0; count < 400; count++) {
    clock.at += 3_600_000;
    const offer = count % 3 === 0 ? null : offerOf(count % 2 === 0 ? modern : old);
    const side = sideOf(count % 5 === 0 ? `OpenSSH_${count}` : `scan${count}`, offer);
    inventory.note(factsOf(side, server, offer === null ? null : choiceOf("curve25519-sha256")), {
      frontend: "git",
      server: "ssh/one",
    });
  }
  return inventory;
}

function read(text: string): ReturnType<typeof readSaved> extends Generator<unknown, infer Result> ? Result : never {
  return settled(readSaved(text));
}

function restored(text: string, into: Inventory): Inventory {
  const saved = read(text);
  if (typeof saved === "string") throw new Error(saved);
  for (const _ of restore(into, saved));
  return into;
}

describe("an inventory that is saved", () => {
  const clock = { at: start };
  const inventory = filled(clock);
  const text = [...savedLines(inventory)].join("");
  const empty = (): Inventory =>
    new Inventory(
      () => clock.at,
      (software) => (software === "OpenSSH" ? software : null),
    );

  test("comes back as it was", () => {
    const again = restored(text, empty());
    expect(settled(again.report(null))).toEqual(settled(inventory.report(null)));
    expect(settled(again.report(clock.at - 3 * dayMs))).toEqual(settled(inventory.report(clock.at - 3 * dayMs)));
    expect(restored([...savedLines(again)].join(""), empty()).offers.characters).toBe(inventory.offers.characters);
  });

  test("a copy of what is known changes nothing", () => {
    const again = restored(text, restored(text, empty()));
    expect(settled(again.report(null))).toEqual(settled(inventory.report(null)));
  });

  test("days that are too old are left out, and those that have not come yet", () => {
    const before = clock.at;
    clock.at += 85 * dayMs;
    expect(settled(restored(text, empty()).report(null)).sessions).toBeLessThan(400);
    clock.at = start - dayMs;
    expect(settled(restored(text, empty()).report(null)).sessions).toBe(0);
    clock.at = before;
  });

  test("says of anything else what is wrong with it", () => {
    const [head = "", second = "", ...rest] = text.split("\n");
    expect(read("")).toContain("not a file of");
    expect(read("root:x:0:0\n")).toContain("not a file of");
    expect(read(text.slice(0, -20))).toContain("ends before");
    expect(read(text.replace('"version":1', '"version":2'))).toContain("version 2");
    expect(read([head, "{}", ...rest].join("\n"))).toBe("line 2 makes no sense");
    expect(read([head, ...rest].join("\n"))).toContain("missing");
    expect(read(`${text}\n`)).toContain("missing");
    expect(second).toContain("offer");
  });
});
