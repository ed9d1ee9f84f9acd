/** Where the pages show what a run gave. */

const [begin, end] = ["<!-- bench: written by KEEP=1 make bench -->", "<!-- /bench -->"] as const;

/** A page with other text in its marked place. @throws where it has not exactly one. */
export function withMarked(page: string, text: string): string {
  const [before, rest, ...more] = page.split(begin);
  const [inside, after, ...others] = rest?.split(end) ?? [];
  if (before === undefined || inside === undefined || after === undefined || more.length + others.length > 0)
    throw new Error("no one marked place for the bench");
  return `${before}${begin}\n\n${text.trim()}\n\n${end}${after}`;
}
