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
  return compare(one, other, but, null);
}

/**
 * As `isSame`, as an operator sees it: of a list of patterns neither its number counts nor where it stands, and of an ACL
 * its files by their names, which have changes of their own.
 */
export function saysSame(one: unknown, other: unknown, but: ReadonlySet<string> = nothing): boolean {
  return compare(one, other, but, unseenIn);
}

type UnseenIn = (fields: object) => ReadonlySet<string>;

const unseenOfLists: ReadonlySet<string> = new Set(["id", "description"]);
const unseenOfAcls: ReadonlySet<string> = new Set(["patterns"]);

function unseenIn(fields: object): ReadonlySet<string> {
  if ("entries" in fields && "uses" in fields) return unseenOfLists;
  return "own" in fields && "patterns" in fields ? unseenOfAcls : nothing;
}

function compare(one: unknown, other: unknown, left: ReadonlySet<string>, unseen: UnseenIn | null): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) || ArrayBuffer.isView(one)) return isSameList(one as ArrayLike<unknown>, other, unseen);
  const first = one as Readonly<Record<string, unknown>>;
  const second = other as Readonly<Record<string, unknown>>;
  let count = 0;
  for (const key in first) {
    count += 1;
    if (key === "position" || left.has(key)) continue;
    const value = first[key];
    const isObject = unseen !== null && typeof value === "object" && value !== null;
    if (!(key in second) || !compare(value, second[key], isObject ? unseen(value) : nothing, unseen)) return false;
  }
  for (const _ in second) count -= 1;
  return count === 0;
}

function isSameList(one: ArrayLike<unknown>, other: object, unseen: UnseenIn | null): boolean {
  if (!Array.isArray(other) && !ArrayBuffer.isView(other)) return false;
  const second = other as ArrayLike<unknown>;
  if (one.length !== second.length) return false;
  for (let at = 0; at < one.length; at += 1) {
    const value = one[at];
    const isObject = unseen !== null && typeof value === "object" && value !== null;
    if (!compare(value, second[at], isObject ? unseen(value) : nothing, unseen)) return false;
  }
  return true;
}
