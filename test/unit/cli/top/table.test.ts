/** The lines of `fairlead top`: wide, narrow, in either order, and with names that would steer a terminal. */
import { describe, expect, test } from "bun:test";
import { topLines, type TopOrder } from "../../../../src/cli/top/table.ts";
import { scene, seen } from "./said.ts";

function lines(own: { order?: TopOrder; width?: number; more?: number | null } = {}): string[] {
  const { order = "file", width = 120, more = null } = own;
  const before = more === null ? null : seen(scene(), 0);
  return topLines({ view: seen(scene(more ?? 0), 2000), before, order, width }).map((line) => line.trimEnd());
}

test("wide: everything", () => {
  const [first = "", second, third, empty, ...rest] = lines({ width: 150 });
  expect(first).toMatch(/^lb: one, pid 7, up 0d 0h02m03s, version 2\.6\.12-x; \d\d:\d\d:\d\d$/);
  expect(second).toBe("connections 12 of 100, new/s 3, waiting 3; in -/s, out -/s; idle 98 %");
  expect([third, empty]).toEqual(["servers 2, down 1: git/two", ""]);
  expect(rest).toEqual([
    "PROXY/SERVER       STATUS   SESS  LIMIT    MAX QUEUE  NEW/s    IN/s   OUT/s   TOTAL      IN     OUT    CHECK    SINCE WEIGHT",
    "web (frontend)       OPEN      1     50      0     -      1       -       -      10    1000    2000        -        -      -",
    "ssh (frontend)       OPEN      8     50      0     -      4       -       -   12.3k      10      20        -        -      -",
    "git (backend)          UP      8      5      0     3      0       -       -       0      10      10        -     1d1h      -",
    "  one                  UP      2      -      0     0      0       -       -       0       1       1     L4OK     1h1m      1",
    "  two                DOWN      6      -      0     0      0       -       -       0       9       9    L4CON     1m1s      5",
    "app (backend)          UP      1      -      0     0      0       -       -       0    4.8M       0        -       5s      -",
  ]);
});

test("narrow: what matters most, and no line is wider than the terminal", () => {
  expect(lines({ width: 40 })[4]).toBe("PROXY/SERVER       STATUS   SESS  NEW/s");
  for (let width = 20; width < 200; width += 1) {
    const longest = Math.max(
      ...topLines({ view: seen(scene()), before: null, order: "file", width }).map((line) => line.length),
    );
    expect(longest).toBeLessThanOrEqual(width);
  }
});

test("bytes a second are those between two looks; after a restart nobody knows", () => {
  const [, second, , , , web = ""] = lines({ more: 4096 });
  expect(second).toContain("in 0/s, out 2048/s");
  expect(web.split(/\s+/).slice(8, 10)).toEqual(["0", "2048"]);
  const shrunk = topLines({ view: seen(scene(-500), 2000), before: seen(scene(), 0), order: "file", width: 120 });
  expect(shrunk[5]?.split(/\s+/).slice(8, 10)).toEqual(["-", "-"]);
});

/** Names of the rows, in their order. */
const names = (order: TopOrder, more: number | null = null) =>
  lines({ order, more })
    .slice(5)
    .map((line) => line.trim().split(" ", 1)[0]);

describe("orders", () => {
  test("sessions", () => expect(names("sessions")).toEqual(["ssh", "web", "git", "two", "one", "app"]));
  test("bytes, of all time where nothing else is known", () =>
    expect(names("bytes")).toEqual(["web", "ssh", "app", "git", "two", "one"]));
  test("bytes a second", () => expect(names("bytes", 9).slice(0, 2)).toEqual(["web", "ssh"]));
});

test("names cannot steer the terminal", () => {
  const rows = [
    { pxname: "\u001b[2Jp", svname: "FRONTEND", type: 0, status: "\u0007OPEN" },
    { pxname: "b\r", svname: "s\u009b31m", type: 2, status: "DOWN" },
    { pxname: "b\r", svname: "BACKEND", type: 1, status: "UP" },
  ];
  const text = topLines({ view: seen(rows), before: null, order: "file", width: 200 }).join("\n");
  // oxlint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  expect(text).toContain("#1B[2Jp (frontend)");
});
