/** A reload's work is cut into turns by what it is made of, however much that is. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Condition } from "../../../../src/plan/rules/acl.ts";
import type { Plan } from "../../../../src/plan/plan.ts";
import { Proxy } from "../../../../src/proxy/proxy.ts";
import { Turns } from "../../../../src/proxy/time/turns.ts";
import { transport } from "../../../transport.ts";
import { backendPlan, bindPlan, frontendPlan, globalPlan, serverPlan } from "../plans.ts";
import { noTlsFiles } from "../../../../src/plan/tls.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const check = {
  interMs: 60_000,
  fastInterMs: 0,
  downInterMs: 0,
  rise: 2,
  fall: 3,
  port: null,
  address: null,
  sendProxy: false,
  tls: null,
};
const fromSomewhere: Condition = {
  unless: false,
  any: [
    [
      {
        negate: false,
        acl: {
          name: null,
          tests: [
            {
              expression: { fetch: "src", arguments: [], converters: [], text: "src" },
              match: "ip",
              ignoreCase: false,
              patterns: ["192.0.2.0/24"],
              files: [],
              own: null,
            },
          ],
        },
      },
    ],
  ],
};

/** As many backends of one server, each named by a rule; `weight` of all servers. */
function planOf(count: number, weight: number): Plan {
  const backends = Array.from({ length: count }, (_, at) =>
    backendPlan({ name: `be${at}`, id: at + 1, servers: [serverPlan("s1", 22, { check, weight })] }),
  );
  const useBackends = backends.map(({ name }) => ({ backend: name, condition: fromSomewhere }));
  const entries = Array.from({ length: 10 * count }, (_, at) => ({ key: `k${at}`, value: null, compared: [`k${at}`] }));
  const list = { id: 0, file: "/f", isAcl: true, isMap: false, description: "", uses: [], entries };
  const frontends = [frontendPlan({ defaultBackend: "be0", useBackends, binds: [bindPlan()] })];
  return {
    global: globalPlan(),
    frontends,
    backends,
    resolvers: [],
    patternLists: [list],
    userlists: [],
    tls: noTlsFiles,
  };
}

test("no turn has more work than its share, and there are as many as the work takes", async () => {
  const count = 2000;
  const limit = 200;
  const turns: number[] = [];
  const proxy = new Proxy(transport, () => {}, { turns: new Turns(limit, (units) => void turns.push(units)) });
  try {
    for (const [round, weight] of [1, 1, 2].entries()) {
      turns.length = 0;
      expect(await proxy.apply(planOf(count, weight))).toEqual([]);
      // A piece is never larger than a chunk of patterns; the last one of a turn may go beyond it.
      expect([round, Math.max(...turns) < limit + 64]).toEqual([round, true]);
      const work = turns.reduce((sum, one) => sum + one, 0);
      // Two units at least for each backend, rule and server each, and the patterns.
      expect(work).toBeGreaterThan(6 * count + 10 * count);
      expect(turns.length).toBeGreaterThan(work / (limit + 64));
    }
    expect(proxy.operator.backends()).toHaveLength(count);
  } finally {
    proxy.hardStop();
    await proxy.drained;
  }
});

function* work(): Generator<number, string, undefined> {
  for (let piece = 0; piece < 100; piece += 1) yield 1;
  return "done";
}

test("everybody else has a turn between two", async () => {
  const shared = new Turns(10);
  let others = 0;
  let isRunning = true;
  const other = (): void => {
    others += 1;
    if (isRunning) setImmediate(other);
  };
  setImmediate(other);
  expect(await shared.run(work())).toBe("done");
  isRunning = false;
  expect(others).toBeGreaterThanOrEqual(9);
});
