/** Whoever comes is somebody's, or cut off. */
import { expect, test } from "bun:test";
import { guarded, namelessClient } from "../../../../src/net/listen/accepting.ts";
import type { Connection } from "../../../../src/net/transport.ts";

function client(): { readonly connection: Connection; readonly resets: () => number } {
  let resets = 0;
  return { connection: { reset: () => (resets += 1) } as unknown as Connection, resets: () => resets };
}

test("a client that is taken is left alone", () => {
  const { connection, resets } = client();
  const taken: Connection[] = [];
  guarded((one) => taken.push(one))(connection);
  expect([taken, resets()]).toEqual([[connection], 0]);
});

test("one that is not is reset, and what was thrown goes on", () => {
  const { connection, resets } = client();
  const fault = new Error("injected");
  const accept = guarded(() => {
    throw fault;
  });
  expect(() => accept(connection)).toThrow(fault);
  expect(resets()).toBe(1);
});

test("a unix socket's client has its kind and no name", () => {
  expect([namelessClient("unix"), namelessClient("abstract")]).toEqual([
    { kind: "unix", path: "" },
    { kind: "abstract", name: "" },
  ]);
});
