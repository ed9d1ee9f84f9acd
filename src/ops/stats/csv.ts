/** `show stat` in its three forms, a row at a time: CSV, typed lines and JSON. */
import { columns, firstOwnColumn, tagNames } from "./columns.ts";
import type { RowKind, StatsRow } from "./rows.ts";

/** One form: what stands before the rows, each of them, and what ends them. */
export interface StatsForm {
  readonly head: string;
  readonly row: (row: StatsRow, isFirst: boolean) => string;
  readonly tail: string;
}

/** The header and a line for each row. Every line ends with a comma: more columns may come. */
export const statsCsv: StatsForm = {
  head: `# ${columns.map(({ name }, at) => (at === firstOwnColumn ? `-,${name}` : name)).join(",")},\n`,
  row(row) {
    let line = "";
    for (let position = 0; position < columns.length; position++) {
      line += `${position === firstOwnColumn ? "-," : ""}${field(row.at(position))},`;
    }
    return `${line}\n`;
  },
  tail: "",
};

/** A field; one that holds a quote, a comma or a line end is quoted (RFC 4180). */
function field(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""').replaceAll(/[\r\n]+/g, " ")}"` : value;
}

/** `F.2.0.0.pxname.1:KNS:str:fe`, one line for each value. */
export const statsTyped: StatsForm = {
  head: "",
  row(row) {
    let lines = "";
    for (const [position, { name, tags, type }] of columns.entries()) {
      const value = row.at(position);
      if (value === null) continue;
      const place = `${row.kind}.${row.proxyId}.${row.objectId}.${position}.${name}.1`;
      lines += `${place}:${tags}:${type}:${String(value).replaceAll(/[\r\n]+/g, " ")}\n`;
    }
    return lines;
  },
  tail: "",
};

const kinds: Record<RowKind, string> = { F: "Frontend", B: "Backend", S: "Server", L: "Listener" };

/** One array of rows, each an array of fields. */
export const statsJson: StatsForm = {
  head: "[",
  row(row, isFirst) {
    const fields = columns.flatMap(({ name, tags, type }, pos) => {
      const value = row.at(pos);
      if (value === null) return [];
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
    });
    return `${isFirst ? "" : ","}${JSON.stringify(fields)}`;
  },
  tail: "]\n",
};
