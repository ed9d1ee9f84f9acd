/** Whether rights are given up, and what an operator is told of that. Giving them up is tried end to end. */
import { expect, test } from "bun:test";
import { costOfOneProcess, dropPrivileges, givesUpRights } from "../../../../src/service/start/privileges.ts";

function refuse(): never {
  throw Object.assign(new Error("no"), { code: "ENOENT" });
}

const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;

test("what the process is already, it does not give up", () => {
  expect(givesUpRights({ uid: null, gid: null, chroot: null })).toBe(false);
  expect(givesUpRights({ uid, gid, chroot: null })).toBe(false);
  expect(givesUpRights({ uid: uid + 1, gid: null, chroot: null })).toBe(true);
  expect(givesUpRights({ uid: null, gid: gid + 1, chroot: null })).toBe(true);
});

test("the root folder itself is no other root, however it is written", () => {
  expect(givesUpRights({ uid: null, gid: null, chroot: "/" })).toBe(false);
  expect(givesUpRights({ uid: null, gid: null, chroot: "//" })).toBe(false);
  expect(givesUpRights({ uid: null, gid: null, chroot: "/var/empty" })).toBe(true);
});

test("what is lost depends on whether there is another root", () => {
  expect(costOfOneProcess({ chroot: null }, "why")).toBe(
    "'user' and 'group' are given up by the only process: a reload can neither read what only root may, nor bind ports below 1024 (why).",
  );
  expect(costOfOneProcess({ chroot: "/x" }, "why")).toStartWith("'user', 'group' and 'chroot' are given up");
});

test("a root that cannot be entered is told, and nothing else is given up", () => {
  const wanted = { chroot: "/nowhere", uid: uid + 1, gid: null, user: "other" };
  expect(dropPrivileges(wanted, refuse)).toBe("Cannot chroot(/nowhere): No such file or directory.");
  expect(dropPrivileges(wanted, null)).toBe("Cannot chroot(/nowhere): this runtime cannot change the root folder.");
  expect(process.getuid?.() ?? 0).toBe(uid);
});
