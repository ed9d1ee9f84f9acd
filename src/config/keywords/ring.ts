/** Keywords of `ring` sections (manual, 3.9): buffers of log lines that are handed on over TCP. */
import type { RingPlan } from "../../plan/log.ts";
import { serverAddress, parseAddress } from "../addresses/address.ts";
import { Complaint, prefixed } from "../text/complaint.ts";
import type { RingDraft } from "../draft/draft.ts";
import { logFormat } from "../lines/log.ts";
import { type Line, rowsOf, type Row } from "../row/row.ts";
import { anyWords, maybeText, readTime, words } from "../row/value.ts";

const { works, idle, refused } = rowsOf<RingDraft>("ring");

/** HAProxy's smallest ring, and what one has that says nothing. */
export const leastRingBytes = 16_384;

function readSize(value: string, line: Line): number {
  const bytes = Number.parseInt(value, 10);
  if (!(bytes > 0)) throw new Complaint(`invalid size '${value}' for new sink buffer.`, line.words[0] ?? line.keyword);
  return bytes;
}

function addServer(ring: RingDraft, line: Line): void {
  const [name, address, ...options] = line.words;
  if (name === undefined || address === undefined) {
    throw new Complaint("'server' expects <name> and <addr>[:<port>] as arguments.", line.keyword);
  }
  const where = `'server ${ring.name}/${name.text}' : `;
  if (ring.serverNames.has(name.text)) {
    throw new Complaint(`backend '${ring.name}', another server named '${name.text}' was already defined.`, name);
  }
  const rule = { port: "optional", range: false, offset: false, descriptor: false, datagram: false } as const;
  const to = prefixed(where, () => serverAddress(parseAddress(address, rule, line.draft.context.environment)));
  if (to.kind === "tcp" && to.port === null) throw new Complaint(`${where}missing port specification.`, address);
  let counts = false;
  for (let index = 0; index < options.length; index += 2) {
    const [option, value] = [options[index], options[index + 1]];
    if (option?.text !== "log-proto") {
      throw new Complaint(
        `${where}'${option?.text}' is not supported in a ring`,
        option ?? null,
        "only 'log-proto' is",
      );
    }
    if (value?.text !== "legacy" && value?.text !== "octet-count") {
      const text = `'log-proto' expects one of 'legacy' or 'octet-count' but got '${value?.text ?? ""}'.`;
      throw new Complaint(where + text, value ?? option);
    }
    counts = value.text === "octet-count";
  }
  ring.serverNames.add(name.text);
  ring.servers.push({ name: name.text, address: to, countsOctets: counts } satisfies RingPlan["servers"][number]);
}

/** The rows of this file. */
export const ringRows: readonly Row<RingDraft>[] = [
  idle("description", {
    usage: "<text>",
    tier: "C",
    help: "What the ring is for.",
    reason: "no command shows rings",
    words: anyWords(),
    check(_ring, line) {
      if ((line.words[0]?.text ?? "") === "") throw new Complaint("missing ring description text.", line.keyword);
    },
  }),
  works("format", {
    usage: "<format>",
    tier: "C",
    help: "The form of its lines, whatever the `log` line says.",
    words: words("format", [maybeText()], "ignore"),
    land(ring, [value], line) {
      ring.format = logFormat(value) ?? null;
      if (ring.format === null) throw new Complaint(`unknown format '${value}'.`, line.words[0] ?? line.keyword);
    },
  }),
  works("maxlen", {
    usage: "<bytes>",
    tier: "C",
    help: "Longest line; longer ones are cut.",
    words: words("maxlen", [maybeText()], "ignore"),
    land: (ring, [value], line) => void (ring.maxlen = readSize(value, line)),
  }),
  works("size", {
    usage: "<bytes>",
    tier: "C",
    help: "Bytes kept for servers that do not take them now.",
    words: words("size", [maybeText()], "ignore"),
    land(ring, [value], line) {
      const bytes = readSize(value, line);
      if (bytes < ring.sizeBytes) {
        const text = `ignoring new size '${bytes}' that is smaller than current size '${ring.sizeBytes}' for ring '${ring.name}'.`;
        throw new Complaint(text, line.words[0], `a ring has ${leastRingBytes} bytes at least, without a unit`);
      }
      ring.sizeBytes = bytes;
    },
  }),
  works("timeout", {
    usage: "connect|server <time>",
    hasTimes: true,
    tier: "C",
    help: "Time to connect to a server, and for it to take what is sent.",
    words: words("timeout", [maybeText(), maybeText()], "ignore"),
    land(ring, [which, value], line) {
      if (which !== "connect" && which !== "server") {
        // HAProxy reads on without a word.
        throw new Complaint("'timeout' expects 'connect' or 'server'.", line.words[0] ?? line.keyword);
      }
      const ms = readTime(value);
      if (typeof ms !== "number") {
        const what = ms.kind === "overflow" ? "timer overflow" : `unexpected character '${ms.character}'`;
        throw new Complaint(`${what} in argument to <timeout ${which}>.`, line.words[1] ?? line.keyword);
      }
      ring.timeouts[which] = ms;
    },
  }),
  works("server", {
    usage: "<name> <address> [log-proto legacy|octet-count]",
    tier: "C",
    help: "Where its lines go, over TCP.",
    words: anyWords(),
    land: (ring, _values, line) => addServer(ring, line),
  }),
  refused("backing-file", {
    usage: "<path>",
    tier: "C",
    help: "Keeps the ring in a file.",
    reason: "rings are kept in memory",
  }),
];
