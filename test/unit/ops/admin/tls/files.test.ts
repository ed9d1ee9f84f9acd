/** Certificates, authorities and lists of revoked certificates that are replaced by commands. Texts as HAProxy 2.6.12 gives them. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { certificate, type Made, revocations } from "../../../../certificates.ts";
import { answerCommand } from "../../../../../src/ops/admin/commands.ts";
import type { AdminSession } from "../../../../../src/ops/admin/command.ts";
import { noTlsFiles } from "../../../../../src/plan/tls.ts";
import { bindTls, entryPlan, serverTls } from "../../../proxy/tls/certificates.ts";
import { adminSources } from "../../admin-sources.ts";
import { stageTls } from "../../tls-stage.ts";

// Certificates are made by openssl.
setDefaultTimeout(60_000);

const ca = certificate({ subject: "/CN=ca", isCa: true });
const one = certificate({ subject: "/CN=one", names: "DNS:one.test", issuer: ca });
const two = certificate({ subject: "/CN=two", names: "DNS:two.test", algorithm: "rsa" });
const crl = revocations(ca, [one]);

function plan({ certificate: chain, key }: Made, name: string) {
  return { name, chain, key };
}

/** A file is used by a listener twice, another by a listener and a server. */
function stage(level: AdminSession["level"] = "admin") {
  const { store, tls } = stageTls({
    files: {
      ...noTlsFiles,
      certificates: [plan(one, "a.pem"), plan(two, "b.crt")],
      authorities: [{ name: "ca", pem: ca.certificate }],
      revocations: [{ name: "crl", pem: crl }],
    },
    binds: [bindTls(["a.pem", entryPlan("b.crt", { own: { revocations: "crl" } })], { authorities: "ca" })],
    servers: [serverTls({ certificate: "b.crt", authorities: "ca" })],
  });
  const sources = adminSources({ tls });
  const session: AdminSession = { level, severityOutput: "none", interactive: false, timeoutMs: 0, closing: false };
  const said: string[] = [];
  const ask = (command: string, payload: string | null = null): string => {
    const text = [...answerCommand(command, sources, session, payload)].join("");
    said.push(text);
    return text;
  };
  return { store, ask, said };
}

test("what is committed is in the place of what was, and counts where it is used", () => {
  const { store, ask } = stage();
  expect(ask("set ssl cert b.crt", two.certificate + two.key)).toBe("Transaction created for certificate b.crt!\n");
  expect(ask("set ssl cert b.crt", one.certificate + one.key)).toBe("Transaction updated for certificate b.crt!\n");
  expect(store.certificate("b.crt")?.names).toEqual(["two.test", "two"]);
  expect(ask("commit ssl cert b.crt")).toBe("Committing b.crt..\nSuccess!\n");
  expect(store.certificate("b.crt")?.names).toEqual(["one.test", "one"]);
  expect(ask("commit ssl cert b.crt")).toBe("No ongoing transaction! !\nCan't commit b.crt!\n");
  expect(ask("set ssl ca-file ca", ca.certificate + two.certificate)).toBe("transaction created for CA ca!\n");
  expect(ask("commit ssl ca-file ca")).toBe("Committing ca...\nSuccess!\n");
  expect(ask("set ssl crl-file crl", crl)).toBe("transaction created for CRL crl!\n");
  expect(ask("commit ssl crl-file crl")).toBe("Committing crl.\nSuccess!\n");
  expect(store.version).toBe(3);
});

test("one transaction at a time, and of one file", () => {
  const { store, ask } = stage();
  ask("set ssl cert a.pem", two.certificate + two.key);
  const about = "The ongoing transaction is about 'a.pem' but you are trying to";
  expect([
    ask("set ssl cert b.crt", one.certificate + one.key),
    ask("commit ssl cert b.crt"),
    ask("abort ssl cert b.crt"),
    ask("del ssl cert a.pem"),
    ask("abort ssl cert a.pem"),
    ask("abort ssl cert a.pem"),
  ]).toEqual([
    `${about} set 'b.crt'\nCan't update b.crt!\n`,
    `${about} set 'b.crt'\nCan't commit b.crt!\n`,
    `${about} abort a transaction for 'b.crt'\n`,
    "Can't remove the certificate: ongoing transaction for the certificate 'a.pem'\n",
    "Transaction aborted for certificate 'a.pem'!\n",
    "No ongoing transaction!\n",
  ]);
  expect(store.version).toBe(0);
});

