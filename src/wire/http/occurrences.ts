/** Values of fields as samples ask for them: whole lines, or the parts between commas, by name and occurrence. */
import type { Fields } from "./fields.ts";
import { findEnd, trimmed } from "./value-text.ts";

/** As far back from the last one as HAProxy goes. */
const furthestBack = 10;

/** `hdr(name,occurrence)`: 1 is the first value, -1 (or 0) the last; undefined: there is none. "" as name: of any field. */
export function listValue(fields: Fields, name: string, occurrence: number): string | undefined {
  return pick(listValues(fields, name), occurrence);
}

/** `fhdr(name,occurrence)`: a whole line. */
export function lineValue(fields: Fields, name: string, occurrence: number): string | undefined {
  return pick(lineValues(fields, name), occurrence);
}

/** All values in order. */
export function listValues(fields: Fields, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < fields.count; index++) {
    if (name !== "" && !fields.isNamed(index, name)) continue;
    const line = fields.value(index);
    if (line.includes(",")) values.push(...splitList(line));
    else values.push(line);
  }
  return values;
}

/** All lines in order. */
export function lineValues(fields: Fields, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < fields.count; index++) {
    if (name === "" || fields.isNamed(index, name)) values.push(fields.value(index));
  }
  return values;
}

/** `hdr_cnt` */
export function listCount(fields: Fields, name: string): number {
  return listValues(fields, name).length;
}

/** `fhdr_cnt` */
export function lineCount(fields: Fields, name: string): number {
  return lineValues(fields, name).length;
}

/** The parts of a field's value between commas outside quotes, without white space around them. */
export function splitList(value: string): string[] {
  const parts: string[] = [];
  for (let from = 0; from <= value.length;) {
    const end = findEnd(value, from, ",");
    parts.push(trimmed(value.slice(from, end)));
    from = end + 1;
  }
  return parts;
}

/** `replace-value`: gives each part between commas what `replaced` makes of it; undefined leaves it. How many got one. */
export function replaceValues(fields: Fields, name: string, replaced: (value: string) => string | undefined): number {
  let changed = 0;
  fields.replaceLines(name, (line) => {
    let isSame = true;
    let text = "";
    for (let from = 0; from <= line.length;) {
      const end = findEnd(line, from, ",");
      const part = line.slice(from, end);
      const other = replaced(trimmed(part));
      if (other !== undefined) {
        isSame = false;
        changed += 1;
      }
      // As in HAProxy, what is replaced loses the blanks around it.
      text += other ?? part;
      if (end < line.length) text += ",";
      from = end + 1;
    }
    return isSame ? undefined : text;
  });
  return changed;
}

function pick(values: readonly string[], occurrence: number): string | undefined {
  if (occurrence > 0) return values[occurrence - 1];
  return occurrence < -furthestBack ? undefined : values.at(occurrence === 0 ? -1 : occurrence);
}
