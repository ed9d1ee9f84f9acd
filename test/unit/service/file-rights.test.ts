import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { giveFileRights, isSameRights } from "../../../src/service/file-rights.ts";

const nothing = { mode: null, uid: null, gid: null };

test("a file gets the rights that are said, and else those of one that is made", () => {
  const folder = mkdtempSync(join(tmpdir(), "file-rights-"));
  try {
    const path = join(folder, "socket");
    writeFileSync(path, "");
    giveFileRights(path, { ...nothing, mode: 0o600 });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    giveFileRights(path, nothing);
    expect(statSync(path).mode & 0o777).toBe(0o777 & ~process.umask());
    expect(() => giveFileRights(join(folder, "none"), nothing)).toThrow("ENOENT");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("each of the three makes a difference", () => {
  expect(isSameRights(nothing, { ...nothing })).toBe(true);
  for (const other of [{ mode: 0 }, { uid: 0 }, { gid: 0 }])
    expect(isSameRights(nothing, { ...nothing, ...other })).toBe(false);
});
