/** Lines that say what holds for a whole section. */
import { describe, expect, test } from "bun:test";
import { whereSaid } from "../../../../src/service/doctor/said.ts";

const files = [
  {
    name: "a.cfg",
    text: `global
  chroot /a
  maxconn 5
defaults
  timeout client 1m
  timeout server 2m
frontend one
  timeout  client 3m
  maxconn 7
backend two
  server maxconn 192.0.2.1:1
`,
  },
  {
    name: "b.cfg",
    text: "global\n  chroot /b # timeout client\ndefaults\nbackend three\n  timeout servers 1\nlisten one\n  mode tcp\n",
  },
];
const at = (file: string, line: number) => ({ file, line });

describe("where it is said", () => {
  for (const [place, words, found] of [
    ["global", "chroot", at("b.cfg", 2)],
    ["global", "maxconn", at("a.cfg", 3)],
    ["global", "timeout client", null],
    [{ proxy: "one" }, "timeout client", at("a.cfg", 8)],
    [{ proxy: "one" }, "timeout server", at("a.cfg", 6)],
    [{ proxy: "two" }, "timeout server", at("a.cfg", 6)],
    [{ proxy: "two" }, "maxconn", null],
    [{ proxy: "three" }, "timeout server", null],
    [{ proxy: "none" }, "timeout server", null],
  ] as const)
    test(`${JSON.stringify(place)} ${words}`, () => expect(whereSaid(files, place, words)).toEqual(found));
});
