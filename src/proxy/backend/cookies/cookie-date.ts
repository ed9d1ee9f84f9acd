/** Dates in persistence cookies: seconds since 1970 in units of 4, five digits of base 64. */

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Rounded up. */
export function cookieDate(seconds: number): string {
  const units = Math.floor((seconds + 3) / 4);
  return dateDigits(units);
}

/** As it was read. */
export function sameDate(seconds: number): string {
  return dateDigits(Math.floor(seconds / 4));
}

function dateDigits(units: number): string {
  let text = "";
  for (let shift = 24; shift >= 0; shift -= 6) text += digits[(units >>> shift) & 63] ?? "";
  return text;
}

/** What the first five characters say, in seconds; 0: nothing. */
export function readCookieDate(text: string): number {
  if (text.length < 5) return 0;
  let units = 0;
  for (let at = 0; at < 5; at++) {
    const digit = digits.indexOf(text.charAt(at));
    if (digit < 0) return 0;
    units = units * 64 + digit;
  }
  return units * 4;
}
