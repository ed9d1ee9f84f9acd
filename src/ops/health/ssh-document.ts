/** `/ssh`: who speaks what over SSH, for the page. */
import type { PublicSsh, SshReport } from "../../ssh/public.ts";
import type { Rows } from "../answers/slices.ts";
import { sshReportJson } from "../stats/ssh/ssh-report-json.ts";
import { findingRows } from "../stats/ssh/ssh-report-text.ts";

/** The report as programs read it, and what it comes to in words, line by line: what belongs to a line is further in. */
export function* sshDocument(ssh: PublicSsh): Rows {
  const steps = ssh.report(null);
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) yield "";
  yield* documentRows(step.value);
}

function* documentRows(report: SshReport): Rows {
  yield '{"report":';
  yield* sshReportJson(report);
  yield ',"findings":[';
  let isFirst = true;
  for (const line of findingRows(report.findings)) {
    yield `${isFirst ? "" : ","}${JSON.stringify(line.replaceAll("\n", ""))}`;
    isFirst = false;
  }
  yield "]}\n";
}
