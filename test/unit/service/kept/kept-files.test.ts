/** Files that outlive the process: all or nothing, nobody else's to read, and nothing of others is written over. */
import { describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mostKeptBytes, noFile, ownKeptFiles as files } from "../../../../src/service/kept/kept-files.ts";

function scratch(): { readonly folder: string; readonly path: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-kept-"));
  return { folder, path: join(folder, "kept"), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "",
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );
}

function* failing(): Iterable<string> {
  yield "b".repeat(100_000);
  throw new Error("no more");
}

function* endless(): Iterable<string> {
  const piece = "b".repeat(1024 * 1024);
  for (let left = mostKeptBytes; left >= 0; left -= piece.length) yield piece;
}

describe("a kept file", () => {
  test("is what was written, by one user alone, with nothing left beside it", async () => {
    using place = scratch();
    const first = await files.replace(place.path, ["a", "\u0100\n", "b".repeat(200_000)], noFile);
    expect(await files.read(place.path)).toEqual({
      kind: "content",
      text: `a\u0100\n${"b".repeat(200_000)}`,
      stamp: first ?? "",
    });
    expect(statSync(place.path).mode & 0o777).toBe(0o600);
    expect(await files.replace(place.path, ["c"], first ?? "")).not.toBe(first);
    expect(readFileSync(place.path, "utf8")).toBe("c");
    expect(readdirSync(place.folder)).toEqual(["kept"]);
  });

  test("is not replaced when somebody else has written it meanwhile", async () => {
    using place = scratch();
    const stamp = await files.replace(place.path, ["a"], noFile);
    writeFileSync(place.path, "theirs");
    expect(await files.replace(place.path, ["b"], stamp ?? "")).toBeNull();
    expect(await files.replace(place.path, ["b"], noFile)).toBeNull();
    expect(readFileSync(place.path, "utf8")).toBe("theirs");
    expect(readdirSync(place.folder)).toEqual(["kept"]);
  });

  test("stays as it is when what is to be in it fails, or never ends", async () => {
    using place = scratch();
    const stamp = (await files.replace(place.path, ["a"], noFile)) ?? "";
    expect(await codeOf(files.replace(place.path, failing(), stamp))).toBe("no more");
    expect(await codeOf(files.replace(place.path, endless(), stamp))).toBe("EFBIG");
    expect(readFileSync(place.path, "utf8")).toBe("a");
    expect(readdirSync(place.folder)).toEqual(["kept"]);
  });

  test("what a crash has left beside it goes, and a link there is not followed", async () => {
    using place = scratch();
    writeFileSync(`${place.path}.new`, "half");
    const stamp = await files.replace(place.path, ["a"], noFile);
    writeFileSync(join(place.folder, "other"), "other");
    symlinkSync(join(place.folder, "other"), `${place.path}.new`);
    await files.replace(place.path, ["b"], stamp ?? "");
    expect(readdirSync(place.folder).toSorted()).toEqual(["kept", "other"]);
    expect(["kept", "other"].map((name) => readFileSync(join(place.folder, name), "utf8"))).toEqual(["b", "other"]);
  });

  test("may not be there, or be none", async () => {
    using place = scratch();
    expect(await files.read(place.path)).toEqual({ kind: "none" });
    expect(await codeOf(files.replace(join(place.path, "x"), ["a"], noFile))).toBe("ENOENT");
    mkdirSync(place.path);
    expect(await files.read(place.path)).toEqual({ kind: "unfit", why: "it is not a file" });
    execFileSync("mkfifo", [join(place.folder, "pipe")]);
    expect(await files.read(join(place.folder, "pipe"))).toMatchObject({ kind: "unfit" });
    const large = join(place.folder, "large");
    writeFileSync(large, "");
    truncateSync(large, mostKeptBytes + 1);
    expect(await files.read(large)).toMatchObject({ kind: "unfit", why: expect.stringContaining("too large") });
    expect(await files.setAside(large)).toBe(`${large}.bad`);
    expect([existsSync(large), existsSync(`${large}.bad`)]).toEqual([false, true]);
  });
});
