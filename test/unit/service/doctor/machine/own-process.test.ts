/** Which process serves the files that are looked over. */
import { describe, expect, test } from "bun:test";
import { isOf, type ProcessTable, runningProcess } from "../../../../../src/service/doctor/machine/own-process.ts";

interface Process {
  readonly words: string;
  readonly parent?: number;
  readonly folder?: string;
  readonly config?: string;
}

function table(all: readonly (readonly [number, Process])[]): ProcessTable {
  const processes = new Map(all);
  return {
    pids: () => [...processes.keys()],
    words: (pid) => processes.get(pid)?.words.split(" ") ?? [],
    parent: (pid) => processes.get(pid)?.parent ?? 0,
    folder: (pid) => processes.get(pid)?.folder ?? null,
    variable: (pid, name) => (name === "FAIRLEAD_CONFIG" ? (processes.get(pid)?.config ?? null) : null),
  };
}

const file = import.meta.path;
const folder = import.meta.dir;
const name = file.slice(folder.length + 1);

describe("serves it", () => {
  for (const one of [
    { words: `fairlead -f ${file}` },
    { words: `/usr/sbin/haproxy -Ws -f /etc/other.cfg -f ${file} -p /run/x` },
    { words: `node /usr/lib/fairlead.mjs -db -f ${name}`, folder },
    { words: `fairlead -D -- ${file}` },
    { words: "fairlead", config: file },
    // In another root folder.
    { words: `fairlead -f machine/${name}`, folder: "/var/empty" },
  ])
    test(one.words, () => expect(runningProcess([file], table([[77, one]]))).toBe(77));
});

describe("does not", () => {
  for (const one of [
    { words: `fairlead -c -f ${file}` },
    { words: `fairlead -f ${file} -c` },
    { words: `fairlead doctor -f ${file}` },
    { words: `vi -f ${file}` },
    { words: "fairlead -f /etc/other.cfg" },
    { words: "fairlead -f x.test.ts", folder: "/var/empty" },
    { words: "fairlead", config: "" },
  ])
    test(one.words, () => expect(runningProcess([file], table([[77, one]]))).toBeNull());
});

test("a master and its worker are one", () => {
  const look = table([
    [10, { words: "fairlead -W", parent: 1 }],
    [11, { words: "fairlead -W", parent: 10 }],
    [12, { words: "sshd", parent: 1 }],
  ]);
  expect([
    isOf(11, 10, look),
    isOf(10, 11, look),
    isOf(10, 10, look),
    isOf(12, 10, look),
    isOf(10, null, look),
  ]).toEqual([true, true, true, false, false]);
});
