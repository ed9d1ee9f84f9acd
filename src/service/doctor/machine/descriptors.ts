/** Whether the process may open as many descriptors as `maxconn` takes. */
import { readFileSync } from "node:fs";
import type { Plan } from "../../../plan/plan.ts";
import { connectionsWithin, descriptorLimit } from "../../../proxy/process/limits/descriptors.ts";
import type { Examined } from "../examined.ts";
import type { Finding } from "../finding.ts";
import { whereSaid } from "../said.ts";

/** `systemMost`: more than that no process may have, whoever starts it. */
export function examineDescriptors(
  { plan, files, running }: Pick<Examined, "plan" | "files" | "running">,
  limit = limitOf(plan, running),
  systemMost = mostOfSystem(),
): readonly Finding[] {
  const { maxconn, fdHardLimit } = plan.global;
  const most = Math.min(limit ?? Infinity, fdHardLimit ?? Infinity);
  if (maxconn === null || most === Infinity) return [];
  const { listeners, checks } = besides(plan);
  const fits = connectionsWithin(most, listeners, checks, 0);
  if (fits >= maxconn) return [];
  const needed = most + 2 * (maxconn - fits);
  const what = `'maxconn ${maxconn}' takes about ${needed} descriptors, and the process may open ${most}: ${fits} sessions at most`;
  const fix = needed > systemMost || (fdHardLimit ?? Infinity) < needed ? `maxconn ${fits}` : `ulimit-n ${needed}`;
  return [{ severity: "warning", id: "descriptor-limit", what, position: whereSaid(files, "global", "maxconn"), fix }];
}

function besides({ frontends, backends }: Plan): { readonly listeners: number; readonly checks: number } {
  const servers = backends.flatMap((one) => one.servers);
  return {
    listeners: frontends.reduce((sum, { binds }) => sum + binds.length, 0),
    checks: servers.reduce((sum, { check, agent }) => sum + Number(check !== null) + Number(agent !== null), 0),
  };
}

/** Of the process that runs; else what a start by this user has: root may raise it to `ulimit-n`. */
function limitOf({ global }: Plan, running: number | null): number | null {
  const [, theirs = ""] =
    (running === null ? null : /^Max open files\s+(\d+)/m.exec(read(`/proc/${running}/limits`))) ?? [];
  if (theirs !== "") return Number(theirs);
  const own = descriptorLimit();
  return own !== null && global.ulimitN !== null && process.getuid?.() === 0 ? global.ulimitN : own;
}

/** Linux's fs.nr_open; elsewhere unknown. */
function mostOfSystem(): number {
  const text = read("/proc/sys/fs/nr_open").trim();
  return text === "" ? Infinity : Number(text);
}

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
