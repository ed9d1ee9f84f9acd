/** Servers that answer an upload before it is whole, and reset what they do not want to read: their answer reaches the client. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect } from "node:net";
import { bunTransport } from "../../../src/net/bun/bun-transport.ts";
import { canCallLibc } from "../../../src/net/libc/process-calls.ts";
import { AF_INET, SOCK_STREAM, type SocketCalls, socketCalls } from "../../../src/net/libc/socket-calls.ts";
import { transport } from "../../transport.ts";
import { hasHead, httpPlan, httpScene, ok } from "./http-scene.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const isPossible = process.platform === "linux" && canCallLibc();
if (!isPossible) console.warn("SKIPPED: a server that leaves bytes unread needs libc");

const buffer = new Uint8Array(new ArrayBuffer(100));

async function until<Value>(look: () => Value | null): Promise<Value> {
  for (const end = performance.now() + 20_000; ; await Bun.sleep(1)) {
    const found = look();
    if (found !== null) return found;
    if (performance.now() > end) throw new Error("it never comes");
  }
}

/** Reads no more than the head, answers, and closes. */
async function answerOne(calls: SocketCalls, listener: number, answer: string): Promise<void> {
  const fd = await until(() => {
    const client = calls.accept(listener);
    return client < 0 ? null : client;
  });
  let text = "";
  await until(() => {
    const count = calls.recv(fd, buffer);
    if (count > 0) text += Buffer.from(buffer.subarray(0, count)).toString("latin1");
    return hasHead(text) ? true : null;
  });
  expect(calls.send(fd, Buffer.from(answer))).toBe(answer.length);
  calls.close(fd);
}

/** What a client gets that sends as much as it can. */
function upload(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const client = connect(port, "127.0.0.1", () => {
      client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes.length}\r\n\r\n`);
      client.write(bytes);
    });
    client.on("data", (some) => (text += some.toString("latin1")));
    client.on("end", () => client.destroy());
    client.on("error", () => undefined);
    client.on("close", () => resolve(text));
  });
}

const transports = transport === bunTransport ? [bunTransport] : [transport, bunTransport];

for (const sockets of transports)
  describe.skipIf(!isPossible)(`a server that answers early, over ${sockets.name}'s sockets`, () => {
    for (const bodyBytes of [3, 40_000])
      test(`${bodyBytes} bytes`, async () => {
        const calls = socketCalls() as SocketCalls;
        await using scene = httpScene(null, sockets);
        const listener = calls.socket(AF_INET, SOCK_STREAM);
        calls.bind(listener, { kind: "tcp", host: "127.0.0.1", port: 0 });
        calls.listen(listener, 8);
        const address = calls.localAddress(listener);
        await scene.apply(httpPlan([address?.kind === "tcp" ? address.port : 0]));
        const body = "b".repeat(bodyBytes);
        const large = new Uint8Array(16 << 20);
        for (let round = 0; round < 8; round++) {
          const [text] = await Promise.all([
            upload(scene.port(), large),
            answerOne(calls, listener, ok(body).replace("200 OK", "413 Too much")),
          ]);
          expect(text.split("\r\n")[0]).toBe("HTTP/1.1 413 Too much");
          expect(text.endsWith(`\r\n\r\n${body}`)).toBe(true);
        }
        await scene.until(() => scene.records.length === 8 && scene.proxy.state.current === 0);
        expect([...new Set(scene.records.map(({ termination, http }) => `${termination} ${http?.status}`))]).toEqual([
          "-- 413",
        ]);
        calls.close(listener);
      });
  });
