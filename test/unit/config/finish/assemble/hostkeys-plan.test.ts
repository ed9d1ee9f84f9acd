/** What lines of proxies and servers come to that have to do with host keys. */
import { expect, test } from "bun:test";
import { formatDiagnostics } from "../../../../../src/config/text/diagnostics.ts";
import { hostKeysInterMs } from "../../../../../src/plan/ssh/ssh.ts";
import { readText } from "../../../../cases/case.ts";

const [one = "", two = "", three = ""] = ["A", "E", "I"].map((end) => `SHA256:${"x".repeat(42)}${end}`);
const timeouts = " timeout client 1s\n timeout server 1s\n timeout connect 1s\n";

/** Of each server of a section with these lines, after such defaults. */
function plansOf(lines: string, defaults = "") {
  const { plan, diagnostics } = readText(`defaults\n${timeouts}${defaults}listen l\n bind :1\n${lines}`);
  expect(formatDiagnostics(diagnostics.all, 0)).toBe("");
  return plan?.backends[0]?.servers.map(({ hostKeys }) => hostKeys);
}

const of = (...pins: string[]) => ({ interMs: hostKeysInterMs, pins });
const server = " server s 127.0.0.1:2";

test("nothing is looked at that nobody asks for", () => expect(plansOf(`${server}\n`)).toEqual([null]));

test("how often", () => {
  const plain = { interMs: hostKeysInterMs, pins: [] };
  expect(plansOf(` ssh-hostkeys\n${server}\n`)).toEqual([plain]);
  expect(plansOf(` ssh-hostkeys inter 90s\n${server}\n`)).toEqual([{ ...plain, interMs: 90_000 }]);
  expect(plansOf(`${server}\n`, " ssh-hostkeys inter 2s\n")).toEqual([{ ...plain, interMs: 2000 }]);
  expect(plansOf(` no ssh-hostkeys\n${server}\n`, " ssh-hostkeys\n")).toEqual([null]);
  expect(plansOf(` mode http\n${server}\n`, " ssh-hostkeys\n")).toEqual([null]);
});

test("the nearest pins count, and are looked at whether that is asked for or not", () => {
  expect(plansOf(`${server} ssh-hostkey ${one} ssh-hostkey ${two} ssh-hostkey ${one}\n`)).toEqual([of(one, two)]);
  expect(
    plansOf(` ssh-hostkey ${one}\n ssh-hostkey ${two}\n${server}\n server t 127.0.0.1:2 ssh-hostkey ${three}=\n`),
  ).toEqual([of(one, two), of(three)]);
  expect(
    plansOf(
      ` default-server ssh-hostkey ${one} ssh-hostkey ${two}\n${server}\n server t 127.0.0.1:2 ssh-hostkey ${three}\n`,
    ),
  ).toEqual([of(one, two), of(three)]);
  expect(plansOf(` ssh-hostkey ${two}\n${server}\n`, ` default-server ssh-hostkey ${one}\n`)).toEqual([of(one)]);
  expect(plansOf(` server-template t 2 127.0.0.1:2 ssh-hostkey ${one}\n`)).toEqual([of(one), of(one)]);
});
