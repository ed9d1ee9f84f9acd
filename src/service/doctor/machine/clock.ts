/** Whether the machine's time can be right: certificates, logs and time-stamps go by it. */
import { statSync } from "node:fs";
import type { ConfigurationFile } from "../../../config/text/files.ts";
import type { Finding } from "../finding.ts";

/** This program did not exist before. */
const earliest = Date.UTC(2025, 0, 1);
/** File servers' clocks differ by less. */
const toleratedMs = 60_000;

/** Without asking anybody. `state`: what the kernel says of its clock; null where it says nothing. `now`: since 1970. */
export function examineClock(
  files: readonly ConfigurationFile[],
  state: "synchronised" | "free" | null,
  now = Date.now(),
): readonly Finding[] {
  const fix = "$ sudo timedatectl set-ntp true";
  const found = (severity: Finding["severity"], id: string, what: string): readonly Finding[] => [
    { severity, id, what, position: null, fix },
  ];
  const date = new Date(now).toISOString().slice(0, 19);
  if (now < earliest) return found("error", "clock-wrong", `the clock says ${date}Z, which is past`);
  const later = files.find(({ name }) => changedAt(name) > now + toleratedMs);
  if (later !== undefined) {
    const at = new Date(changedAt(later.name)).toISOString().slice(0, 19);
    return found(
      "warning",
      "clock-behind",
      `the clock says ${date}Z, and ${later.name} was written at ${at}Z: one of them is wrong`,
    );
  }
  if (state !== "free") return [];
  return found("note", "clock-free", "the kernel's clock is not held to a time server's (NTP)");
}

function changedAt(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}
