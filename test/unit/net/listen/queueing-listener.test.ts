/** Clients of a listener that is paused wait for it, and nobody is lost or told twice when it goes. */
import { expect, test } from "bun:test";
import type { SocketAddress } from "../../../../src/address.ts";
import { QueueingListener } from "../../../../src/net/listen/queueing-listener.ts";
import type { SocketFile } from "../../../../src/net/listen/socket-file.ts";
import type { Connection } from "../../../../src/net/transport.ts";

class FakeListener extends QueueingListener {
  readonly address: SocketAddress = { kind: "unix", path: "/x" };
  readonly fd = -1;
  readonly log: string[];
  protected readonly file: SocketFile;

  constructor(log: string[]) {
    super((client) => log.push(`accepted ${client.fd}`));
    this.log = log;
    this.file = { keep: () => log.push("file kept"), remove: () => log.push("file removed") };
  }

  comes(fd: number, mostWaiting?: number): void {
    this.take({ fd, reset: () => this.log.push(`reset ${fd}`) } as unknown as Connection, mostWaiting);
  }

  divert(): void {
    this.log.push("diverted");
  }

  drain(): "empty" {
    return "empty";
  }

  protected closeSocket(): void {
    this.log.push("closed");
  }
}

function listener(): { readonly log: string[]; readonly one: FakeListener } {
  const log: string[] = [];
  return { log, one: new FakeListener(log) };
}

test("while paused clients wait, in their order, as many as may", () => {
  const { log, one } = listener();
  one.comes(1);
  one.pause();
  one.comes(2, 2);
  one.comes(3, 2);
  one.comes(4, 2);
  expect(log).toEqual(["accepted 1", "reset 4"]);
  one.resume();
  expect(log.slice(2)).toEqual(["accepted 2", "accepted 3"]);
  one.comes(5, 0);
  expect(log.at(-1)).toBe("accepted 5");
});

test("closing cuts off who waits, closes once, and removes the file", () => {
  const { log, one } = listener();
  one.pause();
  one.comes(1);
  one.close();
  one.close();
  expect(log).toEqual(["reset 1", "closed", "file removed"]);
});

test("a retired one is gone once nobody waits any more", async () => {
  const { log, one } = listener();
  one.pause();
  one.comes(1);
  one.retire(() => log.push("gone"));
  one.retire(() => log.push("gone twice"));
  while (!log.includes("closed")) await new Promise((resolve) => setImmediate(resolve));
  expect(log.filter((line) => line !== "diverted")).toEqual(["file removed", "closed", "file removed"]);
  one.resume();
  one.resume();
  expect(log.slice(-2)).toEqual(["accepted 1", "gone"]);
});
