/** What lines about start-ups come to in the plan of each server, and that they have SSH read. */
import { expect, test } from "bun:test";
import { startupsDefaults, type StartupsPlan } from "../../../../../src/plan/ssh/startups.ts";
import { formatDiagnostics } from "../../../../../src/config/text/diagnostics.ts";
import { readText } from "../../../../cases/case.ts";

/** Of a listen section's backend: its servers', and whether SSH is read. */
function planned(
  lines: string,
  defaults = "",
  mode = "tcp",
): { readonly isRead: boolean; readonly startups: StartupsPlan[] } {
  const head = `defaults\n mode ${mode}\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n${defaults}`;
  const { plan, diagnostics } = readText(`${head}listen l\n bind :1\n${lines}`);
  expect(formatDiagnostics(diagnostics.all, 0)).toBe("");
  const backend = plan?.backends[0];
  if (backend === undefined) throw new Error("no plan");
  return { isRead: backend.ssh.isRead, startups: backend.servers.map(({ startups }) => startups) };
}

const server = " server one 127.0.0.1:2";

test("nothing is limited unless a line says so", () => {
  expect(planned(`${server}\n`)).toEqual({ isRead: false, startups: [startupsDefaults] });
  expect(planned(` ssh-login-grace 3s\n${server}\n`)).toEqual({
    isRead: false,
    startups: [{ ...startupsDefaults, graceMs: 3000 }],
  });
  expect(planned(`${server} ssh-maxstartups 0\n`).isRead).toBe(false);
});

test("the section's words hold for its servers, but for what they or default-server say themselves", () => {
  const lines = ` ssh-maxstartups 10 per-source 3
 ssh-login-grace 20s
 default-server ssh-login-grace 30s
 server one 127.0.0.1:2
 server two 127.0.0.1:2 ssh-maxstartups 4
 server three 127.0.0.1:2 ssh-maxstartups 0 ssh-login-grace 1m
`;
  expect(planned(lines)).toEqual({
    isRead: true,
    startups: [
      { most: 10, perSource: 3, graceMs: 30_000 },
      { most: 4, perSource: 0, graceMs: 30_000 },
      { most: 0, perSource: 0, graceMs: 60_000 },
    ],
  });
});

function named(lines: string, defaults = ""): boolean | undefined {
  const head = `defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n${defaults}`;
  return readText(`${head}listen l\n bind :1\n${lines}${server}\n`).plan?.backends[0]?.ssh.isNamed;
}

test("a section that says so is for SSH, and one whose defaults do need not be", () => {
  expect([named(" ssh-maxstartups 2\n"), named(" ssh-maxstartups 0\n"), named("", " ssh-maxstartups 2\n")]).toEqual([
    true,
    false,
    false,
  ]);
});

test("one server's limit is enough, and a limit of each source's", () => {
  expect(planned(`${server} ssh-maxstartups 4\n`).isRead).toBe(true);
  expect(planned(`${server} ssh-maxstartups 0 per-source 2\n`)).toEqual({
    isRead: true,
    startups: [{ ...startupsDefaults, perSource: 2 }],
  });
});

test("defaults say it for all, and a section takes it back", () => {
  const defaults = " ssh-maxstartups 5\n ssh-login-grace 5s\n";
  expect(planned(`${server}\n`, defaults).startups).toEqual([{ most: 5, perSource: 0, graceMs: 5000 }]);
  expect(planned(` no ssh-maxstartups\n no ssh-login-grace\n${server}\n`, defaults)).toEqual({
    isRead: false,
    startups: [startupsDefaults],
  });
  expect(planned(`${server}\n`, `${defaults} default-server ssh-maxstartups 2\n`).startups[0]?.most).toBe(2);
});

test("in mode http defaults say it in vain", () => {
  const defaults = " ssh-maxstartups 5\n default-server ssh-login-grace 5s\n";
  expect(planned(`${server}\n`, defaults, "http")).toEqual({ isRead: false, startups: [startupsDefaults] });
});

test("where all go to one place it holds for that, too", () => {
  const { plan } = readText(
    "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\nlisten l\n bind :1\n ssh-maxstartups 2\n dispatch 127.0.0.1:2\n",
  );
  expect([plan?.backends[0]?.direct?.startups.most, plan?.backends[0]?.ssh.isRead]).toEqual([2, true]);
});
