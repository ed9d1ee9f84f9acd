/** Which of a name's addresses a server wants: `resolve-prefer` and `resolve-net`. */
import { BlockList, isIP } from "node:net";
import type { ServerPlan } from "../../plan/server.ts";
import type { NameAnswer } from "./name-resolver.ts";

/** Answers in the order in which this server wants them: `resolve-prefer` counts more than `resolve-net`, else as they came. */
export function preferred(answers: readonly NameAnswer[], plan: ServerPlan): readonly NameAnswer[] {
  const { resolvePrefer, resolveNet } = plan;
  if (resolvePrefer === null && resolveNet.length === 0) return answers;
  const networks = networksOf(resolveNet);
  const merit = ({ host }: NameAnswer): number => {
    const family = isIP(host);
    const isNear = networks.check(host, family === 6 ? "ipv6" : "ipv4");
    return (family === resolvePrefer ? 2 : 0) + (isNear ? 1 : 0);
  };
  return answers.toSorted((one, other) => merit(other) - merit(one));
}

function networksOf(list: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const network of list) {
    const [address = "", prefix] = network.split("/");
    const isSix = isIP(address) === 6;
    networks.addSubnet(address, Number(prefix ?? (isSix ? 128 : 32)), isSix ? "ipv6" : "ipv4");
  }
  return networks;
}
