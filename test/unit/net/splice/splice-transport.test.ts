/** What the splicing transport shares out among its workers, and what it leaves to the transport that it is made of. */
import { expect, test } from "bun:test";
import { canCallLibc } from "../../../../src/net/libc/process-calls.ts";
import { spliceRefusal, spliceTransport } from "../../../../src/net/splice/splice-transport.ts";
import {
  pipesInAll,
  type Relay,
  type RelayLimits,
  type Stream,
  type Transport,
} from "../../../../src/net/transport.ts";
import { noLimits } from "../../../contract/stage.ts";

const isPossible = process.platform === "linux" && canCallLibc() && spliceRefusal() === null;
if (!isPossible) console.warn("SKIPPED: the zero-copy plane needs Linux, FFI and splice(2)");

/** One whose relays are named, over so many threads, none of which starts. */
function plane(threads: number, count: number | null): { readonly transport: Transport; readonly relayed: string[] } {
  const relayed: string[] = [];
  const base = {
    name: "base",
    relay() {
      relayed.push("base");
      return {} as Relay;
    },
  } as unknown as Transport;
  return { transport: spliceTransport(base, threads, () => {}, { count, bytes: null }), relayed };
}

const allowed = ({ splicing }: Transport): number | undefined => splicing?.().pipesAllowed;

test.skipIf(!isPossible)("pipes are shared out among the workers, none is lost in between", () => {
  const { transport } = plane(3, 10);
  expect([transport.name, allowed(transport)]).toEqual(["splice", 10]);
  transport.allowPipes?.(11);
  expect(allowed(transport)).toBe(11);
  transport.allowPipes?.(2);
  expect(allowed(transport)).toBe(2);
  expect(allowed(plane(2, null).transport)).toBe(pipesInAll);
});

test.skipIf(!isPossible)("no worker has more than it can hold", () => {
  expect(allowed(plane(2, 100_000).transport)).toBe(2048);
});

test.skipIf(!isPossible)("where both ways are refused the relay is the other transport's", () => {
  const { transport, relayed } = plane(1, null);
  const stream = { lostCode: "ECONNRESET", terminate() {} } as unknown as Stream;
  const relay = (splice: RelayLimits["splice"]): Relay => transport.relay(stream, stream, { ...noLimits, splice });
  relay({ request: false, response: false });
  expect(relayed).toEqual(["base"]);
  relay({ request: false, response: null });
  relay({ request: true, response: false });
  expect(relayed).toEqual(["base"]);
});
