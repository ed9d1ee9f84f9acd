/** Fetches of certificates: the client's, ours, and the server's (manual, section 7.3.4). */
import { type DistinguishedName, nameEntry, nameText, nameTextForLdap } from "../../wire/x509/distinguished-name.ts";
import type { TlsFacts } from "../../tls-facts.ts";
import type { Certificate } from "../../wire/x509/certificate.ts";
import type { SampleContext } from "../context.ts";
import { textOf } from "../samples/argument-checks.ts";
import { hasArgument, numberArgument, textArgument } from "../samples/arguments.ts";
import { type ArgumentCheck, type Evaluate, fetch, type FetchCompiler, type FetchRow } from "../samples/rows.ts";
import { ownCertificate, peerCertificate, rootCertificate, sentChain, verifyResult } from "../tls-view.ts";
import { cryptoLibrary } from "../value/crypto-library.ts";
import { bin, bool, type Sample, sint, str } from "../value/sample.ts";
import { clientTls, ofTls, serverTls } from "./tls.ts";

type Find = (context: SampleContext) => Certificate | null;

function findFor(side: typeof clientTls, which: (facts: TlsFacts) => Certificate | null): Find {
  return (context) => {
    const facts = side(context);
    return facts === null ? null : which(facts);
  };
}

const found: { readonly [letter in "c" | "f" | "s"]: Find } = {
  c: findFor(clientTls, peerCertificate),
  f: findFor(clientTls, ownCertificate),
  s: findFor(serverTls, peerCertificate),
};

function certificate(find: Find, read: (certificate: Certificate) => Sample | undefined): Evaluate {
  return (context) => {
    const one = find(context);
    return one === null ? undefined : read(one);
  };
}

function text(value: string | null | undefined): Sample | undefined {
  return value === null || value === undefined ? undefined : str(value);
}

const checkFormat: ArgumentCheck = ([, , format]) =>
  format === undefined || ["", "rfc2253"].includes(textOf(format))
    ? null
    : "only rfc2253 or a blank value are currently supported as the format argument.";

/** One of its entries where the first argument names it; else all, in the form that the third asks for. */
function name(find: Find, read: (certificate: Certificate) => DistinguishedName): FetchCompiler {
  return (args) => {
    const entry = textArgument(args, 0);
    const occurrence = hasArgument(args, 1) ? numberArgument(args, 1) : 1;
    if (entry !== "") return certificate(find, (one) => text(nameEntry(read(one), entry, occurrence)));
    const show = textArgument(args, 2) === "" ? nameText : nameTextForLdap;
    return certificate(find, (one) => text(show(read(one))));
  };
}

function sha1(find: Find): FetchCompiler {
  return () => {
    const { createHash } = cryptoLibrary();
    return certificate(find, (one) => bin(new Uint8Array(createHash("sha1").update(one.der).digest())));
  };
}

/** What is told of each certificate. */
function ofOne(letter: "c" | "f" | "s"): readonly FetchRow[] {
  const find = found[letter];
  const row = (what: string, read: (certificate: Certificate) => Sample | undefined): FetchRow =>
    fetch(`ssl_${letter}_${what}`, "client-side connection", () => certificate(find, read));
  return [
    row("der: bin", (one) => bin(one.der)),
    fetch(
      `ssl_${letter}_i_dn([string,integer,string]): str`,
      "client-side connection",
      name(find, (one) => one.issuer),
      { check: checkFormat },
    ),
    row("key_alg: str", (one) => str(one.keyAlgorithm)),
    row("notafter: str", (one) => text(one.notAfter)),
    row("notbefore: str", (one) => text(one.notBefore)),
    fetch(
      `ssl_${letter}_s_dn([string,integer,string]): str`,
      "client-side connection",
      name(find, (one) => one.subject),
      { check: checkFormat },
    ),
    row("serial: bin", (one) => bin(one.serial)),
    fetch(`ssl_${letter}_sha1: bin`, "client-side connection", sha1(find)),
    row("sig_alg: str", (one) => str(one.signatureAlgorithm)),
    row("version: sint", (one) => sint(one.version)),
  ];
}

/** Certificates one behind the other. */
function chain(certificates: readonly Uint8Array[]): Sample | undefined {
  return certificates.length === 0 ? undefined : bin(new Uint8Array(Buffer.concat(certificates)));
}

function ofClient(form: string, read: (facts: TlsFacts) => Sample | undefined): FetchRow {
  return fetch(form, "client-side connection", ofTls(clientTls, read));
}

/** The fetches of this file. A client's chain is told without its own certificate, a server's with it, as in HAProxy. */
export const tlsCertificateFetches: readonly FetchRow[] = [
  ...ofOne("c"),
  ...ofOne("f"),
  ...ofOne("s"),
  ofClient("ssl_c_ca_err: sint", (facts) => sint(facts.chainError)),
  ofClient("ssl_c_ca_err_depth: sint", (facts) => sint(facts.chainErrorDepth)),
  ofClient("ssl_c_chain_der: bin", (facts) => chain(sentChain(facts).slice(1))),
  ofClient("ssl_c_err: sint", (facts) => sint(facts.leafError)),
  // Of later versions than 2.6.
  fetch(
    "ssl_c_r_dn([string,integer,string]): str",
    "client-side connection",
    name(findFor(clientTls, rootCertificate), (one) => one.subject),
    { check: checkFormat },
  ),
  ofClient("ssl_c_used: bool", (facts) => bool(facts.peerChain.length > 0)),
  ofClient("ssl_c_verify: sint", (facts) => (facts.isComplete ? sint(verifyResult(facts)) : undefined)),
  fetch(
    "ssl_s_chain_der: bin",
    "client-side connection",
    ofTls(serverTls, (facts) => chain(sentChain(facts))),
  ),
];
