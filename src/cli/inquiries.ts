/** What is answered at once, without serving: help, versions, `-cc`, and what a running process says of itself. */
import { checkCondition } from "../config/text/directives/if-condition.ts";
import { inheritedEnvironment } from "../config/text/environment.ts";
import { fromBytes, toBytes } from "../config/text/text-bytes.ts";
import { askHealthEndpoint, defaultHealthAddress, parseHealthAddress } from "../ops/health/health-endpoint.ts";
import { type Status, statusText } from "../ops/health/status-document.ts";
import { singleLine } from "../ops/log/syslog.ts";
import type { Intent } from "./commands.ts";
import type { Terminal } from "./terminal.ts";
import { commandLines, usageText } from "./usage.ts";
import { versionText } from "./version.ts";

/** Says what was wrong with a command line; the exit code. `report` writes to stderr; `name`: the one that the program was run by. */
export function refuseCommandLine(
  argv: readonly string[],
  text: string | null,
  name: string,
  print: (text: string) => void,
  report: (text: string) => void,
): number {
  if (text !== null && name !== "haproxy") {
    report(`${name}: ${singleLine(text)}\n${helpHint(argv[0], name)}\n`);
    return 1;
  }
  print(versionText(name));
  report(usageText(name));
  if (argv.length > 0 && name !== "haproxy") report(`${name}: no configuration is named: -f FILE does so.\n`);
  return 1;
}

function helpHint(command = "", name: string): string {
  return commandLines.has(command)
    ? `'${name} help ${command}' shows what it takes.`
    : `'${name} --help' shows what there is.`;
}

/** `healthcheck` and `status`: asks a running process; the exit code. */
export async function askProcess(
  intent: Extract<Intent, { kind: "healthcheck" | "status" }>,
  terminal: Terminal,
): Promise<number> {
  const text = intent.address ?? defaultHealthAddress;
  const address = parseHealthAddress(text);
  if (address === null || address === "off") return 1;
  const { code, body } = await askHealthEndpoint(address, intent.kind === "status" ? "/status" : intent.path);
  if (code === 0)
    terminal.alert(
      `health endpoint ${text}: ${body}\n    is fairlead running, and is this the address of its --health?`,
    );
  else if (intent.kind === "healthcheck") terminal.print(body);
  else if (code === 200) terminal.print(intent.json ? body : statusText(JSON.parse(body) as Status));
  else terminal.alert(`health endpoint ${text}: it answers ${code}: ${body.trim()}`);
  return code === 200 ? 0 : 1;
}

/** `-cc`: 0 true, 1 false, 2 neither. */
export function evaluateCondition(condition: string, terminal: Terminal): number {
  const checked = checkCondition(toBytes(condition), inheritedEnvironment(process.env));
  if (checked.status === 2) terminal.alert(`config : ${fromBytes(checked.message)}`);
  return checked.status;
}
