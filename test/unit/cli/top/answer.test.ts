/** The answer of `show info;show stat`, ours and HAProxy's, as rows. */
import { expect, test } from "bun:test";
import { readTop } from "../../../../src/cli/top/answer.ts";
import { statsCsv } from "../../../../src/ops/stats/csv.ts";
import { said } from "./said.ts";

test("fields of the process and rows of proxies, by the columns' names", () => {
  const view = readTop(
    said([
      {
        pxname: "ssh",
        svname: "FRONTEND",
        type: 0,
        scur: 3,
        slim: 10,
        bin: 5,
        bout: 6,
        rate: 2,
        stot: 9,
        smax: 4,
        status: "OPEN",
      },
    ]),
    1000,
  );
  if (typeof view === "string") throw new Error(view);
  expect(view.at).toBe(1000);
  expect(view.process.get("CurrConns")).toBe("12");
  expect(view.process.get("node")).toBe("lb: one");
  expect(view.rows).toEqual([
    {
      kind: "frontend",
      proxy: "ssh",
      name: "FRONTEND",
      status: "OPEN",
      sessions: 3,
      limit: 10,
      highest: 4,
      queue: 0,
      rate: 2,
      total: 9,
      bytesIn: 5,
      bytesOut: 6,
      weight: 0,
      check: "",
      since: null,
    },
  ]);
});

test("quoted fields", () => {
  const view = readTop(said([{ pxname: 'a,"b"', svname: "x", type: 2, status: "UP" }]), 0);
  expect(typeof view === "string" ? view : view.rows.map(({ proxy, kind, status }) => [proxy, kind, status])).toEqual([
    ['a,"b"', "server", "UP"],
  ]);
  for (const end of ['"', '"a', '"a""']) {
    const broken = readTop(`# pxname,svname,\n${end}\n`, 0);
    expect(typeof broken === "string" ? broken : broken.rows).toHaveLength(1);
  }
});

test("what is no such answer is told by its first line", () => {
  expect(readTop("Permission denied\n\n", 0)).toBe("Permission denied");
  expect(readTop("Name: HAProxy\nPid: 1\n\nUnknown command\n", 0)).toBe("Name: HAProxy");
  expect(readTop("", 0)).toBe("");
  expect(readTop(statsCsv.head, 0)).toMatchObject({ rows: [] });
});
