/** `show ssh hostkeys` in words and for programs. */
import { expect, test } from "bun:test";
import type { AdminSession } from "../../../../../src/ops/admin/command.ts";
import { answerCommand } from "../../../../../src/ops/admin/commands.ts";
import { adminSources } from "../../admin-sources.ts";
import { hostKeys } from "./host-keys.ts";

const session: AdminSession = {
  level: "user",
  severityOutput: "none",
  interactive: false,
  timeoutMs: 0,
  origin: "unix@/x",
  closing: false,
};

function ask(text: string, own: object = { hostKeys }): string {
  const sources = adminSources();
  return [...answerCommand(text, { ...sources, info: { ...sources.info, ...own } }, session)].join("");
}

test("in words", () => {
  expect(ask("show ssh hostkeys")).toBe(`backend git: THE HOST KEYS OF ITS SERVERS DIFFER
    ED25519 SHA256:a: one
    ED25519 none: two
  server one: 192.0.2.1:22, read 2026-11-02 10:00 UTC, as pinned
    256 SHA256:a (ED25519) first seen 2026-11-01 10:00 UTC
  server two: 192.0.2.1:22, read 2026-11-02 10:00 UTC, NOT AS PINNED, 1 changed
    its host key is not pinned
    ssh-rsa: time is up
    2048 SHA256:r (RSA-CERT) first seen 2026-11-01 10:00 UTC, not since 2026-11-02 10:00 UTC, not verified: this runtime cannot
      before it SHA256:q, seen from 2026-10-31 10:00 UTC to 2026-11-01 10:00 UTC
  server three: not reached yet, not read yet
backend quiet
  server one: 192.0.2.1:22, read 2026-11-02 10:00 UTC
    256 SHA256:a (ED25519) first seen 2026-11-01 10:00 UTC
`);
  expect(ask("show ssh hostkeys quiet")).toStartWith("backend quiet\n");
});

test("for programs", () => {
  const { backends } = JSON.parse(ask("show ssh hostkeys json"));
  expect(backends).toHaveLength(2);
  expect(backends[0]).toMatchObject({
    backend: "git",
    differ: true,
    differences: [
      { name: "ssh-ed25519", groups: [{ fingerprint: "SHA256:a", servers: ["one"] }, { servers: ["two"] }] },
    ],
    servers: [
      {
        pin: "held",
        lastRead: "2026-11-02T10:00:00.000Z",
        keys: [{ firstSeen: "2026-11-01T10:00:00.000Z", before: null }],
      },
      { pin: "refused", changes: 1, keys: [{ verified: false, listed: false, before: { fingerprint: "SHA256:q" } }] },
      { address: null, lastRead: null, keys: [] },
    ],
  });
  expect(JSON.parse(ask("show ssh hostkeys json quiet")).backends).toMatchObject([{ backend: "quiet", differ: false }]);
});

test("what cannot be answered is told", () => {
  const nobody = "No backend has 'ssh-hostkeys' or 'ssh-hostkey'.\n";
  expect([
    ask("show ssh hostkeys", {}),
    ask("show ssh hostkeys", { hostKeys: { ...hostKeys, isWatching: false } }),
  ]).toEqual([nobody, nobody]);
  expect(ask("show ssh hostkeys other")).toBe("No backend of that name has 'ssh-hostkeys' or 'ssh-hostkey'.\n");
  expect(ask("show ssh hostkeys json git x")).toBe("Expects [json] [<backend>].\n");
});
