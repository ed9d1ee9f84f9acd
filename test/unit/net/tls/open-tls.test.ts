import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { TlsFailure, type ClientContextOptions, type ServerContextOptions } from "../../../../src/net/tls/secure.ts";
import { certificate, revocations } from "../../../certificates.ts";
import { clientDefaults, serverDefaults } from "../../../contract/tls-transport.ts";
import { meet, part, said, ways, type Meeting, type Met } from "./pair.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const authority = certificate({ subject: "/CN=Test CA", isCa: true });
const stranger = certificate({ subject: "/CN=Another CA", isCa: true });
const ecdsa = certificate({ subject: "/CN=one.test", names: "DNS:one.test", issuer: authority });
const rsa = certificate({ subject: "/CN=one.test", names: "DNS:one.test", issuer: authority, algorithm: "rsa" });
const alice = certificate({ subject: "/CN=alice/O=Client Org", issuer: authority, isClient: true });
const expired = certificate({ subject: "/CN=old", issuer: authority, isClient: true, time: "expired" });
const early = certificate({ subject: "/CN=early", issuer: authority, isClient: true, time: "early" });
const revoked = certificate({ subject: "/CN=gone", issuer: authority, isClient: true });
const mallory = certificate({ subject: "/CN=mallory", issuer: stranger, isClient: true });
const crl = revocations(authority, [revoked]);

function commonName(der: Uint8Array | undefined): string | null {
  return der === undefined ? null : (/^CN=(.*)$/m.exec(new X509Certificate(der).subject)?.[1] ?? null);
}

