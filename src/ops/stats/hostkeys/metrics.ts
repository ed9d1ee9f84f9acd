/** What `/metrics` tells of servers' host keys: metrics of our own. */
import type { HostKeysBackend, PublicHostKeys } from "../../../ssh/public.ts";
import type { Rows } from "../../answers/slices.ts";

type Sample = readonly [labels: readonly (readonly [name: string, value: string])[], value: number];

interface Metric {
  readonly suffix: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: (backend: HostKeysBackend) => Iterable<Sample>;
}

const metrics: readonly Metric[] = [
  {
    suffix: "hostkeys_differ",
    type: "gauge",
    help: "Whether the servers of a backend have different host keys",
    samples: ({ name, differences }) => [[[["proxy", name]], differences.length > 0 ? 1 : 0]],
  },
  {
    suffix: "hostkey_info",
    type: "gauge",
    help: "Host keys that servers have",
    *samples({ name: proxy, servers }) {
      for (const { name: server, keys } of servers)
        for (const { name, fingerprint, isListed } of keys)
          if (isListed) yield [Object.entries({ proxy, server, key: name, fingerprint }), 1];
    },
  },
  {
    suffix: "hostkey_changes_total",
    type: "counter",
    help: "Host keys of a server that others have taken the place of",
    *samples({ name: proxy, servers }) {
      for (const { name: server, changes } of servers) yield [Object.entries({ proxy, server }), changes];
    },
  },
  {
    suffix: "hostkey_refused",
    type: "gauge",
    help: "Whether a server is down because its host keys are not as pinned",
    *samples({ name: proxy, servers }) {
      for (const { name: server, pin } of servers)
        if (pin !== "none") yield [Object.entries({ proxy, server }), pin === "refused" ? 1 : 0];
    },
  },
];

/** A backend's samples of a metric a step. */
export function* hostKeysMetricRows(hostKeys: PublicHostKeys, label: (text: string) => string): Rows {
  for (const { suffix, type, help, samples } of metrics) {
    const name = `fairlead_ssh_${suffix}`;
    let head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const backend of hostKeys.backends()) {
      let text = "";
      for (const [labels, value] of samples(backend))
        text += `${name}{${labels.map(([key, of]) => `${key}="${label(of)}"`).join(",")}} ${value}\n`;
      if (text === "") {
        yield "";
        continue;
      }
      yield `${head}${text}`;
      head = "";
    }
  }
  const { whole, failed } = hostKeys.looks;
  const looks = "fairlead_ssh_hostkey_looks_total";
  yield `# HELP ${looks} Looks at servers' host keys, by whether all could be read\n# TYPE ${looks} counter\n${looks}{result="whole"} ${whole}\n${looks}{result="failed"} ${failed}\n`;
}
