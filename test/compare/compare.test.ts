/** Every case under HAProxy and under fairlead at once: what clients, servers and the log saw must be the same. */
import { expect, test } from "bun:test";
import { commandPath } from "../e2e/harness.ts";
import { watchLag } from "../lag.ts";
import type { Case } from "./case.ts";
import { adminCases } from "./cases/admin.ts";
import { balanceCases } from "./cases/balance.ts";
import { checkCases } from "./cases/checks.ts";
import { counterCases } from "./cases/counters.ts";
import { dynamicCookieCases } from "./cases/dynamic-cookies.ts";
import { errorCases } from "./cases/errors.ts";
import { failureCases } from "./cases/failures.ts";
import { inspectionCases } from "./cases/inspection.ts";
import { limitCases } from "./cases/limits.ts";
import { logCases } from "./cases/logs.ts";
import { proxyProtocolCases } from "./cases/proxy-protocol.ts";
import { resolversCases } from "./cases/resolvers.ts";
import { ruleCases } from "./cases/rules.ts";
import { standingCases } from "./cases/standing.ts";
import { stickCases } from "./cases/stick.ts";
import { perform } from "./stage.ts";
import { settle, type Transcript } from "./transcript.ts";

const cases: readonly Case[] = [
  ...adminCases,
  ...counterCases,
  ...dynamicCookieCases,
  ...errorCases,
  ...balanceCases,
  ...limitCases,
  ...failureCases,
  ...ruleCases,
  ...inspectionCases,
  ...stickCases,
  ...proxyProtocolCases,
  ...logCases,
  ...checkCases,
  ...resolversCases,
  ...standingCases,
];

/** So many cases at once, each with two forwarders. */
const atOnce = 6;

let free = atOnce;
/** In the order they came, so that one who wants many places gets them. */
const waiting: { readonly places: number; readonly go: () => void }[] = [];

function admit(): void {
  for (let next = waiting[0]; next !== undefined && next.places <= free; next = waiting[0]) {
    free -= next.places;
    waiting.shift();
    next.go();
  }
}

async function take(places: number): Promise<Disposable> {
  await new Promise<void>((go) => {
    waiting.push({ places, go });
    admit();
  });
  return {
    [Symbol.dispose]() {
      free += places;
      admit();
    },
  };
}

/** Fails, or skips loudly on a machine that has not got them, where commands are missing. */
function missing(row: Case): string[] {
  return ["haproxy", ...(row.needs ?? [])].filter((name) => {
    try {
      commandPath(name);
      return false;
    } catch {
      return true;
    }
  });
}

/** Both, or the first failure once both are over: nothing may be left running. */
async function both<Value>(one: Promise<Value>, other: Promise<Value>): Promise<[Value, Value]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}

/**
 * A case that disagrees is run once more, alone: on a machine that stalls for a second the same events come in another order.
 * What failed first is told all the same.
 */
async function compare(row: Case): Promise<void> {
  try {
    using _place = await take(1);
    return await compareOnce(row);
  } catch (error) {
    process.stderr.write(`\n!!! DISAGREED at first, run again alone: ${row.name}\n${String(error)}\n`);
  }
  using _places = await take(atOnce);
  await compareOnce(row);
}

async function compareOnce(row: Case): Promise<void> {
  using lag = watchLag();
  const [haproxy, fairlead] = await both(perform(row, "haproxy"), perform(row, "fairlead"));
  const [wanted, seen] = [arranged(haproxy, row), arranged(fairlead, row)];
  const here = row.differs?.here ?? ((line: string) => line);
  const expected = mapped(wanted, here);
  const tolerance = row.toleranceMs === undefined ? Infinity : row.toleranceMs + 2 * lag.worstMs;
  const near = {
    clients: seen.clients.map((line, at) => settle(line, expected.clients[at], tolerance)),
    servers: seen.servers,
    logs: seen.logs.map((line, at) => settle(line, expected.logs[at], tolerance)),
  };
  expect<Transcript>(near).toEqual(expected as typeof near);
  // Two that are alike because neither saw anything would prove nothing.
  const said = [...wanted.clients, ...wanted.logs, ...Object.values(wanted.servers).flat()];
  expect(said.length).toBeGreaterThan(0);
}

/** What HAProxy left behind as it reads where fairlead differs on purpose. */
function mapped(transcript: Transcript, here: (line: string) => string | null): Transcript {
  const each = (lines: readonly string[]): string[] => lines.map(here).filter((line) => line !== null);
  return {
    clients: each(transcript.clients),
    servers: Object.fromEntries(Object.entries(transcript.servers).map(([name, lines]) => [name, each(lines)])),
    logs: each(transcript.logs),
  };
}

function arranged(transcript: Transcript, row: Case): Transcript {
  const order = (kind: "clients" | "servers" | "logs", lines: readonly string[]): readonly string[] =>
    row.chance?.includes(kind) ? [] : row.unordered?.includes(kind) ? lines.toSorted(byText) : lines;
  return {
    clients: order("clients", transcript.clients),
    servers: Object.fromEntries(
      Object.entries(transcript.servers).map(([name, lines]) => [name, order("servers", lines)]),
    ),
    logs: order("logs", transcript.logs),
  };
}

/** By what is the same in both, so timers do not decide. */
function byText(one: string, other: string): number {
  const [left, right] = [one.replaceAll(/≈\d+≈/g, ""), other.replaceAll(/≈\d+≈/g, "")];
  return left < right ? -1 : left > right ? 1 : 0;
}

for (const row of cases) {
  const lacking = missing(row);
  if (lacking.length === 0) test.concurrent(row.name, () => compare(row), 90_000);
  else if (process.env["CI"] === "true") {
    test(row.name, () => {
      throw new Error(`needs ${lacking.join(", ")}`);
    });
  } else {
    process.stderr.write(`\n!!! SKIPPED ${row.name}: needs ${lacking.join(", ")}\n`);
    test.skip(row.name, () => undefined);
  }
}
