/** The copying relay by its streams alone: what is passed on, in which order it ends, and that a fault ends all of it. */
import { expect, test } from "bun:test";
import { copyingRelay } from "../../../../src/net/relay/copying-relay.ts";
import type { Relayed, RelayLimits, Stream, StreamOwner, Tap } from "../../../../src/net/transport.ts";
import { noLimits } from "../../../contract/stage.ts";

class FakeStream implements Stream {
  owner: StreamOwner | null = null;
  held = new Uint8Array(0);
  ended = false;
  closed = false;
  lostCode: string | null = null;
  isFull = false;
  fault: Error | null = null;
  /** It has been told that all was taken, which is not so. */
  isLate = false;

  constructor(
    readonly name: string,
    readonly log: string[],
  ) {}

  brings(text: string): void {
    const bytes = Buffer.from(text);
    this.owner?.data(this, bytes, bytes.length);
  }

  finishes(): void {
    this.ended = true;
    this.owner?.end(this);
  }

  takesAll(): void {
    this.isFull = this.isLate = false;
    this.owner?.drained(this, true);
  }

  send(buffer: Uint8Array, length: number): boolean {
    if (this.fault !== null) throw this.fault;
    this.#note(`gets ${Buffer.from(buffer.subarray(0, length)).toString()}`);
    return !this.isFull;
  }

  sendNow(): boolean {
    return !this.isLate;
  }

  pause(): void {
    this.#note("pauses");
  }

  resume(): void {}

  readOn(): void {
    this.#note("reads");
  }

  shutdown(): void {
    this.#note("gets an end");
  }

  hangUp(): void {
    this.#note("is closed");
    this.closed = true;
  }

  terminate(): void {
    if (!this.closed) this.#note("is reset");
    this.closed = true;
  }

  #note(what: string): void {
    this.log.push(`${this.name} ${what}`);
  }
}

/** A relay between two such streams, and the log of what is asked of them and of how it ends. */
function scene(limits: Partial<RelayLimits> = {}, taps?: readonly Tap[]) {
  const log: string[] = [];
  const [client, server] = [new FakeStream("client", log), new FakeStream("server", log)];
  const begin = (): void => {
    const relay = copyingRelay(client, server, { ...noLimits, ...limits }, taps);
    relay.whenEnded({ relayed: ({ by, how }: Relayed) => log.push(`${how} by ${by}`) });
  };
  /** What has been logged since it was asked last. */
  const since = async (): Promise<string[]> => {
    await Promise.resolve();
    return log.splice(0);
  };
  return { client, server, begin, since };
}

test("what was held goes first, then both are read", async () => {
  const { client, server, begin, since } = scene();
  client.held = Buffer.from("early");
  begin();
  client.brings("later");
  server.brings("answer");
  expect(await since()).toEqual([
    "server gets early",
    "client reads",
    "server reads",
    "server gets later",
    "client gets answer",
  ]);
});

test("nobody is closed before it has taken what it was sent, whichever of the two it is", async () => {
  for (const late of ["client", "server"] as const) {
    const { client, server, begin, since } = scene();
    begin();
    server.brings("last");
    server.finishes();
    client.isLate = late === "client";
    server.isLate = late === "server";
    client.brings("word");
    client.finishes();
    expect((await since()).slice(2)).toEqual(["client gets last", "client gets an end", "server gets word"]);
    (late === "client" ? client : server).takesAll();
    expect(await since()).toEqual(["client is closed", "server is closed", "fin by server"]);
  }
  const { client, server, begin, since } = scene();
  begin();
  server.brings("last");
  server.finishes();
  client.isLate = true;
  client.finishes();
  client.owner?.closed(client, "EPIPE");
  expect((await since()).slice(4)).toEqual(["server pauses", "client is reset", "server is reset", "reset by client"]);
});

test("an end is passed on behind what waits, and the second one ends it", async () => {
  const { client, server, begin, since } = scene();
  begin();
  server.isFull = true;
  client.brings("much");
  client.finishes();
  expect((await since()).slice(2)).toEqual(["server gets much", "client pauses"]);
  server.takesAll();
  server.brings("answer");
  server.finishes();
  expect(await since()).toEqual([
    "server gets an end",
    "client gets answer",
    "server is closed",
    "client is closed",
    "fin by client",
  ]);
});

test("with nolinger the server is not waited for", async () => {
  const { client, begin, since } = scene({ serverNoLinger: true });
  begin();
  await since();
  client.finishes();
  expect(await since()).toEqual(["server is reset", "client is closed", "fin by client"]);
});

test("who is lost before it begins, or while bytes wait for it, resets the other", async () => {
  const lost = scene();
  lost.server.lostCode = "ECONNRESET";
  lost.begin();
  expect(await lost.since()).toEqual(["client is reset", "server is reset", "reset by server"]);
  const closed = scene();
  closed.begin();
  closed.server.closed = true;
  closed.client.brings("in vain");
  expect((await closed.since()).slice(2)).toEqual(["client is reset", "reset by server"]);
});

test("what a stream or a tap throws ends both, and nothing else is heard", async () => {
  const stream = scene();
  stream.begin();
  stream.server.fault = new Error("injected");
  stream.client.brings("a");
  stream.client.finishes();
  expect((await stream.since()).slice(2)).toEqual(["client is reset", "server is reset", "killed by proxy"]);
  const tapped = scene({}, [
    {
      fromClient() {
        throw new Error("injected");
      },
      fromServer: () => true,
    },
  ]);
  tapped.begin();
  tapped.client.brings("a");
  expect((await tapped.since()).slice(2)).toEqual(["client is reset", "server is reset", "killed by proxy"]);
});
