/** The Plan's part of what was collected for it. */

/** The fields of `from` that `like` has: the options of a section without what only reading needed. */
export function pick<Fields extends object>(from: NoInfer<Fields>, like: Fields): Fields {
  const picked = { ...like };
  for (const field of Object.keys(like) as (keyof Fields)[]) picked[field] = from[field];
  return picked;
}
