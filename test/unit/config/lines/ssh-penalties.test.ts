/** What `ssh-penalties` comes to in the plan. What is wrong with it stands with the cases. */
import { expect, test } from "bun:test";
import { sshPenaltiesDefaults, type SshPenaltiesPlan } from "../../../../src/plan/ssh/ssh-penalties.ts";
import { formatDiagnostics } from "../../../../src/config/text/diagnostics.ts";
import { readText } from "../../../cases/case.ts";

const timeouts = " timeout client 1s\n timeout server 1s\n timeout connect 1s\n";

function ofBoth(lines: string, defaults = "", files: Record<string, string> = {}) {
  const text = `defaults\n${timeouts}${defaults}listen l\n bind :1\n${lines} server s 127.0.0.1:2\n`;
  const { plan, diagnostics } = readText(text, files);
  expect(formatDiagnostics(diagnostics.all, 0)).toBe("");
  return { front: plan!.frontends[0]!.ssh, back: plan!.backends[0]!.ssh };
}

function of(...texts: Parameters<typeof ofBoth>): SshPenaltiesPlan | null {
  return ofBoth(...texts).front.penalties;
}

test("nothing is asked for, or sshd's own", () => {
  expect(of("")).toBeNull();
  expect(of(" ssh-penalties\n")).toEqual(sshPenaltiesDefaults);
  expect(of("", " ssh-penalties\n")).toEqual(sshPenaltiesDefaults);
  expect(of(" no ssh-penalties\n", " ssh-penalties\n")).toBeNull();
});

test("each word changes one thing, in any order", () => {
  const line =
    " ssh-penalties action tarpit size 100 prefix6 48 prefix4 24 max 1h min 500ms proxy 0 invalid 1m noauth 2s\n";
  expect(of(line)).toEqual({
    addMs: { noauth: 2000, invalid: 60_000, proxy: 0 },
    minMs: 500,
    maxMs: 3_600_000,
    exempt: [],
    prefix4: 24,
    prefix6: 48,
    size: 100,
    action: "tarpit",
  });
  // A line says all of it, whatever the defaults had.
  expect(of(" ssh-penalties min 1s\n", " ssh-penalties max 1m size 9\n")).toEqual({
    ...sshPenaltiesDefaults,
    minMs: 1000,
  });
});

test("sources are exempt by words and by files", () => {
  const files = { "/list": "# ours\n 192.0.2.0/24 \n\n2001:db8::/32\r\n" };
  const line = " ssh-penalties exempt 10/8,::1 exempt -f /list exempt 127.0.0.1\n";
  expect(of(line, "", files)?.exempt).toEqual(["10.0.0.0/8", "::1", "192.0.2.0/24", "2001:db8::/32", "127.0.0.1"]);
});

test("what it looks at has to be read, in the half that has clients", () => {
  const { front, back } = ofBoth(" ssh-penalties\n");
  expect([front.isRead, back.isRead, back.penalties]).toEqual([true, false, null]);
});
