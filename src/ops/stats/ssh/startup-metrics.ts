/** What `/metrics` tells of sessions of SSH that start up where servers limit how many may: metrics of our own. */
import type { PublicProxy, StartupStats } from "../../../proxy/public.ts";
import type { Rows } from "../../answers/slices.ts";

type Metric<Of> = readonly [suffix: string, type: "gauge" | "counter", help: string, of: Of];

const ofServers: readonly Metric<keyof StartupStats>[] = [
  ["current", "gauge", "Sessions whose authentication may be under way", "current"],
  ["limit", "gauge", "Most of them at once, ssh-maxstartups; 0: no limit", "most"],
  ["total", "counter", "Sessions that have started up", "total"],
];

const ofBackends: readonly Metric<"waited" | "refused">[] = [
  ["waited_total", "counter", "Sessions that waited for others to have started up", "waited"],
  ["refused_total", "counter", "Sessions that waited for that in vain, or found no room to wait", "refused"],
];

/** A sample a step, or a look at what has none. */
export function* startupRows(proxy: PublicProxy, label: (text: string) => string): Rows {
  for (const metric of ofServers) yield* metricRows(metric, serverSamples(proxy, label, metric[3]));
  for (const metric of ofBackends) yield* metricRows(metric, backendSamples(proxy, label, metric[3]));
}

/** "": there is none. */
function* serverSamples(proxy: PublicProxy, label: (text: string) => string, of: keyof StartupStats): Rows {
  for (const { name, servers, startups: held } of proxy.backends()) {
    yield "";
    if (held === null) continue;
    for (const { name: server, startups } of servers) {
      yield startups === null ? "" : `{proxy="${label(name)}",server="${label(server)}"} ${startups[of]}\n`;
    }
  }
}

function* backendSamples(proxy: PublicProxy, label: (text: string) => string, of: "waited" | "refused"): Rows {
  for (const { name, startups } of proxy.backends())
    yield startups === null ? "" : `{proxy="${label(name)}"} ${startups[of]}\n`;
}

function* metricRows([suffix, type, help]: Metric<unknown>, samples: Rows): Rows {
  const name = `fairlead_ssh_startups_${suffix}`;
  let head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  for (const sample of samples) {
    yield sample === "" ? "" : `${head}${name}${sample}`;
    if (sample !== "") head = "";
  }
}
