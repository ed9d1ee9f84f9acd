/** Points in time as text: strftime(3) in the C locale, HTTP dates, and the log's own forms. */
import { wordTable } from "../../word-table.ts";

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** Units of time by the names that arguments give them. */
export const ticksPerSecond = wordTable<number>({ s: 1, ms: 1000, us: 1_000_000 });

/** A time taken apart in some time zone. */
export interface BrokenTime {
  readonly year: number;
  /** 0 to 11. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly zoneName: string;
  /** East of Greenwich. */
  readonly zoneMinutes: number;
  readonly seconds: number;
}

/** Takes seconds since 1970 apart, in local time or in UTC; null beyond the years that a Date knows, -271821 to 275760. */
export function breakTime(seconds: number, zone: "local" | "utc"): BrokenTime | null {
  const date = new Date(seconds * 1000);
  const zoneMinutes = zone === "utc" ? 0 : -date.getTimezoneOffset();
  const shifted = new Date(seconds * 1000 + zoneMinutes * 60_000);
  if (Number.isNaN(shifted.getTime())) return null;
  return {
    year: shifted.getUTCFullYear(),
    month: shifted.getUTCMonth(),
    day: shifted.getUTCDate(),
    hour: shifted.getUTCHours(),
    minute: shifted.getUTCMinutes(),
    second: shifted.getUTCSeconds(),
    weekday: shifted.getUTCDay(),
    // Few ask for it, and it takes longer than all the rest.
    get zoneName() {
      return zone === "utc" ? "GMT" : localZoneName(date);
    },
    zoneMinutes,
    seconds,
  };
}

function localZoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZoneName: "short" }).formatToParts(date);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

function pad(value: number, width = 2, filler = "0"): string {
  return String(value).padStart(width, filler);
}

/** Day of the year from 0. */
function yearDay(time: BrokenTime): number {
  return Math.round((Date.UTC(time.year, time.month, time.day) - Date.UTC(time.year, 0, 1)) / 86_400_000);
}

/** Year and week of ISO 8601: week 1 is the one with the year's first Thursday. */
function isoWeek(time: BrokenTime): { year: number; week: number } {
  const thursday = new Date(Date.UTC(time.year, time.month, time.day - ((time.weekday + 6) % 7) + 3));
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * 86_400_000)) + 1;
  return { year, week };
}

function zoneOffset(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}${pad(size % 60)}`;
}

function hour12(time: BrokenTime): number {
  return time.hour % 12 === 0 ? 12 : time.hour % 12;
}

const conversions = wordTable<string | ((time: BrokenTime) => string)>({
  a: (time) => days[time.weekday]!.slice(0, 3),
  A: (time) => days[time.weekday]!,
  b: (time) => months[time.month]!.slice(0, 3),
  B: (time) => months[time.month]!,
  c: "%a %b %e %H:%M:%S %Y",
  C: (time) => pad(Math.floor(time.year / 100)),
  d: (time) => pad(time.day),
  D: "%m/%d/%y",
  e: (time) => pad(time.day, 2, " "),
  F: "%Y-%m-%d",
  g: (time) => pad(isoWeek(time).year % 100),
  G: (time) => String(isoWeek(time).year),
  h: "%b",
  H: (time) => pad(time.hour),
  I: (time) => pad(hour12(time)),
  j: (time) => pad(yearDay(time) + 1, 3),
  k: (time) => pad(time.hour, 2, " "),
  l: (time) => pad(hour12(time), 2, " "),
  m: (time) => pad(time.month + 1),
  M: (time) => pad(time.minute),
  n: () => "\n",
  p: (time) => (time.hour < 12 ? "AM" : "PM"),
  P: (time) => (time.hour < 12 ? "am" : "pm"),
  r: "%I:%M:%S %p",
  R: "%H:%M",
  s: (time) => String(time.seconds),
  S: (time) => pad(time.second),
  t: () => "\t",
  T: "%H:%M:%S",
  u: (time) => String(time.weekday === 0 ? 7 : time.weekday),
  U: (time) => pad(Math.floor((yearDay(time) + 7 - time.weekday) / 7)),
  V: (time) => pad(isoWeek(time).week),
  w: (time) => String(time.weekday),
  W: (time) => pad(Math.floor((yearDay(time) + 7 - ((time.weekday + 6) % 7)) / 7)),
  x: "%m/%d/%y",
  X: "%H:%M:%S",
  y: (time) => pad(time.year % 100),
  Y: (time) => String(time.year),
  z: (time) => zoneOffset(time.zoneMinutes),
  Z: (time) => time.zoneName,
  "%": () => "%",
});

/** strftime(3) in the C locale; what it does not know stays as written. Empty for a time that there is not. */
export function formatTime(format: string, time: BrokenTime | null): string {
  if (time === null) return "";
  return format.replaceAll(/%[EO]?([a-zA-Z%])/g, (whole, letter: string) => {
    const conversion = conversions.get(letter);
    if (conversion === undefined) return whole;
    return typeof conversion === "string" ? formatTime(conversion, time) : conversion(time);
  });
}

/** `Fri, 13 Feb 2009 23:31:30 GMT` (RFC 9110, section 5.6.7). */
export function httpDate(seconds: number): string {
  return formatTime("%a, %d %b %Y %T GMT", breakTime(seconds, "utc"));
}
