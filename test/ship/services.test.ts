/** Service definitions: systemd's units, FreeBSD's rc.d script, the SMF manifest and method; and that they do their work. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { freePort, must, run, scratch, start, testWith, waitUntil } from "../e2e/harness.ts";
import { make, shipped } from "./stage.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const configuration = (port: number): string => `defaults
    mode tcp
    option splice-auto
    timeout connect 1s
    timeout client 1h
    timeout server 1h
listen ssh
    bind ${port < 1024 ? `fd@${port}` : `127.0.0.1:${port}`}
    server one 127.0.0.1:9
`;

/** Connects and says whether somebody took it. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

test("whatever checks a file before a start or a reload says what is wrong, and systemd's with the flags of the start", () => {
  for (const name of ["systemd/fairlead.service", "freebsd/fairlead", "smf/fairlead"]) {
    const text = readFileSync(join(shipped, name), "utf8");
    const checks = text.split("\n").filter((line) => / -c -f /.test(line));
    expect([name, checks.length >= 2, checks.filter((line) => / -q\b/.test(line))]).toEqual([name, true, []]);
    if (name.startsWith("systemd")) for (const line of checks) expect(line).toEndWith("-c -f ${CONFIG} $EXTRAOPTS");
  }
});

describe("systemd", () => {
  testWith(["make", "systemd-analyze"], "systemd-analyze verify is content with the units", async () => {
    using folder = scratch();
    const PREFIX = folder.file("usr");
    await make("make", "install", { PREFIX, SYSTEM: "Linux" });
    const units = ["service", "socket"].map((kind) => `${PREFIX}/lib/systemd/system/fairlead.${kind}`);
    expect(await run(["systemd-analyze", "--man=no", "verify", ...units])).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  testWith(["make", "systemd-analyze"], "its exposure is low: what is left is what forwarding takes", async () => {
    using folder = scratch();
    const PREFIX = folder.file("usr");
    await make("make", "install", { PREFIX, SYSTEM: "Linux" });
    const { stdout } = await run(
      ["systemd-analyze", "security", "--offline=true", "--no-pager", `${PREFIX}/lib/systemd/system/fairlead.service`],
      { env: { LANG: "C.UTF-8" } },
    );
    const score = Number(/exposure level for fairlead\.service: ([\d.]+)/.exec(stdout)?.[1]);
    process.stderr.write(`systemd exposure level: ${score}\n`);
    expect(score).toBeLessThan(2);
  });

  const runs = [
    { name: "a run", needs: [], units: ["fairlead.service"], global: "" },
    {
      name: "a run that gives up root's rights",
      needs: ["root"],
      units: ["fairlead.service", "run-as-root.conf"],
      global: "global\n    user nobody\n    group nogroup\n    chroot /var/empty\n",
    },
  ];
  for (const { name, needs, units, global } of runs) {
    testWith(
      ["systemd-analyze", "strace", "socat", ...needs],
      `${name} with a session and a reload stays within the filter`,
      async () => {
        using folder = scratch();
        mkdirSync(folder.file("empty"));
        chmodSync(folder.path, 0o755);
        const unit = units.map((file) => readFileSync(join(shipped, "systemd", file), "utf8")).join("\n");
        const allowed = await filteredCalls(unit);
        const [port, server] = [await freePort(), await freePort()];
        const file = folder.file("f.cfg");
        const text = configuration(port).replace("127.0.0.1:9", `127.0.0.1:${server}`);
        writeFileSync(file, global.replace("/var/empty", folder.file("empty")) + text);
        await using echo = start(["socat", `TCP-LISTEN:${server},fork,reuseaddr,bind=127.0.0.1`, "EXEC:cat"]);
        const trace = folder.file("trace");
        const program = join(shipped, "bin/fairlead");
        await using traced = start(["strace", "-f", "-qq", "-o", trace, program, "-Ws", "-f", file, "--health", "off"]);
        await waitUntil("both listen", async () => (await answers(port)) && (await answers(server)));
        const sent = "x".repeat(300_000);
        const came = await must(["socat", "-t", "5", "-", `TCP:127.0.0.1:${port}`], { input: sent });
        expect(came.length).toBe(sent.length);
        const pid = Number((await must(["pgrep", "-P", String(traced.pid)])).trim());
        // A pair says so at its start as well.
        const loaded = (): number => traced.stderr.all.filter((line) => line.includes("Loading success")).length;
        const before = loaded();
        process.kill(pid, "SIGUSR2");
        await waitUntil("the reload", () => loaded() > before);
        process.kill(pid, "SIGTERM");
        await traced.exited;
        expect(echo.pid).toBeGreaterThan(0);
        const used = [...readFileSync(trace, "latin1").matchAll(/^\d+ +([a-z_0-9]+)\(/gm)].map(
          ([, name]) => name ?? "",
        );
        expect([...new Set(used)].filter((name) => !allowed.has(name))).toEqual([]);
        expect(used.length).toBeGreaterThan(500);
      },
    );
  }

  testWith(["systemd-socket-activate"], "takes over a port that systemd holds", async () => {
    using folder = scratch();
    const [port, health] = [await freePort(), await freePort()];
    const file = folder.file("f.cfg");
    writeFileSync(file, configuration(3));
    const program = join(shipped, "bin/fairlead");
    const command = [program, "-Ws", "-f", file, "--health", `127.0.0.1:${health}`];
    await using held = start(["systemd-socket-activate", "-l", `127.0.0.1:${port}`, ...command]);
    await held.stderr.find(/Listening on/);
    // The first client starts it.
    expect(await answers(port)).toBe(true);
    await waitUntil(
      "it serves",
      async () => (await run([program, "healthcheck", "--health", String(health)])).code === 0,
    );
    expect(await answers(port)).toBe(true);
    process.kill(held.pid, "SIGTERM");
    expect(await held.exited).toBe(0);
  });
});

/** The system calls that the unit's SystemCallFilter= lines leave. */
async function filteredCalls(unit: string): Promise<Set<string>> {
  const sets = new Map<string, string[]>();
  for (const line of (await must(["systemd-analyze", "syscall-filter", "--no-pager"])).split("\n")) {
    if (line.startsWith("@")) sets.set(line.trim(), []);
    else if (/^ +[@a-z_0-9-]+$/.test(line)) [...sets.values()].at(-1)?.push(line.trim());
  }
  const members = (name: string): string[] => sets.get(name)?.flatMap(members) ?? [name];
  const allowed = new Set<string>();
  for (const [, without, names = ""] of unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)) {
    for (const call of names.split(" ").flatMap(members)) {
      if (without === "~") allowed.delete(call);
      else allowed.add(call);
    }
  }
  return allowed;
}

