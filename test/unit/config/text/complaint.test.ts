/** Complaints about a line: where they stand, and whom they pass by. */
import { expect, test } from "bun:test";
import {
  attempt,
  Complaint,
  complain,
  latePlace,
  place,
  prefixed,
  shortPlace,
} from "../../../../src/config/text/complaint.ts";
import { Diagnostics } from "../../../../src/config/text/diagnostics.ts";

const word = { text: "x", column: 3, length: 0, quoted: false };
const statement = { file: "a.cfg", line: 7, source: "b x", words: [word] };

test("a complaint becomes an alert in its own form, with a caret of one character at least", () => {
  const diagnostics = new Diagnostics();
  const answer = attempt(diagnostics, statement, () => {
    throw new Complaint("wrong", word, "do better", shortPlace);
  });
  expect(answer).toBeNull();
  expect(diagnostics.all).toEqual([
    {
      level: "alert",
      text: "parsing [a.cfg:7]: wrong",
      pointer: { source: "b x", column: 3, length: 1 },
      advice: "do better",
    },
  ]);
  expect(diagnostics.refused).toBe(true);
});

const fail = (): never => {
  throw new TypeError("ours");
};

test("other errors pass", () => {
  expect(() => attempt(new Diagnostics(), statement, fail)).toThrow(TypeError);
  expect(() => prefixed("p", fail)).toThrow("ours");
});

test("a prefix keeps word, advice and form", () => {
  const complaint = new Complaint("wrong", word, "advice", latePlace);
  try {
    prefixed("'x' : ", () => {
      throw complaint;
    });
  } catch (error) {
    expect({ ...(error as Complaint), message: (error as Complaint).message }).toEqual({
      ...complaint,
      message: "'x' : wrong",
    });
  }
  expect.assertions(1);
});

test("the three forms of a place", () => {
  expect([place(statement), shortPlace(statement), latePlace(statement)]).toEqual([
    "parsing [a.cfg:7] : ",
    "parsing [a.cfg:7]: ",
    "Parsing [a.cfg:7]: ",
  ]);
  const diagnostics = new Diagnostics();
  complain(diagnostics, "warning", statement, "hm");
  expect(diagnostics.all).toEqual([{ level: "warning", text: "parsing [a.cfg:7] : hm", pointer: null, advice: null }]);
});
