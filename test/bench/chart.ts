/** The picture of a run: one panel a figure, one bar a forwarder. Plain SVG that reads on light and dark pages. */
import { short } from "./report.ts";
import type { Results } from "./results.ts";

const shown = [
  "fetch-1-cpu",
  "fetch-1-bbr-cpu",
  "fetch-1-1g-cpu",
  "fetch-1-4g-cpu",
  "fetch-1",
  "fetch-1-veth-cpu",
  "trips-64",
  "trips-64-p99",
  "connections-32",
  "connections-32-cpu",
  "checks-cpu",
  "idle-private",
];
const barHeight = 16;
const panelWidth = 400;
const nameWidth = 110;
const numberWidth = 60;
const titleHeight = 30;

/** An SVG picture; of what was not measured there is no panel. */
export function chartText(results: Results): string {
  const panels = shown.map((key) => panel(results, key)).filter((one) => one !== null);
  const rowHeight = Math.max(0, ...panels.map(({ height }) => height)) + 16;
  const height = Math.ceil(panels.length / 2) * rowHeight + 16;
  const placed = panels.map(
    ({ svg }, at) =>
      `<g transform="translate(${16 + (at % 2) * (panelWidth + 24)} ${16 + Math.floor(at / 2) * rowHeight})">\n${svg}</g>\n`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${panelWidth * 2 + 56}" height="${height}" font-family="sans-serif" font-size="11">
<style>text { fill: #57606a } .title { font-weight: bold } .own { fill: #0969da } .peer { fill: #9aa4b0 } @media (prefers-color-scheme: dark) { text { fill: #b1bac4 } }</style>
${placed.join("")}</svg>
`;
}

function panel(results: Results, key: string): { svg: string; height: number } | null {
  const figure = results.figures.find((one) => one.key === key);
  const bars = results.forwarders.flatMap((name) => {
    const median = results.spread(key, name)?.median;
    return median === undefined ? [] : [{ name, median }];
  });
  if (figure === undefined || bars.length === 0) return null;
  const most = Math.max(...bars.map(({ median }) => median));
  const lines = bars.map(({ name, median }, at) => {
    const width = Math.max(1, (Math.max(0, median) / most) * (panelWidth - nameWidth - numberWidth));
    const top = titleHeight + at * (barHeight + 4);
    const kind = name.startsWith("fairlead") ? "own" : "peer";
    return `<text x="${nameWidth - 6}" y="${top + 12}" text-anchor="end">${name}</text>
<rect class="${kind}" x="${nameWidth}" y="${top}" width="${width.toFixed(1)}" height="${barHeight}"/>
<text x="${(nameWidth + width + 5).toFixed(1)}" y="${top + 12}">${short(median)}</text>
`;
  });
  const title = `<text class="title" x="0" y="14">${figure.title} (${figure.better} is better)</text>\n`;
  return { svg: title + lines.join(""), height: titleHeight + bars.length * (barHeight + 4) };
}
