/** The one entry: from the command line to an exit code. Wires the rooms; holds the only signal handlers and the only exit. */
import { basename } from "node:path";
import { takeCommandLine } from "./cli/commands.ts";
import { checkConfiguration } from "./cli/configuration.ts";
import { openOperator, type Operator } from "./cli/operator.ts";
import type { Options } from "./cli/options.ts";
import { helpText, usageText } from "./cli/usage.ts";
import { longVersionText, toolVersion, version, versionText } from "./cli/version.ts";
import { ConditionError, evaluateCondition } from "./config/condition.ts";
import { openLineWriter } from "./ops/line-writer.ts";

const name = basename(process.argv0) === "haproxy" || basename(process.execPath) === "haproxy" ? "haproxy" : "fairlead";
const out = openLineWriter(1, () => {});
const err = openLineWriter(2, () => {});
const operator = openOperator(out, err, {
  name,
  version: name === "haproxy" ? toolVersion : version,
  path: process.execPath,
});

const code = await main(process.argv.slice(2));
await Promise.race([Promise.all([out.flushed(), err.flushed()]), new Promise((resolve) => setTimeout(resolve, 2000))]);
process.exit(code);

async function main(argv: readonly string[]): Promise<number> {
  const intent = await takeCommandLine(argv, name, process.env);
  switch (intent.kind) {
    case "usage":
      operator.print(versionText(name));
      if (intent.text !== null) operator.alert(intent.text);
      operator.report(usageText(name));
      return 1;
    case "help":
      operator.print(intent.text ?? helpText(name));
      return 0;
    case "version":
      operator.print(`${version}\n`);
      return 0;
    case "run":
      return runOptions(intent.options, intent.text, operator);
    default:
      return 1;
  }
}

async function runOptions(options: Options, text: string | null, operator: Operator): Promise<number> {
  if (options.version !== null) {
    operator.print(options.version === "short" ? versionText(name) : longVersionText(name, "bun", "bun"));
    return 0;
  }
  if (options.condition !== null) {
    try {
      return evaluateCondition(options.condition, new Map()) ? 0 : 1;
    } catch (error) {
      if (!(error instanceof ConditionError)) throw error;
      operator.alert(`config : Failed to evaluate condition: ${error.message}`);
      return 2;
    }
  }
  if (options.check) return checkConfiguration(options, text === null ? null : [{ name: "forward", text }], operator);
  return 1;
}
