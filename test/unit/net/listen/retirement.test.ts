/** A listener that goes looks twice at least, goes on while anybody comes, and closes once when it is its turn. */
import { expect, test } from "bun:test";
import { patienceMs, Retirement, type Retiring } from "../../../../src/net/listen/retirement.ts";

type Found = ReturnType<Retiring["drain"]>;

/** One that finds this at each look, `empty` from then on; `come`: how many came by each; the log of what was asked of it, once it is closed. */
async function logOf(finds: readonly Found[], come: readonly number[] = [], turnsAway = 0): Promise<string[]> {
  const log: string[] = [];
  await new Promise<void>((resolve) => {
    let looks = 0;
    let left = turnsAway;
    const retirement = new Retirement(
      {
        divert: (attempt) => log.push(`divert ${attempt}`),
        drain() {
          retirement.arrivals += come[looks] ?? 0;
          const found = finds[looks++] ?? "empty";
          log.push(found);
          return found;
        },
        mayClose: () => left-- <= 0,
        closeRetired() {
          log.push("closed");
          resolve();
        },
      },
      0,
    );
    retirement.begin();
  });
  return log;
}

test("who finds nobody twice closes", async () => {
  expect(await logOf([])).toEqual(["divert 0", "empty", "divert 0", "empty", "closed"]);
});

test("while more wait they are taken first, and then there are two looks still", async () => {
  const all = ["divert 0", "more", "divert 0", "empty", "divert 0", "empty", "closed"];
  expect(await logOf(["more"])).toEqual(all);
});

test("who still comes was sent here: another place is tried", async () => {
  const log = await logOf([], [0, 1, 1, 0]);
  expect(log.filter((line) => line.startsWith("divert"))).toEqual(["divert 0", "divert 0", "divert 1", "divert 2"]);
  expect(log.at(-1)).toBe("closed");
});

test("it waits for its turn", async () => {
  const log = await logOf([], [], 2);
  expect(log.filter((line) => line === "empty")).toHaveLength(4);
});

function patience(host: string, isDeferring: boolean): number {
  return patienceMs({ kind: "tcp", host, port: 1 }, isDeferring);
}

test("a handshake has time only where its other end is elsewhere, and more where the client's first bytes are waited for", () => {
  const [far, deferring] = [patience("10.0.0.1", false), patience("127.0.0.1", true)];
  expect([patience("127.0.0.2", false), patience("::1", false)]).toEqual([0, 0]);
  expect([far > 0, deferring > far, patienceMs({ kind: "unix", path: "/x" }, true)]).toEqual([true, true, 0]);
});
