/** Host names that must be known before a start, with a resolver of the test's own. */
import { describe, expect, test } from "bun:test";
import { formatDiagnostics } from "../../../../src/config/text/diagnostics.ts";
import { resolveNames } from "../../../../src/config/finish/first-names.ts";
import type { NameAsker } from "../../../../src/system/names.ts";
import { readText } from "../../../cases/case.ts";

const known: Record<string, string[]> = { "git.example": ["192.0.2.1", "2001:db8::1"], "log.example": ["192.0.2.9"] };
const asked: string[] = [];
const resolve: NameAsker = (host) => {
  asked.push(host);
  return Promise.resolve(known[host] ?? []);
};

async function messages(config: string): Promise<string> {
  const { plan, diagnostics } = readText(config);
  if (plan !== null) await resolveNames(plan, diagnostics, resolve);
  return formatDiagnostics(diagnostics.all, 0);
}

const front = "listen x\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n";

const config = (more: string): string => `${front} bind :22\n server s nowhere.example:22 ${more}\n`;

describe("resolveNames", () => {
  test("puts addresses in place of names of listeners and logs", async () => {
    const { plan, diagnostics } = readText(`global\n log log.example local0\n${front} bind git.example:22\n`);
    const resolved = plan === null ? null : await resolveNames(plan, diagnostics, resolve);
    expect(resolved?.frontends[0]?.binds[0]?.address).toEqual({ kind: "tcp", host: "192.0.2.1", port: 22 });
    expect(resolved?.global.logs[0]?.destination).toEqual({ kind: "udp", host: "192.0.2.9", port: 514 });
  });

  // One line for each place that takes an address; `NAME` stands for the host.
  const places: readonly (readonly [string, string])[] = [
    ["a listener", `${front} bind NAME:22\n`],
    ["a log", `global\n log NAME local0\n${front} bind :22\n`],
    ["a proxy's log", `${front} bind :22\n log NAME local0\n`],
    ["a stats socket", `global\n stats socket NAME:99\n${front} bind :22\n`],
    ["a name server", `resolvers r\n nameserver a NAME:53\n${front} bind :22\n`],
    ["a backend's source", `${front} bind :22\n source NAME\n server s 192.0.2.5:22\n`],
    ["a backend's usesrc", `${front} bind :22\n source 0.0.0.0 usesrc NAME\n server s 192.0.2.5:22\n`],
    ["a dispatch", `${front} bind :22\n dispatch NAME:22\n`],
    ["a server's source", `${front} bind :22\n server s 192.0.2.5:22 source NAME:5000-5009\n`],
    ["a server's usesrc", `${front} bind :22\n server s 192.0.2.5:22 source 0.0.0.0 usesrc NAME\n`],
    ["a check", `${front} bind :22\n server s 192.0.2.5:22 check addr NAME\n`],
    ["a check's step", `${front} bind :22\n option tcp-check\n tcp-check connect addr NAME port 22\n`],
    ["an HTTP check's step", `${front} bind :22\n option httpchk\n http-check connect addr NAME port 22\n`],
    ["an agent", `${front} bind :22\n server s 192.0.2.5:22 agent-check agent-port 5 agent-addr NAME\n`],
  ];

  for (const [place, text] of places) {
    test(`no name is left for the sockets: ${place}`, async () => {
      const { plan, diagnostics } = readText(text.replace("NAME", "git.example"));
      const resolved = plan === null ? null : await resolveNames(plan, diagnostics, resolve);
      const shown = JSON.stringify({ ...resolved, global: { ...resolved?.global, withoutEffect: [] } });
      expect([diagnostics.refused, shown.includes('"host":"git.example"'), shown.includes('"isName":true')]).toEqual([
        false,
        false,
        false,
      ]);
      expect(shown).toContain('"192.0.2.1"');
    });

    test(`a name that leads nowhere is refused: ${place}`, async () =>
      expect(await messages(text.replace("NAME", "nowhere.example"))).toContain("nowhere.example"));
  }

  test("refuses a listener's unknown name", async () =>
    expect(await messages(`${front} bind nowhere.example:22\n`)).toBe(
      "[ALERT]    (0) : config : parsing [case.cfg:5] : 'bind' : invalid address: 'nowhere.example' in 'nowhere.example:22'\n",
    ));

  test("refuses a server's unknown name, unless init-addr has another way", async () => {
    expect(await messages(config(""))).toContain(
      "[case.cfg:6] : 'server x/s' : could not resolve address 'nowhere.example'.",
    );
    const warning = "'server x/s' : could not resolve address 'nowhere.example', disabling server.";
    expect(await messages(config("init-addr last,libc,none"))).toContain(
      `[WARNING]  (0) : config : [case.cfg:6] : ${warning}`,
    );
    expect(await messages(config("init-addr none"))).toBe("");
    expect(await messages(config("init-addr libc,192.0.2.7"))).toBe("");
  });

  test("asks for a name once", async () => {
    asked.length = 0;
    await messages(`${front} bind :22\n server a git.example:22\n server b git.example:22\n`);
    expect(asked).toEqual(["git.example"]);
  });
});

const resolvers = (more: string): string => `resolvers r\n nameserver a 127.0.0.1:53\n${config(`resolvers r ${more}`)}`;

test("who has resolvers starts without an address, unless init-addr is written and knows no way", async () => {
  expect(await messages(resolvers(""))).toContain("[WARNING]  (0) : config : [case.cfg:8] : 'server x/s'");
  expect(await messages(resolvers("init-addr last,libc"))).toContain("[ALERT]    (0) : config : [case.cfg:8]");
  const { plan } = readText(resolvers(""));
  expect(plan?.backends[0]?.servers[0]?.initAddr).toEqual(["last", "libc", "none"]);
});

test("an address that a state file knows is enough for init-addr last", async () => {
  const { plan, diagnostics } = readText(config("init-addr last"));
  if (plan === null) throw new Error("the configuration is sound");
  await resolveNames(plan, diagnostics, resolve, (backend, server) => `${backend}/${server}` === "x/s");
  expect(diagnostics.all).toEqual([]);
});
