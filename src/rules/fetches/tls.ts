/** Fetches of TLS on either connection, but for certificates and what a client offers (manual, section 7.3.4). */
import type { TlsFacts } from "../../tls-facts.ts";
import { tlsError } from "../../wire/tls/errors.ts";
import type { SampleContext } from "../context.ts";
import { fetch, type FetchCompiler, type FetchRow } from "../samples/rows.ts";
import type { Source } from "../samples/sites.ts";
import { cipherName } from "../tls-view.ts";
import { bin, bool, type Sample, sint, str } from "../value/sample.ts";

type Side = (context: SampleContext) => TlsFacts | null;
type Read = (facts: TlsFacts) => Sample | undefined;

/** The client's. */
export function clientTls(context: SampleContext): TlsFacts | null {
  return context.clientTls ?? null;
}

/** The server's. */
export function serverTls(context: SampleContext): TlsFacts | null {
  return context.serverTls ?? null;
}

/** Nothing where no TLS is spoken on that side. */
export function ofTls(side: Side, read: Read): FetchCompiler {
  return () => (context) => {
    const facts = side(context);
    return facts === null ? undefined : read(facts);
  };
}

/** False where no TLS is spoken. */
function whether(side: Side, read: (facts: TlsFacts) => boolean): FetchCompiler {
  return () => (context) => {
    const facts = side(context);
    return bool(facts !== null && read(facts));
  };
}

function bits(count: number): Sample | undefined {
  return count === 0 ? undefined : sint(count);
}

function text(value: string | null): Sample | undefined {
  return value === null || value === "" ? undefined : str(value);
}

/** What both sides have, under HAProxy's names for each. */
function bothSides(prefix: "ssl_fc" | "ssl_bc", source: Source, side: Side): readonly FetchRow[] {
  const row = (form: string, read: Read): FetchRow => fetch(`${prefix}_${form}`, source, ofTls(side, read));
  const test = (form: string, read: (facts: TlsFacts) => boolean): FetchRow =>
    fetch(`${prefix}${form}: bool`, source, whether(side, read));
  return [
    test("", () => true),
    row("alg_keysize: sint", (facts) => bits(facts.algorithmBits)),
    row("alpn: str", (facts) => text(facts.alpn)),
    row("cipher: str", (facts) => str(cipherName(facts))),
    row("err: sint", ({ error }) => sint(error === null ? 0 : tlsError(error).number)),
    row("err_str: str", ({ error }) => (error === null ? undefined : str(tlsError(error).text))),
    test("_is_resumed", (facts) => facts.isResumed),
    row("protocol: str", (facts) => text(facts.protocol)),
    row("session_id: bin", ({ sessionId }) => (sessionId?.length ? bin(sessionId) : undefined)),
    row("use_keysize: sint", (facts) => bits(facts.secretBits)),
  ];
}

/** The fetches of this file. */
export const tlsFetches: readonly FetchRow[] = [
  ...bothSides("ssl_bc", "server-side connection", serverTls),
  ...bothSides("ssl_fc", "client-side connection", clientTls),
  fetch(
    "ssl_fc_has_crt: bool",
    "client-side connection",
    ofTls(clientTls, (facts) => (facts.isComplete ? bool(facts.hasFreshPeer) : undefined)),
  ),
  // `allow-0rtt` is refused.
  fetch(
    "ssl_fc_has_early: bool",
    "client-side connection",
    ofTls(clientTls, () => bool(false)),
  ),
  fetch(
    "ssl_fc_has_sni: bool",
    "client-side connection",
    whether(clientTls, (facts) => facts.serverName !== null),
  ),
  fetch(
    "ssl_fc_sni: str",
    "client-side connection",
    ofTls(clientTls, (facts) => text(facts.serverName)),
    {
      aclKeywords: [
        { name: "ssl_fc_sni_end", match: "end" },
        { name: "ssl_fc_sni_reg", match: "reg" },
      ],
    },
  ),
];
