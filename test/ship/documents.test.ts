/** Manual pages and completions: that formatters and shells take them, and that they say what the program knows. */
import { describe, expect, setDefaultTimeout } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { flags } from "../../src/cli/options.ts";
import { commandLines } from "../../src/cli/usage.ts";
import { keywords } from "../../src/config/keywords.ts";
import { must, run, scratch, testWith } from "../e2e/harness.ts";
import { root } from "./stage.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

/** Writes them anew, so that what is tested is of this source. */
async function documents(folder: string): Promise<(name: string) => string> {
  await must([process.execPath, join(root, "dist/documents/main.ts"), folder]);
  return (name) => join(folder, name);
}

/** A page as a reader sees it, one line wide. */
async function read(page: string): Promise<string> {
  const out = await must(["man", "-l", page], { env: { LANG: "C.UTF-8", MANWIDTH: "4000", MAN_KEEP_FORMATTING: "" } });
  return out.replaceAll(/\s+/g, " ").replaceAll("‐", "-").replaceAll("−", "-");
}

describe("manual pages", () => {
  for (const name of ["fairlead.1", "fairlead.cfg.5"]) {
    testWith(["mandoc", "man"], `${name}: mandoc -T lint and man -l are content`, async () => {
      using folder = scratch();
      const page = (await documents(folder.path))(`man/${name}`);
      const { stdout, stderr } = await run(["mandoc", "-T", "lint", page]);
      // The pages name each other, and need not be installed here.
      const said = `${stdout}${stderr}`
        .split("\n")
        .filter((line) => !/referenced manual not found: Xr fairlead/.test(line));
      expect(said.filter(Boolean)).toEqual([]);
      const shown = await run(["man", "-l", page]);
      expect([shown.code, shown.stderr]).toEqual([0, ""]);
    });
  }

  testWith(["man"], "fairlead(1) has every flag and command of the program", async () => {
    using folder = scratch();
    const text = await read((await documents(folder.path))("man/fairlead.1"));
    const words = new Set(text.split(/[\s/|[\]….,;]+/));
    // -VV is another way to write -V.
    expect(flags.filter((flag) => !words.has(flag))).toEqual(["-VV"]);
    expect([...commandLines.keys()].filter((command) => !words.has(command))).toEqual([]);
  });

  testWith(["man"], "fairlead.cfg(5) has every keyword of the table with its arguments", async () => {
    using folder = scratch();
    const text = await read((await documents(folder.path))("man/fairlead.cfg.5"));
    const missing = keywords.filter(({ name, usage }) => {
      const form = [name, usage].filter(Boolean).join(" ");
      return !text.includes(form.replaceAll(/\s+/g, " ").replaceAll("…", "..."));
    });
    expect(missing.map(({ name, usage }) => `${name} ${usage}`)).toEqual([]);
  });
});

describe("completion", () => {
  for (const [shell, file] of [
    ["bash", "completion/fairlead.bash"],
    ["zsh", "completion/_fairlead"],
    ["fish", "completion/fairlead.fish"],
  ] as const) {
    testWith([shell], `${shell} takes it`, async () => {
      using folder = scratch();
      const script = (await documents(folder.path))(file);
      expect(await run([shell, "-n", script])).toEqual({ code: 0, stdout: "", stderr: "" });
    });
  }

  testWith(["bash"], "bash completes commands, their flags and HAProxy's flags", async () => {
    using folder = scratch();
    const script = (await documents(folder.path))("completion/fairlead.bash");
    const complete = async (...words: string[]): Promise<string[]> => {
      const line = `source ${script}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _fairlead 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return (await must(["bash", "-c", line])).split("\n").filter(Boolean);
    };
    expect(await complete("fairlead", "hea")).toEqual(["healthcheck"]);
    expect(await complete("fairlead", "healthcheck", "--r")).toEqual(["--ready"]);
    expect(await complete("fairlead", "-W")).toEqual(["-W", "-Ws"]);
    expect(await complete("fairlead", "-n", "")).toEqual([]);
  });

  testWith(["fish"], "fish completes commands and flags", async () => {
    using folder = scratch();
    const script = (await documents(folder.path))("completion/fairlead.fish");
    const fish = [
      "fish",
      "--no-config",
      "-c",
      `source ${script}; complete -C 'fairlead hea'; complete -C 'fairlead -W'`,
    ];
    const lines = (await must(fish, { env: { HOME: folder.path } })).split("\n");
    expect(lines.map((line) => line.split("\t")[0]).filter(Boolean)).toEqual(
      expect.arrayContaining(["healthcheck", "-W", "-Ws"]),
    );
  });

  testWith(["zsh"], "zsh loads it as a function", async () => {
    using folder = scratch();
    await documents(folder.path);
    const line = `fpath=(${folder.file("completion")} $fpath); autoload -Uz +X _fairlead && functions _fairlead`;
    expect(await must(["zsh", "-f", "-c", line])).toContain("healthcheck");
    expect(readFileSync(folder.file("completion/_fairlead"), "utf8")).toStartWith("#compdef fairlead\n");
  });
});
