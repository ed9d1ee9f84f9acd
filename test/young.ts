/** Whether those who have come and gone are found to be gone by collections of the young part of the heap. */
import { edenGC } from "bun:jsc";

/**
 * Has `count` objects come in turn and go again, with a young collection after each tenth of them; how many are still held when the
 * last ones have gone. `come` takes one, and returns what has it leave.
 */
export async function heldAfter(count: number, come: (one: object) => () => void): Promise<number> {
  const seen: WeakRef<object>[] = [];
  const there: (() => void)[] = [];
  for (let at = 0; at < count; at++) {
    const one = { at };
    seen.push(new WeakRef(one));
    there.push(come(one));
    if (there.length > 32) there.shift()?.();
    // What a WeakRef was asked for or made of stays for as long as a turn.
    if (at % (count / 10) === 0) await collected();
  }
  for (const leave of there.splice(0)) leave();
  await collected();
  await collected();
  return seen.filter((one) => one.deref() !== undefined).length;
}

async function collected(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  edenGC();
}
