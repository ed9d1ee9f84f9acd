/** Files by name, and what a reload and an operator make of them. */
import { expect, test } from "bun:test";
import type { TlsFilesPlan } from "../../../../../src/plan/tls.ts";
import { CertificateStore } from "../../../../../src/proxy/process/tls/certificate-store.ts";
import { certificate, tlsFiles } from "./certificates.ts";

function build(plan: TlsFilesPlan, former: CertificateStore | null = null): { store: CertificateStore; units: number } {
  const work = CertificateStore.of(plan, former);
  let units = 0;
  for (;;) {
    const step = work.next();
    if (step.done === true) return { store: step.value, units };
    units += step.value;
  }
}

const one = certificate("one", "a.example");
const two = certificate("two", "b.example", "rsa");

test("what a file says is read once, and not again for a plan that has the same", () => {
  const { store, units } = build(tlsFiles(one, two));
  expect(store.certificate("one")).toMatchObject({ ...one, names: ["a.example"], keyKind: "ecdsa" });
  const next = build(tlsFiles(one, certificate("two", "c.example")), store);
  expect(next.store.certificate("one")).toBe(store.certificate("one"));
  expect(next.store.certificate("two")?.names).toEqual(["c.example"]);
  expect(next.units).toBeLessThan(units);
});

test("names that are not there stand for nothing, not for everything", () => {
  const { store } = build(tlsFiles(one));
  expect(store.certificate("none")).toBeNull();
  const asked = [null, "none", "one"].map((name) => store.authorities(name)?.pem ?? null);
  expect(asked).toEqual([null, "", one.chain]);
  expect([store.revocations(null), store.revocations("none")?.pem]).toEqual([null, ""]);
});

test("each replacement is another version; one that cannot be read changes nothing", () => {
  const { store } = build(tlsFiles(one));
  store.replaceCertificate({ ...certificate("one", "new.example") });
  expect([store.version, store.certificate("one")?.names]).toEqual([1, ["new.example"]]);
  expect(() => store.replaceCertificate({ name: "one", chain: "nonsense", key: "" })).toThrow();
  expect([store.version, store.certificate("one")?.names]).toEqual([1, ["new.example"]]);
  store.replaceAuthorities({ name: "ca", pem: "A" });
  store.replaceRevocations({ name: "crl", pem: "B" });
  expect([store.version, store.authorities("ca")?.pem, store.revocations("crl")?.pem]).toEqual([3, "A", "B"]);
  store.removeCertificate("one");
  store.removeCertificate("one");
  expect([store.version, [...store.certificates()].length]).toEqual([4, 0]);
});

test("what is no certificate is told where the plan is built", () => {
  expect(() => build({ ...tlsFiles(), certificates: [{ name: "x", chain: "no", key: "" }] })).toThrow();
});
