/** How a handshake with one server is made: for whom it asks, whose certificate it must be, and what it may resume. */
import type { ServerTlsPlan } from "../../plan/tls.ts";
import type { SampleContext } from "../../rules/context.ts";
import type { TlsProcess } from "./tls-process.ts";
import type { Wanted } from "./secured-connect.ts";

/** A server as far as TLS goes. */
export interface TlsServer {
  readonly name: string;
  readonly plan: { readonly tls: ServerTlsPlan | null };
  readonly backend: {
    readonly plan: { readonly name: string };
    readonly process: { readonly tls: TlsProcess };
    readonly rules: { readonly serverNames: ReadonlyMap<string, (context: SampleContext) => string | null> };
  };
  readonly usesTls: boolean;
}

/** The name that a session asks a server for; null: none, or TLS is not spoken with it. */
export function serverNameFor(server: TlsServer, session: SampleContext): string | null {
  if (!server.usesTls) return null;
  return server.backend.rules.serverNames.get(server.name)?.(session) ?? null;
}

/** For a session. As in HAProxy the name that is asked for is the one that is verified, and `verifyhost` stands in where there is none. */
export function wantedOf(server: TlsServer, session: SampleContext): Wanted {
  return wantedFor(server, serverNameFor(server, session), []);
}

/** For whoever asks for `serverName`. `alpn` empty: as the server's line says. */
export function wantedFor(
  {
    name,
    plan,
    backend,
  }: Pick<TlsServer, "name" | "plan"> & { readonly backend: Pick<TlsServer["backend"], "plan" | "process"> },
  serverName: string | null,
  alpn: readonly string[],
): Wanted {
  const { tls } = plan;
  if (tls === null) throw new Error(`server ${name} has no TLS`);
  const verifyName = tls.verify === "none" ? null : (serverName ?? tls.verifyHost);
  // Nobody resumes what was verified for another name, nor what a check began.
  const sessionKey = JSON.stringify([backend.plan.name, name, serverName, verifyName, alpn]);
  return {
    context: backend.process.tls.clientContext(tls),
    options: { serverName, verifyName, sessionKey, ...(alpn.length === 0 ? {} : { alpn }) },
  };
}
