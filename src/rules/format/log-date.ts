/** The dates of log lines, each text kept for as long as its second lasts. */
import type { LineBytes } from "../../line-bytes.ts";
import { breakTime, formatTime } from "../value/date-text.ts";

const dot = 0x2e;
const zero = 0x30;

/** A text that stays the same within a second. */
function perSecond(write: (second: number) => string): (second: number) => string {
  let known = Number.NaN;
  let text = "";
  return (second) => {
    if (second === known) return text;
    known = second;
    text = write(second);
    return text;
  };
}

const localSecond = perSecond((second) => formatTime("%d/%b/%Y:%H:%M:%S", breakTime(second, "local")));

/** `06/Feb/2009:12:12:51.443` in local time, of ms since 1970. */
export function logDate(atMs: number): string {
  const second = Math.floor(atMs / 1000);
  return `${localSecond(second)}.${milliseconds(atMs)}`;
}

/** The same as bytes. */
export function putLogDate(atMs: number, line: LineBytes): void {
  const second = Math.floor(atMs / 1000);
  line.put(localSecond(second));
  line.putByte(dot);
  // Not the rest of a division, which of a number that large is a call.
  const rest = (atMs - second * 1000) | 0;
  if (rest < 100) line.putByte(zero);
  if (rest < 10) line.putByte(zero);
  line.putNumber(rest);
}

/** `443`: the last three digits of ms since 1970. */
export function milliseconds(atMs: number): string {
  const rest = Math.floor(atMs) % 1000;
  return rest < 10 ? `00${rest}` : rest < 100 ? `0${rest}` : `${rest}`;
}

/** `06/Feb/2009:12:12:51 +0100` in local time, of seconds since 1970. */
export const localDate = perSecond((second) => formatTime("%d/%b/%Y:%H:%M:%S %z", breakTime(second, "local")));

/** `06/Feb/2009:11:12:51 +0000`, of seconds since 1970. */
export const gmtDate = perSecond((second) => formatTime("%d/%b/%Y:%H:%M:%S %z", breakTime(second, "utc")));
