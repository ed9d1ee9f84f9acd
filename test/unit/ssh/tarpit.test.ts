/** Clients that are kept busy: what they get, for how long, and how many at once. */
import { expect, test } from "bun:test";
import { Tarpit } from "../../../src/ssh/tarpit.ts";
import { FakeClient } from "./held-scene.ts";

function take(client: FakeClient, ms = 0, tarpit = new Tarpit()): Tarpit {
  tarpit.most = 1;
  expect(tarpit.take(client.connection, ms)).toBe(true);
  return tarpit;
}

test("it gets a line at once that begins no identification, and none is like another", () => {
  const lines = Array.from({ length: 50 }, () => {
    const client = new FakeClient("SSH-2.0-x\r\n");
    take(client);
    expect([client.held.length, client.done[0]]).toEqual([0, "resume"]);
    return client.done[1] ?? "";
  });
  for (const one of lines) expect(one).toMatch(/^sent:[0-9a-f]{3,30}$/);
  expect(new Set(lines).size).toBeGreaterThan(40);
});

test("no more than there may be, and each that leaves makes room", () => {
  const [first, second] = [new FakeClient(), new FakeClient()];
  const tarpit = take(first);
  expect(tarpit.take(second.connection, 0)).toBe(false);
  expect([second.story, second.owner]).toEqual(["", null]);
  first.owner?.end(first.connection);
  expect([tarpit.size, first.done.at(-1)]).toEqual([0, "hangUp"]);
  expect(tarpit.take(second.connection, 0)).toBe(true);
  expect([tarpit.size, tarpit.total]).toEqual([1, 2]);
});

test("one that has gone already is not held", () => {
  for (const own of [{ closed: true }, { ended: true }]) {
    expect(take(Object.assign(new FakeClient(), own)).size).toBe(0);
  }
});

test("a stop lets all go, and takes no more", () => {
  const client = new FakeClient();
  const tarpit = take(client);
  tarpit.retire();
  expect([client.done.at(-1), tarpit.size, tarpit.take(new FakeClient().connection, 0)]).toEqual(["hangUp", 0, false]);
});

/** Its deadline has come. */
function expire(client: FakeClient): void {
  (client.owner as unknown as { expire(): void }).expire();
}

test("lines follow until its time is over", async () => {
  const client = new FakeClient();
  take(client, 60_000);
  expire(client);
  expire(client);
  expect(client.done.filter((one) => one.startsWith("sent:"))).toHaveLength(3);
  const brief = new FakeClient();
  const tarpit = take(brief, 1);
  for (let left = 1000; left > 0 && tarpit.size > 0; left--) await new Promise((resolve) => setTimeout(resolve, 1));
  expect([brief.done.at(-1), tarpit.size]).toEqual(["hangUp", 0]);
});

test("what it sends is read to a bound with each line", () => {
  const client = new FakeClient();
  take(client);
  while (client.owner?.data(client.connection, Buffer.alloc(0), 8192) === true);
  expect(client.done.at(-1)).toBe("pause");
  client.isFull = true;
  expire(client);
  // Nor is more sent to one that does not read.
  expect(client.done.at(-1)).toBe("resume");
  expect(client.owner?.data(client.connection, Buffer.alloc(0), 8192)).toBe(true);
});
