/** How many threads more there may be is read from every limit that there is. */
import { expect, test } from "bun:test";
import { openSpareThreads, spareThreads } from "../../../src/system/spare-threads.ts";

const limits = (most: string): string =>
  `Limit  Soft Limit  Hard Limit  Units\nMax processes             ${most.padEnd(21)}${most}     processes\n`;
const status = (threads: number): string => `Name:\tx\nThreads:\t${threads}\nSigQ:\t0/1\n`;

/** Of a file system with these files; folders of /proc belong to the account in `owners`. */
function room(uid: number, files: Record<string, string>, owners: Record<string, number> = {}): number {
  const known = new Map(Object.entries(files));
  return spareThreads(uid, {
    read: (path) => known.get(path) ?? null,
    list: (path) => (path === "/proc" ? ["1", "20", "300", "self", "meminfo"] : []),
    owner: (path) => owners[path] ?? 0,
  });
}

test.each([
  ["nothing is said", {}, Infinity],
  [
    "max",
    { "/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/pids.max": "max\n", "/sys/fs/cgroup/a/pids.current": "3\n" },
    Infinity,
  ],
  [
    "the least of the groups around",
    {
      "/proc/self/cgroup": "0::/a/b\n",
      "/sys/fs/cgroup/a/b/pids.max": "100\n",
      "/sys/fs/cgroup/a/b/pids.current": "3\n",
      "/sys/fs/cgroup/a/pids.max": "50\n",
      "/sys/fs/cgroup/a/pids.current": "44\n",
    },
    6,
  ],
  [
    "in a container",
    { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/pids.max": "20\n", "/sys/fs/cgroup/pids.current": "11\n" },
    9,
  ],
  [
    "the former hierarchy",
    {
      "/proc/self/cgroup": "9:name=systemd:/x\n8:cpu,pids:/a\n1:cpu:/\n",
      "/sys/fs/cgroup/pids/a/pids.max": "12\n",
      "/sys/fs/cgroup/pids/a/pids.current": "11\n",
    },
    1,
  ],
] as const)("by groups: %s", (_, files, expected) => {
  expect([room(0, files), room(7, files)]).toEqual([expected, expected]);
});

test("by the account's limit, which counts the threads of all its processes; the superuser has none", () => {
  const files = {
    "/proc/self/limits": limits("40"),
    "/proc/1/status": status(1000),
    "/proc/20/status": status(9),
    "/proc/300/status": status(6),
  };
  const owners = { "/proc/20": 7, "/proc/300": 7 };
  expect([room(7, files, owners), room(0, files, owners)]).toEqual([25, Infinity]);
  expect(room(7, { ...files, "/proc/self/limits": limits("unlimited") }, owners)).toBe(Infinity);
  expect(room(7, { ...files, "/proc/self/limits": limits("96365") }, owners)).toBe(Infinity);
  expect(room(7, { ...files, "/proc/self/limits": limits("10") }, owners)).toBeLessThan(1);
});

test.skipIf(process.platform !== "linux")("of this very process there is an answer", () => {
  expect(spareThreads()).toBeGreaterThan(0);
});

/** Room for threads in a group with 39 left, before and after the system's files cannot be seen any more. */
function rooms(uid: number, most: string): readonly number[] {
  let isHidden = false;
  const files = new Map([
    ["/proc/self/limits", limits(most)],
    ["/proc/20/status", status(9)],
    ["/proc/self/cgroup", "0::/\n"],
    ["/sys/fs/cgroup/pids.max", "50\n"],
    ["/sys/fs/cgroup/pids.current", "11\n"],
  ]);
  const look = openSpareThreads(() => uid, {
    read: (path) => (isHidden ? null : (files.get(path) ?? null)),
    list: (path) => (isHidden ? [] : path === "/proc" ? ["20"] : ["pids.max"]),
    owner: () => uid,
  });
  const before = look();
  isHidden = true;
  return [before, look()];
}

test("in another root folder, what was seen before holds", () => {
  expect([rooms(7, "20"), rooms(7, "unlimited"), rooms(0, "20")]).toEqual([
    [11, 0],
    [39, 39],
    [39, 39],
  ]);
});
