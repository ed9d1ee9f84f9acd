// Whatever is asked, a slice of its answer looks at a bounded number of things, and other work has its turn after it.
import { expect, setDefaultTimeout, test } from "bun:test";
import type { AdminSession } from "../../../../src/ops/admin/command.ts";
import type { AdminSources } from "../../../../src/ops/admin/sources.ts";
import { answerCommand } from "../../../../src/ops/admin/commands.ts";
import type { PatternListView } from "../../../../src/ops/admin/sources.ts";
import type { TableView } from "../../../../src/ops/stats/table-view.ts";
import { metricsRows } from "../../../../src/ops/stats/metrics.ts";
import {
  inSlices,
  nextSlice,
  ownTurn,
  pour,
  type Rows,
  sliceLength,
  sliceRows,
} from "../../../../src/ops/answers/slices.ts";
import { stateDump } from "../../../../src/ops/stats/state-dump.ts";
import { statusRows } from "../../../../src/ops/health/status-document.ts";
import type { CertificateDetails, PublicTls, SessionStats } from "../../../../src/proxy/public.ts";
import { noCounts } from "../../../../src/proxy/names/dns-counters.ts";
import { StickTable } from "../../../../src/rules/stick/table.ts";
import { onePlan } from "../../proxy/plans.ts";
import { stageTls, tlsPayloads } from "../tls-stage.ts";
import { backendStats, frontendStats, scriptedProxy, serverStats } from "../scripted-proxy.ts";

// Five seconds are few on a busy machine.
setDefaultTimeout(60_000);

const many = 10_000;

/** Things that note when they are looked at. */
class Watched {
  readonly touched = new Set<unknown>();

  of<Thing extends object>(thing: Thing): Thing {
    const touch = (): void => void this.touched.add(thing);
    return new Proxy(thing, {
      get(target, name) {
        touch();
        return Reflect.get(target, name) as unknown;
      },
    });
  }

  *each<Thing extends object>(count: number, make: (index: number) => Thing): Iterable<Thing> {
    for (let index = 0; index < count; index++) {
      const thing = make(index);
      this.touched.add(thing);
      yield thing;
    }
  }
}

const session: SessionStats = {
  id: 1,
  frontend: "fe",
  backend: "be",
  server: null,
  client: { kind: "tcp", host: "127.0.0.1", port: 1 },
  frontendAddress: { kind: "tcp", host: "127.0.0.1", port: 2 },
  serverAddress: null,
  startedAt: 0,
  ageMs: 1,
  state: "relaying",
  bytesIn: 0,
  bytesOut: 0,
};

const certificate: CertificateDetails = {
  serial: "00",
  notBefore: "",
  notAfter: "",
  alternativeNames: "",
  algorithm: "EC256",
  sha1: "00",
  subject: "/CN=a",
  issuer: "/CN=b",
};

function stage(): { watched: Watched; sources: AdminSources } {
  const watched = new Watched();
  const servers = Array.from({ length: many }, (_, index) =>
    watched.of(serverStats({ name: `s${index}`, id: index + 1 })),
  );
  const backends = Array.from({ length: many }, (_, index) =>
    watched.of(backendStats(index === 0 ? servers : [], { name: `b${index}`, id: index + 3 })),
  );
  const frontend = frontendStats();
  const { proxy } = scriptedProxy({ backends, frontends: [frontend] });
  const steps = (): Iterable<void> => {
    const all = watched.each(many, () => ({}));
    return (function* () {
      for (const _ of all) yield;
    })();
  };
  const table = {
    name: "t",
    plan: { type: "string", size: many },
    used: many,
    sweep: steps,
    parseKey: () => "k",
    entries: () => watched.each(many, (index) => ({ index })),
    figures: ({ index }: { index: number }) => ({ key: `k${index}`, use: 0, expiresInMs: 5, data: [] }),
    stores: () => true,
    remove: () => true,
  } as unknown as TableView;
  const list = {
    id: 1,
    file: "/m",
    isAcl: false,
    isMap: true,
    entries: () => watched.each(many, (reference) => ({ reference, key: "k", value: "v" })),
  } as unknown as PatternListView;
  const plan = onePlan({}, {});
  const files = {
    ...stageTls().tls.certificates,
    names: () => Array.from({ length: many }, (_, index) => `f${index}`),
    get: (name: string) => watched.of({ name, chain: "", key: "", pem: "" }),
  };
  const entry = { plan: { certificate: "a", text: "" }, line: 1 };
  const revoked = { version: 1, signatureAlgorithm: "x", issuer: "i", lastUpdate: null, nextUpdate: null };
  const tls = {
    certificates: files,
    authorities: files,
    revocations: files,
    list: () => ({ plan: { name: "list" }, entries: watched.each(many, () => entry) }),
    count: () => 1,
    times: () => watched.each(many, () => ({ name: "a", notAfter: 0, daysLeft: 1 })),
    certificatesIn: () => watched.each(many, () => ({ ...certificate })),
    revocationsIn: () => [{ ...revoked, revoked: watched.each(many, () => ({ serial: "00", at: null })) }],
  } as unknown as PublicTls;
  const sources: AdminSources = {
    info: {
      proxy: {
        ...proxy,
        tls,
        frontend: (name) => (name === "fe" ? frontend : null),
        backend: (name) => backends[Number(name.slice(1))] ?? null,
        sessions: () => watched.each(many, (id) => ({ ...session, id })),
        resolvers: () => watched.each(many, () => ({ name: "r", nameservers: [{ name: "n", ...noCounts() }] })),
        killSessionsOf: steps,
        clearCounters: steps,
        *readiness() {
          for (const _ of steps()) yield "";
        },
      },
      version: "v",
      releaseDate: "d",
      node: "n",
      description: null,
      descriptors: 9,
      droppedLogs: 0,
      heapBytes: () => 5,
    },
    plan: () => plan,
    tables: { get: () => table, all: () => [table] },
    patterns: { all: () => [list], wrongKey: () => null, wrongValue: () => null },
    tlsPayloads,
    startupLogs: () => "x".repeat(many * 10),
    reload: () => Promise.resolve({ succeeded: false, text: "" }),
    sockets: () => [],
    variable: () => null,
    environment: () => ({}),
  };
  return { watched, sources };
}

