/** A unix socket's file is in its place whole, and goes only while it is ours; what it replaced comes back where it has not served. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { placeSocketFile, type SocketFile, temporaryPath } from "../../../../src/net/listen/socket-file.ts";

let folder = "";
let path = "";

beforeEach(() => {
  folder = mkdtempSync("/tmp/fairlead-unit-");
  path = join(folder, "s");
});
afterEach(() => rmSync(folder, { recursive: true }));

const asItIs = { mode: null, uid: null, gid: null };

/** A plain file in a socket's place: placing does not look at what it places. */
function place(text: string, owner: Parameters<typeof placeSocketFile>[2] = asItIs): SocketFile {
  const temporary = temporaryPath(path);
  writeFileSync(temporary, text);
  return placeSocketFile(temporary, path, owner);
}

function bound(where: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(where, () => resolve(server));
  });
}

test("it has its mode, and is removed only while it is ours", () => {
  const first = place("first", { ...asItIs, mode: 0o600 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const second = place("second");
  first.remove();
  expect(readFileSync(path, "utf8")).toBe("second");
  second.remove();
  second.remove();
  expect(existsSync(path)).toBe(false);
});

test("what a process that died has left in the temporary place is removed", () => {
  writeFileSync(`${path}.${process.pid}.tmp`, "left");
  expect(existsSync(temporaryPath(path))).toBe(false);
});

test("a mode that cannot be set leaves nothing behind", () => {
  expect(() => placeSocketFile(join(folder, "missing"), path, { ...asItIs, mode: 0o600 })).toThrow("ENOENT");
  const temporary = temporaryPath(path);
  writeFileSync(temporary, "");
  expect(() => placeSocketFile(temporary, join(folder, "no", "folder"), asItIs)).toThrow("ENOENT");
  expect([existsSync(temporary), existsSync(path)]).toEqual([false, false]);
});

test("a socket that was there comes back when ours goes before it serves, and not after", async () => {
  const former = await bound(path);
  const { ino } = statSync(path);
  const unused = place("unused");
  expect(readFileSync(path, "utf8")).toBe("unused");
  unused.remove();
  expect(statSync(path).ino).toBe(ino);
  const used = place("used");
  used.keep();
  used.remove();
  expect([existsSync(path), existsSync(`${path}.${process.pid}.bak`)]).toEqual([false, false]);
  former.close();
});
