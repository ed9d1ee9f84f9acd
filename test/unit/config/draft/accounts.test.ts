/** Users and groups from files. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { fileAccounts } from "../../../../src/config/draft/accounts.ts";

test("ids by name", () => {
  const folder = mkdtempSync(join(process.env["TMPDIR"] ?? "/tmp", "accounts-"));
  const [passwd, group] = [join(folder, "passwd"), join(folder, "group")];
  try {
    writeFileSync(passwd, "# no\nweb:x:12:34:Web:/:/bin/sh\nbad:x:no:1::/:\n");
    writeFileSync(group, "www:x:56:web\n");
    const accounts = fileAccounts(passwd, group);
    expect(accounts.user("web")).toEqual({ uid: 12, gid: 34 });
    expect(accounts.group("www")).toBe(56);
    expect([accounts.user("bad-"), accounts.group("web")]).toEqual([null, null]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("without files only who runs the process is known", () => {
  const accounts = fileAccounts("/nonexistent/passwd", "/nonexistent/group");
  const { username, uid, gid } = userInfo();
  expect(accounts.user(username)).toEqual({ uid, gid });
  expect(accounts.user(`${username}x`)).toBeNull();
  expect(accounts.group("root")).toBeNull();
});
