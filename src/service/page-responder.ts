/** Pages that `mode http` serves itself: the statistics page and the metrics, from what `ops` makes. */
import type { Responder, ServiceAnswer } from "../http/answers/responder.ts";
import { pour, type Rows } from "../ops/answers/slices.ts";
import { answerPage } from "../ops/page/page-answer.ts";
import { metricsRows, type MetricsSource, metricsType } from "../ops/stats/metrics.ts";
import { parseMetricsQuery } from "../ops/stats/metrics-query.ts";

/** `source`: asked for each page. */
export function pageResponder(source: () => MetricsSource): Responder {
  return {
    async stats(request) {
      const { status, fields, body } = await answerPage(source().info, request);
      return { status, fields, pour: body === null ? null : pouring(body) };
    },
    service(name, { target }) {
      if (name !== "prometheus-exporter") return null;
      return { label: "<PROMEX>", answer: Promise.resolve(metrics(source(), target)) };
    },
  };
}

function metrics(source: MetricsSource, target: string): ServiceAnswer {
  const mark = target.indexOf("?");
  const choice = parseMetricsQuery(mark < 0 ? "" : target.slice(mark + 1));
  if (choice === null) return { status: 400, fields: [["cache-control", "no-cache"]], pour: null };
  const fields = [
    ["cache-control", "no-cache"],
    ["content-type", metricsType],
  ] as const;
  return { status: 200, fields, pour: pouring(metricsRows(source, choice)) };
}

function pouring(rows: Rows): NonNullable<ServiceAnswer["pour"]> {
  return (write) => pour(rows, write);
}
