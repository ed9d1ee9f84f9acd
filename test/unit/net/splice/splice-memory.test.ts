/** Rings between two threads keep their order when they come round, and views lie beside each other. */
import { expect, test } from "bun:test";
import { control, push, shift, slotCount, spliceMemory } from "../../../../src/net/splice/splice-memory.ts";

test("what is pushed is shifted in its order, round after round, and a full ring overwrites nothing", () => {
  const memory = spliceMemory();
  const { ended } = memory;
  const take = (): number => shift(memory, ended, control.endedHead, control.endedTail);
  expect(take()).toBe(-1);
  for (let round = 0; round < 3; round++) {
    push(memory, ended, control.endedHead, 7);
    expect(take()).toBe(7);
    for (let slot = 0; slot < slotCount; slot++) push(memory, ended, control.endedHead, slot);
    for (let slot = 0; slot < slotCount; slot++) if (take() !== slot) throw new Error(`not ${slot} in round ${round}`);
    expect(take()).toBe(-1);
  }
});

test("another thread's views are of the same bytes, and none of two views' bytes are the same", () => {
  const memory = spliceMemory();
  const other = spliceMemory(memory.buffer);
  const views = Object.entries(memory).filter(([, view]) => ArrayBuffer.isView(view)) as [string, Int32Array][];
  const places = views.map(([, view]) => [view.byteOffset, view.byteOffset + view.byteLength] as const);
  places.sort(([one], [two]) => one - two);
  for (let at = 1; at < places.length; at++) expect(places[at]![0]).toBeGreaterThanOrEqual(places[at - 1]![1]);
  for (const [name, view] of views) {
    view[view.length - 1] = 5;
    expect((other as unknown as Record<string, Int32Array>)[name]!.at(-1)).toBe(5);
  }
});
