/** Numbers and texts as they fit into columns. */

/** `1.2k`, of 1000; short enough for its column. */
export function countText(count: number): string {
  return scaled(count, 1000, ["", "k", "M", "G", "T"]);
}

/** The same of 1024. */
export function bytesText(bytes: number): string {
  return scaled(bytes, 1024, ["", "K", "M", "G", "T", "P"]);
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let rest = value;
  let at = 0;
  // A count of up to four digits is told to the last one.
  for (; rest >= (at === 0 ? 10_000 : step) && at < units.length - 1; at += 1) rest /= step;
  return `${at === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)}${units[at]}`;
}

/** Seconds in the two largest units. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${Math.floor((seconds % 86_400) / 3600)}h`;
}

/** Cut to so many characters; whole ones, however many units they take. */
export function clip(text: string, room: number): string {
  if (text.length <= room) return text;
  const characters = Array.from(text);
  return characters.length <= room ? text : characters.slice(0, Math.max(0, room)).join("");
}
