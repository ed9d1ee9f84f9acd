import { expect, test } from "bun:test";
import { familyOf } from "../../../../src/ssh/inventory/families.ts";
import { sshFamilies } from "../../../../src/wire/ssh/families.ts";

test("software is of its family, and so is each family's own name", () => {
  expect([familyOf("OpenSSH"), familyOf("OpenSSH_for_Windows"), familyOf("nobody-knows")]).toEqual([
    "OpenSSH",
    "OpenSSH",
    null,
  ]);
  for (const family of sshFamilies) expect(familyOf(family)).not.toBeNull();
});
