/** Time-outs of frontends and backends between which SSH passes. */
import { expect, test } from "bun:test";
import { duration, examineTimeouts } from "../../../../src/service/doctor/timeouts.ts";
import { planOf } from "../../config/reading.ts";

function found(text: string): unknown[] {
  return examineTimeouts({ plan: planOf(text), files: [{ name: "case.cfg", text }] }).map(
    ({ severity, id, position, fix }) => [severity, id, position?.line, fix],
  );
}

const ssh = (times: string): string => `listen a\n bind :22\n server s 192.0.2.1:7999\n${times}`;

test("an hour and more is long enough", () => {
  expect(found(ssh(" timeout client 1h\n timeout server 1h\n"))).toEqual([]);
  expect(found(ssh(" timeout client 1m\n timeout server 1m\n timeout tunnel 2h\n"))).toEqual([]);
});

test("what is shorter is told by its line, the tunnel's alone where there is one", () => {
  expect(found(ssh(" timeout client 59m\n timeout server 1h\n"))).toEqual([
    ["warning", "timeout-short", 4, "timeout client 1h"],
  ]);
  expect(found(ssh(" timeout client 1m\n timeout server 1h\n timeout tunnel 30s\n"))).toEqual([
    ["warning", "timeout-short", 6, "timeout tunnel 1h"],
  ]);
});

test("the shorter one of two counts", () => {
  expect(found(ssh(" timeout client 2h\n timeout server 90m\n"))).toEqual([
    ["note", "timeouts-differ", 5, "timeout server 2h"],
  ]);
  expect(found(ssh(" timeout client 90m\n timeout server 1d\n"))).toEqual([
    ["note", "timeouts-differ", 4, "timeout client 1d"],
  ]);
});

test("none at all", () => {
  const names = found(ssh(" timeout client 0\n timeout server 0\n timeout connect 0\n")).map(
    (one) => (one as unknown[])[3],
  );
  expect(names).toEqual(["timeout connect 5s", "timeout client 1h"]);
});

test("what is no SSH has the times that it has", () => {
  expect(found("listen a\n bind :80\n server s 192.0.2.1:80\n timeout client 5s\n")).toEqual([]);
});

test("times as lines have them", () => {
  expect([1, 1500, 60_000, 90_000, 5_400_000, 7_200_000, 86_400_000].map(duration)).toEqual(
    "1ms 1500ms 1m 90s 90m 2h 1d".split(" "),
  );
});
