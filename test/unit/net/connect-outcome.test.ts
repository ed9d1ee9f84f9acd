import { expect, setDefaultTimeout, test } from "bun:test";
import { ConnectOutcome, probe } from "../../../src/net/connect-outcome.ts";
import { type Connection, type ConnectHandler, TransportError } from "../../../src/net/transport.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

class Attempt extends ConnectOutcome {
  cancel(): void {
    this.end(new TransportError("ECANCELED", "Operation canceled"));
  }
  end(outcome: Connection | TransportError): void {
    this.settle(outcome);
  }
}

const refusal = new TransportError("ECONNREFUSED", "Connection refused");

function listening(heard: string[], name: string): ConnectHandler {
  return {
    connected: () => heard.push(`${name} connected`),
    refused: (error) => heard.push(`${name} ${error.code}`),
  };
}

test("an attempt that has ended already tells so, but not at once", async () => {
  const heard: string[] = [];
  const attempt = new Attempt();
  attempt.end(refusal);
  attempt.whenDone(listening(heard, "a"));
  expect(heard).toEqual([]);
  await Promise.resolve();
  expect(heard).toEqual(["a ECONNREFUSED"]);
  expect(await attempt.done.catch((error: unknown) => error)).toBe(refusal);
});

test("everyone who asks is told, of the first end only", async () => {
  const heard: string[] = [];
  const attempt = new Attempt();
  attempt.whenDone(listening(heard, "a"));
  const { done } = attempt;
  attempt.whenDone(listening(heard, "b"));
  attempt.end(refusal);
  attempt.cancel();
  expect(heard).toEqual(["a ECONNREFUSED", "b ECONNREFUSED"]);
  expect(await done.catch((error: unknown) => error)).toBe(refusal);
});

test("a probe resets what it opened before anything else happens", () => {
  const attempt = new Attempt();
  let isReset = false;
  const heard: unknown[] = [];
  probe(attempt, { probed: (failure) => heard.push(failure) });
  attempt.end({ reset: () => (isReset = true) } as unknown as Connection);
  expect(isReset).toBe(true);
  expect(heard).toEqual([null]);
});
