/** Transports whose streams are of TLS on one side or on both: what the contract of streams is tried on. */
import type { ClientContextOptions, ServerContextOptions, Tls, TlsRules } from "../../src/net/tls/secure.ts";
import { TransportError, type Connecting, type Transport } from "../../src/net/transport.ts";
import { ConnectOutcome } from "../../src/net/connect-outcome.ts";
import { certificate } from "../certificates.ts";
import { peerTls } from "./stage.ts";

/** What is asked of nobody. */
export const rulesDefaults: TlsRules = {
  ciphers: null,
  curves: null,
  sigalgs: null,
  minVersion: "TLSv1.2",
  maxVersion: "TLSv1.3",
  alpn: [],
  crl: [],
  tickets: true,
};

export const serverDefaults: Omit<ServerContextOptions, "identities"> = {
  ...rulesDefaults,
  ca: [],
  verify: "none",
  forgiven: { certificate: [], ca: [] },
  preferServerCiphers: true,
  sessionSeconds: 300,
};

export const clientDefaults: Omit<ClientContextOptions, "ca"> = {
  ...rulesDefaults,
  identity: null,
  verify: true,
  reuse: true,
};

/** Who signs what `tlsTransport` shows. */
export function testAuthority() {
  return certificate({ subject: "/CN=Test CA", isCa: true });
}

/** What it shows. */
export function testServer() {
  return certificate({ subject: "/CN=one.test", names: "DNS:one.test", issuer: testAuthority() });
}

/** `base` with TLS on the sides that are named. */
export function tlsTransport(
  base: Transport,
  tls: Tls,
  sides: { readonly client: boolean; readonly server: boolean },
  rules: Partial<TlsRules> = {},
): Transport {
  const [authority, identity] = [testAuthority(), testServer()];
  const accepting = tls.serverContext({ ...serverDefaults, ...rules, identities: [identity] });
  const connecting = tls.clientContext({ ...clientDefaults, ...rules, ca: [authority.certificate] });
  const transport: Transport = {
    ...base,
    async listen(options, accept) {
      if (!sides.client) return base.listen(options, accept);
      return base.listen(options, (plain) =>
        tls
          .secureServer(plain, () => accepting, { timeoutMs: 5000, keepsHello: false })
          .whenDone({ secured: accept, failed: () => undefined }),
      );
    },
    connect: (options) =>
      sides.server ? new SecuredConnecting(base.connect(options), tls, connecting) : base.connect(options),
  };
  const { certificate: cert, key } = identity;
  peerTls.set(transport, {
    ...(sides.client ? { client: { ca: authority.certificate, serverName: "one.test" } } : {}),
    ...(sides.server ? { server: { cert, key } } : {}),
  });
  return transport;
}

class SecuredConnecting extends ConnectOutcome {
  constructor(
    readonly plain: Connecting,
    tls: Tls,
    context: ReturnType<Tls["clientContext"]>,
  ) {
    super();
    plain.whenDone({
      connected: (connection) =>
        tls
          .secureClient(connection, context, {
            serverName: "one.test",
            verifyName: "one.test",
            sessionKey: "",
            timeoutMs: 5000,
          })
          .whenDone({
            secured: (secured) => this.settle(secured),
            failed: (failure) => this.settle(new TransportError("EPROTO", failure.message)),
          }),
      refused: (error) => this.settle(error),
    });
  }

  cancel(): void {
    this.plain.cancel();
  }
}
