import { expect, test } from "bun:test";
import { tlsRecord } from "../../../../../src/proxy/session/context/tls-record.ts";
import { failed, tlsFacts } from "../../../tls-scene.ts";

test("something is told of every client of TLS, however far it came", () => {
  expect(tlsRecord(null)).toEqual({ protocol: "TLSv1.3", cipher: "(NONE)" });
  expect(tlsRecord(tlsFacts({ ...failed, protocol: "TLSv1.2" }))).toEqual({ protocol: "TLSv1.2", cipher: "(NONE)" });
  expect(tlsRecord(tlsFacts())).toEqual({ protocol: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" });
});
