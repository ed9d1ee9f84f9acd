/** What is told of a run: Markdown tables that read well in a terminal, and JSON with every round. */
import { peerName } from "./forwarders.ts";
import { outcomes } from "./goals.ts";
import type { Results, Spread } from "./results.ts";

/** Where and when a run was made. */
export interface Circumstances {
  readonly date: string;
  readonly machine: string;
  readonly programs: readonly string[];
  readonly rounds: number;
  /** How long all took. */
  readonly minutes: number;
  /** What could not be measured, and why. */
  readonly left: readonly string[];
}

/** When and on what, in a sentence. */
export function circumstancesText({ date, machine, programs, rounds, minutes }: Circumstances): string {
  return `${date}; ${machine}; ${programs.join(", ")}; medians of ${rounds} interleaved rounds in ${minutes} minutes.`;
}

/** Figures, ratios to HAProxy, and goals: three tables. */
export function tablesText(results: Results, circumstances: Circumstances): string {
  const peers = results.forwarders.filter((name) => name !== peerName);
  const hasPeer = peers.length < results.forwarders.length;
  return [
    circumstancesText(circumstances),
    ...circumstances.left.flatMap((text) => ["", `Left out: ${text}.`]),
    "",
    table(
      ["", ...results.forwarders],
      results.figures.map(({ key, title }) => [
        title,
        ...results.forwarders.map((name) => short(results.spread(key, name)?.median)),
      ]),
    ),
    ...(hasPeer
      ? ["", `Ratios to ${peerName}, round by round: median (least to most)`, "", ratios(results, peers)]
      : []),
    ...goalLines(results),
  ].join("\n");
}

function ratios(results: Results, peers: readonly string[]): string {
  const compared = results.figures.filter(({ key }) => results.spread(key, peerName) !== null);
  const rows = compared.map(({ key, title, better }) => [
    `${title} (${better} is better)`,
    ...peers.map((name) => spreadText(results.ratio(key, name, peerName))),
  ]);
  return table(["", ...peers], rows);
}

function goalLines(results: Results): string[] {
  const rows = outcomes(results).map(({ level, what, limit, value, isMet }) => [
    what,
    `${level}: ${limit}`,
    value.toFixed(2),
    isMet ? "met" : "SHORT",
  ]);
  return rows.length === 0 ? [] : ["", table(["goal", "", "measured", ""], rows)];
}

/** What falls short of the goals, a line each; what must be reached first. */
export function shortfallText(results: Results): string {
  const all = outcomes(results);
  if (all.length === 0) return "";
  const missed = all.filter(({ isMet }) => !isMet);
  const lines = (["must", "aim"] as const).flatMap((wanted) =>
    missed
      .filter(({ level }) => level === wanted)
      .map(({ what, limit, value }) => `Falls short (${wanted}): ${what}: ${value.toFixed(2)}, ${limit}`),
  );
  return [...lines, `${all.length - missed.length} of ${all.length} goals are met.`].join("\n");
}

function spreadText(spread: Spread | null): string {
  if (spread === null) return "";
  if (spread.least === spread.most) return spread.median.toFixed(2);
  return `${spread.median.toFixed(2)} (${spread.least.toFixed(2)} to ${spread.most.toFixed(2)})`;
}

/** Keys of what the project's own page shows, in its order. */
const summed = [
  "fetch-1-cpu",
  "fetch-1-1g-cpu",
  "fetch-1",
  "trips-64",
  "trips-64-p99",
  "connections-32",
  "connections-32-cpu",
  "http-32-cpu",
  "tls-full-cpu",
  "checks-cpu",
  "idle-private",
];
const checkedFile = "large-10000-check";

/** Ratios to HAProxy of what most would ask for, on one screen. */
export function summaryText(results: Results, circumstances: Circumstances): string {
  const names = ["fairlead", "fairlead nosplice", "nginx"].filter((name) => results.forwarders.includes(name));
  const rows = summed.flatMap((key) => {
    const figure = results.figures.find((one) => one.key === key);
    const cells = names.map((name) => results.ratio(key, name, peerName)?.median.toFixed(2) ?? "");
    return figure === undefined || cells.every((text) => text === "") ? [] : [[figure.title, ...cells]];
  });
  const seconds = results.difference(checkedFile, "fairlead", peerName)?.median;
  return [
    `${peerName} is 1.00. Of GB/s and 1/s more is better, of all else less.`,
    "",
    table(["", ...names], rows),
    ...(seconds === undefined
      ? []
      : ["", `\`-c\` of a file with 10,000 backends and routes takes ${seconds.toFixed(2)} s more than HAProxy's.`]),
    "",
    circumstancesText(circumstances),
  ].join("\n");
}

/** Three digits that count. */
export function short(value: number | undefined): string {
  if (value === undefined) return "";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(title.length, 3, ...rows.map((row) => (row[at] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(" | ")} |`;
  const rule = widths.map((width, at) => (at === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** The same for programs, with every round's value. */
export function jsonText(results: Results, circumstances: Circumstances): string {
  const figures = results.figures.map((figure) => ({
    ...figure,
    forwarders: Object.fromEntries(
      results.forwarders.map((name) => [
        name,
        {
          ...results.spread(figure.key, name),
          rounds: results.values(figure.key, name),
          ratio: results.ratio(figure.key, name, peerName),
        },
      ]),
    ),
  }));
  return `${JSON.stringify({ ...circumstances, figures, goals: outcomes(results) }, null, 1)}\n`;
}
