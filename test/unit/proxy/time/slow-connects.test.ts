import { expect, setDefaultTimeout, test } from "bun:test";
import { SlowConnects } from "../../../../src/proxy/time/slow-connects.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

test("what is still there after a while is looked at once, what has left is not", async () => {
  const seen: string[] = [];
  const watch = new SlowConnects<string>((one) => seen.push(one));
  watch.add("slow");
  watch.add("fast").end();
  await Bun.sleep(110);
  watch.add("later").end();
  for (let left = 100; left > 0 && seen.length === 0; left--) await Bun.sleep(10);
  await Bun.sleep(250);
  expect(seen).toEqual(["slow"]);
});

test("one that grew old and leaves then is not looked at either", async () => {
  const seen: string[] = [];
  const watch = new SlowConnects<string>((one) => seen.push(one));
  watch.add("slow");
  const nearly = watch.add("nearly");
  await Bun.sleep(110);
  nearly.end();
  for (let left = 100; left > 0 && seen.length === 0; left--) await Bun.sleep(10);
  expect(seen).toEqual(["slow"]);
});
