/** Whether two pieces of a plan say the same, wherever they stand in their files. */

const nothing: ReadonlySet<string> = new Set();

/**
 * Compares as deep as they go; what is left out of one must be left out of the other. Positions in files do not count, nor
 * do those fields of the two themselves that `but` names.
 */
export function isSame<T>(
  one: T,
  other: T,
  but: ReadonlySet<keyof T & string> = nothing as ReadonlySet<never>,
): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) || ArrayBuffer.isView(one)) return isSameList(one as ArrayLike<unknown>, other);
  const left: ReadonlySet<string> = but;
  const first = one as Readonly<Record<string, unknown>>;
  const second = other as Readonly<Record<string, unknown>>;
  let count = 0;
  for (const key in first) {
    if (key !== "position" && !left.has(key) && (!(key in second) || !isSame(first[key], second[key]))) return false;
    count += 1;
  }
  for (const _ in second) count -= 1;
  return count === 0;
}

function isSameList(one: ArrayLike<unknown>, other: object): boolean {
  if (!Array.isArray(other) && !ArrayBuffer.isView(other)) return false;
  const second = other as ArrayLike<unknown>;
  if (one.length !== second.length) return false;
  for (let at = 0; at < one.length; at += 1) if (!isSame(one[at], second[at])) return false;
  return true;
}
