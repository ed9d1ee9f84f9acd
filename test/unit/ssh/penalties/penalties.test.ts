/** Who is kept out and who is not, over sessions, headers, plans and the operator's words. */
import { describe, expect, test } from "bun:test";
import { Penalties } from "../../../../src/ssh/penalties/penalties.ts";
import type { SshPenaltiesPlan } from "../../../../src/plan/ssh/ssh-penalties.ts";
import { frontendPlan, scene } from "./scene.ts";

const left = { cause: "C", first: null } as const;

function stage(change: Partial<SshPenaltiesPlan> = {}) {
  const plan = frontendPlan({ minMs: 2500, maxMs: 60_000, ...change });
  const penalties = new Penalties();
  penalties.renew([plan]);
  const { session, events } = scene(plan);
  /** It comes and is gone at once; how it was turned away. */
  const visit = (...source: Parameters<typeof session>) => {
    const one = session(...source);
    const verdict = penalties.meet(one, false);
    one.standing?.ended(one, left);
    return verdict;
  };
  const sources = (): string[] => [...penalties.all()].map((one) => `${one?.source} ${one?.isEnforced}`);
  return { penalties, session, events, visit, sources };
}

describe("a source", () => {
  test("is kept out once its sessions have come to nothing often enough, and others are not", () => {
    const { visit, sources, events, penalties } = stage();
    expect([1, 2, 3, 4, 5].map(() => visit("192.0.2.1"))).toEqual([null, null, null, "reject", "reject"]);
    expect(visit("192.0.2.2")).toBeNull();
    expect(sources()).toEqual(["192.0.2.1/32 true", "192.0.2.2/32 false"]);
    expect(events).toEqual([
      {
        type: "ssh-penalty",
        frontend: "in",
        logs: [],
        text: "Frontend in: 192.0.2.1/32 has a penalty of 3 s (noauth 3) and is refused until it has passed.",
      },
    ]);
    const [figures] = penalties.figures();
    expect(figures).toEqual({
      frontend: "in",
      sources: 2,
      enforced: 1,
      refused: 2,
      unnoted: 0,
      given: { noauth: 4, invalid: 0, proxy: 0 },
    });
  });

  test("is a network as the plan has it", () => {
    const { visit, sources } = stage({ prefix6: 64, prefix4: 24 });
    for (const host of ["2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1", "::ffff:192.0.2.2", "192.0.2.3"])
      visit(host);
    expect(sources()).toEqual(["2001:db8::/64 true", "192.0.2.0/24 true"]);
  });

  test("is exempt where the plan says so, in whatever way it is written", () => {
    const { visit, sources, penalties, session } = stage({ exempt: ["192.0.2.0/24", "2001:db8::/32"] });
    for (const host of ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8:7::1"]) {
      for (let count = 5; count > 0; count--) expect(visit(host)).toBeNull();
      expect(penalties.leftMs(session(host))).toBe(0);
    }
    expect(sources()).toEqual([]);
  });

  test("has none where it has no address", () => {
    const { penalties, session, sources } = stage();
    for (let count = 5; count > 0; count--) {
      const one = { ...session("192.0.2.1"), source: { kind: "unix", path: "/x" } as const };
      expect(penalties.meet(one, false)).toBeNull();
      one.standing?.ended(one, left);
    }
    expect(sources()).toEqual([]);
  });

  test("is the one that was let in, whatever rules make of it later", () => {
    const { penalties, session, sources } = stage();
    const one = session("192.0.2.1") as {
      -readonly [Key in keyof ReturnType<typeof session>]: ReturnType<typeof session>[Key];
    };
    penalties.meet(one, false);
    one.source = { kind: "tcp", host: "192.0.2.9", port: 1 };
    one.standing?.ended(one, left);
    expect(sources()).toEqual(["192.0.2.1/32 false"]);
    expect(penalties.leftMs(one)).toBeGreaterThan(900);
  });
});

/** How many penalties a session brings that ends so before it has a server. */
const ends = (change: object) => {
  const { penalties, session, sources } = stage();
  const one = session("192.0.2.1");
  penalties.meet(one, false);
  one.standing?.ended(one, { ...left, ...change });
  return sources().length;
};

describe("a session", () => {
  test("brings no penalty that we or the server end", () => {
    // R, K, D, U, I, P: ours; what fails on the way to a server is the server's.
    for (const cause of ["R", "K", "D", "U", "I", "P", "S", "s", "c", "L"])
      expect([cause, ends({ cause })]).toEqual([cause, 0]);
    expect(ends({ cause: "-" })).toBe(0);
    expect(ends({ cause: "C" })).toBe(1);
  });

  test("brings none where its server is waited for", () => {
    const { penalties, session, sources } = stage();
    const one = session("192.0.2.1");
    penalties.meet(one, false);
    const tap = one.standing?.watch();
    tap?.fromServer(Buffer.from("SSH-2.0-x\r\n"));
    // It was told off and left.
    one.standing?.ended(one, { cause: "-", first: "server" });
    expect(sources()).toEqual([]);
    one.standing?.ended(one, { cause: "-", first: "client" });
    expect(sources()).toEqual(["192.0.2.1/32 false"]);
  });

  test("brings one that offers nothing that its server can, whoever leaves first", () => {
    const { penalties, session, sources } = stage();
    const choice = { keyExchange: "a", hostKey: "", cipherToServer: "c", cipherToClient: "d" };
    const one = session("192.0.2.1", { ssh: { foreign: null, choice } as never });
    penalties.meet(one, false);
    one.standing?.watch();
    one.standing?.ended(one, { cause: "-", first: "server" });
    expect(sources()).toEqual(["192.0.2.1/32 false"]);
  });

  test("brings one for what is not SSH, once, whenever that is found", () => {
    for (const isHeard of [true, false]) {
      const { penalties, session } = stage({ minMs: 60_000 });
      const one = session("192.0.2.1", { ssh: { foreign: "client", choice: null } as never });
      penalties.meet(one, false);
      if (isHeard) penalties.heardForeign(one);
      one.standing?.ended(one, { ...left, cause: "S" });
      expect([...penalties.all()].map((view) => view?.faults)).toEqual([{ noauth: 0, invalid: 1, proxy: 0 }]);
    }
  });

  test("brings none where it is the server that does not speak SSH", () => {
    const { penalties, session, sources } = stage();
    const one = session("192.0.2.1", { ssh: { foreign: "server", choice: null } as never });
    penalties.meet(one, false);
    one.standing?.ended(one, left);
    expect(sources()).toEqual([]);
  });
});

