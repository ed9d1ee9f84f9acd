/** What each server has answered: whether it is there, speaks SSH where that is expected, and wants the PROXY header that it gets. */
import { isIP } from "node:net";
import { addressText, type SocketAddress } from "../../address.ts";
import { clockMs } from "../../clock.ts";
import type { BackendPlan, FrontendPlan } from "../../plan/proxy.ts";
import type { ServerPlan } from "../../plan/server.ts";
import { backendsOf, sshBackends } from "../../ssh/entrances.ts";
import type { SshProbed } from "../../ssh/probe/probed.ts";
import { type Header, hearServer, probeSsh, type Way } from "./asking.ts";
import type { Examined } from "./examined.ts";

/** One server, as it was found. */
export interface Answer {
  readonly backend: BackendPlan;
  readonly server: ServerPlan;
  /** `192.0.2.1:7999`, `/path`; the name where it has no address. */
  readonly place: string;
  readonly address: SocketAddress | null;
  /** As its line has it. */
  readonly header: Header;
  /** The lines say that it speaks SSH. */
  readonly isSshExpected: boolean;
  /**
   * `ssh`: it answers as an SSH server; `other-header`: it does so with `works` in place of its line's header; `silent`: it is reached and
   * says nothing of SSH; `unreached`; `unresolved`: its name has no address; `late`: there was no time for it.
   */
  readonly state: "ssh" | "other-header" | "silent" | "unreached" | "unresolved" | "late";
  readonly works: Header | null;
  /** Null where it was not asked as SSH. */
  readonly probed: SshProbed | null;
  /** Why it is not as it should be, in words; null where it is. */
  readonly failure: string | null;
}

/** So many are asked at once. */
const atOnce = 32;
/** Tries with other headers need some of the time. */
const firstPart = 0.45;

/** So many slots of a template are asked. */
const mostSlots = 32;

/** One to be asked; `slot` counts those of a template from 0, each of which takes another address of its name. */
interface Asked {
  readonly backend: BackendPlan;
  readonly server: ServerPlan;
  readonly slot: number;
}

/** Of all servers that are not switched off, in the order of the files; each address is asked once for each header. */
export async function askServers(examined: Examined): Promise<readonly Answer[]> {
  const { plan } = examined;
  const ssh = sshBackends(plan);
  const asked = plan.backends.filter(({ disabled }) => !disabled).flatMap(serversToAsk);
  const answers: (Answer | null)[] = [];
  const known = new Map<string, ReturnType<typeof probeSsh>>();
  const rest = [...asked.entries()];
  const worker = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      const [index, one] = next;
      answers[index] = await askServer(one, ssh.has(one.backend), examined, known);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return answers.filter((one) => one !== null);
}

/** Names of services (SRV) are for `resolvers` alone. */
function serversToAsk(backend: BackendPlan): readonly Asked[] {
  const slots = new Map<string, number>();
  return backend.servers.flatMap((server) => {
    const { disabled, template, address } = server;
    if (disabled || (address.kind === "tcp" && address.isName && address.host.startsWith("_"))) return [];
    if (template === null) return [{ backend, server, slot: 0 }];
    const slot = slots.get(template.prefix) ?? 0;
    slots.set(template.prefix, slot + 1);
    return slot < mostSlots ? [{ backend, server, slot }] : [];
  });
}

/** Null for a slot that stays empty, but for the first, and where nobody can tell the port. */
async function askServer(
  { backend, server, slot }: Asked,
  isSshExpected: boolean,
  examined: Examined,
  known: Map<string, Promise<SshProbed>>,
): Promise<Answer | null> {
  const header: Header = server.proxyHeader === null ? "none" : `v${server.proxyHeader.version}`;
  const base = { backend, server, header, isSshExpected, works: null, probed: null, failure: null, place: server.text };
  const address = await addressOf(server, slot, backend, examined);
  if (address === "no port") return null;
  if (address === null) return slot === 0 ? { ...base, address, state: "unresolved" } : null;
  const here = { ...base, address, place: addressText(address) };
  if (clockMs() >= examined.deadlineAt) return { ...here, state: "late" };
  const way: Way = { address, source: sourceOf(server, backend) };
  if (!isSshExpected) {
    const { failure, speaksSsh } = await hearServer(examined, way, header);
    if (failure !== null) return { ...here, state: "unreached", failure };
    if (!speaksSsh || backend.mode === "http" || server.usesTls)
      return { ...here, state: speaksSsh ? "ssh" : "silent" };
  }
  const ask = (as: Header): Promise<SshProbed> => {
    const key = JSON.stringify([way, as]);
    const probing = known.get(key) ?? probeSsh(examined, way, as, as === header ? firstPart : 0.5);
    known.set(key, probing);
    return probing;
  };
  const probed = await ask(header);
  if (probed.offer !== null) return { ...here, state: "ssh", works: header, probed };
  const { failure } = probed;
  if (probed.times.connectMs < 0) return { ...here, state: "unreached", probed, failure };
  for (const other of (["none", "v1", "v2"] as const).filter((one) => one !== header)) {
    const found = await ask(other);
    if (found.offer !== null) return { ...here, state: "other-header", works: other, probed: found, failure };
  }
  return { ...here, state: "silent", probed, failure };
}

/** Of a name that address whose turn it is; a start takes the first. Null: there is none. */
async function addressOf(
  { address }: ServerPlan,
  slot: number,
  backend: BackendPlan,
  { plan, addressesOf }: Examined,
): Promise<SocketAddress | "no port" | null> {
  if (address.kind !== "tcp") return address;
  const { host, isName, family, port, portOffset } = address;
  const literal = isName ? (await addressesOf(host, family))[slot] : host;
  const at = port ?? clientPort(plan.frontends, backend, (one) => backendsOf(plan, one)) + portOffset;
  if (literal === undefined) return null;
  return at > 0 ? { kind: "tcp", host: literal, port: at } : "no port";
}

/** Where a server has the client's port: that of the first socket that leads to it; NaN without one. */
function clientPort(
  frontends: readonly FrontendPlan[],
  backend: BackendPlan,
  reached: (frontend: FrontendPlan) => readonly BackendPlan[],
): number {
  for (const frontend of frontends) {
    if (frontend.disabled || !reached(frontend).includes(backend)) continue;
    for (const { address } of frontend.binds) if (address.kind === "tcp") return address.port;
  }
  return Number.NaN;
}

/** A client's address cannot be had here. */
function sourceOf(server: ServerPlan, backend: BackendPlan): Way["source"] {
  const source = server.source ?? backend.source;
  return source === null || isIP(source.host) === 0 ? null : { host: source.host, port: 0 };
}
