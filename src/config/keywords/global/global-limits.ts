/** Keywords of the `global` section that are numbers and times. */
import * as v from "valibot";
import type { Draft } from "../../draft/draft.ts";
import { type Row, rowsOf } from "../../row/row.ts";
import { integer, overflow, size, time, timeOf, words } from "../../row/value.ts";

const { works } = rowsOf<Draft>("global");

const number = (name: string, missing = `'${name}' expects an integer argument.`) =>
  words(name, [integer({ name, missing })]);

const delay = (name: string) => words(name, [time(timeOf(name, `'${name}' expects <time> as argument.`))], "ignore");

const niceValue = (value: number | string): string =>
  `'tune.renice.runtime' only supports values between -20 and 19 inclusive (was given ${value})`;

const bufferRows = (["client", "server"] as const).flatMap((side) =>
  (["rcvbuf", "sndbuf"] as const).map((kind) =>
    works(`tune.${kind}.${side}`, {
      usage: "<bytes>",
      tier: "B",
      help: `The kernel's ${kind === "rcvbuf" ? "receive" : "send"} buffer of ${side}s' sockets.`,
      words: number(`tune.${kind}.${side}`),
      land({ global }, [value]) {
        const bytes = { [kind === "rcvbuf" ? "receiveBytes" : "sendBytes"]: Math.max(0, value) };
        if (side === "client") global.clientBuffers = { ...global.clientBuffers, ...bytes };
        else global.serverBuffers = { ...global.serverBuffers, ...bytes };
      },
    }),
  ),
);

const unsentRows = (["client", "server"] as const).map((side) =>
  works(`tune.notsent-lowat.${side}`, {
    usage: "<size>",
    tier: "B",
    help: `What the kernel's send buffer of ${side}s' sockets may hold unsent.`,
    words: words(`tune.notsent-lowat.${side}`, [
      size(
        `'tune.notsent-lowat.${side}' expects a size argument.`,
        (word) => `'tune.notsent-lowat.${side}' : '${word}' is no size`,
      ),
    ]),
    land({ global }, [unsentBytes]) {
      if (side === "client") global.clientBuffers = { ...global.clientBuffers, unsentBytes };
      else global.serverBuffers = { ...global.serverBuffers, unsentBytes };
    },
  }),
);

const variableRows = (["global", "proc", "sess", "txn", "reqres", "check"] as const).map((scope) =>
  works(`tune.vars.${scope}-max-size`, {
    usage: "<bytes>",
    tier: "B",
    help: `What variables of the scope '${scope}' may take together; one that does not fit is not set.`,
    words: words(`tune.vars.${scope}-max-size`, [
      integer({
        name: `tune.vars.${scope}-max-size`,
        missing: `'tune.vars.${scope}-max-size' expects a size argument.`,
        unreadable: (word) => `tune.vars.${scope}-max-size: '${word}' is an invalid size`,
      }),
    ]),
    land({ global }, [bytes]) {
      global.variableLimits = { ...global.variableLimits, [scope]: Math.max(0, bytes) };
    },
  }),
);