/** What of FreeBSD's rc.subr(8) the script uses, for a shell anywhere. */
const rcSubr = `
checkyesno() { eval "case \\$$1 in [Yy][Ee][Ss]) return 0 ;; *) return 1 ;; esac"; }
load_rc_config() { [ -f "$RC_CONF" ] && . "$RC_CONF"; return 0; }
_run_rc_notrunning() { echo "$name not running? (check $pidfile)."; }
wait_for_pids() { for each; do while kill -0 "$each" 2>/dev/null; do sleep 0.1; done; done; }
run_rc_command() {
  rc_pid=
  if [ -f "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null; then rc_pid=$(cat "$pidfile"); fi
  case " start stop restart status $extra_commands " in *" $1 "*) ;; *) echo "unknown: $1" >&2; return 1 ;; esac
  checkyesno $rcvar || { echo "Cannot '$1' $name. Set $rcvar to YES" >&2; return 1; }
  eval "precmd=\\\${$1_precmd:-} cmd=\\\${$1_cmd:-}"
  if [ -n "$precmd" ]; then $precmd || return 1; fi
  if [ -n "$cmd" ]; then $cmd; return; fi
  [ "$1" = start ] || [ -n "$rc_pid" ] || { _run_rc_notrunning; return 1; }
  eval "rc_flags=\\$\${name}_flags"
  case $1 in
    start) [ -r "$required_files" ] && $command $rc_flags ;;
    stop) kill -$sig_stop $rc_pid && wait_for_pids $rc_pid ;;
    reload) kill -$sig_reload $rc_pid ;;
    *) return 1 ;;
  esac
}
`;

