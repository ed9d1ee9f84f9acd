/** Compressed answers over sockets: flushed where a server pauses, no faster than they are read, and nothing is left of them however they end. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { gunzipSync, inflateRawSync } from "node:zlib";
import type { Responder, Write } from "../../../../src/http/answers/responder.ts";
import { type CompressionPlan, noCompression } from "../../../../src/plan/compression.ts";
import type { StatsPagePlan } from "../../../../src/plan/http.ts";
import type { Action, Rule } from "../../../../src/plan/rules/rule.ts";
import { format } from "../../rules/session.ts";
import { hasHead, httpPlan, httpScene, ok, Origin, type Parts } from "../http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const gzip: CompressionPlan = { ...noCompression, algorithms: ["gzip"] };
const get = "GET /a HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n";
const packedHead =
  "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nvary: Accept-Encoding\r\ncontent-encoding: gzip\r\n\r\n";

function rule(action: Action): Rule {
  return { position: { file: "x.cfg", line: 1 }, action, condition: null };
}

/** Head and body of a whole answer in chunks, or of what is there of it. */
function unpacked(text: string): { readonly head: string; readonly body: Buffer; readonly isWhole: boolean } {
  const end = text.indexOf("\r\n\r\n") + 4;
  const parts: string[] = [];
  for (let at = end; ;) {
    const line = text.indexOf("\r\n", at);
    const size = line < 0 ? Number.NaN : Number.parseInt(text.slice(at, line), 16);
    if (!(size > 0)) {
      return { head: text.slice(0, end), body: Buffer.from(parts.join(""), "latin1"), isWhole: size === 0 };
    }
    parts.push(text.slice(line + 2, line + 2 + size));
    at = line + 4 + size;
  }
}

async function answered(parts: Parts, answer = ok("hello"), asked = get, end = "0\r\n\r\n") {
  await using scene = httpScene();
  await using origin = await Origin.start((text) => (hasHead(text) ? answer : null));
  await scene.apply(httpPlan([origin.port], parts));
  const client = await scene.open();
  client.socket.write(asked);
  await scene.until(() => client.received.endsWith(end));
  await scene.until(() => scene.records.length === 1);
  client.socket.end();
  await client.ended;
  const counters = [scene.proxy.running.frontends.get("fe"), scene.proxy.running.backends.get("be")].map(
    (one) => one?.counters.http.compression,
  );
  return { text: client.received, asked: origin.requests[0] ?? "", record: scene.records[0], counters };
}

describe("whose lines hold", () => {
  test("either's, and what went out is told and counted as it was before", async () => {
    for (const parts of [{ httpFront: { compression: gzip } }, { httpBack: { compression: gzip } }]) {
      const { text, asked, record, counters } = await answered(parts);
      const { head, body } = unpacked(text);
      expect([head, gunzipSync(body).toString()]).toEqual([packedHead, "hello"]);
      expect(asked).toContain("accept-encoding: gzip\r\n");
      expect(record?.bytesOut).toBe(packedHead.length + 5);
      for (const one of counters) expect(one).toMatchObject({ bytesIn: 5, bytesOut: body.length, answers: 1 });
    }
  });

  test("the backend's lists before the frontend's, and offload of any of both", async () => {
    const both = {
      httpFront: { compression: { ...gzip, types: ["text/"], offload: true } },
      httpBack: { compression: { ...noCompression, algorithms: ["raw-deflate"] as const } },
    };
    const typed = ok("hello", "Content-Type: text/x\r\n");
    const asked = get.replace("gzip", "gzip, deflate;q=0.1");
    const one = await answered(both, typed, asked);
    expect(one.text).toContain("content-encoding: deflate\r\n");
    expect(inflateRawSync(unpacked(one.text).body).toString()).toBe("hello");
    expect(one.asked).not.toContain("accept-encoding");
    expect((await answered(both, ok("hello"), asked, "hello")).text).not.toContain("content-encoding");
  });

  test("identity needs no word of the client, and what its server is told stays", async () => {
    const parts = { httpBack: { compression: { ...noCompression, algorithms: ["identity"] as const, offload: true } } };
    const { text, asked, counters } = await answered(parts);
    expect(text).toBe(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nvary: Accept-Encoding\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    );
    expect(asked).toContain("accept-encoding: gzip");
    expect(counters[0]).toMatchObject({ bytesIn: 0, bytesOut: 0, bytesPassed: 5, answers: 1 });
  });
});

function ruled(responseRules: readonly Rule[], afterResponseRules: readonly Rule[] = []): Parts {
  return { httpFront: { compression: gzip, responseRules, afterResponseRules } };
}

describe("rules", () => {
  test("what they make of the answer's status comes too late, as in HAProxy", async () => {
    const { text } = await answered(ruled([rule({ kind: "set-status", status: 404, reason: null })]));
    expect(text).toStartWith("HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n");
    expect(gunzipSync(unpacked(text).body).toString()).toBe("hello");
  });

  test("a coding that they name holds, and an answer that they make in its place is theirs", async () => {
    const coding = rule({ kind: "set-header", name: "content-encoding", value: format("br") } as Action);
    const { text } = await answered(ruled([], [coding]), ok("hello"), get, "hello");
    expect(text).toBe("HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-encoding: br\r\n\r\nhello");
    const denied = await answered(
      ruled([rule({ kind: "deny", reply: { kind: "page", status: 502 } })]),
      ok("hello"),
      get,
      "</html>\n",
    );
    expect(denied.text).toStartWith("HTTP/1.1 502 ");
    expect(denied.text).not.toContain("encoding");
  });

  test("an answer that they leave without a body has none", async () => {
    const { text } = await answered(
      ruled([rule({ kind: "set-status", status: 304, reason: null })]),
      ok("hello"),
      get,
      "\r\n\r\n",
    );
    expect(text).not.toMatch(/encoding|hello/);
  });
});

