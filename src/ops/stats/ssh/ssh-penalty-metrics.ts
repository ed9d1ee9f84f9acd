/** What `/metrics` tells of penalties: metrics of our own. */
import type { PublicSshPenalties, SshPenaltyFigures } from "../../../ssh/public.ts";
import type { Rows } from "../../answers/slices.ts";

interface Metric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  /** By what it is told apart beside its frontend; "": nothing. */
  readonly by: string;
  readonly values: (figures: SshPenaltyFigures) => readonly (readonly [string, number])[];
}

const metrics: readonly Metric[] = [
  {
    name: "penalties_given_total",
    type: "counter",
    help: "Penalties that sources were given, by for what",
    by: "fault",
    values: ({ given }) => Object.entries(given),
  },
  {
    name: "penalised_sources",
    type: "gauge",
    help: "Sources that have a penalty, by whether it is enforced",
    by: "enforced",
    values: ({ sources, enforced }) => [
      ["no", sources - enforced],
      ["yes", enforced],
    ],
  },
  {
    name: "penalties_refused_total",
    type: "counter",
    help: "Connections that were turned away for the penalty of their source",
    by: "",
    values: ({ refused }) => [["", refused]],
  },
  {
    name: "penalties_unnoted_total",
    type: "counter",
    help: "Penalties that there was no room for",
    by: "",
    values: ({ unnoted }) => [["", unnoted]],
  },
];

/** A sample a step; nothing where no frontend gives penalties. */
export function* sshPenaltyMetricRows(penalties: PublicSshPenalties, label: (text: string) => string): Rows {
  for (const { name, type, help, by, values } of metrics) {
    let head = `# HELP fairlead_ssh_${name} ${help}\n# TYPE fairlead_ssh_${name} ${type}\n`;
    for (const figures of penalties.figures()) {
      for (const [of, value] of values(figures)) {
        const more = by === "" ? "" : `,${by}="${of}"`;
        yield `${head}fairlead_ssh_${name}{proxy="${label(figures.frontend)}"${more}} ${value}\n`;
        head = "";
      }
    }
  }
}
