// The pid file: a number that others can believe, and no way to have root write somewhere else.
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePidfile } from "../../../../src/service/start/pidfile.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "pidfile-"))));
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

const at = (name: string): string => join(folder, name);
const own = `${process.pid}\n`;

test("it is new each time, whoever had the old one, and alone in its folder", () => {
  expect(writePidfile(at("pid"))).toBeNull();
  const first = lstatSync(at("pid"));
  expect(readFileSync(at("pid"), "utf8")).toBe(own);
  expect(first.mode & 0o7133).toBe(0);
  writeFileSync(at("pid"), "123456789\nmore\n");
  expect(writePidfile(at("pid"))).toBeNull();
  expect(readFileSync(at("pid"), "utf8")).toBe(own);
  expect(lstatSync(at("pid")).ino).not.toBe(first.ino);
  expect(readdirSync(folder)).toEqual(["pid"]);
});

test("a link is not followed, wherever it leads", () => {
  writeFileSync(at("precious"), "precious");
  symlinkSync(at("precious"), at("to-file"));
  symlinkSync(at("nothing"), at("to-nothing"));
  symlinkSync(folder, at("to-folder"));
  symlinkSync("loop", at("loop"));
  const before = readdirSync(folder);
  for (const name of ["to-file", "to-nothing", "to-folder", "loop"]) {
    expect(writePidfile(at(name))).toBe(
      `Cannot create pidfile ${at(name)} : it is a symbolic link, which is not followed; name the file itself`,
    );
  }
  expect(readdirSync(folder)).toEqual(before);
  expect(readFileSync(at("precious"), "utf8")).toBe("precious");
});

test("other names of the file that was there keep what it said", () => {
  writeFileSync(at("precious"), "precious");
  linkSync(at("precious"), at("pid"));
  expect(writePidfile(at("pid"))).toBeNull();
  expect(readFileSync(at("pid"), "utf8")).toBe(own);
  expect(readFileSync(at("precious"), "utf8")).toBe("precious");
});

test("what is no file is told", () => {
  mkdirSync(at("folder"));
  expect(writePidfile(at("folder"))).toBe(
    `Cannot create pidfile ${at("folder")} : it is a directory; name a file in it`,
  );
  execFileSync("mkfifo", [at("fifo")]);
  expect(writePidfile(at("fifo"))).toBe(`Cannot create pidfile ${at("fifo")} : it is not a file`);
  expect(writePidfile("/dev/null")).toBe("Cannot create pidfile /dev/null : it is not a file");
  expect(writePidfile(at("missing/pid"))).toBe(
    `Cannot create pidfile ${at("missing/pid")} : No such file or directory`,
  );
});

/** root may write everywhere: somebody else does it. */
function asNobody(path: string): string {
  const program = `import { writePidfile } from "${import.meta.dir}/../../../../src/service/start/pidfile.ts";
    process.setgid(65534); process.setuid(65534);
    const wrong = writePidfile(${JSON.stringify(path)}); console.log(wrong ?? process.pid);`;
  return execFileSync(process.execPath, ["-e", program], { encoding: "utf8" }).trim();
}

test.if(process.getuid?.() === 0)("in a folder that takes no file, one's own is written, and only that", () => {
  chmodSync(folder, 0o755);
  for (const name of ["own", "linked", "other"]) writeFileSync(at(name), "123456789\n");
  linkSync(at("linked"), at("linked-too"));
  execFileSync("chown", ["65534", at("own"), at("linked")]);
  chmodSync(at("other"), 0o666);
  const pid = asNobody(at("own"));
  expect(readFileSync(at("own"), "utf8")).toBe(`${pid}\n`);
  expect(asNobody(at("linked"))).toEndWith(": it has other names (hard links)");
  expect(asNobody(at("other"))).toEndWith(": it belongs to another user, and no other can be put there");
  expect(asNobody(at("new"))).toEndWith(": Permission denied");
  expect(readFileSync(at("linked"), "utf8")).toBe("123456789\n");
  expect(readFileSync(at("other"), "utf8")).toBe("123456789\n");
});
