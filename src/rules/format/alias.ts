/** What a `%xx` alias of log formats is, and how most are made. */
import type { LogFormatPart } from "../../plan/rules/log-format.ts";
import type { SessionRecord } from "../../session-record.ts";

/** Null: there is no such value. Numbers that are not final are marked by `isPartial`. */
export interface Alias {
  readonly read: (record: SessionRecord) => string | number | null;
  /** What `+X` makes of it; null when it makes no difference. */
  readonly hex: ((record: SessionRecord) => string | null) | null;
  /** Whether `+Q` puts it between quotes. */
  readonly isText: boolean;
  /** Whether a `+` stands before it while the session goes on. */
  readonly isPartial: boolean;
  /** Whether it is known at a session's end only: HAProxy logs a line without any such as soon as the server is connected. */
  readonly isLate: boolean;
  /** How a line has it, flags and all, where it is no text or number like others; null: as they are. */
  readonly write: ((record: SessionRecord, flags: LogFormatPart["flags"]) => string) | null;
  /** Whether nothing stands there, no `-` and no second space either, where there is no value. */
  readonly vanishes: boolean;
}

/** What most aliases have. */
export const usual = { hex: null, isText: false, isPartial: false, isLate: false, write: null, vanishes: false };

/** Text, which flags quote. */
export function text(read: (record: SessionRecord) => string | null): Alias {
  return { ...usual, read, isText: true };
}

/** Text that flags leave alone. */
export function plain(read: (record: SessionRecord) => string): Alias {
  return { ...usual, read };
}

/** `digits`: so many at least where `+X` makes it hexadecimal; null: it does not. */
export function number(read: (record: SessionRecord) => number, digits: number | null = null): Alias {
  const hex = digits === null ? null : (record: SessionRecord) => hexOf(read(record), digits);
  return { ...usual, read, hex };
}

/** A figure that still grows while the session goes on. */
export function growing(read: (record: SessionRecord) => number): Alias {
  return { ...usual, read, isPartial: true, isLate: true };
}

/** The same, known at the end only. */
export function late(alias: Alias): Alias {
  return { ...alias, isLate: true };
}

/** In hexadecimal, with so many digits at least. */
export function hexOf(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, "0");
}

const controls = /[\u0000-\u001f\u007f]/;

/** Control characters as `#XX`, so that no value makes a line of its own. */
export function escapeControls(text: string): string {
  if (!controls.test(text)) return text;
  return text.replaceAll(/[\u0000-\u001f\u007f]/g, (character) => {
    return `#${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}
