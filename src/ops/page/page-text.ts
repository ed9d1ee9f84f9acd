/** Words and figures of the statistics page as HTML. */
import { wordTable } from "../../word-table.ts";

const entities = wordTable<string>({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" });

/** Text that can neither begin nor end markup, in elements and in quoted attributes; what controls nothing here is shown as a space. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (one) => entities.get(one) ?? "").replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}

/** A figure; nothing where there is none. */
export function count(value: string | number | null): string {
  if (typeof value === "number") return String(value);
  return value === null ? "" : escaped(value);
}

const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

export function bytes(value: number): string {
  let [rest, unit] = [value, 0];
  while (rest >= 1024 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  return unit === 0 ? String(value) : `${rest.toFixed(1)} ${units[unit] ?? ""}`;
}

/** `5s`, `3m12s`, `2h5m`, `4d7h`, as HAProxy writes them. */
export function seconds(value: number): string {
  const all = Math.floor(value);
  if (all < 60) return `${all}s`;
  if (all < 3600) return `${Math.floor(all / 60)}m${all % 60}s`;
  if (all < 86_400) return `${Math.floor(all / 3600)}h${Math.floor(all / 60) % 60}m`;
  return `${Math.floor(all / 86_400)}d${Math.floor(all / 3600) % 24}h`;
}