describe("FreeBSD's rc.d script", () => {
  for (const shell of ["sh", "dash"]) {
    testWith([shell], `${shell} -n takes it and every other script`, async () => {
      for (const script of ["freebsd/fairlead", "smf/fairlead", "launcher", "install.sh", "container/rootfs.sh"]) {
        expect([script, await run([shell, "-n", join(shipped, script)])]).toEqual([
          script,
          { code: 0, stdout: "", stderr: "" },
        ]);
      }
    });
  }

  testWith(["make"], "starts, checks, reloads, replaces and stops it", async () => {
    using folder = scratch();
    const PREFIX = folder.file("usr");
    await make("make", "install", { PREFIX, SYSTEM: "FreeBSD" });
    const script = `${PREFIX}/etc/rc.d/fairlead`;
    writeFileSync(folder.file("rc.subr"), rcSubr);
    writeFileSync(script, readFileSync(script, "utf8").replace(". /etc/rc.subr", `. ${folder.file("rc.subr")}`));
    const [first, second] = [await freePort(), await freePort()];
    const [file, pidfile] = [folder.file("f.cfg"), folder.file("pid")];
    writeFileSync(file, configuration(first));
    const conf = `fairlead_enable=YES\nfairlead_config=${file}\nfairlead_pidfile=${pidfile}\n`;
    writeFileSync(folder.file("rc.conf"), conf);
    const env = { RC_CONF: folder.file("rc.conf"), FAIRLEAD_HEALTH: "off" };
    const service = (word: string): ReturnType<typeof run> => run(["sh", script, word], { env });
    const pid = (): number => Number(readFileSync(pidfile, "utf8"));
    await using _last = { [Symbol.asyncDispose]: async () => void (await service("hardstop")) };

    expect(await service("reload")).toMatchObject({ code: 1 });
    expect(await service("start")).toMatchObject({ code: 0 });
    const started = pid();
    expect(await answers(first)).toBe(true);
    expect((await service("configtest")).stdout).toContain("Configuration file is valid");

    writeFileSync(file, configuration(second));
    expect(await service("reload")).toMatchObject({ code: 0 });
    await waitUntil(
      "the new port answers and the old one does not",
      async () => (await answers(second)) && !(await answers(first)),
    );
    expect(pid()).toBe(started);

    writeFileSync(file, "nonsense\n");
    // What is refused says why.
    const refused = { code: 1, stderr: expect.stringContaining("unknown keyword 'nonsense'") };
    expect(await service("reload")).toMatchObject(refused);
    expect(await service("softreload")).toMatchObject(refused);
    expect(await answers(second)).toBe(true);

    writeFileSync(file, configuration(second));
    expect(await service("softreload")).toMatchObject({ code: 0 });
    expect(pid()).not.toBe(started);
    await waitUntil("the old process has ended", () => !existsSync(`/proc/${started}`));
    expect(await answers(second)).toBe(true);

    expect(await service("stop")).toMatchObject({ code: 0 });
    expect(await answers(second)).toBe(false);
    writeFileSync(folder.file("rc.conf"), conf.replace("YES", "NO"));
    expect(await service("start")).toMatchObject({ code: 1 });
  });
});

describe("SMF", () => {
  testWith(["make", "xmllint"], "xmllint is content with the manifest, and its methods are where it says", async () => {
    using folder = scratch();
    const DESTDIR = folder.path;
    await make("make", "install", { DESTDIR, SYSTEM: "SunOS", PREFIX: "/opt/local" });
    const manifest = `${DESTDIR}/opt/local/lib/svc/manifest/network/fairlead.xml`;
    expect(await run(["xmllint", "--nonet", "--noout", manifest])).toEqual({ code: 0, stdout: "", stderr: "" });
    const methods = await must(["xmllint", "--nonet", "--xpath", "//exec_method/@exec", manifest]);
    expect(
      methods
        .trim()
        .split("\n")
        .map((line) => line.trim()),
    ).toEqual([
      'exec="/opt/local/lib/svc/method/fairlead start"',
      'exec="/opt/local/lib/svc/method/fairlead stop %{restarter/contract}"',
      'exec="/opt/local/lib/svc/method/fairlead refresh"',
    ]);
    expect(existsSync(`${DESTDIR}/opt/local/lib/svc/method/fairlead`)).toBe(true);
  });

  testWith(
    ["make"],
    "the method starts it, reloads it and stops it, and says when the configuration is wrong",
    async () => {
      using folder = scratch();
      const PREFIX = folder.file("usr");
      const program = join(shipped, "bin/fairlead");
      await make("make", "install", { PREFIX, SYSTEM: "SunOS", PROGRAM: program });
      const method = `${PREFIX}/lib/svc/method/fairlead`;
      const [first, second] = [await freePort(), await freePort()];
      const file = folder.file("f.cfg");
      writeFileSync(file, configuration(first));
      // Contracts are the system's; here one is the processes that have this folder in their command line.
      const fake = (name: string, text: string): void =>
        writeFileSync(folder.file(name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      fake("svcprop", `case $2 in fairlead/config) echo ${file} ;; restarter/contract) echo 7 ;; *) echo 1 ;; esac`);
      for (const name of ["pkill", "pgrep"]) {
        fake(
          name,
          `[ "$*" != "\${*% -c 7}" ] || [ "$*" = "-c 7" ] || exit 2\nsignal=$1; [ "$signal" != -c ] || signal=\nexec /usr/bin/${name} $signal -f -- "-f ${file}"`,
        );
      }
      const env = { PATH: `${folder.path}:${process.env["PATH"]}`, FAIRLEAD_HEALTH: "off" };
      const call = async (...words: string[]): Promise<number | null> =>
        (await run(["sh", method, ...words], { env })).code;
      await using _last = { [Symbol.asyncDispose]: async () => void (await call("stop", "7")) };
      expect(await call("start")).toBe(0);
      expect(await answers(first)).toBe(true);
      writeFileSync(file, "nonsense\n");
      expect(await call("refresh")).toBe(96);
      writeFileSync(file, configuration(second));
      expect(await call("refresh")).toBe(0);
      await waitUntil("the new port answers", () => answers(second));
      expect(await call("stop", "7")).toBe(0);
      await waitUntil("nothing answers", async () => !(await answers(second)));
      writeFileSync(file, "nonsense\n");
      expect(await call("start")).toBe(96);
    },
  );
});
