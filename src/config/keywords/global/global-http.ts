/** Keywords of `global` that bound HTTP, and say how names are written (manual, 3.1 and 3.2). */
import { Complaint } from "../../text/complaint.ts";
import type { Draft } from "../../draft/draft.ts";
import { type Line, rowsOf, type Row } from "../../row/row.ts";
import { anyWords, integer, words } from "../../row/value.ts";
import { onOrOff } from "./idle-groups.ts";

const { works, idle } = rowsOf<Draft>("global");

const missing = (name: string): string => `'${name}' expects an integer argument.`;

const outOfRange = (): string => "'tune.http.maxhdr' expects a numeric value between 1 and 32767";

/** Adds a name in lower case and how it is written. Throws a Complaint. */
function addCase({ global }: Draft, from: string, to: string, line: Line): void {
  if (from.toLowerCase() !== to.toLowerCase()) {
    throw new Complaint("<from> and <to> must not differ execpt the case", line.words[1] ?? line.keyword);
  }
  const mark = `h1-case-adjust ${from}`;
  if (global.seen.has(mark)) {
    throw new Complaint(`duplicate entry '${from}'`, line.words[0] ?? line.keyword);
  }
  global.seen.add(mark);
  global.http.caseAdjust.push([from, to]);
}

function readCases(draft: Draft, line: Line): void {
  const [path] = line.words;
  if (path === undefined) throw new Complaint("'h1-case-adjust-file' expects <file> as argument.", line.keyword);
  const text = draft.files.read(path.text);
  if (text === null) {
    throw new Complaint(`h1-headers-case-adjust-file '${path.text}': failed to open file.`, path, null, () => "");
  }
  for (const one of text.split("\n")) {
    const [from, to] = one.trim().split(/\s+/);
    if (from === undefined || from === "" || from.startsWith("#")) continue;
    if (to === undefined)
      throw new Complaint(`h1-headers-case-adjust-file '${path.text}': no name after '${from}'.`, path, null, () => "");
    addCase(draft, from, to, line);
  }
}

export const globalHttpRows: readonly Row<Draft>[] = [
  works("tune.http.maxhdr", {
    usage: "<1..32767>",
    tier: "B",
    help: "Fields of an HTTP message, at most.",
    words: words("tune.http.maxhdr", [
      integer({
        name: "tune.http.maxhdr",
        missing: missing("tune.http.maxhdr"),
        unreadable: outOfRange,
        min: { value: 1, message: outOfRange },
        max: { value: 32_767, message: outOfRange },
      }),
    ]),
    land: ({ global }, [value]) => void (global.http.maxFields = value),
  }),
  ...(
    [
      ["tune.http.cookielen", "cookieLength", "Bytes of a captured cookie, at most."],
      ["tune.http.logurilen", "logUriLength", "Bytes of a request's line that are logged, at most."],
    ] as const
  ).map(([name, field, help]) =>
    works(name, {
      usage: "<bytes>",
      tier: "C",
      help,
      words: words(name, [integer({ name, missing: missing(name) })]),
      land({ global }, [value]) {
        // 0 stands for what holds anyway.
        if (value > 0) global.http[field] = value;
      },
    }),
  ),
  idle("tune.idle-pool.shared", {
    usage: "on|off",
    tier: "B",
    help: "Whether HAProxy's threads share idle connections to servers.",
    reason: "one thread has all of them",
    check: (_draft, line) => onOrOff(line),
  }),
  works("h1-accept-payload-with-any-method", {
    tier: "C",
    help: "Lets GET, HEAD and DELETE of HTTP/1.0 have a body.",
    words: words("h1-accept-payload-with-any-method", []),
    land: ({ global }) => void (global.http.acceptsAnyPayload = true),
  }),
  works("h1-case-adjust", {
    usage: "<from> <to>",
    tier: "C",
    help: "How a field's name is written to those who are particular about it (see `option h1-case-adjust-bogus-client`).",
    words: anyWords(),
    land(draft, [from, to, extra], line) {
      if (from === undefined || to === undefined) {
        throw new Complaint("'h1-case-adjust' expects <from> and <to> as argument.", line.keyword);
      }
      if (extra !== undefined) {
        throw new Complaint(`'h1-case-adjust' cannot handle unexpected argument '${extra}'.`, line.words[2]);
      }
      addCase(draft, from, to, line);
    },
  }),
  works("h1-case-adjust-file", {
    usage: "<file>",
    tier: "C",
    help: "The same from a file: two names a line.",
    words: anyWords(),
    land: (draft, _values, line) => readCases(draft, line),
  }),
];
