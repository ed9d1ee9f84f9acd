/** What a listener answers a hello with, and what an engine is asked to make of its terms. Nothing here shakes hands. */
import { expect, test } from "bun:test";
import type { ClientHello, ServerContext, ServerContextOptions, Tls } from "../../../../src/net/tls/secure.ts";
import type { BindTlsPlan, TlsFilesPlan } from "../../../../src/plan/tls.ts";
import { CertificateStore } from "../../../../src/proxy/tls/certificates/certificate-store.ts";
import { ListenerTls } from "../../../../src/proxy/tls/listener-tls.ts";
import { TlsProcess } from "../../../../src/proxy/tls/tls-process.ts";
import { bindTls, certificate, entryPlan, tlsFiles } from "./certificates.ts";

const one = certificate("one", "one.example");
const two = certificate("two", "two.example", "rsa");

function finish<T>(work: Generator<number, T, undefined>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** A listener over an engine that only remembers what it was asked for. */
async function listener(plan: BindTlsPlan, files: TlsFilesPlan = tlsFiles(one, two)) {
  const made: ServerContextOptions[] = [];
  const engine = {
    serverContext(options: ServerContextOptions): ServerContext {
      made.push(options);
      return { options };
    },
  };
  const process = new TlsProcess(() => Promise.resolve(engine as unknown as Tls));
  await process.open();
  const store = finish(CertificateStore.of(files));
  process.renew(store);
  const tls = finish(ListenerTls.of(plan, store, process));
  return { made, process, store, tls };
}

/** A hello of TLS 1.3 from a client that can check all signatures. */
function hello(serverName: string | null): ClientHello {
  const message = Uint8Array.of(1, 0, 0, 41, 3, 3, ...new Uint8Array(32), 0, 0, 2, 0x13, 1, 1, 0);
  const data = Uint8Array.of(0, 4, 4, 3, 4, 1);
  const parsed = { type: 1, recordVersion: 0x301, version: 0x303, message, extensions: [{ type: 13, data }] };
  return { serverName, alpn: [], hello: parsed };
}

function served(context: ServerContext | null): string | null {
  const shown = context?.options.identities[0]?.certificate;
  return shown === one.chain ? "one" : shown === two.chain ? "two" : shown === undefined ? null : "another";
}

test("contexts are made for the first of all terms, then for whoever is served by them, once", async () => {
  const { made, tls } = await listener(bindTls(["one", "two"]));
  expect(made.length).toBe(1);
  expect([served(tls.answer(hello("TWO.example"))), served(tls.answer(hello(null)))]).toEqual(["two", "one"]);
  expect(tls.answer(hello("two.example"))).toBe(tls.answer(hello("two.example")));
  expect(made.length).toBe(2);
});

test("a line of a list has terms of its own, and what is planned comes to the engine", async () => {
  const own = { verify: "required", authorities: "two", alpn: ["x"], maxVersion: "TLSv1.2" } as const;
  const entries = ["one", entryPlan("two", { own })];
  const plan = bindTls(entries, { alpn: ["http/1.1"], unnamedAuthorities: "one", ignoredLeafErrors: [10] });
  const { made, tls } = await listener(plan);
  expect(made.length).toBe(2);
  expect(tls.answer(hello("two.example"))?.options).toMatchObject({
    verify: "required",
    ca: [two.chain, one.chain],
    alpn: ["x"],
    maxVersion: "TLSv1.2",
    preferServerCiphers: true,
    sessionSeconds: 300,
    forgiven: { certificate: [10], ca: [] },
  });
  expect(tls.answer(hello("one.example"))?.options).toMatchObject({
    verify: "none",
    ca: [one.chain],
    alpn: ["http/1.1"],
    maxVersion: "TLSv1.3",
  });
});

test("authorities that are not there are nobody", async () => {
  const { tls } = await listener(bindTls(["one"], { verify: "required", authorities: "none", revocations: "none" }));
  expect(tls.answer(hello(null))?.options).toMatchObject({ verify: "required", ca: [], crl: [] });
});

test("what is replaced is served from the next hello on, by its own names; what is gone is not", async () => {
  const { made, store, tls } = await listener(bindTls(["one", "two"]));
  const before = tls.answer(hello("two.example"));
  store.certificates.replace("one", certificate("one", "new.example two.example"));
  expect(served(tls.answer(hello("new.example")))).toBe("another");
  expect(served(tls.answer(hello("two.example")))).toBe("another");
  expect(made.length).toBe(3);
  store.certificates.remove("one");
  // The same as before: who came then may resume.
  expect(tls.answer(hello("two.example"))).toBe(before);
  store.certificates.remove("two");
  expect(tls.answer(hello(null))).toBeNull();
});

test("however often a certificate is replaced, with its names or others, the contexts of those before are not kept", async () => {
  const { made, process, store, tls } = await listener(bindTls(["one", "two"], { authorities: "two" }));
  tls.answer(hello("two.example"));
  const { count } = process.serverContexts;
  const renewed = ["one.example", "other.example", "one.example"].map((names) => certificate("one", names, "rsa"));
  for (let round = 0; round < 30; round++) {
    const now = renewed[round % 3] ?? one;
    store.certificates.replace("one", now);
    const [name] = store.certificate("one")?.names ?? [];
    expect(tls.answer(hello(name ?? null))?.options.identities[0]?.certificate).toBe(now.chain);
    store.authorityFiles.replace("two", { pem: `${round}` });
    expect(tls.answer(hello("two.example"))?.options.ca).toEqual([`${round}`]);
  }
  expect(process.serverContexts.count).toBeLessThanOrEqual(count);
  expect(made.length).toBeGreaterThan(60);
});

test("a certificate that comes to be is served", async () => {
  const { store, tls } = await listener(bindTls(["one", "later"]));
  expect(served(tls.answer(hello("two.example")))).toBe("one");
  store.certificates.create("later");
  store.certificates.replace("later", two);
  expect(served(tls.answer(hello("two.example")))).toBe("two");
});

test("another plan with the same terms has the same contexts", async () => {
  const { made, process, tls } = await listener(bindTls(["one", "two"]));
  const before = tls.answer(hello("two.example"));
  const store = finish(CertificateStore.of(tlsFiles(two, one), process.store));
  const next = finish(ListenerTls.of(bindTls(["two", "one"]), store, process));
  process.renew(store);
  expect(next.answer(hello("two.example"))).toBe(before);
  expect(made.length).toBe(2);
});
