import { expect, test } from "bun:test";
import { familyOf, nameIn } from "../../../../src/ssh/inventory/families.ts";
import { sshFamilies } from "../../../../src/wire/ssh/families.ts";

test("software is of its family, and so is each family's own name", () => {
  expect([familyOf("OpenSSH"), familyOf("OpenSSH_for_Windows"), familyOf("nobody-knows")]).toEqual([
    "OpenSSH",
    "OpenSSH",
    null,
  ]);
  for (const family of sshFamilies) expect(familyOf(family)).not.toBeNull();
});

test.each([
  ["ssh2js", "ssh2"],
  ["OpenSSH", "OpenSSH"],
  ["OpenSSH_for_Windows", "OpenSSH_for_Windows"],
  ["APACHE-SSHD", "Apache MINA"],
  ["Apache MINA", "Apache MINA"],
  ["Own", "Own"],
])("%s is called %s", (software, name) => {
  expect(nameIn(familyOf(software), software)).toBe(name);
});