test("a certificate comes in parts, and is held to what a file is", () => {
  const { store, ask } = stage();
  expect([
    ask("set ssl cert a.pem", "rubbish\n"),
    ask("set ssl cert a.pem", one.key),
    ask("set ssl cert a.pem.key", "rubbish\n"),
    ask("set ssl cert a.pem.issuer", "rubbish\n"),
    ask("set ssl cert nosuch", "rubbish\n"),
    ask("set ssl cert a.pem"),
    ask("set ssl cert"),
    ask("set ssl cert a.pem.ocsp", "AAAA\n"),
    ask("set ssl cert a.pem", two.certificate),
    ask("commit ssl cert a.pem"),
    ask("set ssl cert a.pem.key", one.key),
    ask("commit ssl cert a.pem"),
    ask("set ssl cert a.key", two.key),
    ask("set ssl cert a.pem.key", two.key),
    ask("set ssl cert a.pem.issuer", ca.certificate),
    ask("commit ssl cert a.pem"),
    ask("set ssl cert b.key", two.key),
  ]).toEqual([
    "unable to load certificate from file 'a.pem'.\nCan't load the payload\nCan't update a.pem!\n",
    "unable to load certificate from file 'a.pem'.\nCan't load the payload\nCan't update a.pem!\n",
    "unable to load private key from file 'a.pem'.\nCan't load the payload\nCan't update a.pem.key!\n",
    "'a.pem' cannot be read or parsed'.\nCan't load the payload\nCan't update a.pem.issuer!\n",
    "Can't replace a certificate which is not referenced by the configuration!\nCan't update nosuch!\n",
    "'set ssl cert expects a filename and a certificate as a payload\n",
    "'set ssl cert expects a filename and a certificate as a payload\n",
    "OCSP answers are not stapled.\nCan't update a.pem.ocsp!\n",
    "Transaction created for certificate a.pem!\n",
    "The transaction must contain at least a certificate and a private key!\nCan't commit a.pem!\n",
    "Transaction updated for certificate a.pem!\n",
    "inconsistencies between private key and certificate loaded 'a.pem'.\nCan't commit a.pem!\n",
    "The ongoing transaction is about 'a.pem' but you are trying to set 'a.key'\nCan't update a.key!\n",
    "Transaction updated for certificate a.pem!\n",
    "Transaction updated for certificate a.pem!\n",
    "Committing a.pem.\nSuccess!\n",
    "Transaction created for certificate b.crt!\n",
  ]);
  expect(store.certificate("a.pem")?.names).toEqual(["two.test", "two"]);
});

test("files are made, filled and deleted while nobody uses them", () => {
  const { store, ask } = stage();
  expect([
    ask("new ssl cert x"),
    ask("new ssl cert x"),
    ask("commit ssl cert x"),
    ask("set ssl cert x", two.certificate + two.key),
    ask("commit ssl cert x"),
    ask("del ssl cert x"),
    ask("del ssl cert x"),
    ask("del ssl cert a.pem"),
    ask("new ssl ca-file y"),
    ask("set ssl ca-file y", "rubbish\n"),
    ask("set ssl ca-file y", crl),
    ask("del ssl ca-file y"),
    ask("del ssl ca-file ca"),
    ask("new ssl crl-file z"),
    ask("set ssl crl-file z", ca.certificate),
    ask("set ssl crl-file nosuch", crl),
    ask("del ssl crl-file crl"),
  ]).toEqual([
    "New empty certificate store 'x'!\n",
    "Certificate 'x' already exists!\n",
    "No ongoing transaction! !\nCan't commit x!\n",
    "Transaction created for certificate x!\n",
    "Committing x\nSuccess!\n",
    "Certificate 'x' deleted!\n",
    "Can't remove the certificate: certificate 'x' doesn't exist!\n\n",
    "Can't remove the certificate: certificate 'a.pem' in use, can't be deleted!\n\n",
    "New CA file created 'y'!\n",
    "Invalid payload\nCan't update y!\n",
    "Invalid payload\nCan't update y!\n",
    "CA file 'y' deleted!\n",
    "Can't remove the CA file: CA file 'ca' in use, can't be deleted!\n\n",
    "New CRL file created 'z'!\n",
    "Invalid payload\nCan't update z!\n",
    "Can't replace a CRL file which is not referenced by the configuration!\nCan't update nosuch!\n",
    "Can't remove the CRL file: CRL file 'crl' in use, can't be deleted!\n\n",
  ]);
  expect(store.certificates.names()).toEqual(["a.pem", "b.crt"]);
});

test("a name is asked for, and admin's rights", () => {
  const { ask } = stage();
  expect(["commit", "abort", "new", "del"].map((verb) => ask(`${verb} ssl ca-file`))).toEqual([
    "'commit ssl ca-file expects a filename\n",
    "'abort ssl ca-file' expects a filename\n",
    "'new ssl ca-file' expects a filename\n",
    "'del ssl ca-file' expects a CA file name\n",
  ]);
  const { ask: askLow } = stage("operator");
  const commands = ["set", "commit", "abort", "new", "del"].flatMap((verb) =>
    ["cert", "ca-file", "crl-file"].map((kind) => `${verb} ssl ${kind} x`),
  );
  expect([...new Set(commands.map((command) => askLow(command, one.key)))]).toEqual(["Permission denied\n"]);
});

test("no answer has anything of a key, and none more lines than its own", () => {
  const { ask, said } = stage();
  const keyLines = (one.key + two.key).split("\n").filter((line) => line.length > 30);
  for (const payload of [one.certificate + one.key, one.key, one.key.replace("-----END", "x"), two.key]) {
    for (const name of ["a.pem", "a.pem.key", "nosuch"]) ask(`set ssl cert ${name}`, payload);
    for (const rest of ["", " a.pem", " *a.pem"]) ask(`show ssl cert${rest}`);
    ask("commit ssl cert a.pem");
  }
  expect(keyLines.filter((line) => said.join("").includes(line))).toEqual([]);
  expect(ask("new ssl cert x\u001b[2J")).toBe("New empty certificate store 'x#1B[2J'!\n");
});
