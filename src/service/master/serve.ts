/** One process or two: in this one, or, where rights are given up and reloads need them, with this one as their keeper. */
import type { Options } from "../../cli/options.ts";
import type { ConfigurationFile } from "../../config/text/files.ts";
import type { Loaded } from "../loading/load.ts";
import { costOfOneProcess, givesUpRights } from "../start/privileges.ts";
import { serveAlone } from "../serve-alone.ts";
import type { Start } from "../start/start.ts";
import { serveAsMaster } from "./serve-as-master.ts";
import { mayBeTwo } from "./two-processes.ts";

/** Serves until told to end. `given`: files read before; null: the options' files. The exit code, or the signal to die by. */
export async function serve(
  options: Options,
  given: readonly ConfigurationFile[] | null,
  loaded: Loaded,
  start: Start,
): Promise<number | NodeJS.Signals> {
  const { global } = loaded.plan;
  if (givesUpRights(global)) {
    const two = await mayBeTwo(loaded.plan);
    if (typeof two !== "string") return serveAsMaster(options, given, loaded, two, start);
    start.terminal.notice(`[${start.name}.main()] ${costOfOneProcess(global, two)}`);
  }
  return serveAlone(options, given, loaded, start);
}
