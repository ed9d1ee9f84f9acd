/** Files by name, and what a reload and an operator make of them. */
import { expect, test } from "bun:test";
import type { BindTlsPlan, TlsFilesPlan } from "../../../../../src/plan/tls.ts";
import { CertificateStore } from "../../../../../src/proxy/tls/certificates/certificate-store.ts";
import { bindTls, certificate, entryPlan, tlsFiles } from "../certificates.ts";

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
  const gone: string[] = [];
  store.onReplaced = (mark) => gone.push(mark);
  const former = store.certificate("one")?.mark;
  store.certificates.replace("one", certificate("one", "new.example"));
  expect([store.version, store.certificate("one")?.names]).toEqual([1, ["new.example"]]);
  expect(gone).toEqual([former ?? ""]);
  expect(() => store.certificates.replace("one", { chain: "nonsense", key: "" })).toThrow();
  expect(() => store.certificates.replace("one", { chain: one.chain, key: null })).toThrow("has no key");
  expect([store.version, store.certificate("one")?.names]).toEqual([1, ["new.example"]]);
  store.authorityFiles.replace("ca", { pem: "A" });
  store.revocationFiles.replace("crl", { pem: "B" });
  expect([store.version, store.authorities("ca")?.pem, store.revocations("crl")?.pem]).toEqual([3, "A", "B"]);
  store.certificates.remove("one");
  store.certificates.remove("one");
  expect([store.version, [...store.certificates.all()].length]).toEqual([4, 0]);
});

test("what is taken from a list, and put into it, counts for its listeners alone", () => {
  const entries = ["one", "two"].map((name, at) =>
    entryPlan(name, { list: "l", position: { file: "l", line: at + 1 } }),
  );
  const { store } = build({ ...tlsFiles(one, two), lists: [{ name: "l", isFolder: false, entries, lines: 3 }] });
  const listener = bindTls(["one", ...entries], { lists: ["l"] });
  const other = bindTls(["two"]);
  const served = (plan: BindTlsPlan) => [...store.entriesOf(plan)].map(({ certificate: name, own }) => [name, own]);
  const list = store.lists.get("l");
  list?.remove(list.entries[1]!);
  expect(served(listener)).toEqual([
    ["one", {}],
    ["one", {}],
  ]);
  list?.add(entryPlan("two"), new Map([[listener, { alpn: ["x"] }]]));
  expect(list?.entries.map(({ line }) => line)).toEqual([1, 4]);
  expect(served(listener).at(-1)).toEqual(["two", { alpn: ["x"] }]);
  list?.remove(list.entries[1]!);
  expect([served(listener).length, served(other).length, store.version]).toEqual([2, 1, 3]);
});

test("what is no certificate is told where the plan is built", () => {
  expect(() => build({ ...tlsFiles(), certificates: [{ name: "x", chain: "no", key: "" }] })).toThrow();
});
