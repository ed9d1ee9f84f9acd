/** Since when a report is asked for: `7d`, `2026-11-01`. */

const units: ReadonlyMap<string, number> = new Map([
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 7 * 86_400_000],
]);

/** What is expected, for messages. */
export const sinceForm = "a number with m, h, d or w behind it, or a day like 2026-11-01";

/** The instant that is meant, on the calendar's clock; null: it is neither. */
export function parseSince(text: string, now: number): number | null {
  const span = /^(\d{1,6})([mhdw])$/.exec(text);
  if (span !== null) return Math.max(0, now - Number(span[1]) * (units.get(span[2] ?? "") ?? 0));
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null;
  const at = Date.parse(`${text}T00:00:00Z`);
  // 2026-02-30 would be a day of March.
  return at >= 0 && new Date(at).toISOString().startsWith(text) ? at : null;
}
