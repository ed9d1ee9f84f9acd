/** Manual pages and completions: that formatters and shells take them, and that they say what the program knows. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { takeCommandLine } from "../../src/cli/commands.ts";
import { flags } from "../../src/cli/options.ts";
import { commandLines } from "../../src/cli/usage.ts";
import { keywords } from "../../src/config/keywords/language.ts";
import { certificate } from "../certificates.ts";
import { must, run, scratch, testWith } from "../e2e/harness.ts";
import { root, shipped } from "./stage.ts";

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
    expect(await complete("fairlead", "ssh-report", "--s")).toEqual(["--since", "--socket"]);
    expect(await complete("fairlead", "maintenance", "sshd", "o")).toEqual(["on", "off"]);
    expect(await complete("fairlead", "rel")).toEqual(["reload"]);
    expect(await complete("fairlead", "top", "--")).toEqual(["--interval", "--once", "--json", "--socket", "--file"]);
    expect(await complete("fairlead", "top", "--interval", "")).toEqual([]);
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
      `source ${script}; complete -C 'fairlead hea'; complete -C 'fairlead -W'; complete -C 'fairlead init --'`,
    ];
    const lines = (await must(fish, { env: { HOME: folder.path } })).split("\n");
    expect(lines.map((line) => line.split("\t")[0]).filter(Boolean)).toEqual(
      expect.arrayContaining(["healthcheck", "-W", "-Ws", "--listen", "--force"]),
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

/** All that is written for people, by its path from the project's folder. */
const written = [
  "README.md",
  ...readdirSync(join(root, "dist/doc")).map((name) => `dist/doc/${name}`),
  "src/README.md",
  "test/bench/README.md",
];
const textOf = (file: string): string => readFileSync(join(root, file), "utf8");

/** Blocks between fences, less their indentation. */
function blocksOf(file: string): string[] {
  return [...textOf(file).matchAll(/^( *)```\w*\n([^]*?)^ *```$/gm)].map(([, indent = "", text = ""]) =>
    text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  );
}

