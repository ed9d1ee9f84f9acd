/** Certificates by time. */
import { expect, test } from "bun:test";
import { examineCertificates } from "../../../../src/service/doctor/certificates.ts";
import { certificate } from "../../../certificates.ts";
import { chmodSync } from "node:fs";
import { bindPlan, onePlan } from "../../proxy/plans.ts";

const {
  certificate: chain,
  key,
  bothFile,
} = certificate({ subject: "/CN=time.test", names: "DNS:time.test,DNS:*.wild.test" });
chmodSync(bothFile, 0o600);

function found(now: number, filters: readonly string[] | null = null): unknown[] {
  const entries = [{ certificate: bothFile, filters, own: {}, list: null, position: null, text: "" }];
  // Of TLS nothing else is looked at.
  const tls = { entries } as unknown as NonNullable<ReturnType<typeof bindPlan>["tls"]>;
  const plan = onePlan({ binds: [bindPlan({ tls })] }, {});
  const files = { ...plan.tls, certificates: [{ name: bothFile, chain, key }] };
  return examineCertificates({ plan: { ...plan, tls: files } }, now).map(({ severity, id }) => [severity, id]);
}

const last = Date.UTC(2099, 0, 1);
const day = 86_400_000;

test("its time", () => {
  expect(
    [Date.UTC(2019, 0, 1), Date.UTC(2030, 0, 1), last - 22 * day, last - 20 * day, last + day].map((now) => found(now)),
  ).toEqual([
    [["error", "certificate-early"]],
    [],
    [],
    [["warning", "certificate-ends"]],
    [["error", "certificate-expired"]],
  ]);
});

test("names that it is served for", () => {
  const now = Date.UTC(2030, 0, 1);
  expect(found(now, ["time.test", "a.wild.test", "*.wild.test", "!b.wild.test", "*"])).toEqual([]);
  expect(found(now, ["wild.test", "wild.test", "a.b.wild.test"])).toEqual([
    ["warning", "certificate-name"],
    ["warning", "certificate-name"],
  ]);
});
