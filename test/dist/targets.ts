/** What `make dist` built: looked into, built again, and run where this machine can. */
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import packageFile from "../../package.json" with { type: "json" };
import { targets } from "../../dist/targets/targets.ts";
import { must, run, scratch, testWith } from "../e2e/harness.ts";

const root = join(import.meta.dir, "../..");
const bin = join(root, "dist/bin");

/** ELF header (gABI, figure 4-3): class at 4, OSABI at 7, machine at 18. Mach-O: magic, then the processor's type. */
const headers: Record<string, { readonly magic: string; readonly machine: number; readonly osabi?: number }> = {
  "linux-x64": { magic: "7f454c46", machine: 62, osabi: 0 },
  "linux-arm64": { magic: "7f454c46", machine: 183, osabi: 0 },
  "freebsd-x64": { magic: "7f454c46", machine: 62, osabi: 9 },
  "freebsd-arm64": { magic: "7f454c46", machine: 183, osabi: 9 },
  "darwin-x64": { magic: "cffaedfe", machine: 0x01000007 },
  "darwin-arm64": { magic: "cffaedfe", machine: 0x0100000c },
};

/** The program that starts each ELF file: it tells glibc, musl and FreeBSD apart. */
const interpreters: Record<string, string> = {
  "linux-x64": "/lib64/ld-linux-x86-64.so.2",
  "linux-arm64": "/lib/ld-linux-aarch64.so.1",
  "linux-x64-musl": "/lib/ld-musl-x86_64.so.1",
  "linux-arm64-musl": "/lib/ld-musl-aarch64.so.1",
  "freebsd-x64": "/libexec/ld-elf.so.1",
  "freebsd-arm64": "/libexec/ld-elf.so.1",
};

function start(file: string, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  const fd = openSync(file, "r");
  readSync(fd, buffer, 0, bytes, 0);
  closeSync(fd);
  return buffer;
}

describe.each([...targets])("%s", (target) => {
  const file = join(bin, `fairlead-${target}`);

  test("is for its system and processor", () => {
    const header = start(file, 64);
    const isElf = target.startsWith("linux") || target.startsWith("freebsd");
    const seen = {
      magic: header.toString("hex", 0, 4),
      machine: isElf ? header.readUInt16LE(18) : header.readUInt32LE(4),
      ...(isElf ? { osabi: header[7] } : {}),
    };
    expect<unknown>(seen).toEqual(headers[target.replace("-musl", "")]);
    const interpreter = interpreters[target];
    if (interpreter !== undefined) expect(start(file, 4096).includes(`${interpreter}\0`)).toBe(true);
  });

  test("holds this program, its worker, and no switch to read the folder it is started in", () => {
    const bytes = readFileSync(file);
    const missing = [
      "/$bunfs/root/",
      "splice-worker",
      "load-thread",
      "password-thread",
      `"${packageFile.version}"`,
      "reads the configuration language",
    ];
    expect(missing.filter((text) => !bytes.includes(text))).toEqual([]);
  });
});

test("the sums are those of the files", async () => {
  const out = await must(["sha256sum", "-c", "SHA256SUMS"], { cwd: bin });
  expect(out.trim().split("\n").toSorted()).toEqual(
    [...targets.map((target) => `fairlead-${target}`), "fairlead.mjs"].map((name) => `${name}: OK`).toSorted(),
  );
});

test("the same sources give the same bytes", async () => {
  const some = ["linux-x64", "linux-arm64-musl", "freebsd-x64", "darwin-arm64"];
  const sums = (): string[] =>
    [...some.map((target) => `fairlead-${target}`), "fairlead.mjs"].map((name) =>
      createHash("sha256")
        .update(readFileSync(join(bin, name)))
        .digest("hex"),
    );
  const before = sums();
  await must(["rm", "dist/bin/fairlead.mjs"], { cwd: root });
  await must(["make", "dist", `TARGETS=${some.join(",")}`], { cwd: root, env: { TARGETS: some.join(",") } });
  expect(sums()).toEqual(before);
}, 300_000);

/** Runs end-to-end tests through another build; `sessions` picks them by name. */
async function sessions(forwarder: string, names: string): Promise<void> {
  const ran = await run([process.execPath, "test", "test/e2e/ssh.test.ts", "-t", names], {
    cwd: root,
    env: { FORWARDER: forwarder, CI: process.env["CI"] ?? "" },
    timeoutMs: 400_000,
  });
  if (ran.code !== 0 || !/^ *[1-9]\d* pass$/m.test(ran.stderr)) throw new Error(`${ran.stdout}\n${ran.stderr}`);
}

testWith(
  ["sshd", "git"],
  "linux-x64 carries a clone and a push, scp and a terminal",
  () => sessions("dist/bin/fairlead-linux-x64", "clones|scp|interactive"),
  400_000,
);

testWith(
  ["sshd", "git", "musl-gcc", "gcc"],
  "linux-x64-musl carries a clone and a push, scp and a terminal",
  async () => {
    using folder = scratch();
    await must(["sh", join(import.meta.dir, "musl-root.sh"), join(bin, "fairlead-linux-x64-musl"), folder.path]);
    await sessions(`env LD_LIBRARY_PATH=${folder.path} dist/bin/fairlead-linux-x64-musl`, "clones|scp|interactive");
  },
  400_000,
);

testWith(
  ["sshd", "qemu-aarch64-static"],
  "linux-arm64 carries sessions under qemu",
  () =>
    sessions("qemu-aarch64-static -L /usr/aarch64-linux-gnu dist/bin/fairlead-linux-arm64", "interactive|IPv6|back"),
  400_000,
);
