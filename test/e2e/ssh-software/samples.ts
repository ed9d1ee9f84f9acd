/** The samples of SSH in a log line, and what a program apart makes of the same bytes. */
import { must } from "../harness.ts";
import { python } from "./clients.ts";
import type { Recorded } from "./recorder.ts";

/** A log line's values by the sample's name without `ssh.`. */
export type Line = Readonly<Record<string, string>>;

const ofSide = ["ident", "software", "version", "hassh", "hassh_string"];
const names = [
  ...["client", "server"].flatMap((side) => ofSide.map((name) => `${side}.${name}`)),
  ..."kex hostkey_alg cipher.c2s cipher.s2c mac.c2s mac.s2c compression.c2s compression.s2c".split(" "),
  ..."pq pq.offered strict_kex terrapin time_to_ident".split(" "),
];

/** For `log-format`: every sample as `name={value}`. */
export const sampleFormat = names.map((name) => `${name}={%[ssh.${name}]}`).join(" ");

/** Reads such a line, in which no value has braces. */
export function parseSamples(line: string): Line {
  const found = line.matchAll(/([\w.]+)=\{([^}]*)\}/g);
  return Object.fromEntries([...found].map(([, name = "", value = ""]) => [name, value]));
}

/** What `negotiation.py` makes of both sides' first bytes: all samples but the software's name, version and time. */
export async function judge(sessions: readonly Recorded[]): Promise<Line[]> {
  const input = sessions.map(({ client, server }) => ({
    client: client.toString("base64"),
    server: server.toString("base64"),
  }));
  const script = `${import.meta.dir}/negotiation.py`;
  const found = JSON.parse(await must([python, script], { input: JSON.stringify(input) })) as Line[];
  return found.map(dashed);
}

/** As a log line has it: what there is none of is a dash. */
function dashed(line: Line): Line {
  return Object.fromEntries(Object.entries(line).map(([name, value]) => [name, value === "" ? "-" : value]));
}
