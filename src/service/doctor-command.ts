/** The command `doctor`: looks a configuration over, and prints what was found. */
import type { DoctorRequest } from "../cli/doctor.ts";
import type { Terminal } from "../cli/terminal.ts";
import { examine } from "./doctor/doctor.ts";
import { exitCodeOf } from "./doctor/finding.ts";
import { examinationJson, examinationText } from "./doctor/report.ts";
import { openRuntime } from "./runtime/open-runtime.ts";

/** The exit code: 0 sound, 1 with warnings, 2 with errors. */
export async function doctor(request: DoctorRequest, terminal: Pick<Terminal, "print">): Promise<number> {
  const examination = await examine(request, await openRuntime());
  terminal.print(request.json ? examinationJson(examination) : examinationText(examination));
  return exitCodeOf(examination.findings);
}
