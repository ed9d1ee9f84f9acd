/** What metrics tell of penalties, word for word. */
import { expect, test } from "bun:test";
import { sshPenaltyMetricRows } from "../../../../../src/ops/stats/ssh/ssh-penalty-metrics.ts";
import type { SshPenaltyFigures } from "../../../../../src/ssh/public.ts";

const figures = (frontend: string): SshPenaltyFigures => ({
  frontend,
  sources: 7,
  enforced: 3,
  refused: 5,
  unnoted: 2,
  given: { noauth: 10, invalid: 4, proxy: 0 },
});

function told(...frontends: readonly string[]): string {
  const source = { all: () => [], clear: () => null, figures: () => frontends.map(figures) };
  return [...sshPenaltyMetricRows(source, (text) => text.replaceAll('"', '\\"'))].join("");
}

test("each frontend that gives penalties has its own", () => {
  expect(told("in", 'o"t'))
    .toBe(`# HELP fairlead_ssh_penalties_given_total Penalties that sources were given, by for what
# TYPE fairlead_ssh_penalties_given_total counter
fairlead_ssh_penalties_given_total{proxy="in",fault="noauth"} 10
fairlead_ssh_penalties_given_total{proxy="in",fault="invalid"} 4
fairlead_ssh_penalties_given_total{proxy="in",fault="proxy"} 0
fairlead_ssh_penalties_given_total{proxy="o\\"t",fault="noauth"} 10
fairlead_ssh_penalties_given_total{proxy="o\\"t",fault="invalid"} 4
fairlead_ssh_penalties_given_total{proxy="o\\"t",fault="proxy"} 0
# HELP fairlead_ssh_penalised_sources Sources that have a penalty, by whether it is enforced
# TYPE fairlead_ssh_penalised_sources gauge
fairlead_ssh_penalised_sources{proxy="in",enforced="no"} 4
fairlead_ssh_penalised_sources{proxy="in",enforced="yes"} 3
fairlead_ssh_penalised_sources{proxy="o\\"t",enforced="no"} 4
fairlead_ssh_penalised_sources{proxy="o\\"t",enforced="yes"} 3
# HELP fairlead_ssh_penalties_refused_total Connections that were turned away for the penalty of their source
# TYPE fairlead_ssh_penalties_refused_total counter
fairlead_ssh_penalties_refused_total{proxy="in"} 5
fairlead_ssh_penalties_refused_total{proxy="o\\"t"} 5
# HELP fairlead_ssh_penalties_unnoted_total Penalties that there was no room for
# TYPE fairlead_ssh_penalties_unnoted_total counter
fairlead_ssh_penalties_unnoted_total{proxy="in"} 2
fairlead_ssh_penalties_unnoted_total{proxy="o\\"t"} 2
`);
});

test("where none does there is nothing", () => expect(told()).toBe(""));
