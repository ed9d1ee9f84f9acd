/** The end of a relay is told to all who ask, before it or after, once, and never while whoever ended it is at work. */
import { expect, test } from "bun:test";
import { EndedRelay, RelayOutcome } from "../../../../src/net/relay/relay-outcome.ts";
import type { Relayed, RelayHandler } from "../../../../src/net/transport.ts";

class Outcome extends RelayOutcome {
  ends(relayed: Relayed): void {
    this.settle(relayed);
  }
}

const fin: Relayed = { by: "client", how: "fin", bytesIn: 1, bytesOut: 2 };
const reset: Relayed = { by: "server", how: "reset", bytesIn: 3, bytesOut: 4 };

function listening(heard: string[], name: string): RelayHandler {
  return { relayed: ({ by, how }) => heard.push(`${name}: ${how} by ${by}`) };
}

test("everyone who asks hears of the first end, in a microtask", async () => {
  const heard: string[] = [];
  const outcome = new Outcome();
  for (const name of ["a", "b", "c"]) outcome.whenEnded(listening(heard, name));
  const { ended } = outcome;
  outcome.ends(fin);
  outcome.ends(reset);
  outcome.whenEnded(listening(heard, "late"));
  expect(heard).toEqual([]);
  expect(await ended).toBe(fin);
  expect(heard).toEqual(["a: fin by client", "b: fin by client", "c: fin by client", "late: fin by client"]);
});

test("a relay that never ran has ended, and cannot be ended again", async () => {
  const relay = new EndedRelay(reset);
  relay.kill();
  expect([relay.counts(), await relay.ended]).toEqual([reset, reset]);
});