describe("bodies on their way", () => {
  test("what a server says before it pauses is there, and whole without what comes later", async () => {
    await using scene = httpScene();
    await using origin = await Origin.start((text) =>
      hasHead(text) ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n" : null,
    );
    await scene.apply(httpPlan([origin.port], { httpFront: { compression: gzip } }));
    const client = await scene.open();
    client.socket.write(get);
    const said = (): string => {
      const raw = unpacked(client.received).body.subarray(10);
      return raw.length === 0 ? "" : inflateRawSync(Buffer.concat([raw, Buffer.from([3, 0])])).toString();
    };
    await scene.until(() => said() === "hello");
    origin.sockets[0]?.write("1\r\n!\r\n");
    await scene.until(() => said() === "hello!");
    origin.sockets[0]?.write("0\r\n\r\n");
    await scene.until(() => unpacked(client.received).isWhole);
    expect(gunzipSync(unpacked(client.received).body).toString()).toBe("hello!");
    client.socket.end();
    await client.ended;
  });

  test("no faster than the client reads, and all of it arrives", async () => {
    await using scene = httpScene();
    const noise = Buffer.from(Array.from({ length: 1 << 20 }, (_, at) => Math.imul(at, 2_654_435_761) >>> 24));
    const all = Buffer.concat(Array.from({ length: 24 }, () => noise));
    await using origin = await Origin.start((text) => {
      if (!hasHead(text)) return null;
      return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${all.length}\r\n\r\n`), all]);
    });
    await scene.apply(
      httpPlan([origin.port], { httpFront: { compression: { ...noCompression, algorithms: ["identity", "gzip"] } } }),
    );
    const client = await scene.open();
    client.socket.pause();
    client.socket.write(get.replace("gzip", "identity"));
    // Once it stands still, much of it is still at the server.
    const [session] = scene.proxy.running.sessions.running;
    await scene.until(() => origin.requests.length === 1);
    for (let [last, since] = [-1, 0]; since < 20; since++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const now = session?.bytesOut ?? 0;
      if (now !== last) [last, since] = [now, 0];
    }
    expect(origin.sockets[0]?.writableLength).toBeGreaterThan(1 << 20);
    client.socket.resume();
    await scene.until(() => client.received.endsWith("\r\n0\r\n\r\n"));
    expect(unpacked(client.received).body.equals(all)).toBe(true);
    client.socket.end();
    await client.ended;
  });

  test.each<readonly [string, "client" | "server" | "reset"]>([
    ["a client that leaves", "client"],
    ["a server that leaves", "server"],
    ["a reset", "reset"],
  ])("%s in the midst: what it held is given back", async (_, who) => {
    await using scene = httpScene();
    await using origin = await Origin.start((text) =>
      hasHead(text) ? "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello" : null,
    );
    await scene.apply(httpPlan([origin.port], { httpFront: { compression: gzip } }));
    const client = await scene.open();
    client.socket.write(get);
    await scene.until(() => client.received.length > packedHead.length);
    const use = scene.proxy.state.compression;
    expect(use.zlibBytes).toBe(262_144);
    if (who === "client") client.socket.destroy();
    else if (who === "reset") client.socket.resetAndDestroy();
    else origin.sockets[0]?.end();
    await scene.until(() => {
      // A client that has sent FIN might still read, until it says otherwise.
      if (who === "client") origin.sockets[0]?.write(".");
      return scene.records.length === 1;
    });
    await client.ended;
    expect(unpacked(client.received).isWhole).toBe(false);
    expect(use.zlibBytes).toBe(0);
    expect(scene.proxy.running.frontends.get("fe")?.counters.http.compression).toMatchObject({ answers: 0 });
  });
});

const pour = async (write: Write): Promise<boolean> => (await write("hel")) && (await write("")) && (await write("lo"));

test("a page is compressed piece by piece", async () => {
  const page = { uri: "/st", realm: null, users: [], adminRules: [], requestRules: [] } as unknown as StatsPagePlan;
  const responder: Responder = {
    stats: () => Promise.resolve({ status: 200, fields: [["x-a", "b"]], pour }),
    service: () => null,
  };
  await using scene = httpScene(responder);
  await scene.apply(httpPlan([], { httpFront: { statsPage: page, compression: gzip } }));
  const client = await scene.open();
  const asked = get.replace("/a", "/st");
  const head = packedHead.replace("\r\n", "\r\nx-a: b\r\n");
  client.socket.write(asked + asked.replace("GET", "HEAD") + asked.replace("gzip", "br"));
  await scene.until(() => client.received.endsWith("3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"));
  const { body } = unpacked(client.received);
  expect(client.received).toStartWith(head);
  expect(gunzipSync(body).toString()).toBe("hello");
  expect(client.received.split("HTTP/1.1 200 OK\r\nx-a: b\r\n\r\n")).toHaveLength(2);
  await scene.until(() => scene.records.length === 3);
  expect(scene.records[0]?.bytesOut).toBe(head.length + 5);
  client.socket.end();
  await client.ended;
});
