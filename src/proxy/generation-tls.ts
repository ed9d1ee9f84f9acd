/** What the next plan asks of TLS, made or tried beside what runs: some of it a turn. */
import { TlsOptionError } from "../net/tls/secure.ts";
import type { BindPlan } from "../plan/bind.ts";
import type { Plan } from "../plan/plan.ts";
import type { Position } from "../plan/position.ts";
import type { FrontendPlan } from "../plan/proxy.ts";
import type { ServerTlsPlan } from "../plan/tls.ts";
import type { Work } from "./time/turns.ts";
import type { Failure } from "./running.ts";
import type { CertificateStore } from "./tls/certificates/certificate-store.ts";
import { ListenerTls } from "./tls/listener-tls.ts";
import type { TlsProcess } from "./tls/tls-process.ts";

/** The plan that is built, its files, and where failures are told. */
interface Next {
  readonly plan: Plan;
  readonly store: CertificateStore;
  readonly failures: Failure[];
}

/** Whether any listener or server of a plan speaks TLS, or may be made to. */
export function speaksTls({ frontends, backends }: Plan): boolean {
  return (
    frontends.some(({ binds }) => binds.some((bind) => bind.tls !== null)) ||
    backends.some(({ servers }) => servers.some((server) => server.tls !== null))
  );
}

/** TLS of a frontend's listeners; null: none of them speaks it. */
export function* listenersTls(
  process: TlsProcess,
  next: Next,
  { name, binds, disabled }: FrontendPlan,
): Work<ReadonlyMap<BindPlan, ListenerTls> | null> {
  const made = new Map<BindPlan, ListenerTls>();
  for (const bind of disabled ? [] : binds) {
    if (bind.tls === null) continue;
    try {
      made.set(bind, yield* ListenerTls.of(bind.tls, next.store, process));
    } catch (error) {
      fail(next, bind.position, `bind '${bind.text}' of frontend '${name}'`, error);
    }
  }
  return made.size === 0 ? null : made;
}

/** Makes what handshakes with servers begin from, each once: what is alike is shared. */
export function* tryServersTls(process: TlsProcess, next: Next): Work {
  const tried = new Set<ServerTlsPlan>();
  for (const { name, servers } of next.plan.backends) {
    for (const server of servers) {
      if (server.tls === null || tried.has(server.tls)) continue;
      tried.add(server.tls);
      try {
        process.clientContext(server.tls, next.store);
      } catch (error) {
        fail(next, server.position, `server '${server.name}' of backend '${name}'`, error);
      }
      yield 1;
    }
  }
}

/** Anything but an engine's word is a mistake in this program. */
function fail({ failures }: Next, position: Position, whose: string, error: unknown): void {
  if (!(error instanceof TlsOptionError)) throw error;
  failures.push({ kind: "tls", position, text: `${whose} : unable to use its ${error.part} (${error.message})` });
}
