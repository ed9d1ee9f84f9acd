/** Keywords of `resolvers` sections (manual, 5.3.2). */
import { parseAddress } from "../addresses/address.ts";
import { Complaint, latePlace, prefixed, shortPlace } from "../text/complaint.ts";
import type { ResolversDraft } from "../draft/draft.ts";
import { resolvConf, systemNameservers } from "../draft/resolv-conf.ts";
import { type Line, rowsOf, type Row } from "../row/row.ts";
import { anyWords, integer, maybeText, overflow, readTime, words } from "../row/value.ts";

const { works, refused } = rowsOf<ResolversDraft>("resolvers");

const events = ["nx", "other", "refused", "timeout", "valid", "obsolete"] as const;

function addNameserver(section: ResolversDraft, line: Line): void {
  const [name, address] = line.words;
  if (name === undefined || address === undefined || name.text === "") {
    throw new Complaint("'nameserver' expects <name> and <addr>[:<port>] as arguments.", line.keyword);
  }
  const known = section.declared.get(name.text);
  if (known !== undefined) {
    throw new Complaint(
      `nameserver '${name.text}' has same name as another nameserver (declared at ${known.file}:${known.line}).`,
      name,
      null,
      latePlace,
    );
  }
  const rule = { port: "required", range: false, offset: false, descriptor: false, datagram: true } as const;
  const parsed = prefixed(`'nameserver ${name.text}' : `, () => {
    const result = parseAddress(address, rule, line.draft.context.environment);
    if (result.kind !== "ip") throw new Complaint("an IP address is expected", address);
    return result;
  });
  const { host, firstPort: port, isStream: stream } = parsed;
  section.nameservers.push({ name: name.text, host: host || "127.0.0.1", port, stream });
  section.declared.set(name.text, line.statement);
}

function addSystemServers(section: ResolversDraft, line: Line): void {
  const text = line.draft.context.readFile(resolvConf);
  if (text === null) throw new Complaint(`failed to open ${resolvConf}.`, line.keyword);
  for (const one of systemNameservers(text)) {
    if (section.declared.has(one.name)) continue;
    section.nameservers.push(one);
    section.declared.set(one.name, line.statement);
  }
}

function readDelay(name: string, value: string, line: Line, index: number): number {
  const time = readTime(value);
  if (typeof time === "number") return time;
  const word = line.words[index] ?? null;
  throw new Complaint(
    time.kind === "overflow"
      ? overflow(value, name)
      : `unexpected character '${time.character}' in argument to <${name}>.`,
    word,
    null,
    shortPlace,
  );
}

const numberOf = (name: string, low: number, high: number) =>
  words(
    name,
    [
      integer({
        name,
        missing: `'${name}' expects <nb> as argument.`,
        min: {
          value: low,
          message: (value) => `'${name}' must be between ${low} and ${high} inclusive (was ${value}).`,
        },
        max: {
          value: high,
          message: (value) => `'${name}' must be between ${low} and ${high} inclusive (was ${value}).`,
        },
      }),
    ],
    "ignore",
  );

/** The rows of this file. */
export const resolversRows: readonly Row<ResolversDraft>[] = [
  works("nameserver", {
    usage: "<name> <address>:<port>",
    tier: "B",
    help: "A DNS server to ask.",
    words: anyWords(),
    land: (section, _values, line) => addNameserver(section, line),
  }),
  works("parse-resolv-conf", {
    tier: "B",
    help: "Asks the DNS servers of /etc/resolv.conf.",
    words: anyWords(),
    land: (section, _values, line) => addSystemServers(section, line),
  }),
  works("resolve_retries", {
    usage: "<number>",
    tier: "B",
    help: "How often a question is sent before it has failed.",
    words: numberOf("resolve_retries", 0, 2_147_483_647),
    land: (section, [value]) => void (section.retries = value),
  }),
  works("accepted_payload_size", {
    usage: "<bytes>",
    tier: "B",
    help: "Longest answer taken over UDP.",
    words: numberOf("accepted_payload_size", 12, 65_535),
    land: (section, [value]) => void (section.acceptedPayloadBytes = value),
  }),
  works("hold", {
    usage: "nx|other|refused|timeout|valid|obsolete <time>",
    hasTimes: true,
    tier: "B",
    help: "How long an answer, or the lack of one, is kept.",
    words: words("hold", [maybeText(), maybeText()], "ignore"),
    land(section, [event, value], line) {
      if (event === "" || value === "") {
        throw new Complaint(
          "'hold' expects an <event> and a <time> as arguments.",
          line.keyword,
          "<event> can be either 'valid', 'nx', 'refused', 'timeout', or 'other'",
        );
      }
      const known = events.find((one) => one === event);
      const time = readDelay("hold", value, line, 1);
      if (known === undefined) {
        throw new Complaint(
          `'hold' unknown <event>: '${event}', expects either 'nx', 'timeout', 'valid', 'obsolete' or 'other'.`,
          line.words[0],
        );
      }
      section.holdMs[known] = time;
    },
  }),
  works("timeout", {
    usage: "resolve|retry <time>",
    hasTimes: true,
    tier: "B",
    help: "Time between two questions (resolve) and between two tries (retry).",
    words: words("timeout", [maybeText(), maybeText()], "ignore"),
    land(section, [which, value], line) {
      if (which === "") {
        throw new Complaint("'timeout' expects 'retry' or 'resolve' and <time> as arguments.", line.keyword);
      }
      if (which !== "retry" && which !== "resolve") {
        throw new Complaint(
          `'timeout' expects 'retry' or 'resolve' and <time> as arguments got '${which}'.`,
          line.words[0],
        );
      }
      if (value === "") throw new Complaint(`'timeout ${which}' expects <time> as argument.`, line.words[0]);
      const time = readDelay(`timeout ${which}`, value, line, 1);
      if (which === "retry") section.timeoutRetryMs = time;
      else section.timeoutResolveMs = time;
    },
  }),
  refused("resolution_pool_size", {
    usage: "<number>",
    help: "Removed from HAProxy.",
    reason: "HAProxy has removed it",
    says: () => "'resolution_pool_size' directive is not supported anymore (it never appeared in a stable release).",
  }),
];
