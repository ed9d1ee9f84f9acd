/** How often something was seen, by day of the calendar (UTC). */

const dayMs = 86_400_000;

/** Days that are remembered. */
export const keptDays = 90;

/** The day of an instant of the calendar's clock, counted from 1970. */
export function dayOf(at: number): number {
  return Math.floor(at / dayMs);
}

/** Days in which nothing was seen take no room. */
export class DayCounts {
  // In order; a day's count stands at the same place.
  #days: number[] = [];
  #counts: number[] = [];
  #total = 0;

  /** Of all days. */
  get total(): number {
    return this.#total;
  }

  add(day: number, count = 1): void {
    const at = this.#placeOf(day);
    this.#total += count;
    if (this.#days[at] === day) this.#counts[at] = (this.#counts[at] ?? 0) + count;
    else if (at === this.#days.length) {
      this.#days.push(day);
      this.#counts.push(count);
    } else {
      this.#days.splice(at, 0, day);
      this.#counts.splice(at, 0, count);
    }
    if (this.#days.length > keptDays) this.#dropFirst(1);
  }

  /** Where the day stands, or would: nearly always last. */
  #placeOf(day: number): number {
    let at = this.#days.length;
    if (at > 0 && this.#days[at - 1] === day) return at - 1;
    while (at > 0 && (this.#days[at - 1] ?? 0) >= day) at -= 1;
    return at;
  }

  /** That day and those after it. */
  since(day: number): number {
    let sum = 0;
    for (let at = this.#days.length - 1; at >= 0 && (this.#days[at] ?? 0) >= day; at--) sum += this.#counts[at] ?? 0;
    return sum;
  }

  /** Forgets the days before that one. */
  forgetBefore(day: number): void {
    this.#dropFirst(this.#placeOf(day));
  }

  #dropFirst(many: number): void {
    if (many === 0) return;
    this.#days.splice(0, many);
    for (const count of this.#counts.splice(0, many)) this.#total -= count;
  }

  /** Takes over what was counted elsewhere. `as`: added to what is counted here; or that of which this may be a copy, so that the higher counts. */
  take(other: Iterable<readonly [day: number, count: number]>, as: "more" | "same"): void {
    for (const [day, count] of other) {
      const at = this.#placeOf(day);
      const have = this.#days[at] === day ? (this.#counts[at] ?? 0) : 0;
      const more = as === "more" ? count : count - have;
      if (more > 0) this.add(day, more);
    }
  }

  [Symbol.iterator](): Iterator<readonly [day: number, count: number]> {
    return this.#days.map((day, at) => [day, this.#counts[at] ?? 0] as const).values();
  }
}
