/** What a socket of node:net keeps is its own, whoever lent it: a copy, unless the bytes come from where buffers are given away. */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { expect, test } from "bun:test";
import { NodeConnection } from "../../../../src/net/node/node-connection.ts";
import { copyingRelay } from "../../../../src/net/relay/copying-relay.ts";
import { noLimits } from "../../../contract/stage.ts";

const end = { kind: "tcp", host: "127.0.0.1", port: 1 } as const;

/** Keeps what is written. */
class KeepingSocket extends EventEmitter {
  readonly kept: Uint8Array[] = [];
  readonly writableLength = 1;
  write(bytes: Uint8Array): void {
    this.kept.push(bytes);
  }
  pause(): void {}
  resume(): void {}
  resetAndDestroy(): void {}
}

function connection(): { readonly socket: KeepingSocket; readonly stream: NodeConnection } {
  const socket = new KeepingSocket();
  return { socket, stream: new NodeConnection(socket as unknown as Socket, end, end) };
}

/** What the server's socket keeps of what the client brings in a buffer that is used again. */
function keptAfterReuse(givesAway: boolean): string {
  const [client, server] = [connection(), connection()];
  if (!givesAway) Object.defineProperty(client.stream, "givesAway", { value: undefined });
  const relay = copyingRelay(client.stream, server.stream, noLimits);
  const buffer = new TextEncoder().encode("abc");
  client.stream.owner?.data(client.stream, buffer, 3);
  buffer.fill(120);
  relay.kill();
  return new TextDecoder().decode(server.socket.kept[0]);
}

test("bytes that were lent are copied", () => expect(keptAfterReuse(false)).toBe("abc"));

test("bytes that were given away are not", () => expect(keptAfterReuse(true)).toBe("xxx"));

test("what is written before a relay is copied", () => {
  const { socket, stream } = connection();
  const buffer = new TextEncoder().encode("abc");
  stream.write(buffer);
  buffer.fill(120);
  expect(new TextDecoder().decode(socket.kept[0])).toBe("abc");
});
