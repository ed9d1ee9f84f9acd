/** `show stat` in its three forms: CSV, typed lines and JSON. */
import { columns, tagNames } from "./stats-columns.ts";
import type { RowKind, StatsRow } from "./stats-rows.ts";

/** The header and a line for each row. Every line ends with a comma: more columns may come. */
export function statsCsv(rows: readonly StatsRow[]): string {
  const header = `# ${columns.map((column) => column.name).join(",")},\n`;
  return (
    header + rows.map((row) => `${columns.map((column) => field(row.values.get(column.name))).join(",")},\n`).join("")
  );
}

/** A field; one that holds a quote, a comma or a line end is quoted (RFC 4180). */
function field(value: string | number | undefined): string {
  if (value === undefined) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""').replaceAll(/[\r\n]+/g, " ")}"` : text;
}

/** `F.2.0.0.pxname.1:KNS:str:fe`, one line for each value. */
export function statsTyped(rows: readonly StatsRow[]): string {
  return rows.map((row) => typedRow(row)).join("");
}

function typedRow(row: StatsRow): string {
  const lines: string[] = [];
  for (const [position, { name, tags, type }] of columns.entries()) {
    const value = row.values.get(name);
    if (value === undefined) continue;
    const place = `${row.kind}.${row.proxyId}.${row.objectId}.${position}.${name}.1`;
    lines.push(`${place}:${tags}:${type}:${String(value).replaceAll(/[\r\n]+/g, " ")}\n`);
  }
  return lines.join("");
}

const kinds: Record<RowKind, string> = { F: "Frontend", B: "Backend", S: "Server", L: "Listener" };

/** One array of rows, each an array of fields. */
export function statsJson(rows: readonly StatsRow[]): string {
  const all = rows.map((row) =>
    columns.flatMap(({ name, tags, type }, pos) => {
      const value = row.values.get(name);
      if (value === undefined) return [];
      return [
        {
          objType: kinds[row.kind],
          proxyId: row.proxyId,
          id: row.objectId,
          field: { pos, name },
          processNum: 1,
          tags: tagNames(tags),
          value: { type, value },
        },
      ];
    }),
  );
  return `${JSON.stringify(all)}\n`;
}