/** The rows of this file. */
export const globalLimitRows: readonly Row<Draft>[] = [
  ...bufferRows,
  ...unsentRows,
  ...variableRows,
  works("tune.stick-counters", {
    usage: "<number>",
    tier: "B",
    help: "How many stick table entries a session may track at once.",
    words: words("tune.stick-counters", [
      integer({
        name: "tune.stick-counters",
        missing: "'tune.stick-counters' expects an integer argument.",
        min: { value: 0, message: () => "'tune.stick-counters' expects a positive integer argument." },
        max: { value: 100, message: () => "'tune.stick-counters' expects a number of at most 100." },
      }),
    ]),
    land: (draft, [value]) => void (draft.global.stickCounters = value),
  }),
  works("tune.renice.runtime", {
    usage: "<-20..19>",
    tier: "B",
    help: "The process's scheduling priority (nice value).",
    words: words("tune.renice.runtime", [
      integer({
        name: "tune.renice.runtime",
        missing: "'tune.renice.runtime' expects an integer argument.",
        unreadable: niceValue,
        min: { value: -20, message: niceValue },
        max: { value: 19, message: niceValue },
      }),
    ]),
    land: (draft, [value]) => void (draft.global.nice = value),
  }),
  works("maxpipes", {
    usage: "<number>",
    tier: "B",
    help: "Pipes that splicing may have open, of the descriptors that maxconn leaves over.",
    words: number("maxpipes"),
    land: (draft, [value]) => void (draft.global.maxPipes = value > 0 ? value : null),
  }),
  works("tune.pipesize", {
    usage: "<bytes>",
    tier: "B",
    help: "The size of the pipes that splicing uses.",
    words: number("tune.pipesize"),
    land: (draft, [value]) => void (draft.global.pipeBytes = value > 0 ? value : null),
  }),
  works("maxconn", {
    usage: "<number>",
    tier: "A",
    help: "Sessions at once in the whole process.",
    words: number("maxconn"),
    land: (draft, [value]) => void (draft.global.maxconn = value > 0 ? value : null),
  }),
  works("maxconnrate", {
    usage: "<number>",
    tier: "C",
    help: "Connections a second in the whole process.",
    words: number("maxconnrate"),
    land: (draft, [value]) => void (draft.global.maxConnRate = Math.max(0, value)),
  }),
  works("maxsessrate", {
    usage: "<number>",
    tier: "C",
    help: "Sessions a second in the whole process.",
    words: number("maxsessrate"),
    land: (draft, [value]) => void (draft.global.maxSessRate = Math.max(0, value)),
  }),
  works("ulimit-n", {
    usage: "<number>",
    tier: "B",
    help: "Descriptors that the process may open.",
    words: number("ulimit-n"),
    land: (draft, [value]) => void (draft.global.ulimitN = value > 0 ? value : null),
  }),
  works("fd-hard-limit", {
    usage: "<number>",
    tier: "B",
    help: "Never asks for more descriptors than this.",
    words: number("fd-hard-limit"),
    land: (draft, [value]) => void (draft.global.fdHardLimit = value > 0 ? value : null),
  }),
  works("nbthread", {
    usage: "<number>",
    tier: "B",
    help: "Worker threads that move bytes.",
    words: words("nbthread", [
      integer({
        name: "nbthread",
        missing: "'nbthread' passed a missing or unparsable integer value in ''",
        unreadable: (word) => `'nbthread' passed a missing or unparsable integer value in '${word}'`,
        min: { value: 1, message: (value) => `'nbthread' value must be between 1 and 1024 (was ${value})` },
        max: { value: 1024, message: (value) => `'nbthread' value must be between 1 and 1024 (was ${value})` },
      }),
    ]),
    land: (draft, [value]) => void (draft.global.nbthread = value),
  }),
  works("hard-stop-after", {
    usage: "<time>",
    hasTimes: true,
    tier: "B",
    help: "Longest time that sessions may go on after a soft stop.",
    words: delay("hard-stop-after"),
    land: (draft, [value]) => void (draft.global.hardStopAfterMs = value),
  }),
  works("grace", {
    usage: "<time>",
    hasTimes: true,
    tier: "C",
    help: "Time between a soft stop's signal and the closing of listeners.",
    words: delay("grace"),
    land: (draft, [value]) => void (draft.global.graceMs = value),
  }),
  works("close-spread-time", {
    usage: "<time>",
    hasTimes: true,
    tier: "C",
    help: "Time over which idle connections of mode http are closed in a soft stop.",
    words: words("close-spread-time", [
      v.lazy((word) =>
        word === "infinite"
          ? v.pipe(
              v.literal("infinite"),
              v.transform(() => Infinity),
            )
          : time(timeOf("close-spread-time", "'close-spread-time' expects <time> as argument.")),
      ),
    ]),
    land: (draft, [value]) => void (draft.global.closeSpreadMs = value),
  }),
  works("spread-checks", {
    tight: true,
    usage: "<0..50, in percent>",
    tier: "B",
    help: "Spreads the times of health checks at random.",
    words: words("spread-checks", [
      integer({
        name: "spread-checks",
        missing: "'spread-checks' expects an integer argument (0..50).",
        min: { value: 0, message: () => "'spread-checks' needs a positive value in range 0..50." },
        max: { value: 50, message: () => "'spread-checks' needs a positive value in range 0..50." },
      }),
    ]),
    land: (draft, [value]) => void (draft.global.spreadChecksPercent = value),
  }),
  works("max-spread-checks", {
    tight: true,
    usage: "<time>",
    hasTimes: true,
    tier: "B",
    help: "Longest time by which a check is moved.",
    words: words("max-spread-checks", [
      time({
        missing: "'max-spread-checks' expects an integer argument (0..50).",
        fault: (fault, word) =>
          fault.kind === "overflow"
            ? overflow(word, "max-spread-checks")
            : `unsupported character '${fault.character}' in 'max-spread-checks' (wants an integer delay).`,
      }),
    ]),
    land: (draft, [value]) => void (draft.global.maxSpreadChecksMs = value),
  }),
  works("tune.bufsize", {
    usage: "<bytes>",
    tier: "B",
    help: "Most bytes that a rule may wait for and look at.",
    words: words("tune.bufsize", [
      integer({
        name: "tune.bufsize",
        missing: "'tune.bufsize' expects an integer argument.",
        unreadable: () => "'tune.bufsize' expects a positive integer argument.",
        min: { value: 1, message: () => "'tune.bufsize' expects a positive integer argument." },
      }),
    ]),
    land: (draft, [value]) => void (draft.global.bufsizeBytes = Math.max(1024, value)),
  }),
  works("tune.maxrewrite", {
    usage: "<bytes>",
    tier: "B",
    help: "So much less than tune.bufsize do content rules see at most; half of it at the utmost.",
    words: words("tune.maxrewrite", [
      integer({
        name: "tune.maxrewrite",
        missing: "'tune.maxrewrite' expects an integer argument.",
        unreadable: () => "'tune.maxrewrite' expects a positive integer argument.",
        min: { value: 0, message: () => "'tune.maxrewrite' expects a positive integer argument." },
      }),
    ]),
    land: (draft, [value]) => void (draft.global.maxrewriteBytes = value),
  }),
];
