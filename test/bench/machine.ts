/** The machine and its kernel: what they are, and what they count. */
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, type } from "node:os";
import { currentCongestion, surroundings } from "./namespace.ts";

const ticksPerSecond = 100;
const pageBytes = 4096;

/** Seconds that all processors have spent on anything, idling and waiting for disks not counted. Counted by the tick. */
export function busySeconds(): number {
  const [, ...ticks] = readFileSync("/proc/stat", "latin1").split("\n", 1).join("").trim().split(/\s+/).map(Number);
  // user, nice, system, idle, iowait, irq, softirq
  const busy = [0, 1, 2, 5, 6].reduce((sum, at) => sum + (ticks[at] ?? 0), 0);
  return busy / ticksPerSecond;
}

/** Bytes that the kernel has for TCP's sockets: those of the whole machine, whichever namespace asks. */
export function socketBytes(): number {
  return Number(/^TCP:.* mem (\d+)/m.exec(readFileSync("/proc/net/sockstat", "latin1"))?.[1] ?? Number.NaN) * pageBytes;
}

/** Connections that were begun in this namespace so far, by whomever. */
export function begunConnections(): number {
  const [names, values] = readFileSync("/proc/net/snmp", "latin1")
    .split("\n")
    .filter((line) => line.startsWith("Tcp:"))
    .map((line) => line.split(" "));
  return Number(values?.[names?.indexOf("ActiveOpens") ?? -1]);
}

/** The machine in a line: processors, kernel, congestion control, and what else went on as this began. */
export async function machineText(): Promise<string> {
  const before = busySeconds();
  await Bun.sleep(1000);
  const others = (busySeconds() - before) / cpus().length;
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return [
    `${cpus().length} × ${model}`,
    `${type()} ${release()}`,
    surroundings ?? `the machine's own network, whose congestion control is ${currentCongestion()}`,
    `congestion controls granted: ${grantedCongestions().join(", ")}`,
    `${Math.round(others * 100)} % busy with something else when it began, load ${loadavg()[0]?.toFixed(2)}`,
  ].join("; ");
}

function grantedCongestions(): string[] {
  const file = surroundings?.includes("user namespace") === true ? "allowed" : "available";
  return readFileSync(`/proc/sys/net/ipv4/tcp_${file}_congestion_control`, "latin1").trim().split(" ");
}

/** The programs that are measured, each with its version, as they say themselves. */
export function versionTexts(commands: readonly (readonly string[])[]): string[] {
  return commands.flatMap((command) => {
    if (Bun.which(command[0] ?? "", { PATH: searchPath }) === null) return [];
    const { stdout, stderr } = Bun.spawnSync([...command]);
    const text = stdout.toString() + stderr.toString();
    const found = /(?:HAProxy|nginx|socat|fairlead|deno) ?(?:version )?[/ ]?v?\d[\w.]*|^v\d[\w.]*/m.exec(text)?.[0];
    return found === undefined ? [] : [found.replace(/^v/, "node ")];
  });
}

/** Where system programs are looked for. */
export const searchPath = `${process.env["PATH"]}:/usr/sbin:/sbin`;
