/** Finds the stats socket of a running process for commands that ask it: by its address, or by the configuration that names it. */
import { hostname } from "node:os";
import { type SocketAddress, socketOf, type SocketPlace } from "../../cli/ask-socket.ts";
import { defaultOptions } from "../../cli/options.ts";
import type { Terminal } from "../../cli/terminal.ts";
import { machineContext, plan as resolvePlan } from "../../config/finish/plan.ts";
import { Diagnostics, formatDiagnostics } from "../../config/text/diagnostics.ts";
import { findNamed, loadFiles, readNamedFile } from "../../config/text/files.ts";
import { readConfiguration } from "../../config/text/read.ts";
import type { StatsSocketPlan } from "../../plan/global.ts";
import { openPasswordCheck } from "../runtime/passwords.ts";
import { configurationEnvironment } from "./configuration.ts";

/** The socket of that place that gives this level. Null: there is none, which has been told. */
export async function findSocket(
  place: SocketPlace,
  level: StatsSocketPlan["level"],
  terminal: Pick<Terminal, "report" | "alert">,
): Promise<SocketAddress | null> {
  if (place.kind === "socket") return place.address;
  const sockets = await socketsIn(place.file, terminal);
  if (sockets === null) return null;
  const found = socketOf(sockets, level, place.file);
  if (typeof found !== "string") return found;
  terminal.alert(found);
  return null;
}

/** Names of servers are not looked up, and warnings are not told: whoever runs the file has been told. */
async function socketsIn(file: string, terminal: Pick<Terminal, "report">): Promise<readonly StatsSocketPlan[] | null> {
  const options = { ...defaultOptions, files: [file] };
  const diagnostics = new Diagnostics();
  const files = loadFiles(options.files, diagnostics);
  if (files !== null) {
    const environment = configurationEnvironment(options);
    const sections = readConfiguration(files, environment, diagnostics);
    const { canVerify } = await openPasswordCheck();
    const machine = { readFile: readNamedFile, find: findNamed };
    const found = resolvePlan(sections, diagnostics, machineContext(environment, machine, hostname(), canVerify));
    if (found !== null && !diagnostics.refused) return found.global.statsSockets;
  }
  terminal.report(formatDiagnostics(diagnostics.all, process.pid, false));
  return null;
}
