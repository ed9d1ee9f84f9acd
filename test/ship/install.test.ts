/** What `make install` leaves on each system, and that `uninstall` takes all of it away. */
import { describe, expect } from "bun:test";
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { must, run, scratch, testWith } from "../e2e/harness.ts";
import { filesBelow, make, root, shipped } from "./stage.ts";

const everywhere = (prefix: string): string[] => [
  `${prefix}/bin/fairlead`,
  `${prefix}/share/bash-completion/completions/fairlead`,
  `${prefix}/share/doc/fairlead/LICENSE`,
  ...["README.md", ...readdirSync(join(shipped, "doc"))].map((name) => `${prefix}/share/doc/fairlead/${name}`),
  `${prefix}/share/doc/fairlead/keepalived.conf`,
  `${prefix}/share/fish/vendor_completions.d/fairlead.fish`,
  `${prefix}/share/man/man1/fairlead.1`,
  `${prefix}/share/man/man5/fairlead.cfg.5`,
  `${prefix}/share/zsh/site-functions/_fairlead`,
];

const configuration = (folder: string): string[] => [`${folder}/fairlead.cfg`, `${folder}/fairlead.cfg.example`];

interface Case {
  readonly name: string;
  readonly variables: Record<string, string>;
  readonly files: readonly string[];
}

const systemd = (prefix: string): string[] => [
  `${prefix}/lib/systemd/system/fairlead.service`,
  `${prefix}/lib/systemd/system/fairlead.socket`,
  `${prefix}/share/doc/fairlead/run-as-root.conf`,
];

const cases: readonly Case[] = [
  {
    name: "Linux",
    variables: { SYSTEM: "Linux" },
    files: [...everywhere("/usr/local"), ...configuration("/etc/fairlead"), ...systemd("/usr/local")],
  },
  {
    name: "Linux, a folder of one's own, and the name haproxy",
    variables: { SYSTEM: "Linux", PREFIX: "/opt/lead", HAPROXY_LINK: "1" },
    files: [
      ...everywhere("/opt/lead"),
      "/opt/lead/bin/haproxy",
      ...configuration("/opt/lead/etc/fairlead"),
      ...systemd("/opt/lead"),
    ],
  },
  {
    name: "FreeBSD, SYSCONFDIR given",
    variables: { SYSTEM: "FreeBSD", SYSCONFDIR: "/config" },
    files: [...everywhere("/usr/local"), "/usr/local/etc/rc.d/fairlead", ...configuration("/config/fairlead")],
  },
  {
    name: "SunOS with the program in one file",
    variables: { SYSTEM: "SunOS", PREFIX: "/opt/local", PROGRAM: "fairlead.mjs" },
    files: [
      ...everywhere("/opt/local"),
      "/opt/local/lib/fairlead/fairlead.mjs",
      "/opt/local/lib/svc/manifest/network/fairlead.xml",
      "/opt/local/lib/svc/method/fairlead",
      ...configuration("/opt/local/etc/fairlead"),
    ],
  },
];

