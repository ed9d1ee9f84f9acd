/** What forwarders show where they speak TLS: a key of P-256, and a certificate that it signed itself. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes one with openssl; the path of its file, which is not there where openssl is not. */
export function makeCertificate(folder: string): string {
  const [key, certificate, both] = ["tls.key", "tls.crt", "tls.pem"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  if (Bun.which("openssl") === null) return both;
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];
  const about = ["-subj", "/CN=git.example.com", "-days", "30"];
  const made = Bun.spawnSync(["openssl", "req", "-x509", ...curve, ...about, "-keyout", key, "-out", certificate]);
  if (made.exitCode === 0) writeFileSync(both, readFileSync(certificate, "utf8") + readFileSync(key, "utf8"));
  return both;
}
