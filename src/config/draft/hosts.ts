/** The hosts file: names of patterns are looked up there only, for a configuration is read without asking the network. */
import { isIPv4 } from "../../ip-literal.ts";
import { isNetwork } from "../text/ip-text.ts";
import { patternLines } from "./pattern-lists.ts";

/** Reads the file when it is first asked. */
export class Hosts {
  #byName: ReadonlyMap<string, readonly string[]> | null = null;

  /** `readFile` as in PlanContext. */
  constructor(private readonly readFile: (path: string) => string | null) {}

  /** The addresses of a name: of version 4 where it has any. */
  addressesOf(name: string): readonly string[] {
    this.#byName ??= byName(this.readFile("/etc/hosts") ?? "");
    const found = this.#byName.get(name.toLowerCase()) ?? [];
    return found.some(isIPv4) ? found.filter(isIPv4) : found;
  }
}

function byName(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of patternLines(text)) {
    const [address = "", ...names] = (line.split("#", 1)[0] ?? "").trim().split(/[ \t]+/);
    if (!isNetwork(address)) continue;
    for (const name of new Set(names.map((one) => one.toLowerCase()))) {
      const list = found.get(name);
      if (list === undefined) found.set(name, [address]);
      else list.push(address);
    }
  }
  return found;
}
