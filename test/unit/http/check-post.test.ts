/** `balance url_param … check_post`: a form's field leads to its server, though its head alone does not say which. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { httpBackendDefaults } from "../../../src/plan/http.ts";
import { hashOf } from "../../../src/proxy/balance/hash-functions.ts";
import { httpPlan, httpScene, ok, Origin } from "./http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const hashType = { method: "map-based", hash: "sdbm", avalanche: false, balanceFactor: 0 } as const;

function named(name: string): (text: string) => string | null {
  return (text) => (text.endsWith("&x=y") ? ok(name) : null);
}

test("the body is waited for, and the server chosen by it", async () => {
  await using one = await Origin.start(named("one"));
  await using two = await Origin.start(named("two"));
  await using scene = httpScene();
  const balance = { algorithm: "url_param", urlParam: { name: "id", checkPost: 8 } };
  const httpBack = { ...httpBackendDefaults, connection: "server-close" } as const;
  await scene.apply(httpPlan([one.port, two.port], { back: { balance, hashType }, httpBack }));
  for (const id of ["a", "b", "c", "d", "e", "f"]) {
    const client = await scene.open();
    const form = `id=${id}&x=y`;
    client.socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${form.length}\r\n\r\n`);
    await scene.until(() => scene.proxy.running.sessions.running.size > 0);
    client.socket.write(form);
    await scene.until(() => /one|two/.test(client.received));
    const expected = hashOf(Buffer.from(id), hashType) % 2 === 0 ? "one" : "two";
    expect(client.received.slice(-3)).toBe(expected);
    client.socket.end();
    await client.ended;
  }
});
