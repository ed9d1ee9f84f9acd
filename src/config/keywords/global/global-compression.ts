/** Keywords of `global` that bound compression (manual, 3.2). */
import type { CompressionLimits } from "../../../plan/compression.ts";
import type { Draft } from "../../draft/draft.ts";
import { rowsOf, type Row } from "../../row/row.ts";
import { integer, words } from "../../row/value.ts";

const { works } = rowsOf<Draft>("global");

interface NumberRow {
  readonly name: string;
  readonly usage: string;
  readonly help: string;
  /** In HAProxy's words, as for a number that is out of range. */
  readonly missing: string;
  readonly range?: readonly [least: number, most: number];
  readonly limits: (value: number) => Partial<CompressionLimits>;
}

const between = (name: string, least: number, most: number): string =>
  `'${name}' expects a numeric value between ${least} and ${most}`;

const rows: readonly NumberRow[] = [
  {
    name: "maxcomprate",
    usage: "<kilobytes>",
    help: "So many kilobytes a second are compressed at most, of all answers together; 0: no limit.",
    missing: "'maxcomprate' expects an integer argument in kb/s.",
    limits: (value) => ({ bytesPerSecond: Math.max(0, value) * 1024 }),
  },
  {
    name: "maxcompcpuusage",
    usage: "<0..100>",
    help: "Nothing more is compressed while the process takes more than so many per cent of a processor.",
    missing: "'maxcompcpuusage' expects an integer argument between 0 and 100.",
    range: [0, 100],
    limits: (processorPercent) => ({ processorPercent }),
  },
  {
    name: "maxzlibmem",
    usage: "<megabytes>",
    help: "What compressing may take of memory, all answers together; 0: no limit.",
    missing: "'maxzlibmem' expects an integer argument.",
    limits: (value) => ({ zlibBytes: Math.max(0, value) * 1_048_576 }),
  },
  {
    name: "tune.comp.maxlevel",
    usage: "<1..9>",
    help: "How hard it is tried to make answers small.",
    missing: between("tune.comp.maxlevel", 1, 9),
    range: [1, 9],
    limits: (level) => ({ level }),
  },
  {
    name: "tune.zlib.memlevel",
    usage: "<1..9>",
    help: "How much memory compressing an answer takes; 8 is usual.",
    missing: between("tune.zlib.memlevel", 1, 9),
    range: [1, 9],
    limits: (memoryLevel) => ({ memoryLevel }),
  },
  {
    name: "tune.zlib.windowsize",
    usage: "<8..15>",
    help: "How far back compressing looks: 2 to the power of this many bytes.",
    missing: between("tune.zlib.windowsize", 8, 15),
    range: [8, 15],
    limits: (windowBits) => ({ windowBits }),
  },
];

/** The rows of this file. */
export const globalCompressionRows: readonly Row<Draft>[] = rows.map(({ name, usage, help, missing, range, limits }) =>
  works(name, {
    usage,
    tier: "C",
    help,
    words: words(name, [
      integer({
        name,
        missing,
        ...(range === undefined
          ? {}
          : {
              unreadable: () => missing,
              min: { value: range[0], message: () => missing },
              max: { value: range[1], message: () => missing },
            }),
      }),
    ]),
    land({ global: { http } }, [value]) {
      http.compression = { ...http.compression, ...limits(value) };
    },
  }),
);