for (const way of ways) {
  const serverContext = (options: Partial<ServerContextOptions> = {}) =>
    way.tls.serverContext({ ...serverDefaults, identities: [ecdsa], ...options });
  const clientContext = (options: Partial<ClientContextOptions> = {}) =>
    way.tls.clientContext({ ...clientDefaults, ca: [authority.certificate], ...options });
  const outcomes = async (meeting: Meeting, see: (met: Met) => unknown): Promise<unknown> => {
    const met = await meet(way, meeting);
    try {
      return see(met);
    } finally {
      await part(met);
    }
  };

  describe(way.name, () => {
    test("both sides tell the same of a handshake", async () => {
      for (const [version, cipher] of [
        ["TLSv1.3", /^TLS_/],
        ["TLSv1.2", /^ECDHE-ECDSA-/],
      ] as const) {
        const meeting = { choose: serverContext({ maxVersion: version }), client: clientContext() };
        await outcomes(meeting, ({ server, client }) => {
          const fields = [
            "isComplete",
            "error",
            "protocol",
            "serverName",
            "isResumed",
            "leafError",
            "chainError",
          ] as const;
          const expected = {
            isComplete: true,
            error: null,
            protocol: version,
            serverName: "one.test",
            isResumed: false,
            leafError: 0,
            chainError: 0,
          };
          expect([said(server, ...fields), said(client, ...fields)]).toEqual([expected, expected]);
          if (server instanceof TlsFailure || client instanceof TlsFailure) throw new Error("no handshake");
          expect(server.tls.cipher).toMatch(cipher);
          expect(client.tls.cipher).toBe(server.tls.cipher);
          expect(client.tls.peerChain.map(commonName).slice(0, 1)).toEqual(["one.test"]);
          expect(commonName(server.tls.ownCertificate ?? undefined)).toBe("one.test");
          expect(server.tls.peerChain).toEqual([]);
        });
      }
    });

    test("the hello is kept where that is asked for", async () => {
      const meeting = { choose: serverContext(), client: clientContext() };
      const seen: unknown[] = [];
      for (const keepsHello of [true, false])
        seen.push(
          await outcomes({ ...meeting, serverOptions: { keepsHello } }, ({ server, client }) => [
            server instanceof TlsFailure ? server.kind : server.tls.clientHello?.[0],
            client instanceof TlsFailure ? client.kind : client.tls.clientHello,
          ]),
        );
      expect(seen).toEqual([
        [1, null],
        [undefined, null],
      ]);
    });

    test("the name that is asked for chooses, and may be refused", async () => {
      const other = certificate({ subject: "/CN=two.test", names: "DNS:two.test", issuer: authority });
      const [one, two] = [serverContext(), serverContext({ identities: [other] })];
      const choose: Meeting["choose"] = ({ serverName }) =>
        serverName === "two.test" ? two : serverName === "one.test" ? one : null;
      const client = clientContext();
      const seen: unknown[] = [];
      for (const name of ["one.test", "two.test", "three.test", null])
        seen.push(
          await outcomes({ choose, client, clientOptions: { serverName: name, verifyName: name } }, (met) => [
            met.client instanceof TlsFailure ? met.client.kind : commonName(met.client.tls.peerChain[0]),
            met.server instanceof TlsFailure ? met.server.kind : met.server.tls.serverName,
          ]),
        );
      expect(seen).toEqual([
        ["one.test", "one.test"],
        ["two.test", "two.test"],
        ["handshake", "refused"],
        ["handshake", "refused"],
      ]);
    });

    test("protocols are agreed on in the server's order, and none in common is no fault", async () => {
      const choose = serverContext({ alpn: ["h2", "http/1.1"] });
      const seen: unknown[] = [];
      for (const alpn of [["http/1.1", "h2"], ["http/1.1"], ["zz"], []])
        seen.push(
          await outcomes({ choose, client: clientContext({ alpn }) }, ({ server, client }) => [
            said(server, "alpn"),
            said(client, "alpn"),
          ]),
        );
      expect(seen).toEqual([
        [{ alpn: "h2" }, { alpn: "h2" }],
        [{ alpn: "http/1.1" }, { alpn: "http/1.1" }],
        [{ alpn: null }, { alpn: null }],
        [{ alpn: null }, { alpn: null }],
      ]);
    });

    test("a client's certificate is verified as it is asked for", async () => {
      const asking = { ca: [authority.certificate], crl: [crl] };
      const seen: unknown[] = [];
      for (const verify of ["none", "optional", "required"] as const)
        for (const identity of [null, alice, expired, early, revoked, mallory]) {
          const meeting = { choose: serverContext({ ...asking, verify }), client: clientContext({ identity }) };
          seen.push(
            await outcomes(meeting, ({ server }) =>
              server instanceof TlsFailure
                ? [server.kind, server.facts?.leafError, commonName(server.facts?.peerChain[0])]
                : [server.tls.leafError, commonName(server.tls.peerChain[0]), server.tls.hasFreshPeer],
            ),
          );
        }
      const bad = [
        ["certificate", 10, "old"],
        ["certificate", 9, "early"],
        ["certificate", 23, "gone"],
        ["certificate", 20, "mallory"],
      ];
      expect(seen).toEqual([
        ...Array.from({ length: 6 }, () => [0, null, false]),
        [0, null, false],
        [0, "alice", true],
        ...bad,
        ["handshake", 0, null],
        [0, "alice", true],
        ...bad,
      ]);
    });

    test("faults further up the chain are told apart from those of the certificate itself", async () => {
      const middle = certificate({ subject: "/CN=Middle CA", issuer: authority, isCa: true });
      const late = certificate({ subject: "/CN=Late CA", issuer: authority, isCa: true, time: "expired" });
      const of = (issuer: typeof middle) => {
        const one = certificate({ subject: "/CN=bob", issuer, isClient: true });
        return { certificate: one.certificate + issuer.certificate, key: one.key };
      };
      const seen: unknown[] = [];
      for (const [identity, crls] of [
        [of(middle), []],
        [of(late), []],
        // Each CA needs its list, or nobody is believed not to be on it.
        [of(middle), [crl]],
        [of(middle), [crl, revocations(middle, [])]],
        [of(middle), [revocations(authority, [middle]), revocations(middle, [])]],
        [alice, [revocations(authority, [], true)]],
      ] as const) {
        const choose = serverContext({
          ca: [authority.certificate],
          crl: crls,
          verify: "optional",
          forgiven: { certificate: "all", ca: "all" },
        });
        seen.push(
          await outcomes({ choose, client: clientContext({ identity }) }, ({ server }) =>
            server instanceof TlsFailure
              ? server.kind
              : [
                  server.tls.leafError,
                  server.tls.chainError,
                  server.tls.chainErrorDepth,
                  server.tls.peerChain.length >= 2,
                ],
          ),
        );
      }
      expect(seen).toEqual([
        [0, 0, 0, true],
        [0, 10, 1, true],
        [3, 3, 1, true],
        [0, 0, 0, true],
        [23, 23, 1, true],
        [12, 0, 0, true],
      ]);
    });

    test("what is wrong with a certificate may be forgiven, by its number", async () => {
      const forgiven = { certificate: [10], ca: [] };
      const choose = serverContext({ ca: [authority.certificate], verify: "required", forgiven });
      const seen: unknown[] = [];
      for (const identity of [null, expired, early, mallory])
        seen.push(
          await outcomes({ choose, client: clientContext({ identity }) }, ({ server }) => said(server, "leafError")),
        );
      expect(seen).toEqual(["handshake", { leafError: 10 }, "certificate", "certificate"]);
      const all = serverContext({
        ca: [authority.certificate],
        verify: "optional",
        forgiven: { certificate: "all", ca: "all" },
      });
      const meeting = { choose: all, client: clientContext({ identity: mallory }) };
      expect(await outcomes(meeting, ({ server }) => said(server, "leafError"))).toEqual({ leafError: 20 });
    });

    test("nobody is trusted where nobody is named", async () => {
      const choose = serverContext({ verify: "required" });
      const meeting = { choose, client: clientContext({ identity: alice }) };
      expect(await outcomes(meeting, ({ server }) => said(server))).toBe("certificate");
      const unknown = { choose: serverContext(), client: clientContext({ ca: [] }) };
      expect(await outcomes(unknown, ({ client }) => said(client))).toBe("certificate");
    });

    test("a server is verified, by its authority, its time and its name", async () => {
      const late = certificate({ subject: "/CN=one.test", names: "DNS:one.test", issuer: authority, time: "expired" });
      const cases = [
        [serverContext(), clientContext(), {}],
        [serverContext(), clientContext({ ca: [stranger.certificate] }), {}],
        [serverContext(), clientContext({ ca: [stranger.certificate], verify: false }), {}],
        [serverContext({ identities: [late] }), clientContext(), {}],
        [serverContext(), clientContext(), { verifyName: "two.test" }],
        [serverContext(), clientContext(), { verifyName: "ONE.test" }],
        [serverContext(), clientContext(), { verifyName: null, serverName: null }],
        // The name that is asked for need not be the one that is verified.
        [serverContext(), clientContext(), { verifyName: "one.test", serverName: "two.test" }],
        [serverContext(), clientContext({ ca: [stranger.certificate] }), { verifyName: null, serverName: null }],
        [serverContext(), clientContext({ ca: [stranger.certificate] }), { serverName: "two.test" }],
      ] as const;
      const seen: unknown[] = [];
      for (const [choose, client, clientOptions] of cases)
        seen.push(await outcomes({ choose, client, clientOptions }, (met) => said(met.client)));
      expect(seen).toEqual([{}, "certificate", {}, "certificate", "name", {}, {}, {}, "certificate", "certificate"]);
    });

    test("of two certificates of one name the client's abilities choose, ECDSA first", async () => {
      const seen: unknown[] = [];
      for (const identities of [
        [rsa, ecdsa],
        [ecdsa, rsa],
      ])
        for (const [maxVersion, sigalgs] of [
          ["TLSv1.3", null],
          ["TLSv1.2", null],
          ["TLSv1.3", "RSA-PSS+SHA256"],
          ["TLSv1.2", "RSA-PSS+SHA256"],
        ] as const)
          seen.push(
            await outcomes(
              { choose: serverContext({ identities }), client: clientContext({ maxVersion, sigalgs, verify: false }) },
              ({ server, client }) => {
                if (server instanceof TlsFailure || client instanceof TlsFailure) return [said(server), said(client)];
                const shown = client.tls.peerChain[0] as Uint8Array;
                const isOwn = Buffer.compare(server.tls.ownCertificate as Uint8Array, shown) === 0;
                return [new X509Certificate(shown).publicKey.asymmetricKeyType, isOwn];
              },
            ),
          );
      const expected = [
        ["ec", true],
        ["ec", true],
        ["rsa", true],
        ["rsa", true],
      ];
      expect(seen).toEqual([...expected, ...expected]);
    });

    test("a session is resumed by its key, and only with what verified it", async () => {
      const seen: unknown[] = [];
      for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
        const [choose, client] = [serverContext({ maxVersion }), clientContext()];
        const again = (context = choose, clientOptions = {}): Promise<unknown> =>
          outcomes({ choose: context, client, clientOptions }, (met) => [
            (met.server as { tls?: { isResumed: boolean } }).tls?.isResumed,
            (met.client as { tls?: { isResumed: boolean } }).tls?.isResumed,
          ]);
        seen.push(await again(), await again());
        seen.push(await again(choose, { sessionKey: "another" }));
        seen.push(await again(choose, { verifyName: null }));
        // The same certificate under other rules: who asks for a client's certificate gets no session from who does not.
        seen.push(await again(serverContext({ maxVersion, verify: "optional", ca: [authority.certificate] })));
      }
      const expected = [
        [false, false],
        [true, true],
        [false, false],
        [false, false],
        [false, false],
      ];
      expect(seen).toEqual([...expected, ...expected]);
    });

    test("without tickets nothing is resumed", async () => {
      const seen: unknown[] = [];
      for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
        const meeting = { choose: serverContext({ maxVersion, tickets: false }), client: clientContext() };
        await outcomes(meeting, () => null);
        seen.push(await outcomes(meeting, ({ server }) => said(server, "isResumed")));
      }
      expect(seen).toEqual([{ isResumed: false }, { isResumed: false }]);
    });

    test("a client's certificate is known, and not fresh, where its session is resumed", async () => {
      const seen: unknown[] = [];
      for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
        const choose = serverContext({ maxVersion, verify: "required", ca: [authority.certificate] });
        const meeting = { choose, client: clientContext({ identity: alice }) };
        for (let round = 0; round < 2; round++)
          seen.push(
            await outcomes(meeting, ({ server }) =>
              server instanceof TlsFailure
                ? server.kind
                : [
                    server.tls.isResumed,
                    server.tls.hasFreshPeer,
                    commonName(server.tls.peerChain[0]),
                    server.tls.leafError,
                  ],
            ),
          );
      }
      const expected = [
        [false, true, "alice", 0],
        [true, false, "alice", 0],
      ];
      expect(seen).toEqual([...expected, ...expected]);
    });

    test("what the two cannot agree on has a reason", async () => {
      const cases = [
        [serverContext({ maxVersion: "TLSv1.2" }), clientContext({ minVersion: "TLSv1.3" })],
        [
          serverContext({ maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }),
          clientContext({ maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" }),
        ],
        [serverContext({ curves: "P-384" }), clientContext({ curves: "P-256" })],
      ] as const;
      const seen: unknown[] = [];
      for (const [choose, client] of cases)
        seen.push(
          await outcomes({ choose, client }, ({ server, client: other }) => [
            server instanceof TlsFailure && [server.kind, server.facts?.error],
            said(other),
          ]),
        );
      expect(seen).toEqual([
        [["handshake", "UNSUPPORTED_PROTOCOL"], "handshake"],
        [["handshake", "NO_SHARED_CIPHER"], "handshake"],
        [["handshake", "NO_SHARED_GROUP"], "handshake"],
      ]);
    });
  });
}
