/** Maintenance of a proxy as an administrator and its users meet it: the command, what git prints, reloads, probes. */
import { expect } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { binary, startForwarder } from "./forwarder.ts";
import { environment, freePort, type Need, run, scratch, start, testWith, waitUntil } from "./harness.ts";
import { command } from "./sockets.ts";
import { startSshd, user } from "./sshd.ts";

/** `frontend ssh` reads SSH, and `other` serves beside it. */
function sections(port: number, other: number, server: number): string {
  return `frontend ssh
    bind 127.0.0.1:${port}
    option ssh
    default_backend git
frontend other
    bind 127.0.0.1:${other}
    default_backend git
backend git
    server one 127.0.0.1:${server}
`;
}

const kinds: readonly (readonly [string, readonly Need[], string, readonly string[]])[] = [
  ["one process", [], "", []],
  ["two processes", ["root"], "    user nobody\n    group nogroup\n", ["-W"]],
];

for (const [what, needs, global, words] of kinds) {
  testWith(
    ["fairlead", "sshd", "ssh", "git", "curl", ...needs],
    `${what}: git tells its user why it is refused, sessions that run go on, a reload keeps it`,
    async () => {
      await using sshd = await startSshd();
      using folder = scratch();
      const admin = folder.file("admin");
      const ports = [await freePort(), await freePort()] as const;
      const sockets = `    stats socket ${admin} mode 600 level admin\n    stats socket ${folder.file("ops")} level operator\n`;
      const text = sections(...ports, sshd.port);
      await using forwarder = await startForwarder(text, { global: global + sockets, arguments: words });
      const fairlead = (...own: readonly string[]) => run([binary, "maintenance", ...own, "-f", forwarder.file]);
      const ready = async (): Promise<string> => {
        const { status, body } = await forwarder.page("/readyz");
        return `${status} ${body}`;
      };
      await using held = start([...sshd.client, "-p", String(ports[0]), `${user}@127.0.0.1`, "cat"], {
        env: environment,
      });
      held.write("one\n");
      await held.stdout.find(/one/);

      expect(await command(folder.file("ops"), "set maintenance ssh on\n")).toBe("Permission denied\n\n");
      expect(await fairlead("ssh", "on", "back at 14:00; see the wiki")).toMatchObject({
        code: 0,
        stdout: "ssh is in maintenance: new sessions are refused, and read: back at 14:00; see the wiki\n",
      });
      await forwarder.line(
        /Proxy ssh is now in maintenance, saying "back at 14:00; see the wiki" \(by command on unix@.*admin\)\./,
      );
      expect(await ready()).toBe("200 ready\nin maintenance: ssh\n");
      const refused = async (): Promise<string> => {
        const url = `ssh://${user}@127.0.0.1:${ports[0]}/x.git`;
        const ran = await run(["git", "ls-remote", url], { env: { GIT_SSH_COMMAND: sshd.client.join(" ") } });
        expect(ran.code).toBe(128);
        return ran.stderr;
      };
      const printed = `Received disconnect from 127.0.0.1 port ${ports[0]}:7: back at 14:00; see the wiki\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n`;
      expect((await refused()).replaceAll("\r", "")).toBe(printed);
      await forwarder.line(/ ssh ssh\/<NOSRV> .* KR /);

      // A reload keeps it by the proxy's name.
      writeFileSync(
        forwarder.file,
        readFileSync(forwarder.file, "utf8").replace("option ssh\n", "option ssh\n    maxconn 77\n"),
      );
      forwarder.process.kill("SIGUSR2");
      await waitUntil("the new limit holds", async () =>
        JSON.parse((await forwarder.page("/status")).body).frontends.some(
          ({ limit }: { limit: number }) => limit === 77,
        ),
      );
      expect((await refused()).replaceAll("\r", "")).toBe(printed);
      held.write("two\n");
      await held.stdout.find(/two/);
      expect(await command(admin, "show stat\n")).toMatch(/^ssh,FRONTEND,.*,MAINT,/m);
      expect((await fairlead()).stdout).toMatch(
        /^# proxy since refused text\nssh \S+ 2 back at 14:00; see the wiki\n$/,
      );

      // The other frontend leads to the same backend.
      expect((await fairlead("git", "on")).code).toBe(0);
      expect(await ready()).toBe("503 not ready: frontend ssh in maintenance, frontend other in maintenance\n");
      for (const name of ["git", "ssh"]) expect((await fairlead(name, "off")).code).toBe(0);
      expect(await ready()).toBe("200 ready\n");
      await forwarder.line(/Proxy ssh has left maintenance after .* 2 sessions were refused meanwhile\./);
      held.endInput();
      expect(await held.exited).toBe(0);
      const after = await run([...sshd.client, "-p", String(ports[0]), `${user}@127.0.0.1`, "echo back"]);
      expect(after.stdout).toBe("back\n");
    },
  );
}

testWith(["fairlead"], "the command says what is wrong, and exits with 1", async () => {
  using folder = scratch();
  const file = folder.file("a.cfg");
  writeFileSync(
    file,
    "listen a\n    bind 127.0.0.1:1\n    mode tcp\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n",
  );
  const none = await run([binary, "maintenance", "a", "on", "-f", file]);
  expect([none.code, none.stderr]).toEqual([
    1,
    expect.stringContaining(`${file} has no 'stats socket' of level admin`),
  ]);
  const gone = await run([binary, "maintenance", "a", "on", "--socket", folder.file("s")]);
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining("/s: there is none\n    is fairlead running")]);
  const unread = await run([binary, "maintenance", "a", "on", "-f", folder.file("b")]);
  expect([unread.code, unread.stderr]).toEqual([1, expect.stringContaining("Cannot open configuration file")]);
});
