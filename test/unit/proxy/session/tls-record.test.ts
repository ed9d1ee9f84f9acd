import { expect, test } from "bun:test";
import type { BindTlsPlan } from "../../../../src/plan/tls.ts";
import { tlsRecord } from "../../../../src/proxy/session/tls-record.ts";
import { failed, tlsFacts } from "../../tls-scene.ts";

const plan = { maxVersion: "TLSv1.2" } as BindTlsPlan;

test("a listener that speaks TLS has something to tell of every client, however far it came", () => {
  expect(tlsRecord(null, null)).toBeNull();
  expect(tlsRecord(plan, null)).toEqual({ protocol: "TLSv1.3", cipher: "(NONE)" });
  expect(tlsRecord(plan, tlsFacts(failed))).toEqual({ protocol: "TLSv1.3", cipher: "(NONE)" });
  expect(tlsRecord(plan, tlsFacts())).toEqual({ protocol: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" });
});
