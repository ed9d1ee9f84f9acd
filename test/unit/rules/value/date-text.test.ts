/** Points in time as text. */
import { expect, test } from "bun:test";
import { breakTime, formatTime, httpDate } from "../../../../src/rules/value/date-text.ts";

const at = Date.UTC(2026, 10, 8, 0, 5, 9) / 1000;

test.each([
  ["%a %A %b %B %h", "Sun Sunday Nov November Nov"],
  ["%c", "Sun Nov  8 00:05:09 2026"],
  ["%C %y %Y %g %G", "20 26 2026 26 2026"],
  ["%d|%e|%j", "08| 8|312"],
  ["%D %F %x", "11/08/26 2026-11-08 11/08/26"],
  ["%H %I %k %l %M %p %P", "00 12  0 12 05 AM am"],
  ["%r %R %T %X", "12:05:09 AM 00:05 00:05:09 00:05:09"],
  ["%s %S", `${at} 09`],
  ["%u %w %U %W %V", "7 0 45 44 45"],
  ["%z %Z %% %n%t", "+0000 GMT % \n\t"],
  ["%Ed %Od %q %", "08 08 %q %"],
])("%s", (format, text) => expect(formatTime(format, breakTime(at, "utc"))).toBe(text));

test.each([
  [Date.UTC(2027, 0, 1) / 1000, "2026-53"],
  [Date.UTC(2024, 11, 30) / 1000, "2025-01"],
])("weeks of ISO 8601 belong to the year of their Thursday (%p)", (seconds, text) => {
  expect(formatTime("%G-%V", breakTime(seconds, "utc"))).toBe(text);
});

test("dates of HTTP", () => expect(httpDate(1234567890)).toBe("Fri, 13 Feb 2009 23:31:30 GMT"));

test("a time that there is not is empty", () => expect(formatTime("%Y", breakTime(1e20, "utc"))).toBe(""));
