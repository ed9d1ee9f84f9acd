/** What lines about SSH come to in the plan. */
import { describe, expect, test } from "bun:test";
import { sshDefaults, sshGlobalDefaults, type SshPlan } from "../../../../../src/plan/ssh/ssh.ts";
import { formatDiagnostics } from "../../../../../src/config/text/diagnostics.ts";
import { readText } from "../../../../cases/case.ts";

const timeouts = " timeout client 1s\n timeout server 1s\n timeout connect 1s\n";

/** A plan without a complaint. */
function planOf(text: string) {
  const { plan, diagnostics } = readText(text);
  expect(formatDiagnostics(diagnostics.all, 0)).toBe("");
  if (plan === null) throw new Error("no plan");
  return plan;
}

/** Of the front half of a listen section with these lines, after such defaults. */
function sshOf(lines: string, defaults = ""): SshPlan {
  const { frontends } = planOf(`defaults\n${timeouts}${defaults}listen l\n bind :1\n${lines} server s 127.0.0.1:2\n`);
  return frontends[0]!.ssh;
}

describe("a section's lines", () => {
  test("say nothing of SSH", () => expect(sshOf("")).toEqual(sshDefaults));

  test("have it read along, or take that back", () => {
    expect(sshOf(" option ssh\n")).toEqual({ ...sshDefaults, isRead: true, isNamed: true });
    expect(sshOf("", " option ssh\n")).toEqual({ ...sshDefaults, isRead: true });
    expect(sshOf(" no option ssh\n", " option ssh\n")).toEqual(sshDefaults);
    expect(sshOf(" option ssh\n", " no option ssh\n")).toEqual({ ...sshDefaults, isRead: true, isNamed: true });
    expect(sshOf(" option ssh\n no option ssh\n")).toEqual(sshDefaults);
  });

  test("have it read along where they need what it tells", () => {
    expect(sshOf(" option ssh-require\n no option ssh\n")).toEqual({
      ...sshDefaults,
      isRead: true,
      isNamed: true,
      isRequired: true,
    });
    expect(sshOf(" no option ssh-require\n", " option ssh-require\n")).toEqual(sshDefaults);
    expect(sshOf(' tcp-request session ssh-reject "no" if { src 1.1.1.1 }\n')).toEqual({
      ...sshDefaults,
      isRead: true,
    });
    expect(sshOf(" tcp-request connection ssh-tarpit\n timeout tarpit 5s\n")).toEqual({
      ...sshDefaults,
      tarpitMs: 5000,
    });
  });

  test("have a text for clients that are refused, or silence", () => {
    const text = { text: "%b: later", encoding: "text" };
    expect(sshOf(' ssh-error "%b: later"\n')).toMatchObject({ isRead: true, refusal: { kind: "text", text } });
    expect(sshOf("", ' ssh-error "%b: later"\n')).toMatchObject({ isRead: true, refusal: { kind: "text", text } });
    expect(sshOf(" no ssh-error\n", " ssh-error later\n option ssh\n")).toEqual({
      ...sshDefaults,
      isRead: true,
      refusal: { kind: "silent" },
    });
    expect(sshOf(" ssh-error later\n", " no ssh-error\n").refusal).toMatchObject({ kind: "text" });
  });
});

test("a section in mode http has nothing of what its defaults say", () => {
  const { frontends } = planOf(`defaults\n${timeouts} option ssh\n ssh-error x\nfrontend f\n mode http\n bind :1\n`);
  expect(frontends[0]!.ssh).toEqual(sshDefaults);
});

/** Whether the line of a frontend is written when its server is there. */
function tellsEarly(lines: string): boolean | undefined {
  return planOf(`defaults\n log stdout local0\n${timeouts}frontend f\n bind :1\n${lines}`).frontends[0]?.logAsap;
}

test("a line that tells what SSH says is told at the end", () => {
  expect(tellsEarly(" log-format %ci\n")).toBe(true);
  expect(tellsEarly(" log-format %ci%[ssh.kex,lower]\n")).toBe(false);
  expect(tellsEarly(" option sshlog\n")).toBe(false);
});

test("each half has its own", () => {
  const { frontends, backends } = planOf(
    `defaults\n${timeouts}frontend f\n bind :1\n default_backend b\nbackend b\n option ssh\n ssh-error x\n server s 127.0.0.1:2\n`,
  );
  expect(frontends[0]!.ssh).toEqual(sshDefaults);
  expect(backends[0]!.ssh).toMatchObject({ isRead: true, refusal: { kind: "text" } });
});

test("a last word has a text and a code", () => {
  const { frontends } = planOf(
    `defaults\n${timeouts}frontend f\n bind :1\n tcp-request content ssh-reject "go away, %ci" code 7 unless { src 1.1.1.1 }\n tcp-request content ssh-reject no\n tcp-request content ssh-tarpit\n`,
  );
  expect(frontends[0]!.contentRules.map(({ action }) => action)).toMatchObject([
    { kind: "ssh-reject", text: { text: "go away, %ci" }, code: 7 },
    { kind: "ssh-reject", text: { text: "no" }, code: 11 },
    { kind: "ssh-tarpit" },
  ]);
});

test("global says how many, and where the inventory is", () => {
  expect(planOf("global\n stats socket /a\n").global.ssh).toEqual(sshGlobalDefaults);
  expect(
    planOf("global\n stats socket /a\n tune.ssh.lingering 5\n tune.ssh.tarpit 0\n ssh-report-file /r\n").global.ssh,
  ).toEqual({ lingering: 5, tarpit: 0, reportFile: "/r", hostKeysFile: null });
});