/** What is written as code, whole blocks and words between backquotes, a line each. */
function codeOf(file: string): string[] {
  const text = textOf(file);
  const inline = [...text.replaceAll(/^ *```[^]*?^ *```$/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  return [...blocksOf(file).flatMap((block) => block.split("\n")), ...inline];
}

/** A heading as links name it. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");
}

const isConfiguration = (block: string): boolean => /^(?:global|defaults|listen|frontend|backend)\b/.test(block);

/** Each configuration of a page, or its first ones: the first is whole, the others are parts of it. */
async function areValid(page: string, program: "fairlead" | "haproxy", most = Infinity): Promise<void> {
  using folder = scratch();
  const [recipe = "", ...parts] = blocksOf(page).filter(isConfiguration);
  expect(recipe).toContain("stats socket ");
  expect(parts.length).toBeGreaterThan(0);
  const command = program === "fairlead" ? join(shipped, "bin/fairlead") : program;
  const { bothFile } = certificate({ subject: "/CN=bitbucket.mycompany.com" });
  writeFileSync(folder.file("list"), "192.0.2.0/24\n");
  const own = (text: string): string =>
    text
      .replaceAll(/ ([a-z.-]*example\.com):/g, " 192.0.2.1:")
      .replace(/\/etc\S+\.pem/, bothFile)
      .replace(/\/etc\S+\.lst/, folder.file("list"))
      .replace(/\/var\/lib\/fairlead/, folder.path);
  // A part takes the place of the recipe's section of that name, or comes behind all; names of servers are not looked up here.
  const wholes = parts.map((part) => {
    const [header = ""] = part.split("\n", 1);
    const at = recipe.indexOf(`\n${header}\n`) + 1;
    const rest = recipe.indexOf("\n\n", at);
    const behind = part.includes("\nbackend ") || rest < 0 ? "" : recipe.slice(rest + 1);
    return at > 0 ? recipe.slice(0, at) + part + behind : `${recipe}\n${part}`;
  });
  for (const text of [recipe, ...wholes].slice(0, most).map(own)) {
    const file = folder.file("a.cfg");
    writeFileSync(file, text);
    const checked = await run([command, "-c", "-f", file]);
    expect([text, checked.code, checked.stderr]).toEqual([text, 0, ""]);
  }
}

describe("what is written for people", () => {
  test("the README is what a first hour takes", () => expect(textOf("README.md").length).toBeLessThan(16_000));

  test("links lead somewhere, headings included", () => {
    const lost = written.flatMap((file) =>
      [...textOf(file).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
        if (/^https?:/.test(target)) return [];
        const [path = "", heading] = target.split("#");
        const to = path === "" ? file : join(dirname(file), path);
        try {
          const headings = [...textOf(to).matchAll(/^#+ (.*)$/gm)].map(([, text = ""]) => anchor(text));
          return heading === undefined || headings.includes(heading) ? [] : [`${file}: ${target}`];
        } catch {
          return [`${file}: ${target}`];
        }
      }),
    );
    expect(lost).toEqual([]);
  });

  test("every command line of fairlead is taken, every flag is known", async () => {
    const lines = written
      .flatMap(codeOf)
      .flatMap((code) => Array.from(code.matchAll(/(?:^|[ ;(])fairlead ([^#;|&)]*)/g)));
    const refused: string[] = [];
    let tried = 0;
    for (const [, line = ""] of lines) {
      if (/^(?:healthy|-t)|[…[]| \.$/.test(line) || line.trim() === "") continue;
      const words = line
        .trim()
        .split(/\s+/)
        .map((word) =>
          word
            .replace(/^FILE$/, "a.cfg")
            .replace("PID", "12")
            .replace("COMMAND", "status"),
        );
      const [first = ""] = words;
      // Other programs have the word among theirs (`systemctl enable --now fairlead`), and prose goes on behind it.
      if (!first.startsWith("-") && !commandLines.has(first)) continue;
      tried += 1;
      const intent = await takeCommandLine(words, "fairlead", {});
      if (intent.kind === "usage" && intent.text !== null) refused.push(`${line}: ${intent.text}`);
    }
    expect(refused).toEqual([]);
    expect(tried).toBeGreaterThan(10);
    const known = new Set([...flags, "-h"]);
    const table = [...textOf("dist/doc/operating.md").matchAll(/^\| (`-.*?) \|/gm)].map(([, cell = ""]) => cell);
    const named = table.flatMap((cell) => [...cell.matchAll(/(?:`|, )(--?\w[\w-]*)/g)].map(([, flag = ""]) => flag));
    expect(named.filter((flag) => !known.has(flag))).toEqual([]);
    expect(named.length).toBeGreaterThan(20);
  });

  test("what is to be made can be", () => {
    const targets = new Set([...textOf("Makefile").matchAll(/^([a-z-]+):/gm)].map(([, name]) => name));
    const asked = written
      .flatMap(codeOf)
      .flatMap((code) => [...code.matchAll(/^(?:sudo )?(?:\w+=\S+ )*make ([a-z-]+)/g)].map(([, name]) => name));
    expect(asked.filter((name) => !targets.has(name ?? ""))).toEqual([]);
    expect(asked).toContain("build");
    expect(asked).toContain("install");
    expect(blocksOf("README.md").some((block) => block.startsWith("make build\nsudo make install"))).toBe(true);
  });

  for (const program of ["fairlead", "haproxy"] as const) {
    testWith([program], `the README's configurations are valid: ${program} -c`, () => areValid("README.md", program));
  }

  testWith(["haproxy"], "what SSH's page begins with serves HAProxy as well", () =>
    areValid("dist/doc/ssh.md", "haproxy", 1),
  );

  testWith(["fairlead"], "the configurations of SSH's page are valid", () => areValid("dist/doc/ssh.md", "fairlead"));

  testWith(["haproxy"], "what guards servers serves HAProxy as well", () =>
    areValid("dist/doc/ssh-guard.md", "haproxy", 1),
  );

  testWith(["fairlead"], "whole configurations of the page about guarding servers are valid", async () => {
    using folder = scratch();
    const wholes = blocksOf("dist/doc/ssh-guard.md").filter(
      (block) => isConfiguration(block) && /^ +bind /m.test(block),
    );
    expect(wholes.length).toBeGreaterThan(0);
    for (const text of wholes) {
      writeFileSync(folder.file("a.cfg"), text);
      const checked = await run([join(shipped, "bin/fairlead"), "-c", "-f", folder.file("a.cfg")]);
      expect([text, checked.code, checked.stderr]).toEqual([text, 0, ""]);
    }
  });

  test("SSH's page has each text that clients are shown, with its code", () => {
    const told = [...textOf("dist/doc/ssh.md").matchAll(/^\| (\d+) \| .* \| `(.*)` \|$/gm)];
    const source = textOf("src/ssh/refusal-texts.ts");
    const codes = { unserved: "7", rule: "11", limit: "12" };
    const known = [...source.matchAll(/code: codes\.(unserved|rule|limit),\s+text: "(.*)"/g)];
    const own = known.map(([, code, text = ""]) => `${codes[code as keyof typeof codes]} ${text}`);
    expect(own.length).toBe(12);
    expect(told.map(([, code, text]) => `${code} ${text}`).toSorted()).toEqual(own.toSorted());
  });

  testWith(["fairlead"], "the lines that are advised elsewhere are valid where they belong", async () => {
    using folder = scratch();
    const blocks = blocksOf("dist/doc/tuning.md").filter((block) => block.startsWith("stick-table"));
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      const file = folder.file("a.cfg");
      const times = "timeout connect 1s\n timeout client 1s\n timeout server 1s";
      writeFileSync(file, `listen x\n mode tcp\n ${times}\n bind :1\n server s 192.0.2.1:1\n${block}`);
      const checked = await run([join(shipped, "bin/fairlead"), "-c", "-f", file]);
      expect([block, checked.code, checked.stderr]).toEqual([block, 0, ""]);
    }
  });
});
