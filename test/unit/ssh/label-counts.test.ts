/** Which names have a label of their own. */
import { expect, test } from "bun:test";
import { type Label, LabelCounts, Labels, mostLabels } from "../../../src/ssh/label-counts.ts";

test("a name takes the label of the rarest once it has come more often", () => {
  const folded: string[] = [];
  const counts = new LabelCounts();
  const labels = new Labels(
    (name) => (name.startsWith("known") ? "known" : null),
    (from: Label, to: Label) => {
      folded.push(`${from.name} to ${to.name}`);
      counts.fold(from, to);
    },
  );
  const come = (name: string, times: number): void => {
    for (let index = 0; index < times; index++) counts.add(labels.take(name));
  };
  come("known_1", 1);
  come("known_2", 1);
  for (let index = 0; index < mostLabels; index++) come(`n${index}`, index === 7 ? 2 : 3);
  come("late", 2);
  expect([folded, new Map(counts.all()).get("other")]).toEqual([[], 2]);
  come("late", 1);
  expect([folded, new Map(counts.all()).get("late"), new Map(counts.all()).get("other")]).toEqual([
    ["n7 to other"],
    1,
    4,
  ]);
  // One that names itself so has no other place.
  come("other", 1);
  expect([new Map(counts.all()).get("other"), new Map(counts.all()).get("known")]).toEqual([5, 2]);
});