describe("make install", () => {
  for (const tool of ["make", "bmake"] as const) {
    for (const { name, variables, files } of cases) {
      testWith([tool], `${tool}: ${name}; uninstall leaves no file`, async () => {
        using folder = scratch();
        const stage = folder.file("stage");
        const program = folder.file("fairlead.mjs");
        writeFileSync(program, "console.log(process.argv.slice(2).join(' '));\n");
        const all = { ...variables, DESTDIR: stage, ...("PROGRAM" in variables ? { PROGRAM: program } : {}) };
        await make(tool, "install", all);
        expect(filesBelow(stage)).toEqual([...files].sort());
        for (const file of filesBelow(stage).filter((one) => !/\/bin\/fairlead$|\.png$/.test(one))) {
          if (lstatSync(stage + file).isSymbolicLink()) expect(readlinkSync(stage + file)).toBe("fairlead");
          else expect([file, /@[A-Z]+@/.exec(readFileSync(stage + file, "utf8"))]).toEqual([file, null]);
        }
        for (const picture of filesBelow(stage).filter((one) => one.endsWith(".png")))
          expect(readFileSync(stage + picture)).toEqual(readFileSync(join(shipped, "doc", basename(picture))));
        await make(tool, "uninstall", all);
        expect(filesBelow(stage)).toEqual([]);
      });
    }
  }

  testWith(["make"], "the operator's configuration is neither overwritten nor removed", async () => {
    using folder = scratch();
    const DESTDIR = folder.file("stage");
    const file = join(DESTDIR, "etc/fairlead/fairlead.cfg");
    mkdirSync(join(DESTDIR, "etc/fairlead"), { recursive: true });
    writeFileSync(file, "# mine\n");
    await make("make", "install", { DESTDIR, SYSTEM: "Linux" });
    await make("make", "install", { DESTDIR, SYSTEM: "Linux" });
    await make("make", "uninstall", { DESTDIR, SYSTEM: "Linux" });
    expect(filesBelow(DESTDIR)).toEqual(["/etc/fairlead/fairlead.cfg"]);
    expect(readFileSync(file, "utf8")).toBe("# mine\n");
  });

  testWith(["make"], "a haproxy that is a program of its own is not replaced", async () => {
    using folder = scratch();
    const DESTDIR = folder.file("stage");
    mkdirSync(join(DESTDIR, "usr/local/bin"), { recursive: true });
    writeFileSync(join(DESTDIR, "usr/local/bin/haproxy"), "theirs");
    const variables = { DESTDIR, SYSTEM: "Linux", HAPROXY_LINK: "1" };
    await expect(make("make", "install", variables)).rejects.toThrow("program of its own");
    await make("make", "uninstall", variables);
    expect(filesBelow(DESTDIR)).toEqual(["/usr/local/bin/haproxy"]);
  });

  testWith(["make"], "what is installed runs, is found under both names, and takes its example", async () => {
    using folder = scratch();
    await make("make", "install", { DESTDIR: folder.path, SYSTEM: "Linux", HAPROXY_LINK: "1" });
    const bin = folder.file("usr/local/bin");
    expect(await must([`${bin}/fairlead`, "-v"])).toMatch(/^fairlead version/);
    expect(await must([`${bin}/haproxy`, "-v"])).toMatch(/^HAProxy version/);
    const checked = await run([`${bin}/fairlead`, "-c", "-f", folder.file("etc/fairlead/fairlead.cfg")]);
    // Not even a notice: what is installed is no circle, and asks for nothing that has no effect.
    expect(checked).toEqual({ code: 0, stdout: "Configuration file is valid\n", stderr: "" });
  });

  testWith(["make", "node"], "the launcher starts the program in one file, with node", async () => {
    using folder = scratch();
    const program = folder.file("fairlead.mjs");
    writeFileSync(program, 'console.log(process.argv[1].split("/").pop(), JSON.stringify(process.argv.slice(2)));\n');
    const variables = { PREFIX: folder.file("usr"), SYSTEM: "SunOS", PROGRAM: program, HAPROXY_LINK: "1" };
    await make("make", "install", variables);
    expect(await must([folder.file("usr/bin/fairlead"), "-f", "a b"])).toBe('fairlead.mjs ["-f","a b"]\n');
    expect(await must([folder.file("usr/bin/haproxy"), "-v"])).toBe('haproxy.mjs ["-v"]\n');
    await make("make", "uninstall", variables);
    expect(filesBelow(folder.file("usr"))).toEqual([]);
  });

  testWith(["make"], "it says what is next, to people and not to packagers", async () => {
    using folder = scratch();
    const [PREFIX, SYSCONFDIR] = [folder.file("usr"), folder.file("etc")];
    const file = `${SYSCONFDIR}/fairlead/fairlead.cfg`;
    const said = (SYSTEM: string, more: Record<string, string> = {}): Promise<string> =>
      make("make", "install", { PREFIX, SYSCONFDIR, SYSTEM, PROGRAM: process.execPath, ...more });
    expect(await said("FreeBSD")).toMatch(/say what it is to forward:[^]*sysrc fairlead_enable=YES/);
    const again = await said("FreeBSD");
    expect(again).toMatch(/its configuration stayed:[^]*service fairlead softreload/);
    for (const word of [`${PREFIX}/bin/fairlead -c -f ${file}`, "man fairlead"]) expect(again).toContain(word);
    expect(await said("SunOS")).toContain("svcadm enable fairlead");
    expect(await said("Linux")).toMatch(/systemctl enable --now fairlead|fairlead -W -D -f/);
    expect(await said("Linux", { DESTDIR: folder.file("stage") })).toBe("");
  });

  testWith(["make"], "without a program it says what to do", async () => {
    using folder = scratch();
    const { code, stderr } = await run(["sh", join(shipped, "install.sh"), "install"], {
      cwd: root,
      env: { DESTDIR: folder.path, PROGRAM: "/nonexistent/fairlead" },
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "/nonexistent/fairlead is not there: 'make' builds it for this machine, 'make dist' for all systems.\n",
    });
    expect(filesBelow(folder.path)).toEqual([]);
  });
});
