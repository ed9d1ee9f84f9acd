/** `compression` and `filter compression` (manual, 4.2 and 9.2). */
import { compressionAlgorithms, noCompression } from "../../../plan/compression.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { Complaint } from "../../text/complaint.ts";
import { type Line, type Row, warn } from "../../row/row.ts";
import { anyWords } from "../../row/value.ts";
import { httpRow } from "./http-row.ts";

/** Sections whose filter has been declared. */
const declared = new WeakSet<ProxySection>();

function addAlgorithms({ settings: { http } }: ProxySection, line: Line): void {
  const names = line.words.slice(1);
  if (names.length === 0) throw new Complaint("'compression' expects <algorithm>.", line.words[0] ?? line.keyword);
  for (const name of names) {
    const algorithm = compressionAlgorithms.find((one) => one === name.text);
    if (algorithm === undefined) {
      throw new Complaint(`'compression' : '${name.text}' is not a supported algorithm.`, name);
    }
    const known = http.compression ?? noCompression;
    http.compression = { ...known, algorithms: [algorithm, ...known.algorithms] };
  }
}

function addTypes({ settings: { http } }: ProxySection, line: Line): void {
  const types = line.words.slice(1).map(({ text }) => text.toLowerCase());
  if (types.length === 0) throw new Complaint("'compression' expects <type>.", line.words[0] ?? line.keyword);
  const known = http.compression ?? noCompression;
  http.compression = { ...known, types: [...known.types, ...types] };
}

function offload({ settings: { http }, proxy }: ProxySection, line: Line): void {
  if (proxy === null) return warn(line, "'compression' : 'offload' ignored in 'defaults' section.", line.words[0]);
  http.compression = { ...(http.compression ?? noCompression), offload: true };
}

/** The rows of this file. */
export const httpCompressionRows: readonly Row<ProxySection>[] = [
  httpRow("compression", {
    where: "DFLB",
    usage: "algo <name>…|type <type>…|offload",
    tier: "C",
    help: "Compresses answers for clients that accept it.",
    words: anyWords(),
    land(target, [what], line) {
      if (what === "algo") addAlgorithms(target, line);
      else if (what === "type") addTypes(target, line);
      else if (what === "offload") offload(target, line);
      else throw new Complaint("'compression' expects 'algo', 'type' or 'offload'", line.words[0] ?? line.keyword);
    },
  }),
  httpRow("filter compression", {
    where: "FLB",
    tier: "C",
    help: "Where in the chain of filters answers are compressed; there is no other filter, so that it goes without saying.",
    words: anyWords(),
    land(target, [extra], line) {
      if (extra !== undefined) {
        throw new Complaint(`'filter compression' : unknown keyword '${extra}'.`, line.words[0]);
      }
      if (declared.has(target)) {
        throw new Complaint(
          `'filter' : '${target.scope.name}: Proxy supports only one compression filter'`,
          line.keyword,
        );
      }
      declared.add(target);
    },
  }),
];
