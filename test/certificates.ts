/** Certificates for tests, made by openssl as each is asked for first, and removed when the process ends. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** One certificate with its key: texts in PEM, and the files that they are in. */
export interface Made {
  readonly certificate: string;
  readonly key: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  /** Certificate, then key, in one file. */
  readonly bothFile: string;
}

/** What one is to be. */
export interface Wanted {
  /** Distinguished name, "/CN=alice/O=Client Org". */
  readonly subject: string;
  /** Subject alternative names as openssl writes them: "DNS:one.test,IP:127.0.0.1". */
  readonly names?: string;
  readonly algorithm?: "rsa" | "ecdsa";
  /** Its CA; left out: it signs itself. */
  readonly issuer?: Made;
  readonly isCa?: boolean;
  readonly isClient?: boolean;
  /** Its time has gone, or has yet to come. */
  readonly time?: "expired" | "early";
}

let folder: string | null = null;
let count = 0;
const made = new Map<string, Made>();

/** The folder for this run. */
export function certificateFolder(): string {
  if (folder === null) {
    const own = (folder = mkdtempSync("/tmp/fairlead-certificates-"));
    process.on("exit", () => rmSync(own, { recursive: true, force: true }));
  }
  return folder;
}

function openssl(...args: readonly string[]): string {
  return execFileSync("openssl", args, {
    cwd: certificateFolder(),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** The same one for the same wish. */
export function certificate(wanted: Wanted): Made {
  const wish = JSON.stringify({ ...wanted, issuer: wanted.issuer?.certificateFile });
  let one = made.get(wish);
  if (one === undefined) made.set(wish, (one = make(wanted)));
  return one;
}

function make(wanted: Wanted): Made {
  const base = join(certificateFolder(), `${(count += 1)}`);
  const [keyFile, certificateFile, bothFile] = [`${base}.key`, `${base}.crt`, `${base}.pem`];
  const kind =
    wanted.algorithm === "rsa"
      ? ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
      : ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
  openssl("genpkey", ...kind, "-out", keyFile);
  const extensions = [
    `basicConstraints=critical,CA:${wanted.isCa === true ? "TRUE" : "FALSE"}`,
    `keyUsage=critical,${wanted.isCa === true ? "digitalSignature,keyCertSign,cRLSign" : "digitalSignature"}`,
    ...(wanted.isCa === true ? [] : [`extendedKeyUsage=${wanted.isClient === true ? "clientAuth" : "serverAuth"}`]),
    ...(wanted.names === undefined ? [] : [`subjectAltName=${wanted.names}`]),
  ];
  writeFileSync(`${base}.cnf`, authority(base, extensions));
  writeFileSync(`${base}.index`, "");
  openssl("req", "-new", "-key", keyFile, "-subj", wanted.subject, "-out", `${base}.csr`);
  const { issuer } = wanted;
  const signer =
    issuer === undefined
      ? ["-selfsign", "-keyfile", keyFile]
      : ["-cert", issuer.certificateFile, "-keyfile", issuer.keyFile];
  const times = {
    expired: ["20200101000000Z", "20200102000000Z"],
    early: ["20980101000000Z", "20990101000000Z"],
    now: ["20200101000000Z", "20990101000000Z"],
  };
  const [from, to] = times[wanted.time ?? "now"] as [string, string];
  openssl(
    "ca",
    "-batch",
    "-notext",
    "-config",
    `${base}.cnf`,
    "-in",
    `${base}.csr`,
    ...signer,
    "-startdate",
    from,
    "-enddate",
    to,
    "-out",
    certificateFile,
  );
  const [own, key] = [readFileSync(certificateFile, "utf8"), readFileSync(keyFile, "utf8")];
  writeFileSync(bothFile, own + key);
  return { certificate: own, key, certificateFile, keyFile, bothFile };
}

/** A configuration of `openssl ca`, which alone sets both ends of a certificate's time. */
function authority(base: string, extensions: readonly string[]): string {
  const serial = `${base}.serial`;
  if (!existsSync(serial)) writeFileSync(serial, `${1000 + count}\n`);
  return [
    "[ca]\ndefault_ca = own",
    `[own]\ndatabase = ${base}.index\nnew_certs_dir = ${certificateFolder()}\nserial = ${serial}`,
    "default_md = sha256\npolicy = any\nx509_extensions = made\nunique_subject = no\ndefault_crl_days = 3650\npreserve = yes",
    "[any]\ncommonName = optional\norganizationName = optional\norganizationalUnitName = optional\ncountryName = optional\nstateOrProvinceName = optional\nlocalityName = optional",
    `[made]\n${extensions.join("\n")}`,
    "",
  ].join("\n");
}

/** A list of what `issuer` has revoked, in PEM. `isOld`: its time has gone. */
export function revocations(issuer: Made, revoked: readonly Made[], isOld = false): string {
  const base = join(certificateFolder(), `${(count += 1)}`);
  writeFileSync(`${base}.cnf`, authority(base, []));
  writeFileSync(`${base}.index`, "");
  const by = ["-config", `${base}.cnf`, "-cert", issuer.certificateFile, "-keyfile", issuer.keyFile];
  for (const one of revoked) openssl("ca", ...by, "-revoke", one.certificateFile);
  const times = isOld ? ["-crl_lastupdate", "20200101000000Z", "-crl_nextupdate", "20200102000000Z"] : [];
  openssl("ca", ...by, "-gencrl", ...times, "-out", `${base}.crl`);
  return readFileSync(`${base}.crl`, "utf8");
}
