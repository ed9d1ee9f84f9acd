/** Completion for bash, zsh and fish, made of the flags and commands that the program knows. */
import type { Form } from "../../src/cli/command-words.ts";
import { commandForms } from "../../src/cli/commands.ts";
import { commandLines, helpText } from "../../src/cli/usage.ts";
import { flagsOfHelp } from "./command-manual.ts";

/** One word that may be typed, what it does, and what follows it. */
interface Word {
  readonly name: string;
  readonly text: string;
  readonly value: "file" | "folder" | "other" | null;
}

/** Flags that several stand on one line of the help, each by itself. */
function flags(): readonly Word[] {
  return flagsOfHelp(helpText("fairlead")).flatMap(({ form, text }) => {
    const names = form
      .split(/\s+/)
      .filter((word) => /^--?\w/.test(word))
      .map((word) => word.replace(/(?:…|\[.*)$/, ""));
    const parts = text.split(/ \/ |; /);
    return names.map((name, index) => ({
      name,
      text: (parts.length === names.length ? parts[index] : null) ?? text,
      value: valueOf(name, form),
    }));
  });
}

function valueOf(name: string, form: string): Word["value"] {
  if (name === "-f" || name === "-p" || name === "-x") return "file";
  if (name === "-C") return "folder";
  const after = new RegExp(`(?:^|\\s)${name} ([^-/\\s]\\S*)|${name} / -\\w+ (\\S+)`).exec(form);
  return after === null || name === "-dK" ? null : "other";
}

const commands: readonly Word[] = Array.from(commandLines).map(([name, line]) => ({
  name,
  text: /^\S.*? {2,}(.*)$/.exec(line)?.[1] ?? "",
  value: null,
}));

/** An option of a command, as it is typed. */
interface CommandOption {
  readonly word: string;
  readonly value: Word["value"];
}

/** By command, made of what each takes. */
const commandOptions: ReadonlyMap<string, readonly CommandOption[]> = new Map(
  Array.from(await commandForms(), ([name, { args }]) => [name, Object.entries(args).flatMap(optionsOf)]),
);

function optionsOf([name, one]: [string, Form["args"][string]]): CommandOption[] {
  if (one.type === "positional") return [];
  const hint = "valueHint" in one ? one.valueHint : undefined;
  const isFile = hint !== undefined && ["FILE", "PATH", "SOCKET"].includes(hint);
  const value = one.type === "boolean" ? null : isFile ? "file" : "other";
  const aliases = "alias" in one ? [one.alias ?? []].flat() : [];
  return [`--${name}`, ...aliases.map((alias) => `-${alias}`)].map((word) => ({ word, value }));
}

const commandFlags: ReadonlyMap<string, readonly string[]> = new Map([
  ...Array.from(commandOptions, ([name, own]) => [name, own.map(({ word }) => word)] as const),
  ["maintenance", ["on", "off", ...(commandOptions.get("maintenance") ?? []).map(({ word }) => word)]],
  ["help", commands.map(({ name }) => name)],
]);

/** For share/bash-completion/completions. */
export function bashCompletion(): string {
  const names = flags().map(({ name }) => name);
  const own = [...commandOptions.values()].flat();
  const of = (value: Word["value"]): string => {
    const words = flags().flatMap((flag) => (flag.value === value ? [flag.name] : []));
    return [...new Set([...words, ...own.flatMap((one) => (one.value === value ? [one.word] : []))])].join("|");
  };
  return `# Completion of fairlead for bash.
_fairlead() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words
  COMPREPLY=()
  case $before in
    ${of("file")}) mapfile -t COMPREPLY < <(compgen -f -- "$word"); compopt -o filenames; return ;;
    ${of("folder")}) mapfile -t COMPREPLY < <(compgen -d -- "$word"); compopt -o filenames; return ;;
    ${of("other")}) return ;;
  esac
  case \${COMP_WORDS[1]} in
${[...commandFlags].map(([name, own]) => `    ${name}) words="${own.join(" ")}" ;;`).join("\n")}
    *) words="${names.join(" ")}" ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${[...commands.map(({ name }) => name), ...names].join(" ")}"; fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  if [ "\${COMP_WORDS[1]}" = check ] && [ "$COMP_CWORD" -gt 1 ]; then
    mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
    compopt -o filenames
  fi
}
complete -F _fairlead fairlead
`;
}

/** Between single quotes of zsh, in a specification of `_arguments`. */
function zshQuoted(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, (letter) => `\\${letter}`).replaceAll("'", `'\\''`);
}

/** Between single quotes of fish. */
function fishQuoted(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("'", "\\'");
}

/** For share/zsh/site-functions. */
export function zshCompletion(): string {
  const follows = { file: ":file:_files", folder: ":folder:_files -/", other: ":value: ", null: "" };
  const many = new Set(["-f", "-S"]);
  const lines = flags().map(
    ({ name, text, value }) =>
      `    '${many.has(name) ? "*" : ""}${name}[${zshQuoted(text)}]${follows[value ?? "null"]}'`,
  );
  return `#compdef fairlead
# Completion of fairlead for zsh.
_fairlead() {
  local -a commands
  commands=(
${commands.map(({ name, text }) => `    '${name}:${zshQuoted(text)}'`).join("\n")}
  )
  if (( CURRENT > 2 )); then
    case $words[2] in
${[...commandFlags]
  .map(([name, own]) =>
    name === "check"
      ? `      ${name}) _arguments '--verbose' '--json' '*-f:file:_files' '*:file:_files'; return ;;`
      : `      ${name}) compadd -- ${own.join(" ")}; return ;;`,
  )
  .join("\n")}
    esac
  elif [[ $PREFIX != -* ]]; then
    _describe command commands
    return
  fi
  _arguments \\
${lines.join(" \\\n")} \\
    '*:file:_files'
}
_fairlead "$@"
`;
}

/** For share/fish/vendor_completions.d. */
export function fishCompletion(): string {
  const none = `'not __fish_seen_subcommand_from ${commands.map(({ name }) => name).join(" ")}'`;
  const value = { file: " -r -F", folder: ` -x -a '(__fish_complete_directories)'`, other: " -x", null: "" };
  return `# Completion of fairlead for fish.
complete -c fairlead -f
${commands.map(({ name, text }) => `complete -c fairlead -n __fish_use_subcommand -a ${name} -d '${fishQuoted(text)}'`).join("\n")}
${flags()
  .map((flag) => {
    const kind = flag.name.startsWith("--") ? `-l ${flag.name.slice(2)}` : `-o ${flag.name.slice(1)}`;
    return `complete -c fairlead -n ${none} ${kind}${value[flag.value ?? "null"]} -d '${fishQuoted(flag.text)}'`;
  })
  .join("\n")}
${[...commandFlags]
  .flatMap(([name, own]) =>
    own.map((word) =>
      word.startsWith("-")
        ? `complete -c fairlead -n '__fish_seen_subcommand_from ${name}' ${word.startsWith("--") ? `-l ${word.slice(2)}` : `-o ${word.slice(1)}`}`
        : `complete -c fairlead -n '__fish_seen_subcommand_from ${name}' -a ${word}`,
    ),
  )
  .join("\n")}
complete -c fairlead -n '__fish_seen_subcommand_from check' -F
`;
}