describe("behind PROXY headers", () => {
  test("a bearer without one is kept out before it could send one; not who has sent one", () => {
    const { penalties, session, sources } = stage();
    for (let count = 2; count > 0; count--) {
      penalties.misheaded(session("127.0.0.1"));
      expect(penalties.meet(session("127.0.0.1"), true)).toBe("reject");
    }
    // As a source of its own it has done nothing.
    expect(penalties.meet(session("127.0.0.1"), false)).toBeNull();
    expect(penalties.meet(session("192.0.2.1", { peer: "127.0.0.2" }), false)).toBeNull();
    for (let count = 9; count > 0; count--) penalties.misheaded(session("127.0.0.2"));
    expect(penalties.meet(session("127.0.0.2"), true)).toBeNull();
    expect(sources()).toEqual(["127.0.0.1/32 true"]);
  });

  test("who speaks for itself by a header gets no penalty", () => {
    const { visit, sources } = stage();
    for (let count = 9; count > 0; count--) expect(visit("127.0.0.1", { peer: "127.0.0.1", local: true })).toBeNull();
    expect(sources()).toEqual([]);
  });
});

/** Of one source that is kept out, once another plan runs. */
const kept = (change: Partial<SshPenaltiesPlan> | null, name = "in"): (string | null)[] => {
  const { penalties, visit, sources } = stage();
  for (let count = 3; count > 0; count--) visit("192.0.2.1");
  penalties.renew([frontendPlan(change === null ? null : { minMs: 2500, maxMs: 60_000, ...change }, name)]);
  return sources();
};

describe("another plan", () => {
  test("keeps what there is while that is reckoned alike, by its name", () => {
    const same = ["192.0.2.1/32 true"];
    expect(kept({})).toEqual(same);
    expect(kept({ action: "drop", size: 5, addMs: { noauth: 0, invalid: 0, proxy: 0 } })).toEqual(same);
    for (const change of [{ minMs: 1 }, { maxMs: 59_000 }, { prefix4: 31 }, { prefix6: 48 }])
      expect(kept(change)).toEqual([]);
    expect(kept(null)).toEqual([]);
    expect(kept({}, "other")).toEqual([]);
  });

  test("is heeded at once: what is exempt then is let in, and how others are turned away", () => {
    const { penalties, visit, session } = stage();
    for (const host of ["192.0.2.1", "192.0.2.2"]) for (let count = 3; count > 0; count--) visit(host);
    penalties.renew([frontendPlan({ minMs: 2500, maxMs: 60_000, exempt: ["192.0.2.1"], action: "tarpit" })]);
    expect([visit("192.0.2.1"), visit("192.0.2.2")]).toEqual([null, "tarpit"]);
    // Of a session that came under the former plan nothing is held where nobody asks any more.
    const one = session("192.0.2.3");
    penalties.meet(one, false);
    penalties.renew([]);
    one.standing?.ended(one, left);
    expect([...penalties.all(), ...penalties.figures()]).toEqual([]);
  });
});

describe("an operator", () => {
  test("forgives whom he names, or all", () => {
    const { penalties, visit, sources } = stage();
    for (const host of ["192.0.2.1", "192.0.2.77", "198.51.100.1", "2001:db8::1"]) visit(host);
    expect([...(penalties.clear("192.0.2.0/26") ?? [])]).toEqual([true, false, false, false]);
    expect([...(penalties.clear("2001:db8::99") ?? [])].filter(Boolean)).toHaveLength(1);
    expect(sources()).toEqual(["192.0.2.77/32 false", "198.51.100.1/32 false"]);
    expect(penalties.clear("x")).toBeNull();
    for (const _ of penalties.clear(null) ?? []);
    expect(sources()).toEqual([]);
  });
});

test("the log is told of ten a minute, and of nothing that strangers wrote", () => {
  const { visit, events } = stage({ minMs: 500 });
  for (let at = 0; at < 50; at++) visit(`192.0.2.${at}`);
  expect(events).toHaveLength(10);
  for (const event of events) expect(event).toMatchObject({ text: expect.stringMatching(/^[ -~]+$/) });
});

test("what has passed is gone, also where nobody comes any more", async () => {
  const { penalties, visit } = stage({ addMs: { noauth: 400, invalid: 0, proxy: 0 } });
  for (let at = 0; at < 2000; at++) visit(`10.0.${at >> 8}.${at & 255}`);
  const deadline = performance.now() + 10_000;
  const count = (): number => [...penalties.figures()][0]?.sources ?? -1;
  expect(count()).toBe(2000);
  while (count() > 0 && performance.now() < deadline) await Bun.sleep(20);
  expect(count()).toBe(0);
  penalties.retire();
});