function ask(command: string): (sources: AdminSources) => Rows {
  const admin: AdminSession = {
    level: "admin",
    severityOutput: "none",
    interactive: false,
    timeoutMs: 0,
    closing: false,
  };
  return (sources) => answerCommand(command, sources, admin);
}

const commands = [
  "show stat",
  "show stat typed",
  "show stat json",
  "show stat up",
  "show stat -1 8 -1",
  "show servers state",
  "show servers conn",
  "show servers conn b0",
  "show backend",
  "show sess",
  "show sess 0x99999999",
  "show table",
  "show table t",
  "show table t data.gpc0 gt 5",
  "clear table t",
  "clear table t data.gpc0 gt 5",
  "show map /m",
  "show resolvers",
  "clear counters",
  "shutdown sessions server b0/s1",
  "show startup-logs",
  "show ssl cert",
  "show ssl ca-file",
  "show ssl ca-file ca",
  "show ssl crl-file crl",
  "show ssl crt-list list",
];

const answers: readonly (readonly [string, (sources: AdminSources) => Rows])[] = [
  ...commands.map((command) => [command, ask(command)] as const),
  [
    "/metrics",
    ({ info, tables }) => metricsRows({ info, tables: tables.all, reloads: () => ({ done: 0, failed: 0 }) }),
  ],
  ["/status", ({ info }) => statusRows(info.proxy, { version: "v", node: "n", readsSsh: false }, true)],
  [
    "SIGHUP",
    function* ({ info }) {
      for (const { text } of stateDump(info.proxy)) yield text;
    },
  ],
];

for (const [name, answer] of answers) {
  test(`a slice of ${name} is small, however much there is`, () => {
    const { watched, sources } = stage();
    const rows = answer(sources)[Symbol.iterator]();
    let slices = 0;
    for (let isLast = false; !isLast; slices++) {
      watched.touched.clear();
      const slice = nextSlice(rows);
      // A backend is looked at beside its servers.
      expect(watched.touched.size).toBeLessThanOrEqual(sliceRows + 1);
      expect(slice.text.length).toBeLessThan(2 * sliceLength);
      isLast = slice.isLast;
    }
    // Nothing has been left out for it.
    expect(slices).toBeGreaterThan(name === "show startup-logs" ? 5 : many / sliceRows);
  });
}

test("of all answers under way one slice is made each turn of the loop", async () => {
  let made = 0;
  let most = 0;
  let isDone = false;
  const tick = (): void => {
    most = Math.max(most, made);
    made = 0;
    if (!isDone) setImmediate(tick);
  };
  function* rows(): Rows {
    for (let left = 10 * sliceRows; left > 0; left--) {
      if (left % sliceRows === 0) made += 1;
      yield "x";
    }
  }
  setImmediate(tick);
  const all = Array.from({ length: 20 }, () => pour(rows(), () => Promise.resolve(true)));
  expect(await Promise.all([...all, inSlices(rows(), () => {})])).toHaveLength(21);
  isDone = true;
  await ownTurn();
  expect(most).toBe(1);
});

test("an answer nobody takes is not gone on with; a change is made all the same", async () => {
  let made = 0;
  function* rows(text: string): Rows {
    for (let left = 10 * sliceRows; left > 0; left--) {
      made += 1;
      yield text;
    }
  }
  expect(await pour(rows("x"), () => Promise.resolve(false))).toBe(false);
  expect(made).toBe(sliceRows);
  made = 0;
  await pour(rows(""), () => Promise.resolve(false));
  expect(made).toBe(10 * sliceRows);
});

test("a table that grows as fast as it is shown comes to an end, and what has gone or expired is left out", () => {
  let now = 0;
  const plan = { name: "t", type: "integer", keyLength: 4, size: 99_999, expireMs: 1000, nopurge: false, stores: [] };
  const table = new StickTable(plan as unknown as ConstructorParameters<typeof StickTable>[0], () => now);
  const made = Array.from({ length: 1000 }, (_, key) => table.findOrCreate(key)!);
  const seen: unknown[] = [];
  for (const entry of table.entries()) {
    if (seen.length === 0) table.remove(made[5]!);
    table.findOrCreate(1000 + seen.length);
    if (seen.length === 500) now = 2000;
    seen.push(table.figures(entry)?.key ?? null);
    if (seen.length === 500) for (const _ of table.sweep());
  }
  expect(seen.slice(0, 7)).toEqual(["0", "1", "2", "3", "4", "6", "7"]);
  expect(seen).toHaveLength(1000);
  expect(seen.slice(502).filter((key) => key !== null && Number(key) < 500)).toEqual([]);
});
