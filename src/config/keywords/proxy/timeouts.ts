/** `timeout …` of proxies (manual, 4.2). */
import { Complaint } from "../../text/complaint.ts";
import type { Settings } from "../../draft/draft.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { httpRow } from "./http-row.ts";
import { type Entry, type Line, rowsOf, type Row, warn } from "../../row/row.ts";
import { overflow, time, type WordsSchema, words } from "../../row/value.ts";

const { works } = rowsOf<ProxySection>("proxy");

/** What `timeout` with another second word is told. */
export function unknownTimeout(got: string): string {
  return (
    "'timeout' supports 'client', 'server', 'connect', 'check', 'queue', 'http-keep-alive', 'http-request', " +
    `'tunnel', 'tarpit', 'client-fin' and 'server-fin' (got '${got}')`
  );
}

function schema(name: string): WordsSchema {
  return words(
    name,
    [
      time({
        missing: `'${name}' expects an integer value (in milliseconds)`,
        fault: (fault, word) =>
          fault.kind === "overflow" ? overflow(word, name) : `unexpected character '${fault.character}' in '${name}'`,
      }),
    ],
    "ignore",
  );
}

function timeoutRow(
  name: string,
  field: keyof Settings["timeouts"],
  half: "frontend" | "backend",
  tier: "A" | "B" | "C",
  help: string,
): Row<ProxySection> {
  const entry: Entry = {
    where: half === "frontend" ? "DFL" : "DLB",
    usage: "<time>",
    hasTimes: true,
    tier,
    help,
    needs: half,
    misplaced: (label) => `'timeout ${name}' will be ignored because ${label} has no ${half} capability`,
  };
  return works(`timeout ${name}`, {
    ...entry,
    words: schema(`timeout ${name}`),
    land: (target, values, line) => void (target.settings.timeouts[field] = once(name, values, target, line)),
  });
}

/** The time of a line, which warns where its section has said it already. */
function once(name: string, values: unknown, target: ProxySection, line: Line): number {
  const keyword = `timeout ${name}`;
  refuseExtra(keyword, line);
  if (target.kind !== "defaults" && target.scope.kind !== "defaults" && said.get(target)?.has(name) === true) {
    warn(line, `overwriting '${keyword}' which was already specified`);
  }
  said.set(target, (said.get(target) ?? new Set()).add(name));
  return (values as [number])[0];
}

function refuseExtra(keyword: string, { words: [first, extra] }: Line): void {
  if (extra === undefined) return;
  throw new Complaint(`'${keyword}' : unexpected extra argument '${extra.text}' after value '${first?.text}'.`, extra);
}

/** Timeouts that a section has said itself: saying one again is worth a warning. */
const said = new WeakMap<ProxySection, Set<string>>();

const httpTimeouts = [
  ["http-request", "httpRequestMs", "Longest time for the head of a request."],
  ["http-keep-alive", "httpKeepAliveMs", "Longest wait for the next request of a client."],
] as const;

/** The rows of this file. */
export const timeoutRows: readonly Row<ProxySection>[] = [
  timeoutRow("client", "clientMs", "frontend", "A", "Longest silence of the client."),
  timeoutRow("client-fin", "clientFinMs", "frontend", "A", "The same once one side has finished."),
  timeoutRow("client-hs", "clientHandshakeMs", "frontend", "C", "Longest time for a client's PROXY header."),
  timeoutRow("connect", "connectMs", "backend", "A", "Longest time to connect to a server."),
  timeoutRow("server", "serverMs", "backend", "A", "Longest silence of the server."),
  timeoutRow("server-fin", "serverFinMs", "backend", "A", "The same once one side has finished."),
  timeoutRow("tunnel", "tunnelMs", "backend", "A", "Replaces client and server timeouts once bytes flow both ways."),
  timeoutRow("queue", "queueMs", "backend", "A", "Longest wait for a free server."),
  timeoutRow("check", "checkMs", "backend", "A", "Longest wait for a check's answer once connected."),
  works("timeout tarpit", {
    where: "DFLB",
    usage: "<time>",
    hasTimes: true,
    tier: "A",
    help: "How long a request, or a client of SSH, that a rule traps is held.",
    words: schema("timeout tarpit"),
    land: (target, values, line) =>
      void (target.settings.http.timeouts.tarpitMs = once("tarpit", values, target, line)),
  }),
  ...httpTimeouts.map(([name, field, help]) =>
    httpRow(`timeout ${name}`, {
      where: "DFLB",
      usage: "<time>",
      hasTimes: true,
      tier: "A",
      help,
      words: schema(`timeout ${name}`),
      land: (target, values, line) => void (target.settings.http.timeouts[field] = once(name, values, target, line)),
    }),
  ),
];
