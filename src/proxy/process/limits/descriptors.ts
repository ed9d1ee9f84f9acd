/** How many descriptors the process may open, and how many sessions that allows. */
import { readFileSync } from "node:fs";

/** Left alone for the program itself: files, logs, checks, the admin socket, name lookups. */
const reserved = 64;

let known: number | null | undefined;

/**
 * The soft limit on open descriptors, which Bun has raised to the hard one; null where the system does not tell. Linux
 * only: elsewhere the runtime's own report says it, where it has one.
 */
export function descriptorLimit(): number | null {
  try {
    const line = readFileSync("/proc/self/limits", "latin1").match(/^Max open files\s+(\d+|unlimited)/m);
    if (line !== null) return (known = line[1] === "unlimited" ? null : Number(line[1]));
  } catch {
    // Not Linux: ask the runtime. Or another root folder, where what was seen before still holds.
  }
  if (known !== undefined) return known;
  const report = process.report?.getReport() as
    { userLimits?: { open_files?: { soft?: number | string } } } | undefined;
  const soft = report?.userLimits?.open_files?.soft;
  return typeof soft === "number" ? soft : null;
}

/**
 * The highest `maxconn` that `limit` descriptors allow at two a session, `pipes` being those that relays may hold besides;
 * below it accepting never fails for want of one. At least 1.
 */
export function connectionsWithin(limit: number, listeners: number, checks: number, pipes: number): number {
  return Math.max(1, Math.floor((limit - reserved - listeners - 2 * checks - pipes) / 2));
}
