/** `ring` sections: where lines of the log wait, and for whom. */
import { expect, test } from "bun:test";
import type { RingPlan } from "../../../../src/plan/log.ts";
import { planOf, saidOf } from "../reading.ts";

const text = (...lines: readonly string[]): string =>
  `global\n log ring@r local0\nring r\n timeout connect 1s\n timeout server 2s\n${lines.map((line) => ` ${line}\n`).join("")}`;

function ring(...lines: readonly string[]): {
  readonly ring: RingPlan;
  readonly format: string;
  readonly length: number;
} {
  const [log] = planOf(`${text(...lines)}listen l\n bind 127.0.0.1:5\n server s 127.0.0.1:6\n`).global.logs;
  if (log?.destination.kind !== "ring") throw new Error("no ring");
  return { ring: log.destination.ring, format: log.format, length: log.length };
}

test("its servers, sizes and times", () => {
  const lines = ["format raw", "maxlen 200", "size 32768", "server a 127.0.0.1:7 log-proto octet-count", "server b /s"];
  expect(ring(...lines)).toMatchObject({
    format: "raw",
    length: 200,
    ring: {
      sizeBytes: 32_768,
      connectMs: 1000,
      serverMs: 2000,
      servers: [
        { name: "a", address: { kind: "tcp", host: "127.0.0.1", port: 7 }, countsOctets: true },
        { name: "b", address: { kind: "unix", path: "/s" }, countsOctets: false },
      ],
    },
  });
});

test("what has no effect is noted", () => {
  expect(planOf(text("description 'mine'")).global.withoutEffect.map(({ keyword }) => keyword)).toContain(
    "description",
  );
});

test.each([
  ["format x", "unknown format 'x'."],
  ["description", "missing ring description text."],
  ["size 5", "ignoring new size '5' that is smaller than current size '16384' for ring 'r'."],
  ["timeout client 5s", "'timeout' expects 'connect' or 'server'."],
  ["timeout connect 5x", "unexpected character 'x' in argument to <timeout connect>."],
  ["server a", "'server' expects <name> and <addr>[:<port>] as arguments."],
  ["server a 127.0.0.1", "'server r/a' : missing port specification."],
  ["server a 127.0.0.1:7 check", "'server r/a' : 'check' is not supported in a ring"],
  ["server a 127.0.0.1:7 log-proto x", "'log-proto' expects one of 'legacy' or 'octet-count' but got 'x'."],
  ["backing-file /x", "'backing-file' is not supported"],
])("%s", (line, message) => expect(saidOf(text(line)).join("\n")).toContain(message));
