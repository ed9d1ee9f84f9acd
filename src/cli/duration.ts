/** How long a command may take, as its users write it. */

const most = 3_600_000;

/** In ms. As on lines of the configuration, but that a number alone is of seconds, as ssh's own tools have it. Null: no time, or more than an hour. */
export function parseDuration(text: string): number | null {
  const [, digits = "", unit = "s"] = /^(\d{1,7})(ms|s|m|h)?$/.exec(text) ?? [];
  const factor = unit === "ms" ? 1 : unit === "s" ? 1000 : unit === "m" ? 60_000 : 3_600_000;
  const ms = Number(digits) * factor;
  return digits === "" || ms < 1 || ms > most ? null : ms;
}
