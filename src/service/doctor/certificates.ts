/** Whether certificates are valid now and for some time, fit the names that they are served for, and keep their keys to themselves. */
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { BindPlan } from "../../plan/bind.ts";
import type { CertificatePlan } from "../../plan/tls.ts";
import type { Position } from "../../plan/position.ts";
import type { Examined } from "./examined.ts";
import type { Finding } from "./finding.ts";
import { shellWord } from "./machine/rights.ts";

const dayMs = 86_400_000;
/** Who renews every 90 days does so a month before; below this nobody has. */
const soonMs = 21 * dayMs;

/** Of all certificates that listeners serve or servers are shown. `now`: since 1970. */
export function examineCertificates({ plan }: Pick<Examined, "plan">, now = Date.now()): readonly Finding[] {
  const users = new Map<string, Position>();
  for (const { bind, entry } of entriesOf(plan.frontends)) {
    const position = entry.position ?? bind.position;
    if (!users.has(entry.certificate)) users.set(entry.certificate, position);
  }
  for (const { servers } of plan.backends)
    for (const { tls, position } of servers)
      if (tls !== null && tls.certificate !== null && !users.has(tls.certificate)) users.set(tls.certificate, position);
  const used = plan.tls.certificates.filter(({ name }) => users.has(name));
  return [
    ...used.flatMap((one) => validity(one, users.get(one.name) ?? null, now)),
    ...used.flatMap((one) => keyRights(one, users.get(one.name) ?? null)),
    ...names(plan.frontends, plan.tls.certificates),
  ];
}

function entriesOf(frontends: Examined["plan"]["frontends"]) {
  return frontends
    .filter(({ disabled }) => !disabled)
    .flatMap(({ binds }) => binds.flatMap((bind) => (bind.tls?.entries ?? []).map((entry) => ({ bind, entry }))));
}

function read({ chain }: CertificatePlan): X509Certificate | null {
  try {
    return new X509Certificate(chain);
  } catch {
    return null;
  }
}

function validity(one: CertificatePlan, position: Position | null, now: number): readonly Finding[] {
  const certificate = read(one);
  if (certificate === null) return [];
  const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const found = (severity: Finding["severity"], id: string, what: string, fix: string): readonly Finding[] => [
    { severity, id, what: `the certificate ${one.name} ${what}`, position, fix },
  ];
  const look = `$ openssl x509 -noout -subject -dates -in ${shellWord(one.name)}`;
  if (until < now) return found("error", "certificate-expired", `has expired on ${day(until)}`, look);
  if (from > now)
    return found("error", "certificate-early", `is not valid before ${day(from)}, by this machine's clock`, look);
  const days = Math.floor((until - now) / dayMs);
  return until - now < soonMs
    ? found("warning", "certificate-ends", `expires in ${days} ${days === 1 ? "day" : "days"}, on ${day(until)}`, look)
    : [];
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** The file that has the key: the certificate's own, or one beside it, as OpenSSL's users and HAProxy's call it. */
function keyRights({ name }: CertificatePlan, position: Position | null): readonly Finding[] {
  const path = [name, `${name}.key`, name.replace(/\.[^./]*$/, ".key")].find(hasKey);
  if (path === undefined || (modeOf(path) & 0o004) === 0) return [];
  const what = `the private key in ${path} may be read by everybody`;
  return [{ severity: "warning", id: "key-rights", what, position, fix: `$ sudo chmod 600 ${shellWord(path)}` }];
}

function hasKey(path: string): boolean {
  try {
    return readFileSync(path, "latin1").includes("PRIVATE KEY-----");
  } catch {
    return false;
  }
}

function modeOf(path: string): number {
  try {
    return statSync(path).mode;
  } catch {
    return 0;
  }
}

/** A line of a `crt-list` may serve a certificate for names that it does not have. */
function names(frontends: Examined["plan"]["frontends"], certificates: readonly CertificatePlan[]): readonly Finding[] {
  const told = new Set<string>();
  return entriesOf(frontends).flatMap(({ bind, entry }) => {
    const plan = certificates.find(({ name }) => name === entry.certificate);
    const certificate = plan === undefined ? null : read(plan);
    if (certificate === null) return [];
    return (entry.filters ?? []).flatMap((filter) => {
      const host = filter.replace(/^\*\./, "any.");
      const key = `${entry.certificate} ${filter}`;
      if (filter.startsWith("!") || filter === "*" || told.has(key) || certificate.checkHost(host) !== undefined)
        return [];
      told.add(key);
      return [mismatch(filter, entry.certificate, certificate, entry.position, bind)];
    });
  });
}

function mismatch(
  filter: string,
  name: string,
  { subjectAltName, subject }: X509Certificate,
  position: Position | null,
  bind: BindPlan,
): Finding {
  const own = subjectAltName ?? subject.replaceAll("\n", ", ");
  const what = `${name} is served for ${filter}, which is none of its names (${own})`;
  return {
    severity: "warning",
    id: "certificate-name",
    what,
    position: position ?? bind.position,
    fix: `${name} ${own.replaceAll(/DNS:|IP Address:[^,]*,? ?|,/g, "").trim()}`,
  };
}
