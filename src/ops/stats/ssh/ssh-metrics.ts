/** What `/metrics` tells of SSH: metrics of our own, for HAProxy knows nothing of it. */
import type { SshCounts, SshFigures } from "../../../ssh/public.ts";
import type { Rows } from "../../answers/slices.ts";

/** What is counted, and how it stands. */
export interface SshMetricsSource {
  readonly counts: SshCounts;
  readonly figures: SshFigures;
}

type Labels = readonly (readonly [name: string, value: string])[];
type Sample = readonly [labels: Labels, value: number];

interface Metric {
  readonly suffix: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: (source: SshMetricsSource) => Iterable<Sample>;
}

const none: Labels = [];

function labels(of: object): Labels {
  return Object.entries(of);
}

/** In the order of the page. */
const metrics: readonly Metric[] = [
  {
    suffix: "sessions_total",
    type: "counter",
    help: "Sessions in which a side said who it is, by its software; the rarest are other",
    *samples({ counts }) {
      for (const { frontend, side, software, count } of counts.sessions())
        yield [labels({ proxy: frontend, side, software }), count];
    },
  },
  {
    suffix: "chosen_total",
    type: "counter",
    help: "Sessions in which both sides offered algorithms, by those that they chose",
    *samples({ counts }) {
      for (const { kind, algorithm, count } of counts.chosen()) yield [labels({ kind, algorithm }), count];
    },
  },
  {
    suffix: "post_quantum_total",
    type: "counter",
    help: "The same by who offered a post-quantum key exchange, and whether one was chosen",
    samples: ({ counts }) =>
      counts.postQuantum.map(({ offered, chosen, count }) => [labels({ offered, chosen }), count] as const),
  },
  {
    suffix: "strict_kex_total",
    type: "counter",
    help: "The same by whether strict key exchange was in force",
    samples: ({ counts: { strict } }) => [
      [labels({ strict: "yes" }), strict.yes],
      [labels({ strict: "no" }), strict.no],
    ],
  },
  {
    suffix: "terrapin_total",
    type: "counter",
    help: "Those of them that were open to CVE-2023-48795",
    samples: ({ counts }) => [[none, counts.terrapin]],
  },
  {
    suffix: "foreign_total",
    type: "counter",
    help: "Sessions in which a side turned out not to speak SSH",
    samples: ({ counts: { foreign } }) => [
      [labels({ side: "client" }), foreign.client],
      [labels({ side: "server" }), foreign.server],
    ],
  },
  {
    suffix: "refusals_total",
    type: "counter",
    help: "Clients that were refused, by why",
    samples: ({ figures }) =>
      Object.entries(figures.refusals).map(([reason, count]) => [labels({ reason }), count] as const),
  },
  {
    suffix: "refusals_untold_total",
    type: "counter",
    help: "Those of them that could not read why, because too many were reading already",
    samples: ({ figures }) => [[none, figures.untold]],
  },
  {
    suffix: "lingering_current",
    type: "gauge",
    help: "Refused clients that are given time to read why",
    samples: ({ figures }) => [[none, figures.lingering]],
  },
  {
    suffix: "lingering_limit",
    type: "gauge",
    help: "Most of them at once: tune.ssh.lingering",
    samples: ({ figures }) => [[none, figures.lingeringMax]],
  },
  {
    suffix: "tarpit_current",
    type: "gauge",
    help: "Clients that ssh-tarpit keeps busy",
    samples: ({ figures }) => [[none, figures.tarpit]],
  },
  {
    suffix: "tarpit_limit",
    type: "gauge",
    help: "Most of them at once: tune.ssh.tarpit",
    samples: ({ figures }) => [[none, figures.tarpitMax]],
  },
  {
    suffix: "tarpit_total",
    type: "counter",
    help: "Clients that ssh-tarpit has kept busy",
    samples: ({ figures }) => [[none, figures.tarpitTotal]],
  },
];

/** A metric's sample a step. */
export function* sshMetricRows(source: SshMetricsSource, label: (text: string) => string): Rows {
  for (const { suffix, type, help, samples } of metrics) {
    const name = `fairlead_ssh_${suffix}`;
    let head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const [own, value] of samples(source)) {
      yield `${head}${name}${labelText(own, label)} ${value}\n`;
      head = "";
    }
  }
  yield timeToIdentText(source.counts);
}

function labelText(own: Labels, label: (text: string) => string): string {
  const parts = own.map(([name, value]) => `${name}="${label(value)}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

/** Its average is one's sum by the other. */
function timeToIdentText({ timeToIdentMs, timesToIdent }: SshCounts): string {
  const name = "fairlead_ssh_time_to_ident_seconds";
  const help = "From a server's connection being there to the end of its identification";
  return `# HELP ${name} ${help}\n# TYPE ${name} summary\n${name}_sum ${(timeToIdentMs / 1000).toFixed(6)}\n${name}_count ${timesToIdent}\n`;
}
