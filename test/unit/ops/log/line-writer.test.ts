import { expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLineWriter } from "../../../../src/ops/log/line-writer.ts";

function withFile<T>(act: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "line-writer-"));
  return act(join(folder, "log")).finally(() => rmSync(folder, { recursive: true }));
}

const line = (text: string): Uint8Array => Buffer.from(`${text}\n`);

test("lines leave whole and in order", () =>
  withFile(async (path) => {
    const fd = openSync(path, "w");
    const writer = openLineWriter(fd, () => {});
    for (let number = 0; number < 100; number++) writer.write(line(`line ${number}`));
    await writer.flushed();
    closeSync(fd);
    expect(readFileSync(path, "utf8")).toBe(Array.from({ length: 100 }, (_, number) => `line ${number}\n`).join(""));
    expect(writer.dropped).toBe(0);
  }));

test("a reader that has gone is told of once, and every line is counted", () =>
  withFile(async (path) => {
    closeSync(openSync(path, "w"));
    // Nothing can be written to it.
    const fd = openSync(path, "r");
    const failed: string[] = [];
    const writer = openLineWriter(fd, (reason) => void failed.push(reason));
    writer.write(line("one"));
    writer.write(line("two"));
    await writer.flushed();
    writer.write(line("three"));
    await writer.flushed();
    closeSync(fd);
    expect([failed.length, writer.dropped]).toEqual([1, 3]);
  }));

test("what is too much for a slow reader is dropped", () =>
  withFile(async (path) => {
    const fd = openSync(path, "w");
    const writer = openLineWriter(fd, () => {});
    writer.write(new Uint8Array(4 * 1024 * 1024 - 4));
    writer.write(line("one"));
    writer.write(line("two"));
    await writer.flushed();
    closeSync(fd);
    expect(writer.dropped).toBe(1);
  }));
