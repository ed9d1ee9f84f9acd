/** The SSH base URL: which one fits, and whether the one that is given leads to the servers behind this configuration. */
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { isLoopback } from "../../address.ts";
import { clockMs } from "../../clock.ts";
import type { BaseUrl } from "../../cli/doctor.ts";
import { sshEntrances, type SshEntrance, sshUrl } from "../../ssh/entrances.ts";
import { busyTexts } from "../../ssh/probe/conversation.ts";
import { shownKeys } from "../../ssh/probe/report.ts";
import type { SshProbed } from "../../ssh/probe/probed.ts";
import { addressText } from "../../address.ts";
import type { Answer } from "./answers.ts";
import { probeSsh } from "./asking.ts";
import type { Examined } from "./examined.ts";
import type { Finding } from "./finding.ts";
import { type HostKey, keysOf } from "./host-keys.ts";

/** Where in Bitbucket it is set. */
export const settingPlaces: readonly string[] = [
  "Administration → Server settings → SSH access → SSH base URL",
  "plugin.ssh.baseurl in bitbucket.properties",
  "PLUGIN_SSH_BASEURL in the environment",
];

/** One address behind the URL. */
export interface BaseUrlAnswer {
  readonly address: string;
  /**
   * `here`: its host key is the servers'; `past`: it is a server itself; `elsewhere`: another key; `unknown`: there is nothing to compare
   * with; `unanswered`.
   */
  readonly leads: "here" | "past" | "elsewhere" | "unknown" | "unanswered";
  readonly identification: string | null;
  readonly keys: readonly HostKey[];
  readonly failure: string | null;
}

/** What was found out of the URL that was given. */
export interface VerifiedUrl {
  readonly url: string;
  readonly answers: readonly BaseUrlAnswer[];
}

/** So many addresses of a name are asked. */
const mostAddresses = 8;

/** Looks the name up and asks each of its addresses; before servers have answered, since both take their time. */
export async function askBaseUrl(
  { host, port }: BaseUrl,
  examined: Examined,
): Promise<readonly { readonly address: string; readonly probed: SshProbed }[]> {
  const addresses = isIP(host) !== 0 ? [host] : await examined.addressesOf(host, null);
  if (clockMs() >= examined.deadlineAt) return [];
  return Promise.all(
    addresses.slice(0, mostAddresses).map(async (address) => ({
      address,
      probed: await probeSsh(examined, { address: { kind: "tcp", host: address, port }, source: null }, "none", 0.9),
    })),
  );
}

/** Holds what is behind the URL to what servers have shown. */
export function verifyBaseUrl(
  { host, port }: BaseUrl,
  asked: Awaited<ReturnType<typeof askBaseUrl>>,
  answers: readonly Answer[],
): VerifiedUrl {
  const own = new Set(keysOf(answers).map(({ fingerprint }) => fingerprint));
  const places = new Set(answers.map(({ place }) => place));
  const judged = asked.map(({ address, probed }): BaseUrlAnswer => {
    const keys = shownKeys(probed);
    const identification = probed.identification?.line ?? null;
    const base = { address, identification, keys, failure: probed.failure };
    if (keys.length === 0) return { ...base, leads: "unanswered" };
    if (own.size === 0) return { ...base, leads: "unknown" };
    if (!keys.some(({ fingerprint }) => own.has(fingerprint))) return { ...base, leads: "elsewhere" };
    return { ...base, leads: places.has(addressText({ kind: "tcp", host: address, port })) ? "past" : "here" };
  });
  return { url: sshUrl(host, port), answers: judged };
}

/** What is wrong with it. `examined.running`: whether anybody can be there yet. */
export function examineBaseUrl(
  { url, answers: behind }: VerifiedUrl,
  { plan, running }: Pick<Examined, "plan" | "running">,
  answers: readonly Answer[],
): readonly Finding[] {
  const entrances = sshEntrances(plan);
  const [first] = entrances;
  // Whoever stands in front sends the header, and it is by that one that clients come.
  const hint = entrances.some(({ bind }) => bind.acceptProxy)
    ? "; where 'accept-proxy' stands, only whoever sends a PROXY header is served"
    : "";
  const fix = first === undefined ? null : `plugin.ssh.baseurl=${first.url}`;
  const found = (severity: Finding["severity"], id: string, what: string, way = fix): Finding => ({
    severity,
    id,
    what: `${url} ${what}`,
    position: null,
    fix: way,
  });
  if (behind.length === 0) return [found("error", "base-url-unresolved", "leads nowhere: its name has no address")];
  // Clients try one address after the other.
  const isReached = behind.some(({ leads }) => leads === "here");
  return behind.flatMap((one) => {
    const { address, leads, identification, keys, failure } = one;
    switch (leads) {
      case "here":
        return [];
      case "past":
        return [found("warning", "base-url-past", `leads past fairlead: ${address} is a server itself`)];
      case "elsewhere": {
        const theirs = keys.map(keyText).join(", ");
        const ours = keysOf(answers).map(keyText).join(", ");
        const what = `leads elsewhere: at ${address} answers ${identification} with ${theirs}; the servers have ${ours}`;
        return [found("error", "base-url-elsewhere", what)];
      }
      case "unknown":
        return [
          found(
            "warning",
            "base-url-unknown",
            `cannot be verified: no server has shown a host key to compare with`,
            null,
          ),
        ];
      case "unanswered":
        if (running === null && isOwn(address))
          return [
            found("note", "base-url-early", `cannot be verified before fairlead runs: at ${address} ${failure}`, null),
          ];
        if (busyTexts.has(failure ?? ""))
          return [found("warning", "base-url-busy", `is not verified: ${failure}`, null)];
        return [
          found(
            isReached ? "warning" : "error",
            "base-url-unanswered",
            `does not answer as SSH at ${address}: ${failure}${hint}`,
          ),
        ];
    }
  });
}

/** As ssh prints it in a question. */
export function keyText({ type, fingerprint }: HostKey): string {
  return `${type} ${fingerprint}`;
}

function isOwn(address: string): boolean {
  return (
    isLoopback(address) || Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address))
  );
}

/** What is worth knowing of the entrances alone. */
export function examineEntrances(entrances: readonly SshEntrance[], baseUrl: BaseUrl | null): readonly Finding[] {
  const named = entrances.find(({ isNamedByMachine }) => isNamedByMachine);
  if (baseUrl !== null || named === undefined) return [];
  const what = `${named.url} is made of this machine's own name: where clients use another, verify that`;
  return [
    {
      severity: "note",
      id: "base-url-name",
      what,
      position: named.bind.position,
      fix: `$ fairlead doctor -f ${named.bind.position.file} --base-url ssh://NAME`,
    },
  ];
}
