/** What lines of a proxy and of its server come to that limit how many sessions of SSH may start up there at once. */
import { startupsDefaults, type StartupsPlan } from "../../../plan/ssh/startups.ts";
import type { ServerSettings, Settings } from "../../draft/draft.ts";

/** The server's own words come first, or its `default-server`'s. In `mode http` SSH is not spoken. */
export function startupsPlan(
  { mode, ssh }: Pick<Settings, "mode" | "ssh">,
  server?: Pick<ServerSettings, "startups">,
): StartupsPlan {
  if (mode.value === "http") return startupsDefaults;
  const said = [server?.startups ?? {}, ssh.startups];
  const limit = said.find((one) => one.limit !== undefined)?.limit;
  const graceMs = said.find((one) => one.graceMs !== undefined)?.graceMs;
  return {
    most: limit?.most ?? startupsDefaults.most,
    perSource: limit?.perSource ?? startupsDefaults.perSource,
    graceMs: graceMs ?? startupsDefaults.graceMs,
  };
}
