/** Rules that look at a server's first bytes, and wait for what an SSH client says once it has read the server's lines. */
import { expect, test } from "bun:test";
import type { Gate } from "../../../../../src/net/gate.ts";
import type { SshReading } from "../../../../../src/proxy/process/ssh-place.ts";
import { ResponseInspection } from "../../../../../src/proxy/session/inspect/response-inspection.ts";
import type { Payload } from "../../../../../src/rules/context.ts";
import type { RuleRun } from "../../../../../src/rules/ruleset.ts";
import type { Verdict } from "../../../../../src/rules/actions/effects.ts";

/** Rules with these verdicts, one look after the other. */
function scene(verdicts: readonly Verdict[], linesEnd: number | null) {
  const log: string[] = [];
  const rest = [...verdicts];
  const inspector = {
    response: null as Payload | null,
    answered: (verdict: Verdict, gate: Gate): void => void log.push(`${verdict} ${Buffer.from(gate.rest).toString()}`),
    fail(error: unknown): void {
      log.push(String(error));
    },
  };
  const run = {
    step(): Verdict {
      log.push(`look at ${Buffer.from(inspector.response?.bytes ?? []).toString()}`);
      const verdict = rest.shift();
      if (verdict === undefined) throw new Error("no more looks");
      return verdict;
    },
  };
  const reading = {
    whenTold: null as (() => void) | null,
    linesEnd: ({ length }: Uint8Array) => (length < (linesEnd ?? 0) ? 0 : (linesEnd ?? 0)),
  };
  const inspection = new ResponseInspection(
    run as unknown as RuleRun,
    60_000,
    { limitBytes: 100, bufferBytes: 100 },
    inspector,
    linesEnd === null ? null : (reading as unknown as SshReading),
  );
  const { gate } = inspection;
  gate.guardedBy({
    isUndisturbed: true,
    passed: (bytes) => log.push(`passed ${Buffer.from(bytes).toString()}`),
    opened: () => undefined,
    gaveBack: () => undefined,
  });
  inspection.begin();
  return { inspection, gate, log, reading };
}

test("the lines go on once while rules wait, and the client's word has them look again", async () => {
  const { gate, log, reading } = scene(["wait", "wait", "wait", "reject"], 6);
  gate.hold(Buffer.from("lines\nk"));
  gate.hold(Buffer.from("ex"));
  reading.whenTold?.();
  await Promise.resolve();
  expect(log).toEqual([
    "look at ",
    "look at lines\nk",
    "passed lines\n",
    "look at lines\nkex",
    "look at lines\nkex",
    "reject kex",
  ]);
  expect(reading.whenTold).toBeNull();
});

test("what is told when the rules have spoken already changes nothing", async () => {
  const { gate, log, reading } = scene(["wait", "pass"], 6);
  const { whenTold } = reading;
  gate.hold(Buffer.from("lines\n"));
  whenTold?.();
  await Promise.resolve();
  expect(log).toEqual(["look at ", "look at lines\n", "pass lines\n"]);
});

test("a fault of a look that the client brought about ends the session alone", async () => {
  const { log, reading } = scene(["wait"], 0);
  reading.whenTold?.();
  await Promise.resolve();
  expect(log).toEqual(["look at ", "look at ", "Error: no more looks"]);
});

test("nothing goes on where no SSH is read", () => {
  const { inspection, gate, log } = scene(["wait", "wait"], null);
  gate.hold(Buffer.from("lines\nk"));
  inspection.stop();
  expect(log).toEqual(["look at ", "look at lines\nk"]);
});
