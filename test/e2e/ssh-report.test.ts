/** Who speaks what, as an administrator asks for it after real sessions: by the command, after a reload, and after a new start. */
import { expect } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { binary, startForwarder } from "./forwarder.ts";
import { must, type Need, run, scratch, freePort, testWith, waitUntil } from "./harness.ts";
import { startSshd, user } from "./sshd.ts";

/** The document that the command prints. */
async function told(file: string) {
  return JSON.parse(await must([binary, "ssh-report", "--json", "--since", "1d", "-f", file]));
}

async function ask(...words: string[]): Promise<string> {
  const ran = await run([binary, "ssh-report", ...words]);
  return `${ran.code} ${ran.stdout}${ran.stderr}`;
}

const nobody = 65_534;
const alone = "one process without rights";
const kinds: readonly (readonly [string, readonly Need[], string, readonly string[]])[] = [
  ["one process", [], "", []],
  [alone, ["root"], "    user nobody\n    group nogroup\n", []],
  ["two processes", ["root"], "    user nobody\n    group nogroup\n    chroot JAIL\n", ["-W"]],
];

for (const [what, needs, rights, words] of kinds) {
  testWith(
    ["fairlead", "sshd", "ssh", "git", "curl", ...needs],
    `${what}: the report tells of real clients and servers, and outlives reloads and the process`,
    async () => {
      await using sshd = await startSshd();
      using folder = scratch();
      chmodSync(folder.path, 0o755);
      for (const name of ["jail", "kept"]) mkdirSync(folder.file(name));
      if (what === alone) chownSync(folder.file("kept"), nobody, nobody);
      const kept = folder.file("kept/report");
      const port = await freePort();
      const global = `${rights.replace("JAIL", folder.file("jail"))}    stats socket ${folder.file("admin")} level user
    ssh-report-file ${kept}
`;
      const sections = `frontend git
    bind 127.0.0.1:${port}
    option ssh
    default_backend ssh
backend ssh
    server one 127.0.0.1:${sshd.port}
`;
      const [ssh = "", ...rest] = sshd.client;
      const to = ["-p", String(port), `${user}@127.0.0.1`];
      const version = /OpenSSH_([^\s,]+)/.exec((await run([ssh, "-V"])).stderr)?.[1];
      {
        await using forwarder = await startForwarder(sections, { global, arguments: words });
        const kex = "KexAlgorithms=sntrup761x25519-sha512@openssh.com";
        const verbose = await run([ssh, "-v", "-o", kex, "-o", "LogLevel=VERBOSE", ...rest, ...to, "true"]);
        expect(verbose.code).toBe(0);
        const url = `ssh://${user}@127.0.0.1:${port}/nothing`;
        await run(["git", "ls-remote", url], { env: { GIT_SSH_COMMAND: sshd.client.join(" ") } });
        // What sshd does not speak: it comes to no choice.
        const old = ["-o", "HostKeyAlgorithms=ssh-rsa", "-o", "Ciphers=aes128-cbc"];
        const others = rest.filter((word, at) => word !== "-c" && rest[at - 1] !== "-c");
        expect((await run([ssh, ...old, ...others, ...to, "true"])).code).toBe(255);
        const report = await waitUntil("all sessions are over", async () => {
          const report = await told(forwarder.file);
          return report.sessions === 3 ? report : null;
        });
        expect(report.frontends[0]).toMatchObject({
          name: "git",
          software: [
            {
              software: "OpenSSH",
              version,
              sessions: 3,
              offered: { otherPostQuantum: 1, classical: 2 },
              chosen: { postQuantum: 1, classical: 1 },
            },
          ],
        });
        const chosen = (kind: string): string[] =>
          report.frontends[0].algorithms
            .filter((one: { kind: string; chosen: number }) => one.kind === kind && one.chosen > 0)
            .map((one: { name: string }) => one.name);
        expect(chosen("kex").toSorted()).toEqual(["curve25519-sha256", "sntrup761x25519-sha512@openssh.com"]);
        expect(chosen("cipher")).toEqual(["aes128-gcm@openssh.com"]);
        expect(report.servers[0]).toMatchObject({ name: "ssh/one", software: [{ software: "OpenSSH", version }] });
        const { lockedOutWithout, serversWithoutMlkem } = report.findings;
        for (const kind of ["sshRsa", "cbc"])
          expect(lockedOutWithout[kind].clients).toMatchObject([{ place: "git", version, sessions: 1 }]);
        expect(serversWithoutMlkem).toMatchObject([{ place: "ssh/one", sessions: 3 }]);
        const text = await must([binary, "ssh-report", "--socket", folder.file("admin")]);
        expect(text).toContain(`\n    git: OpenSSH ${version}, 1 session, last seen `);
        expect(JSON.parse((await forwarder.page("/status")).body).ssh).toMatchObject({ sessions: 3, clients: 1 });

        expect(existsSync(kept)).toBe(false);
        // Without rights the only process does not come to its configuration any more.
        if (what !== alone) {
          forwarder.process.kill("SIGUSR2");
          await waitUntil("a reload has written it", () => existsSync(kept));
        }
        expect((await told(forwarder.file)).sessions).toBe(3);
        await forwarder.expectQuiet();
        forwarder.process.kill("SIGTERM");
        await forwarder.process.exited;
      }
      expect(statSync(kept).mode & 0o777).toBe(0o600);
      await using again = await startForwarder(sections, { global, arguments: words });
      await run([...sshd.client, ...to, "true"]);
      await waitUntil("another session", async () => (await told(again.file)).sessions === 4);
      expect(again.process.stderr.text).not.toContain("ssh-report-file");
    },
  );
}

testWith(["fairlead", "root", "curl"], "a file that cannot be kept is told of, and what to do", async () => {
  using folder = scratch();
  chmodSync(folder.path, 0o755);
  mkdirSync(folder.file("jail"));
  const kept = folder.file("report");
  writeFileSync(kept, "something else\n");
  const sections = `listen git
    bind 127.0.0.1:${await freePort()}
    option ssh
    server one 127.0.0.1:1
`;
  const global = `    user nobody\n    group nogroup\n    chroot ${folder.file("jail")}\n    ssh-report-file ${kept}\n`;
  await using forwarder = await startForwarder(sections, { global });
  await forwarder.process.stderr.find(
    /ssh-report-file .*\/report: it is not a file of fairlead's ssh-report; it is kept as .*\.bad/,
  );
  await forwarder.process.stderr.find(
    /ssh-report-file .*: it cannot be written once rights are given up \(it is outside of .*jail\): start with -W/,
  );
  expect(readFileSync(`${kept}.bad`, "utf8")).toBe("something else\n");
});

testWith(["fairlead"], "the command says what is wrong, and exits with 1", async () => {
  using folder = scratch();
  expect(await ask("--socket", folder.file("s"))).toContain("/s: there is none\n    is fairlead running");
  expect(await ask("--since", "yesterday", "--socket", "/s")).toMatch(
    /^1 .*'--since' expects a number with m, h, d or w/s,
  );
  expect(await ask()).toMatch(/^1 .*'ssh-report' expects --socket SOCKET or -f FILE/s);
  const file = folder.file("a.cfg");
  writeFileSync(
    file,
    "defaults\n    mode tcp\nlisten a\n    bind 127.0.0.1:1\n    timeout client 1s\n    timeout server 1s\n    timeout connect 1s\n",
  );
  expect(await ask("-f", file)).toContain(`${file} has no 'stats socket' of level user`);
});
