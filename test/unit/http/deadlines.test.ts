/** Peers that do nothing: whatever an exchange waits for, it is over at the deadline of that, and nothing is left. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect, createServer, type Socket } from "node:net";
import { bunTransport } from "../../../src/net/bun/bun-transport.ts";
import { transport } from "../../transport.ts";
import { hasHead, httpPlan, httpScene, Origin, type Parts } from "./http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n";
const chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab";
const much = "x".repeat(8 << 20);
const part = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart";

/** What the client says, what the server answers to any head, and the letters of the line that tells it; `isDeaf`: the client reads nothing, or the server. */
interface Case {
  readonly says: string;
  readonly answer?: string;
  readonly letters: string;
  readonly isDeaf?: "client" | "server";
  readonly parts?: Parts;
}

const cases: Readonly<Record<string, Case>> = {
  "no byte of a request": { says: "", letters: "cR" },
  "half a head": { says: "GET / HT", letters: "cR" },
  "half a head, under timeout http-request": {
    says: "GET / HT",
    letters: "cR",
    parts: { httpFront: { httpTimeouts: { httpRequestMs: 100, httpKeepAliveMs: 0, tarpitMs: 0 } } },
  },
  "half a body": { says: `${post}abc`, letters: "cH" },
  "half a chunk": { says: chunked, letters: "cH" },
  "half a body that rules wait for": {
    says: `${post}abc`,
    letters: "cR",
    parts: { httpFront: { buffersRequest: true } },
  },
  "half a body behind the answer": {
    says: `${post}abc`,
    answer: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    letters: "cD",
  },
  "no answer": { says: get, letters: "sH" },
  "half an answer's head": { says: get, answer: "HTTP/1.1 200 OK\r\nConte", letters: "sH" },
  "half an answer": { says: get, answer: part, letters: "sD" },
  "a client that reads nothing": {
    says: get,
    answer: `HTTP/1.1 200 OK\r\nContent-Length: ${2 * much.length}\r\n\r\n${much}`,
    letters: "cD",
    isDeaf: "client",
  },
  "a server that reads nothing": { says: post + much, letters: "sH", isDeaf: "server" },
};

/** A server that takes connections and reads nothing of them. */
async function deaf(): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as { port: number }).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const transports =
  transport === bunTransport ? { "Bun's": bunTransport } : { "libc's": transport, "Bun's": bunTransport };

for (const [name, sockets] of Object.entries(transports))
  describe(`what ends at its deadline, over ${name} sockets`, () => {
    for (const [what, { says, answer = "", letters, isDeaf, parts = {} }] of Object.entries(cases)) {
      test.concurrent(what, async () => {
        await using scene = httpScene(null, sockets);
        await using origin =
          isDeaf === "server" ? await deaf() : await Origin.start((text) => (hasHead(text) ? answer : null));
        const timeouts = { clientMs: 300, serverMs: 400, connectMs: 5000 };
        await scene.apply(
          httpPlan([origin.port], {
            ...parts,
            front: { timeouts: { ...httpPlan([]).frontends[0]?.timeouts, ...timeouts } } as never,
            back: { timeouts: { ...httpPlan([]).backends[0]?.timeouts, ...timeouts } } as never,
          }),
        );
        const client = connect(scene.port(), "127.0.0.1");
        client.on("error", () => undefined);
        if (isDeaf === "client") client.pause();
        else client.resume();
        client.write(says);
        await scene.until(() => scene.records.length === 1 && scene.proxy.state.current === 0);
        expect(scene.records[0]?.termination.slice(0, 2)).toBe(letters);
        const backend = scene.proxy.running.backends.get("be");
        const [server] = backend?.servers ?? [];
        expect([backend?.counters.current, server?.served, server?.counters.http.idle]).toEqual([0, 0, 0]);
        expect(scene.proxy.running.sessions.running.size).toBe(0);
        client.destroy();
      });
    }
  });
