/** What a client offers, cut where HAProxy 2.6 cut the same messages with `tune.ssl.capture-buffer-size`. */
import { expect, test } from "bun:test";
import { readOfferedLists, withoutGrease } from "../../../../src/wire/tls/client-hello.ts";
import { u16 } from "./hello-bytes.ts";

function bytes(hex: string): number[] {
  return [...Buffer.from(hex, "hex")];
}

/** A message that offers these ciphers; extensions are written `type:data`. */
function message(ciphers: string, ...extensions: string[]): Uint8Array {
  const list = extensions.flatMap((one) => {
    const [type = "", data = ""] = one.split(":");
    return [...bytes(type), ...u16(data.length / 2), ...bytes(data)];
  });
  const tail = extensions.length === 0 ? [] : [...u16(list.length), ...list];
  const suites = bytes(ciphers);
  const body = [3, 3, ...new Uint8Array(32), 0, ...u16(suites.length), ...suites, 1, 0, ...tail];
  return Uint8Array.from([1, 0, ...u16(body.length), ...body]);
}

function told(hello: Uint8Array, maxBytes = 4096): unknown {
  const lists = readOfferedLists(hello, maxBytes);
  if (lists === null) return null;
  const { ciphers, extensions, groups, pointFormats } = lists;
  return [ciphers, extensions, groups, pointFormats].map((list) => Buffer.from(list).toString("hex"));
}

const groups = "000a:0004001d0017";
const formats = "000b:020001";

test("lists in the client's order", () => {
  expect(told(message("c02fc030", groups, "0023:", formats))).toEqual(["c02fc030", "000a0023000b", "001d0017", "0001"]);
  expect(readOfferedLists(message("c02f"), 4096)?.version).toBe(0x0303);
  expect(told(message("c02f"))).toEqual(["c02f", "", "", ""]);
});

test("together they are no longer than there is room, and of no type is half there", () => {
  expect(told(message("c02fc030", groups, formats), 9)).toEqual(["c02fc030", "000a000b", "00", ""]);
  expect(told(message("c02fc0", groups, formats), 9)).toEqual(["c02fc0", "000a000b", "001d", ""]);
  expect(told(message("c02fc030cca8009fc027", groups, formats), 9)).toEqual(["c02fc030cca8009fc0", "", "", ""]);
  expect(told(message("c02fc030", groups, "0023:", formats), 9)).toEqual(["c02fc030", "000a0023", "00", ""]);
  expect(readOfferedLists(message("c02fc030", groups), 1)?.allCiphers).toHaveLength(4);
});

test("a list of a wrong length ends the reading", () => {
  expect(told(message("c02f", "000a:000a001d", "000b:0500", "dada:0011"))).toEqual(["c02f", "000a", "", ""]);
  expect(told(message("c02f", "000b:0500", "dada:0011"))).toEqual(["c02f", "000b", "", ""]);
});

test("what is no such message is none, and one that ends early tells no more than it has", () => {
  const whole = message("c02fc030", groups, formats);
  expect(told(Uint8Array.from([2, ...whole.subarray(1)]))).toBeNull();
  expect(told(new Uint8Array())).toBeNull();
  for (let length = 0; length < 45; length++) expect(told(whole.subarray(0, length))).toBeNull();
  for (let length = 45; length < whole.length; length++) {
    expect(told(whole.subarray(0, length))).toEqual(["c02fc030", "", "", ""]);
  }
});

function filtered(hex: string): string {
  return Buffer.from(withoutGrease(Uint8Array.from(bytes(hex)))).toString("hex");
}

test("values that are there for tolerance can be left out", () => {
  expect(filtered("0a0a130113020a1a1a0a5a5ac02f00ff5600ffff")).toBe("130113020a1a1a0ac02f00ff5600ffff");
  expect(filtered("0a0a130113")).toBe("130113");
});
