/** JSON documents made piece by piece, laid out as `JSON.stringify(…, null, 2)` does. */
import type { Rows } from "./slices.ts";

/** An object whose fields are worked out one by one; null: a step that found none. */
export class JsonObject {
  constructor(readonly fields: Iterable<readonly [string, unknown] | null>) {}
}

/** An array whose elements are worked out one by one; null: a step that found none. */
export class JsonArray {
  constructor(readonly elements: Iterable<unknown>) {}
}

/** The text of `value`, in which any part may be one of the above. Anything else is one step. `lineEnd`: what starts a line at its depth. */
export function* jsonRows(value: unknown, lineEnd = "\n"): Rows {
  const inner = `${lineEnd}  `;
  let count = 0;
  if (value instanceof JsonObject) {
    for (const field of value.fields) {
      if (field === null) yield "";
      else {
        yield `${count++ === 0 ? "{" : ","}${inner}${JSON.stringify(field[0])}: `;
        yield* jsonRows(field[1], inner);
      }
    }
    yield count === 0 ? "{}" : `${lineEnd}}`;
  } else if (value instanceof JsonArray) {
    for (const element of value.elements) {
      if (element === null) yield "";
      else {
        yield `${count++ === 0 ? "[" : ","}${inner}`;
        yield* jsonRows(element, inner);
      }
    }
    yield count === 0 ? "[]" : `${lineEnd}]`;
  } else yield JSON.stringify(value, null, 2).replaceAll("\n", lineEnd);
}
