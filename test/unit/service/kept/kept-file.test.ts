/** The inventory in its file: read once, written when something has changed, and never at the cost of what it cannot read. */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownKeptFiles } from "../../../../src/service/kept/kept-files.ts";
import { KeptFile } from "../../../../src/service/kept/kept-file.ts";
import { Inventory } from "../../../../src/ssh/inventory/inventory.ts";
import { savedLines, takeIn } from "../../../../src/ssh/inventory/saved.ts";
import { factsOf, modern, offerOf, settled, sideOf } from "../../ssh/inventory/facts.ts";

function scratch(): { readonly path: string; file(name: string): string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-report-"));
  const file = (name: string): string => join(folder, name);
  return { path: file("report"), file, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

function open(files = ownKeptFiles) {
  const inventory = new Inventory(Date.now, () => null);
  const said: string[] = [];
  const file = new KeptFile({
    keyword: "ssh-report-file",
    kept: {
      get changes() {
        return inventory.changes;
      },
      lines: () => savedLines(inventory),
      takeIn: (text) => takeIn(inventory, text),
    },
    files,
    warn: (text) => void said.push(text),
  });
  const note = (): void =>
    inventory.note(factsOf(sideOf("x_1", offerOf(modern)), sideOf("y_1", null), null), {
      frontend: "fe",
      server: null,
    });
  return { file, inventory, said, note, sessions: () => settled(inventory.report(null)).sessions };
}

describe("ssh-report-file", () => {
  test("goes from one process to the next", async () => {
    using place = scratch();
    const first = open();
    await first.file.use(place.path);
    expect(existsSync(place.path)).toBe(false);
    first.note();
    await first.file.use(place.path);
    const written = statSync(place.path).mtimeMs;
    await first.file.save();
    expect(statSync(place.path).mtimeMs).toBe(written);
    first.note();
    await first.file.close();
    const second = open();
    const before = statSync(place.path).mtimeMs;
    await second.file.use(place.path);
    await second.file.save();
    expect(statSync(place.path).mtimeMs).toBe(before);
    expect([second.sessions(), ...second.said, ...first.said]).toEqual([2]);
    await second.file.close();
  });

  test("two processes take in what the other has written", async () => {
    using place = scratch();
    const [one, other] = [open(), open()];
    await one.file.use(place.path);
    await other.file.use(place.path);
    one.note();
    await one.file.save();
    other.note();
    other.note();
    await other.file.save();
    one.note();
    one.note();
    await one.file.close();
    await other.file.close();
    expect([one.sessions(), one.said, other.said]).toEqual([3, [], []]);
    const third = open();
    await third.file.use(place.path);
    expect(third.sessions()).toBe(3);
    await third.file.close();
  });

  test("what is none is told, and kept beside the new one", async () => {
    using place = scratch();
    writeFileSync(place.path, "root:x:0:0\n");
    const { file, said, note } = open();
    await file.use(place.path);
    expect(said).toEqual([
      `ssh-report-file ${place.path}: it is not a file of fairlead's ssh-report; it is kept as ${place.path}.bad, and a new one is begun`,
    ]);
    expect(readFileSync(`${place.path}.bad`, "utf8")).toBe("root:x:0:0\n");
    note();
    await file.close();
    expect(readFileSync(place.path, "utf8")).toStartWith('{"file":"fairlead ssh-report"');
  });

  test("what cannot be read is told once, and not written over", async () => {
    using place = scratch();
    writeFileSync(place.path, "mine");
    let isBroken = true;
    const refused = Object.assign(new Error("no"), { code: "EACCES" });
    const { file, said, note } = open({
      ...ownKeptFiles,
      read: (path) => (isBroken ? Promise.reject(refused) : ownKeptFiles.read(path)),
    });
    await file.use(place.path);
    note();
    await file.save();
    await file.save();
    expect(said).toEqual([`ssh-report-file ${place.path}: Permission denied`]);
    expect(readFileSync(place.path, "utf8")).toBe("mine");
    isBroken = false;
    await file.close();
    expect(readFileSync(`${place.path}.bad`, "utf8")).toBe("mine");
  });

  test("another name takes what is there along", async () => {
    using place = scratch();
    const { file, note, said } = open();
    await file.use(place.path);
    note();
    await file.use(place.file("second"));
    await file.use(null);
    note();
    await file.close();
    expect(readFileSync(place.file("second"), "utf8")).toBe(readFileSync(place.path, "utf8"));
    expect(said).toEqual([]);
  });

  test("within another root folder it is found by its place there, and one outside is told of", async () => {
    using place = scratch();
    const jail = place.file("jail");
    mkdirSync(jail);
    const outside = open();
    await outside.file.use(place.path);
    await outside.file.rightsGone({ chroot: `${jail}/`, user: "nobody" });
    expect(outside.said[0]).toContain(`(it is outside of ${jail}): start with -W`);
    outside.note();
    await outside.file.close();
    expect(existsSync(place.path)).toBe(false);
    const asked: string[] = [];
    const inside = open({ ...ownKeptFiles, replace: async (path) => (asked.push(path), "1") });
    await inside.file.use(join(jail, "report"));
    await inside.file.rightsGone({ chroot: jail, user: "nobody" });
    inside.note();
    await inside.file.close();
    expect([asked, inside.said]).toEqual([["/report"], []]);
  });
});
