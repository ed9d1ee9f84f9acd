/** Maintenance in `mode http`: a 503 with the text for whatever would need a server. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { hasHead, httpPlan, httpScene, ok, Origin } from "./http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;

for (const [name, letters] of [
  ["fe", "KR"],
  ["be", "KC"],
] as const) {
  test(`requests at ${name} get a 503 with the text, on connections that are open as well`, async () => {
    await using origin = await Origin.start((text) => (hasHead(text) ? ok("whole") : null));
    await using scene = httpScene();
    await scene.apply(httpPlan([origin.port], { httpFront: { monitorUri: "/alive" } }));
    const { operator } = scene.proxy;
    const client = await scene.open();
    const answer = async (target: string, end: string): Promise<string> => {
      client.received = "";
      client.socket.write(get(target));
      await scene.until(() => client.received.endsWith(end));
      return client.received;
    };
    await answer("/", "whole");
    operator.setMaintenance(name, "zurück um 14:00", "by a test");
    const said = Buffer.from("zurück um 14:00\n").toString("latin1");
    expect(await answer("/", said)).toBe(
      `HTTP/1.1 503 Service Unavailable\r\ncache-control: no-cache\r\ncontent-length: 17\r\ncontent-type: text/plain; charset=utf-8\r\n\r\n${said}`,
    );
    // What needs no server is answered.
    expect(await answer("/alive", "</html>\n")).toStartWith("HTTP/1.1 200 ");
    operator.setMaintenance(name, "", "by a test");
    expect(await answer("/", "</body></html>\n")).toContain("No server is available");
    operator.setMaintenance(name, null, "by a test");
    await answer("/", "whole");
    client.socket.end();
    await client.ended;
    await scene.until(() => scene.records.length === 5);
    const logged = scene.records.filter((one) => one.logLevel !== "silent");
    expect(logged.map((one) => `${one.http?.status} ${one.termination.slice(0, 2)}`)).toEqual([
      "200 --",
      `503 ${letters}`,
      `503 ${letters}`,
      "200 --",
    ]);
  });
}
