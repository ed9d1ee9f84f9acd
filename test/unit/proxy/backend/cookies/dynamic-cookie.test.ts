import { describe, expect, test } from "bun:test";
import type { HttpBackendPlan } from "../../../../../src/plan/http.ts";
import { dynamicCookie, DynamicCookies } from "../../../../../src/proxy/backend/cookies/dynamic-cookie.ts";

function planned(dynamic: boolean, key: string | null): HttpBackendPlan {
  return { cookie: { dynamic }, dynamicCookieKey: key } as HttpBackendPlan;
}

test("the cookie is HAProxy's for the same key, address and port", () => {
  expect(dynamicCookie("hello", { kind: "tcp", host: "127.0.0.1", port: 58_327 })).toBe("1f473d0891940e17");
  expect(dynamicCookie("hello", { kind: "tcp", host: "127.0.0.1", port: 58_328 })).not.toBe("1f473d0891940e17");
  expect(dynamicCookie("other", { kind: "tcp", host: "127.0.0.1", port: 58_327 })).not.toBe("1f473d0891940e17");
  expect(dynamicCookie("hello", { kind: "unix", path: "/s" })).toBeNull();
});

describe("keys", () => {
  test("are the plan's, or an operator's", () => {
    const cookies = new DynamicCookies();
    expect([cookies.keyUnder(planned(true, "k")), cookies.keyUnder(planned(false, "k"))]).toEqual(["k", null]);
    cookies.set({ key: "other" });
    expect([cookies.keyUnder(planned(true, "k")), cookies.keyUnder(planned(false, "k"))]).toEqual(["other", null]);
    cookies.set({ enabled: false });
    expect(cookies.keyUnder(planned(true, "k"))).toBeNull();
    cookies.set({ enabled: true });
    expect(cookies.keyUnder(planned(false, null))).toBe("other");
    cookies.forget();
    expect(cookies.keyUnder(planned(true, "k"))).toBe("k");
  });

  test("there are none without a cookie, whoever asks for them", () => {
    const cookies = new DynamicCookies();
    cookies.set({ enabled: true, key: "k" });
    expect(cookies.keyUnder(null)).toBeNull();
    expect(cookies.keyUnder({ cookie: null, dynamicCookieKey: "k" } as HttpBackendPlan)).toBeNull();
  });
});
