/** How a refused client is told why: not before it has shown what it speaks, and with time to read. */
import { expect, test } from "bun:test";
import type { Peeked } from "../../../src/net/transport.ts";
import type { HeldClient } from "../../../src/ssh/held-client.ts";
import { LastWord } from "../../../src/ssh/last-word.ts";
import { FakeClient } from "./held-scene.ts";

interface Told {
  readonly client: FakeClient;
  readonly word: LastWord;
  readonly held: Set<HeldClient>;
  readonly emptied: () => number;
}

function tell(client: FakeClient, isKnown = false): Told {
  const held = new Set<HeldClient>();
  let emptied = 0;
  const word = new LastWord(client.connection, Buffer.from("word"), held, () => (emptied += 1));
  word.begin(isKnown);
  return { client, word, held, emptied: () => emptied };
}

function peeked(client: FakeClient, text: string, state: Peeked["state"]): void {
  const { waiting } = client;
  client.waiting = null;
  waiting?.handler.peeked({ bytes: Buffer.from(text), state });
}

test("a client of SSH is told, its bytes are dropped, and its leaving is waited for", () => {
  const { client, word, held, emptied } = tell(new FakeClient("SSH-2.0-x\r\n"));
  expect([client.story, client.held.length, client.onLost]).toEqual(["resume sent:word shutdown", 0, null]);
  expect(word.data(client.connection, Buffer.alloc(10), 10)).toBe(true);
  expect(held.size).toBe(1);
  word.end();
  word.closed(client.connection, null);
  expect([client.story, held.size, emptied()]).toEqual(["resume sent:word shutdown hangUp", 0, 1]);
});

test("over TLS its own end comes first, for there a half is taken for the whole", () => {
  const { client, word, held } = tell(Object.assign(new FakeClient("SSH-"), { tls: {} }));
  expect(client.story).toBe("resume sent:word");
  word.end();
  expect([client.story, held.size]).toEqual(["resume sent:word hangUp", 0]);
});

test("one that is known to speak SSH need not show it again", () => {
  expect(tell(new FakeClient(), true).client.story).toBe("resume sent:word shutdown");
});

test("what is not SSH gets a plain close", () => {
  const { client, held } = tell(new FakeClient("GET / HTTP/1.1"));
  expect([client.story, held.size]).toEqual(["close", 0]);
});

test("one that has said nothing yet is waited for, a second at most, and then told all the same", () => {
  const late = tell(new FakeClient()).client;
  expect(late.waiting?.deadlineMs).toBeWithin(1, 1001);
  expect(late.story).toBe("");
  peeked(late, "S", "open");
  expect(late.story).toBe("");
  peeked(late, "SSH-", "open");
  expect(late.story).toBe("resume sent:word shutdown");
  const silent = tell(new FakeClient()).client;
  peeked(silent, "", "timeout");
  expect(silent.story).toBe("resume sent:word shutdown");
  const foreign = tell(new FakeClient()).client;
  peeked(foreign, "G", "open");
  expect(foreign.story).toBe("close");
});

test("one that leaves meanwhile is let go", () => {
  for (const state of ["lost", "end"] as const) {
    const { client, held, emptied } = tell(new FakeClient());
    peeked(client, "", state);
    expect([client.story, held.size, emptied()]).toEqual(["close", 0, 1]);
  }
  const gone = new FakeClient("SSH-");
  gone.closed = true;
  expect(tell(gone).held.size).toBe(0);
});

test("its end waits for a text that is not out yet", () => {
  const client = new FakeClient("SSH-");
  client.isFull = true;
  const { word } = tell(client);
  expect(client.story).toBe("resume sent:word");
  word.end();
  expect(client.story).toBe("resume sent:word");
  word.drained(client.connection, false);
  client.ended = true;
  client.isFull = false;
  word.drained(client.connection, true);
  expect(client.story).toBe("resume sent:word shutdown hangUp");
});

test("whoever goes on sending is read no further than to a bound, and closed after three seconds", () => {
  const { client, word, held } = tell(new FakeClient("SSH-"));
  let read = 0;
  while (word.data(client.connection, Buffer.alloc(0), 8192) && read < 1 << 20) read += 8192;
  expect(read).toBeLessThan(1 << 17);
  expect(client.story).toBe("resume sent:word shutdown pause");
  word.expire();
  expect([client.story, held.size]).toEqual(["resume sent:word shutdown pause hangUp", 0]);
});

test("one that does not take its text is not left with what looks like a whole one", () => {
  const client = new FakeClient("SSH-");
  client.isFull = true;
  const { word } = tell(client);
  word.expire();
  expect(client.story).toBe("resume sent:word terminate");
});

test("what is cut off is reset, and nothing comes after", () => {
  const { client, word, held } = tell(new FakeClient());
  word.cutOff();
  peeked(client, "SSH-", "open");
  expect([client.story, held.size]).toEqual(["reset", 0]);
});
