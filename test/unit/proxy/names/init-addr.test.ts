import { expect, test } from "bun:test";
import { begin } from "../../../../src/proxy/names/init-addr.ts";

type Methods = Parameters<typeof begin>[0]["initAddr"];

/** Where a server begins whose state file knows `last`, and whose name has these addresses; and how often libc was asked. */
async function beginning(initAddr: Methods, last: string | null, addresses: readonly string[]): Promise<unknown[]> {
  let questions = 0;
  const { by, host, wasAsked } = await begin({ initAddr }, last, () => {
    questions += 1;
    return Promise.resolve(addresses);
  });
  return [by, host, wasAsked, questions];
}

test("the first method that gives an address decides, and nothing behind it is asked", async () => {
  expect(await beginning(["last", "libc"], "192.0.2.1", ["192.0.2.2"])).toEqual(["last", "192.0.2.1", false, 0]);
  expect(await beginning(["last", "libc", "none"], null, ["192.0.2.2", "192.0.2.3"])).toEqual([
    "libc",
    "192.0.2.2",
    false,
    1,
  ]);
  expect(await beginning(["libc", "last"], "192.0.2.1", [])).toEqual(["last", "192.0.2.1", true, 1]);
  expect(await beginning(["192.0.2.9", "libc"], null, ["192.0.2.2"])).toEqual(["literal", "192.0.2.9", false, 0]);
});

test("none lets it begin without an address, and whether libc was asked in vain before is told", async () => {
  expect(await beginning(["none", "libc"], null, ["192.0.2.2"])).toEqual(["none", null, false, 0]);
  expect(await beginning(["libc", "none"], null, [])).toEqual(["none", null, true, 1]);
});

test("where no method works it cannot begin", async () => {
  expect(await beginning(["last", "libc"], null, [])).toEqual([null, null, true, 1]);
  expect(await beginning([], "192.0.2.1", ["192.0.2.2"])).toEqual([null, null, false, 0]);
});
