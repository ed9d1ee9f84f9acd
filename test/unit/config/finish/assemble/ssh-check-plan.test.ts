/** What `option ssh-check` and `ssh-check` lines come to in the plan. */
import { expect, test } from "bun:test";
import { formatDiagnostics } from "../../../../../src/config/text/diagnostics.ts";
import type { BackendPlan } from "../../../../../src/plan/proxy.ts";
import type { SshExpectation } from "../../../../../src/plan/ssh/ssh-check.ts";
import { readText } from "../../../../cases/case.ts";

/** A backend with these lines, after such defaults. */
function backendOf(lines: string, defaults = ""): BackendPlan {
  const times = " timeout client 1s\n timeout server 1s\n timeout connect 1s\n";
  const { plan, diagnostics } = readText(
    `defaults\n${times}${defaults}backend b\n${lines} server s 127.0.0.1:2 check\n`,
  );
  expect(formatDiagnostics(diagnostics.all, 0)).toBe("");
  const [backend] = plan?.backends ?? [];
  if (backend === undefined) throw new Error("no plan");
  return backend;
}

const kex: SshExpectation = { what: "kex", negate: false, pattern: "mlkem" };
const plain = { kind: "tcp", scripted: false, steps: [] } as const;

test("a check speaks SSH, and sessions are read along for it", () => {
  const { check, ssh } = backendOf(" option ssh-check\n");
  expect(check).toEqual({ kind: "ssh", expects: [], slowMs: 0 });
  expect(ssh.isRead).toBe(true);
  expect(backendOf("").ssh.isRead).toBe(false);
});

test("lines before and behind the option say more of it; `!` may stand apart", () => {
  const lines = ` ssh-check expect kex mlkem\n option ssh-check\n ssh-check expect !cipher cbc\n ssh-check expect ! ident "a b"\n`;
  expect(backendOf(`${lines} ssh-check slow 3s\n`).check).toEqual({
    kind: "ssh",
    expects: [kex, { what: "cipher", negate: true, pattern: "cbc" }, { what: "ident", negate: true, pattern: "a b" }],
    slowMs: 3000,
  });
});

test("own expectations take the place of those of `defaults`, one by one do not", () => {
  const defaults = " option ssh-check\n ssh-check expect mac sha2\n ssh-check slow 2s\n";
  expect(backendOf("", defaults).check).toMatchObject({ expects: [{ what: "mac" }], slowMs: 2000 });
  expect(backendOf(" ssh-check slow 1s\n", defaults).check).toMatchObject({ expects: [{ what: "mac" }], slowMs: 1000 });
  const own = " ssh-check expect kex mlkem\n ssh-check expect ident a\n";
  expect(backendOf(own, defaults).check).toMatchObject({ expects: [kex, { what: "ident" }], slowMs: 2000 });
});

test("another kind of check, or another mode, takes its place", () => {
  expect(backendOf(" option tcp-check\n", " option ssh-check\n").check.kind).toBe("tcp");
  expect(backendOf(" option ssh-check\n", " option tcp-check\n").check.kind).toBe("ssh");
  const web = backendOf(" mode http\n", " option ssh-check\n");
  expect([web.check, web.ssh.isRead]).toEqual([plain, false]);
});
