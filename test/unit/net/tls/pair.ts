/** Handshakes between our two sides, for tests. */
import { bunTransport } from "../../../../src/net/bun/bun-transport.ts";
import { socketCalls } from "../../../../src/net/libc/socket-calls.ts";
import { bunEngine } from "../../../../src/net/tls/bun-tls.ts";
import { openTls } from "../../../../src/net/tls/open-tls.ts";
import {
  TlsFailure,
  type ClientContext,
  type SecureClientOptions,
  type SecureServerOptions,
  type ServerContext,
  type Tls,
  type TlsConnection,
} from "../../../../src/net/tls/secure.ts";
import type { Transport } from "../../../../src/net/transport.ts";
import type { ClientHello } from "../../../../src/net/tls/secure.ts";
import { connectDefaults, Door } from "../../../contract/stage.ts";
import { transport } from "../../../transport.ts";

/** The ways to make streams of TLS that there are here, each with a transport that it takes. */
export const ways: readonly { readonly name: string; readonly tls: Tls; readonly transport: Transport }[] = [
  { name: `Bun's over ${transport.name}`, tls: openTls(bunEngine(socketCalls())), transport },
  { name: "Bun's over its sockets", tls: openTls(bunEngine(null)), transport: bunTransport },
  { name: "node:tls", tls: openTls(null), transport },
];

/** What came of one side. */
export type Outcome = TlsConnection | TlsFailure;

/** Both sides' outcomes; whoever is given connections closes them. */
export interface Met {
  readonly server: Outcome;
  readonly client: Outcome;
}

/** What a handshake of a test may say. */
export interface Meeting {
  readonly choose: ServerContext | ((hello: ClientHello) => ServerContext | null);
  readonly client: ClientContext;
  readonly serverOptions?: Partial<SecureServerOptions>;
  readonly clientOptions?: Partial<SecureClientOptions>;
}

/** One handshake over a connection of its own. */
export async function meet({ tls, transport }: (typeof ways)[number], meeting: Meeting): Promise<Met> {
  const door = await Door.open(transport);
  const address = { kind: "tcp", host: "127.0.0.1", port: door.port } as const;
  const [plainClient, plainServer] = await Promise.all([
    transport.connect({ address, ...connectDefaults }).done,
    door.next(),
  ]);
  door.listener.close();
  const { choose, client, serverOptions, clientOptions } = meeting;
  const chosen = typeof choose === "function" ? choose : () => choose;
  const accepting = tls.secureServer(plainServer, chosen, { timeoutMs: 5000, keepsHello: false, ...serverOptions });
  const connecting = tls.secureClient(plainClient, client, {
    serverName: "one.test",
    verifyName: "one.test",
    sessionKey: "",
    timeoutMs: 5000,
    ...clientOptions,
  });
  const [server, other] = await Promise.all([outcome(accepting.done), outcome(connecting.done)]);
  return { server, client: other };
}

function outcome(done: Promise<TlsConnection>): Promise<Outcome> {
  return done.catch((error: unknown) => error as TlsFailure);
}

/** Has both say a word, so that each has what the other sent behind the handshake, then closes. */
export async function part({ server, client }: Met): Promise<void> {
  if (!(server instanceof TlsFailure) && !(client instanceof TlsFailure)) {
    server.write(Buffer.from("x"));
    await client.peek(1, 1, 5000);
  }
  for (const one of [server, client]) if (!(one instanceof TlsFailure)) one.reset();
}

/** The kind of a failure, or the fields of the facts that are asked for. */
export function said(one: Outcome, ...fields: readonly (keyof TlsConnection["tls"])[]): unknown {
  if (one instanceof TlsFailure) return one.kind;
  return Object.fromEntries(fields.map((field) => [field, one.tls[field]]));
}
