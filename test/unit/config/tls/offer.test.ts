/** Lists of ciphers and their like, judged by the runtime. */
import { describe, expect, test } from "bun:test";
import {
  judgeSuites,
  knowsCurves,
  knowsSigalgs,
  readAlpn,
  http1Names,
  readCiphers,
} from "../../../../src/config/tls/offer.ts";

test("of a list of ciphers that is left which is for versions up to 1.2", () => {
  expect(readCiphers("ECDHE-RSA-AES128-GCM-SHA256:NOPE")).toBe("ECDHE-RSA-AES128-GCM-SHA256:NOPE");
  expect(readCiphers("TLS_AES_128_GCM_SHA256:HIGH")).toBe("HIGH");
  expect(readCiphers("HIGH,!aNULL")).toBe("HIGH:!aNULL");
  expect(["NOPE", "TLS_AES_128_GCM_SHA256", "DHE-NOPE:!ALL", ":"].map(readCiphers)).toEqual([null, null, null, null]);
});

test("what only a distribution's OpenSSL knows is refused by name", () => {
  expect(() => readCiphers("DEFAULT@SECLEVEL=1")).toThrow("'@SECLEVEL' in a list of ciphers is not supported");
  expect(() => readCiphers("PROFILE=SYSTEM")).toThrow("'PROFILE=' in a list of ciphers is not supported");
});

describe("suites of TLS 1.3", () => {
  const all = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
  test("all that are offered may be named, with others", () => {
    expect(judgeSuites(all)).toEqual({ kind: "all" });
    expect(judgeSuites(`TLS_AES_128_CCM_SHA256:NOPE:${all}`)).toEqual({ kind: "all" });
  });
  test("one that is left out is one that is forbidden", () => {
    expect(judgeSuites("TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384")).toEqual({
      kind: "forbids",
      suites: ["TLS_CHACHA20_POLY1305_SHA256"],
    });
  });
  test("a list that names none is none", () => {
    expect(judgeSuites("NOPE")).toEqual({ kind: "unknown" });
    expect(judgeSuites(all.replaceAll(":", ","))).toEqual({ kind: "unknown" });
  });
});

test("curves and signatures are those that the runtime knows", () => {
  expect(["P-256", "X25519:prime256v1", "nope", "P-256:nope", "auto"].map(knowsCurves)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(["RSA-PSS+SHA256:ECDSA+SHA384", "nope"].map(knowsSigalgs)).toEqual([true, false]);
});

test("names of ALPN are taken apart, and too long ones refused", () => {
  expect(readAlpn("h2,,http/1.1,")).toEqual(["h2", "http/1.1"]);
  const long = "x".repeat(256);
  expect(() => readAlpn(`h2,${long}`)).toThrow(`'alpn' : ALPN protocol name too long : '${long}'`);
});

test("HTTP/1 is what is left where HTTP is spoken", () => {
  expect(http1Names(["h2", "http/1.1", "http/1.0"])).toEqual(["http/1.1", "http/1.0"]);
  expect(http1Names(["h2"])).toBeNull();
  expect(http1Names([])).toEqual([]);
});

test("more lists than are kept are judged all the same", () => {
  for (let index = 0; index < 600; index++) expect(knowsCurves(`no-${index}`)).toBe(false);
  expect(knowsCurves("X25519")).toBe(true);
});
