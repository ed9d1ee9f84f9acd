/** Fields as rules change them, and as they go out. */
import { describe, expect, test } from "bun:test";
import type { Fields } from "../../../../src/wire/http/fields.ts";
import { HeadReader } from "../../../../src/wire/http/head-reader.ts";
import type { Head } from "../../../../src/wire/http/head.ts";
import { headLength, writeHead } from "../../../../src/wire/http/head.ts";
import { replaceValues } from "../../../../src/wire/http/occurrences.ts";
import { seededRandom } from "../../../property/seed.ts";
import { bytesOf, limits, pairsOf, textOf, written } from "./exchange-bytes.ts";

function headWith(...lines: string[]): Head {
  const reader = new HeadReader("request", limits);
  const bytes = bytesOf(["GET /x HTTP/1.1", ...lines, "", ""].join("\r\n"));
  expect(reader.read(bytes, 0, bytes.length)).toBe("whole");
  return reader.head;
}

function otherNetwork(text: string): string | undefined {
  return text.startsWith("192.168.") ? text.replace("192.168", "172.16") : undefined;
}

const sent = (head: Head): string[] => written(head).split("\r\n").slice(1, -2);

describe("fields", () => {
  test("are found by name, in whatever case they came", () => {
    const { fields } = headWith("Host: a", "ACCEPT: b", "accept: c", "Accept-Encoding: d");
    expect([fields.find("accept"), fields.find("accept", 2), fields.find("accept", 3), fields.find("x")]).toEqual([
      1, 2, -1, -1,
    ]);
    expect([fields.has("host"), fields.has("hos"), fields.has("hosts"), fields.count]).toEqual([true, false, false, 4]);
    expect([fields.name(1), fields.value(2), fields.name(3)]).toEqual(["accept", "c", "accept-encoding"]);
  });

  test("are added, set, replaced and removed", () => {
    const head = headWith("A: 1", "B: 2", "A:3", "C: 4");
    const { fields } = head;
    fields.add("d", "5");
    fields.set("a", "6");
    fields.replaceAt(fields.find("b"), "7");
    expect(sent(head)).toEqual(["b: 7", "c: 4", "d: 5", "a: 6"]);
    expect([fields.find("a"), fields.find("c"), fields.value(0)]).toEqual([3, 1, "7"]);
    expect([fields.remove("d"), fields.remove("d")]).toEqual([1, 0]);
    fields.removeAt(1);
    expect(sent(head)).toEqual(["b: 7", "a: 6"]);
    expect(fields.removeWhere((name) => name === "b" || name === "a")).toBe(2);
    expect([fields.count, written(head)]).toEqual([0, "GET /x HTTP/1.1\r\n\r\n"]);
  });

  test("give way by line and by value", () => {
    const head = headWith("X-F: 192.168.10.1, 192.168.13.24 ,10.0.0.37", "X-F: 192.168.0.1", "Y: 1");
    expect(replaceValues(head.fields, "x-f", otherNetwork)).toBe(3);
    expect(sent(head)).toEqual(["x-f: 172.16.10.1,172.16.13.24,10.0.0.37", "x-f: 172.16.0.1", "y: 1"]);
    expect(head.fields.replaceLines("x-f", (line) => (line.includes(",") ? "all" : undefined))).toBe(1);
    expect(sent(head)).toEqual(["x-f: all", "x-f: 172.16.0.1", "y: 1"]);
  });

  test("have no text of an earlier head, however many fields that had, and however many came in between", () => {
    const reader = new HeadReader("request", limits);
    const read = (letter: string, count: number): Fields => {
      const lines = Array.from({ length: count }, (_, at) => `${letter}${at}: ${letter}`);
      const bytes = bytesOf(["GET /x HTTP/1.1", ...lines, "", ""].join("\r\n"));
      expect(reader.read(bytes, 0, bytes.length)).toBe("whole");
      return reader.head.fields;
    };
    const first = read("a", 6);
    first.replaceAt(5, "edited");
    first.add("added", "x");
    expect([first.name(4), first.value(4)]).toEqual(["a4", "a"]);
    read("b", 2);
    const third = read("c", 8);
    expect(Array.from({ length: third.count }, (_, at) => third.name(at) + third.value(at)).join(" ")).toBe(
      "c0c c1c c2c c3c c4c c5c c6c c7c",
    );
  });

  test("take no line's end from an edit", () => {
    const head = headWith("A: 1");
    head.fields.add("b", "x\r\nC: 1\0\u010a\u010d");
    head.fields.replaceAt(0, "\n");
    head.setTarget("/a b\r\nX: \u007f");
    expect(written(head)).toBe("GET /a%20b%0D%0AX:%20%7F HTTP/1.1\r\na:  \r\nb: x  C: 1   \r\n\r\n");
    expect([head.setMethod("A B"), head.setMethod(""), head.method, head.setMethod("PUT"), head.method]).toEqual([
      false,
      false,
      "GET",
      true,
      "PUT",
    ]);
    head.setTarget("");
    expect(written(head)).toStartWith("PUT / HTTP/1.1\r\n");
  });

  test("go out with one space before each value, however they came", () => {
    const head = headWith("A:1", "B:\t2", "C:  3", "D: 4 ", "E: 5", "F: 6");
    expect(sent(head)).toEqual(["a: 1", "b: 2", "c: 3", "d: 4", "e: 5", "f: 6"]);
  });

  test("go out in the case that old peers need", () => {
    const head = headWith("Host: a", "x-b: c");
    const into = new Uint8Array(headLength(head));
    const end = writeHead(head, into, 0, new Map([["host", "Host"]]));
    expect(textOf(into.subarray(0, end))).toBe("GET /x HTTP/1.1\r\nHost: a\r\nx-b: c\r\n\r\n");
  });

  test("behave as a plain list does, whatever is done to them", () => {
    const random = seededRandom("http fields");
    for (let round = 0; round < 400; round++) {
      const list = Array.from({ length: random.between(0, 60) }, (_, index) => [
        random.pick(["a", "bb", "ccc"]),
        `${index}`,
      ]);
      const space = random.pick([" ", "", "  "]);
      const head = headWith(...list.map(([name = "", value]) => `${name.toUpperCase()}:${space}${value}`));
      const { fields } = head;
      for (let step = 0; step < 12; step++) {
        const name = random.pick(["a", "bb", "ccc", "d"]);
        const at = random.between(0, Math.max(0, list.length - 1));
        const edit = random.pick(["add", "set", "remove", "at", "replace", "read"]);
        if (edit === "add") {
          fields.add(name, "+");
          list.push([name, "+"]);
        } else if (edit === "set" || edit === "remove") {
          const left = list.filter((one) => one[0] !== name);
          const gone = list.length - left.length;
          list.splice(0, list.length, ...left);
          if (edit === "remove") expect(fields.remove(name)).toBe(gone);
          else {
            fields.set(name, "=");
            list.push([name, "="]);
          }
        } else if (list.length > 0 && edit === "at") {
          fields.removeAt(at);
          list.splice(at, 1);
        } else if (list.length > 0 && edit === "replace") {
          fields.replaceAt(at, `r${step}`);
          list[at] = [list[at]?.[0] ?? "", `r${step}`];
        } else if (list.length > 0) expect(fields.value(at)).toBe(list[at]?.[1] ?? "");
      }
      expect(sent(head)).toEqual(list.map(([name, value]) => `${name}: ${value}`));
      expect(pairsOf(fields)).toEqual(list.map(([name = "", value = ""]) => [name, value] as const));
    }
  });
});
