/** Where SSH clients come in, and the URL by which they do: told from the configuration alone. */
import { hostname } from "node:os";
import type { BindPlan } from "../plan/bind.ts";
import type { Plan } from "../plan/plan.ts";
import type { BackendPlan, FrontendPlan } from "../plan/proxy.ts";

/** One listening socket that SSH clients connect to. */
export interface SshEntrance {
  readonly frontend: FrontendPlan;
  readonly bind: BindPlan;
  /** `ssh://HOST[:PORT]`; the port is left out where it is 22. */
  readonly url: string;
  /** The URL has the machine's own name, since the socket listens on all addresses. */
  readonly isNamedByMachine: boolean;
}

/** Ports on which nothing but SSH is served by custom: SSH's own, Bitbucket's and Gerrit's. */
const sshPorts: ReadonlySet<number> = new Set([22, 7999, 29_418]);

/** The backends that a frontend's lines name. Names that are made for each session are not known. */
export function backendsOf(plan: Plan, { defaultBackend, useBackends }: FrontendPlan): readonly BackendPlan[] {
  const names = new Set([defaultBackend, ...useBackends.map(({ backend }) => backend)]);
  return plan.backends.filter(({ name, disabled }) => !disabled && names.has(name));
}

/**
 * The backends whose servers must speak SSH, as far as lines say so: `option ssh` or `option ssh-check` on the backend, all its servers on ports of SSH, or a
 * frontend for SSH that leads nowhere else. Where TLS is spoken with a server, SSH is not what it says first.
 */
export function sshBackends(plan: Plan): ReadonlySet<BackendPlan> {
  const found = new Set(
    plan.backends.filter((one) => isPlain(one) && (one.ssh.isNamed || one.check.kind === "ssh" || isOnSshPorts(one))),
  );
  for (const frontend of plan.frontends) {
    if (!isServed(frontend) || !(frontend.ssh.isNamed || frontend.binds.some(isOnPort22))) continue;
    const [only, ...others] = backendsOf(plan, frontend);
    if (only !== undefined && others.length === 0 && isPlain(only)) found.add(only);
  }
  return found;
}

function isPlain({ mode, disabled, servers }: BackendPlan): boolean {
  return mode === "tcp" && !disabled && servers.every(({ usesTls }) => !usesTls);
}

function isOnSshPorts({ servers }: BackendPlan): boolean {
  return (
    servers.length > 0 &&
    servers.every(({ address }) => address.kind === "tcp" && address.port !== null && sshPorts.has(address.port))
  );
}

function isServed({ mode, disabled }: FrontendPlan): boolean {
  return mode === "tcp" && !disabled;
}

function isOnPort22({ address }: BindPlan): boolean {
  return address.kind === "tcp" && address.port === 22;
}

/** TCP sockets without TLS of every frontend for SSH, or that leads to such a backend. `machine`: the name of this one. */
export function sshEntrances(plan: Plan, machine = hostname()): readonly SshEntrance[] {
  const backends = sshBackends(plan);
  return plan.frontends
    .filter(
      (one) => isServed(one) && (one.ssh.isNamed || backendsOf(plan, one).some((backend) => backends.has(backend))),
    )
    .flatMap((frontend) =>
      frontend.binds.flatMap((bind) => {
        const { address, tls } = bind;
        if (address.kind !== "tcp" || tls !== null) return [];
        const isNamedByMachine = isAnywhere(address.host);
        const url = sshUrl(isNamedByMachine ? machine : address.host, address.port);
        return [{ frontend, bind, url, isNamedByMachine }];
      }),
    );
}

function isAnywhere(host: string): boolean {
  return host === "" || host === "*" || host === "0.0.0.0" || host === "::";
}

/** As Bitbucket takes it for its SSH base URL. */
export function sshUrl(host: string, port: number): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === 22 ? `ssh://${name}` : `ssh://${name}:${port}`;
}

/**
 * What clients are told, in a line for whoever starts the process; null where no frontend is known to be for SSH. The socket that everybody
 * reaches goes before those on one address.
 */
export function entranceText(plan: Plan, machine = hostname()): string | null {
  const all = sshEntrances(plan, machine);
  const first = all.find(({ isNamedByMachine }) => isNamedByMachine) ?? all[0];
  if (first === undefined) return null;
  const more = new Set(all.map(({ url }) => url)).size - 1;
  const others = more === 0 ? "" : `, and by ${more} more`;
  const name = first.isNamedByMachine ? " or another name of this machine" : "";
  return `SSH clients come in by ${first.url}${name}${others}.`;
}
