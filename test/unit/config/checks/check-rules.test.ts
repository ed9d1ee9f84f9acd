/** Which lines of a check count, and in which order. */
import { expect, test } from "bun:test";
import type { CheckPlan } from "../../../../src/plan/check.ts";
import { readText } from "../../../cases/case.ts";

const head = "defaults\n timeout connect 1s\n timeout server 1s\n";

const lines = (text: string): string =>
  text
    .split("|")
    .map((line) => ` ${line}\n`)
    .join("");

function checkOf(defaults: string, backend: string): CheckPlan | undefined {
  const { plan, diagnostics } = readText(
    `${head}${lines(defaults)}backend b\n${lines(backend)} server s 127.0.0.1:1 check\n`,
  );
  if (plan === null) throw new Error(JSON.stringify(diagnostics.all));
  return plan.backends[0]?.check;
}

function steps(defaults: string, backend: string): string {
  const check = checkOf(defaults, backend);
  if (check?.kind !== "tcp" && check?.kind !== "http") throw new Error("no script");
  const shown = check.steps.map((step) => {
    if (step.kind === "send") return `send ${Buffer.from(step.data as Uint8Array).toString()}`;
    if (step.kind === "http-send") return `${step.method} ${String(step.uri)} ${step.version}`;
    return step.kind === "http-expect" ? `${step.match} ${String(step.pattern)}` : step.kind;
  });
  return shown.join(", ");
}

test.each([
  // Those of defaults hold until the section has a line of its own.
  ["option tcp-check|tcp-check send a", "#", "send a"],
  ["option tcp-check|tcp-check send a", "tcp-check send b", "send b"],
  ["tcp-check send a", "option tcp-check", "send a"],
  // A request is filled up, and an answer waited for.
  ["#", "option httpchk", "OPTIONS / HTTP/1.0, status 200-399"],
  ["#", "option httpchk GET /x|http-check expect status 204", "GET /x HTTP/1.0, status 204"],
  ["#", "option httpchk GET /x|http-check send meth PUT ver HTTP/1.1", "PUT /x HTTP/1.1, status 200-399"],
  ["#", "option httpchk|http-check connect|http-check send uri /y", "connect, OPTIONS /y HTTP/1.0, status 200-399"],
])("%s, then %s", (defaults, backend, expected) => expect(steps(defaults, backend)).toBe(expected));

test.each([
  ["option tcp-check|tcp-check send a|tcp-check connect", "first step MUST also be a 'connect'"],
  ["option httpchk|http-check connect|http-check connect", "missing expect rule"],
  ["option httpchk|http-check connect|http-check expect status 200", "missing send rule"],
])("%s", (backend, text) => {
  const { diagnostics } = readText(`${head}backend b\n${lines(backend)} server s 127.0.0.1:1 check\n`);
  const alerts = diagnostics.all.filter(({ level }) => level === "alert").map((one) => one.text);
  expect(alerts).toEqual([expect.stringContaining(text) as string]);
});

test("who says no check has a plain connect", () => {
  expect(checkOf("#", "#")).toEqual({ kind: "tcp", scripted: false, steps: [] });
});
