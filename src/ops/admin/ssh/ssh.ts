/** `show ssh report` and `show ssh hostkeys`: who speaks what over SSH, and which keys servers have, which HAProxy does not know. */
import type { PublicSsh, SshReport } from "../../../ssh/public.ts";
import type { Rows } from "../../answers/slices.ts";
import { hostKeysJson } from "../../stats/hostkeys/json.ts";
import { hostKeysText } from "../../stats/hostkeys/text.ts";
import { sshReportJson, sshReportSchema } from "../../stats/ssh/ssh-report-json.ts";
import { parseSince, sinceForm } from "../../stats/ssh/ssh-report-since.ts";
import { sshReportText } from "../../stats/ssh/ssh-report-text.ts";
import { type Answer, err } from "../answer.ts";
import type { AdminCommand } from "../command.ts";
import type { AdminSources } from "../sources.ts";

/** Both of them. */
export const sshCommands: readonly AdminCommand[] = [
  {
    words: ["show", "ssh", "report"],
    usage: "show ssh report [json] [since <time>]",
    help: "report which SSH clients and servers were seen, and what they can do (or 'schema': of its JSON)",
    level: "user",
    run: showReport,
  },
  {
    words: ["show", "ssh", "hostkeys"],
    usage: "show ssh hostkeys [json] [<backend>]",
    help: "report which host keys the servers have, since when, and where they differ",
    level: "user",
    run: showHostKeys,
  },
];

function showReport(args: readonly string[], { info }: AdminSources): Answer {
  const { ssh } = info;
  if (ssh === undefined) return err("SSH is not looked at here.\n");
  const words = [...args];
  if (words[0] === "schema") return sshReportSchema;
  const form = words[0] === "json" ? sshReportJson : sshReportText;
  if (form === sshReportJson) words.shift();
  const [word, since = "", ...rest] = words;
  if (word === undefined) return reportRows(ssh, null, form);
  const sinceAt = parseSince(since, Date.now());
  if (word !== "since" || rest.length > 0) return err("Expects 'schema', or [json] [since <time>].\n");
  if (sinceAt === null) return err(`'since' expects ${sinceForm}.\n`);
  return reportRows(ssh, sinceAt, form);
}

function showHostKeys(args: readonly string[], { info }: AdminSources): Answer {
  const { hostKeys } = info;
  if (hostKeys?.isWatching !== true) return err("No backend has 'ssh-hostkeys' or 'ssh-hostkey'.\n");
  const isJson = args[0] === "json";
  const [name = null, extra] = isJson ? args.slice(1) : args;
  if (extra !== undefined) return err("Expects [json] [<backend>].\n");
  if (name !== null && ![...hostKeys.backends()].some((backend) => backend.name === name))
    return err("No backend of that name has 'ssh-hostkeys' or 'ssh-hostkey'.\n");
  return isJson ? hostKeysJson(hostKeys, name) : hostKeysText(hostKeys, name);
}

/** Gathers first, of which nothing shows. */
function* reportRows(ssh: PublicSsh, sinceAt: number | null, form: (report: SshReport) => Rows): Rows {
  const steps = ssh.report(sinceAt);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return yield* form(step.value);
    yield "";
  }
}
