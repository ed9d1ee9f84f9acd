/** What an engine would not heed is refused by its part, for both sides, before anything is made of it. */
import { expect, test } from "bun:test";
import { openTls } from "../../../../src/net/tls/open-tls.ts";
import { TlsOptionError, type TlsRules } from "../../../../src/net/tls/secure.ts";
import { unheededByDeno } from "../../../../src/net/tls/unheeded.ts";
import { certificate, revocations } from "../../../certificates.ts";
import { clientDefaults, serverDefaults } from "../../../contract/tls-transport.ts";

const authority = certificate({ subject: "/CN=Test CA", isCa: true });
const identity = certificate({ subject: "/CN=one.test", names: "DNS:one.test", issuer: authority });

const asked: readonly (readonly [string, Partial<TlsRules>])[] = [
  ["crl", { crl: [revocations(authority, [])] }],
  ["ciphers", { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }],
  ["curves", { curves: "P-256" }],
  ["sigalgs", { sigalgs: "ECDSA+SHA256" }],
  ["tickets", { tickets: false }],
];

/** The part that is refused, and why; null: nothing is. */
function refused(make: () => unknown): string | null {
  try {
    make();
    return null;
  } catch (error) {
    if (!(error instanceof TlsOptionError)) throw error;
    return `${error.part}: ${error.message}`;
  }
}

test("what would not be heeded is refused on either side, and nothing else", () => {
  for (const [unheeded, isRefused] of [
    [unheededByDeno, true],
    [null, false],
  ] as const) {
    const tls = openTls(null, unheeded);
    const ca = [authority.certificate];
    for (const [part, rules] of [...asked, [null, {}] as const]) {
      const expected = isRefused && part !== null ? `${part}: Deno's TLS does not heed it` : null;
      expect(refused(() => tls.serverContext({ ...serverDefaults, ...rules, identities: [identity] }))).toBe(expected);
      expect(refused(() => tls.clientContext({ ...clientDefaults, ...rules, ca }))).toBe(expected);
    }
  }
});
