/** `source ADDR [usesrc …] [interface …]`, as a keyword of its own and as an option of `server`. */
import { parseAddress, type ParsedAddress } from "./address.ts";
import { Complaint } from "../text/complaint.ts";
import { type Draft, positionOf } from "../draft/draft.ts";
import type { Mutable } from "../draft/mutable.ts";
import type { SourcePlan } from "../../plan/server.ts";
import type { Statement, Word } from "../text/statement.ts";

interface SourceLine {
  readonly draft: Draft;
  readonly statement: Statement;
  readonly keyword: Word;
  /** The words after `source`. */
  readonly rest: readonly Word[];
}

/**
 * Reads the words after `source` (manual, 4.2 and 5.2); `taken` counts them.
 *
 * On a `server` line a word that is not `usesrc` or `interface` belongs to the next option; elsewhere it is refused.
 */
export function parseSource(
  line: SourceLine,
  place: "server" | "proxy",
): { source: Mutable<SourcePlan>; taken: number } {
  const { rest } = line;
  const word = rest[0] ?? line.keyword;
  // A backend's would be shared by its servers.
  const address = sourceAddress(line, word, "source", place === "server");
  const source: Mutable<SourcePlan> = {
    position: positionOf(line.statement),
    text: word.text,
    host: address.host,
    port: address.firstPort,
    lastPort: address.lastPort,
    interface: null,
    useSource: null,
  };
  let index = 1;
  for (;;) {
    const word = rest[index];
    if (word?.text === "usesrc") {
      source.useSource = useSource(line, rest[index + 1], place);
    } else if (word?.text === "interface") {
      const name = rest[index + 1]?.text ?? "";
      if (name === "")
        throw new Complaint(`'${place === "server" ? "server" : "source"}' : missing interface name.`, word);
      source.interface = name;
    } else if (word === undefined || place === "server") {
      return { source, taken: index };
    } else {
      throw new Complaint("'source' only supports optional keywords 'interface' and 'usesrc'.", word);
    }
    index += 2;
  }
}

function useSource(line: SourceLine, word: Word | undefined, place: "server" | "proxy"): SourcePlan["useSource"] {
  if (word === undefined || word.text === "") {
    const choices = place === "server" ? "'client', 'clientip', or 'hdr_ip(name,#)'" : "'client', or 'clientip'";
    throw new Complaint(`'usesrc' expects <addr>[:<port>], ${choices} as argument.`, word ?? line.keyword);
  }
  if (word.text === "client" || word.text === "clientip") return word.text;
  if (word.text.startsWith("hdr_ip(")) return headerSource(word);
  const address = sourceAddress(line, word, "usesrc", false);
  return { host: address.host, port: address.firstPort };
}

/** `hdr_ip(NAME[,OCCURRENCE])`; as in HAProxy nothing has to end it. */
function headerSource(word: Word): SourcePlan["useSource"] {
  const [, header = "", number = ""] = /^hdr_ip\(\s*([^\s,)]*)\s*(?:,\s*([+-]?\d+))?/.exec(word.text) ?? [];
  const occurrence = Number(number) || -1;
  if (occurrence < -10) {
    const text = "usesrc hdr_ip(name,num) does not support negative occurrences values smaller than 10.";
    throw new Complaint(text, word);
  }
  return { header: header.toLowerCase(), occurrence };
}

function sourceAddress(
  line: SourceLine,
  word: Word,
  keyword: string,
  range: boolean,
): Extract<ParsedAddress, { kind: "ip" }> {
  const rule = { port: "optional", range, offset: false, descriptor: false, datagram: false } as const;
  const fail = (message: string): never => {
    throw new Complaint(`'${keyword} ${word.text}' : ${message}`, word);
  };
  let parsed: ParsedAddress;
  try {
    parsed = parseAddress(word, rule, line.draft.context.environment);
  } catch (error) {
    if (error instanceof Complaint) return fail(error.message);
    throw error;
  }
  if (parsed.kind !== "ip") return fail(`'${keyword}' expects an IP address`);
  return { ...parsed, host: parsed.host === "" ? (parsed.family === 6 ? "::" : "0.0.0.0") : parsed.host };
}
