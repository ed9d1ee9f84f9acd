/** Server state files: what `show servers state` of a former process said, read at start (manual, `server-state-file`). */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { Plan } from "../../plan/plan.ts";
import type { SavedServerState } from "../../proxy/public.ts";

/** States by `backend/server`. */
export type SavedServerStates = ReadonlyMap<string, SavedServerState>;

/**
 * Reads the files that the plan's backends name. As in HAProxy a file that is not there, or is of another version, says
 * nothing, and what a line says of a backend that does not take it from that file is passed over.
 */
export function readServerStates(plan: Plan): SavedServerStates {
  const files = new Map<string, ReadonlyMap<string, readonly SavedServerState[]>>();
  const states = new Map<string, SavedServerState>();
  for (const { name, serverStateFile: path } of plan.backends) {
    if (path === null) continue;
    let found = files.get(path);
    if (found === undefined) files.set(path, (found = byBackend(parseStateFile(readText(path)))));
    for (const state of found.get(name) ?? []) states.set(`${name}/${state.server}`, state);
  }
  return states;
}

function byBackend(states: readonly SavedServerState[]): ReadonlyMap<string, readonly SavedServerState[]> {
  const found = new Map<string, SavedServerState[]>();
  for (const state of states) {
    const list = found.get(state.backend);
    if (list === undefined) found.set(state.backend, [state]);
    else list.push(state);
  }
  return found;
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Takes a file of version 1 apart: one line a server, 25 fields (fewer from older versions, but not less than 19). Broken lines are left out. */
export function parseStateFile(text: string): SavedServerState[] {
  const [version, ...lines] = text.split("\n");
  if (version?.trim() !== "1") return [];
  return lines.flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    if (line.startsWith("#") || fields.length < 19) return [];
    const [, backend = "", , server = "", host = ""] = fields;
    const numbers = [5, 6, 7, 8, 9].map((index) => Number(fields[index]));
    if (!numbers.every((one) => Number.isSafeInteger(one) && one >= 0)) return [];
    const [operational = 0, admin = 0, userWeight = 0, initialWeight = 0, sinceChangeSeconds = 0] = numbers;
    return [
      {
        backend,
        server,
        host: literal(host),
        port: portOf(fields[18]),
        isDown: operational === 0,
        isStopping: operational === 3,
        isForcedMaint: (admin & 1) !== 0,
        isForcedDrain: (admin & 8) !== 0,
        isDisabled: (admin & 4) !== 0,
        userWeight: Math.min(256, userWeight),
        initialWeight,
        sinceChangeSeconds,
        usesTls: fields[20] === undefined ? null : fields[20] === "1",
        check: { host: literal(fields[22]), port: portOf(fields[21]) },
        agent: { host: literal(fields[23]), port: portOf(fields[24]) },
      },
    ];
  });
}

function literal(text = ""): string | null {
  return isIP(text) === 0 ? null : text;
}

function portOf(text = ""): number | null {
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : null;
}
