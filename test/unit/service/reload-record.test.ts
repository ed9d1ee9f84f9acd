/** What is kept of a reload for whoever asked: all of it, within limits. */
import { expect, test } from "bun:test";
import { ReloadRecord } from "../../../src/service/reload-record.ts";

function stage() {
  const told: string[] = [];
  const tell = (as: string) => (text: string) => void told.push(`${as}: ${text}`);
  const record = new ReloadRecord({
    report: tell("report"),
    alert: tell("alert"),
    warning: tell("warning"),
    notice: tell("notice"),
  });
  return { told, record, text: () => record.text.replaceAll(`(${process.pid}) : `, "") };
}

test("what is said is said to both, what was said elsewhere is kept, changes come last", () => {
  const { told, record, text } = stage();
  record.change("added frontend a");
  record.change("");
  record.report("[ALERT] as it is\n    ^\n");
  record.alert("one\ntwo");
  record.hear("warning", "elsewhere");
  record.notice("three");
  expect(told).toEqual(["report: [ALERT] as it is\n    ^\n", "alert: one\ntwo", "notice: three"]);
  expect(text()).toBe(
    "[ALERT] as it is\n    ^\n[ALERT]    one\ntwo\n[WARNING]  elsewhere\n[NOTICE]   three\nadded frontend a\n",
  );
});

test("it is bounded, and says what was left out", () => {
  const { record } = stage();
  for (let count = 0; count < 1000; count += 1) record.change(`added server b/${"x".repeat(1000)}${count}`);
  for (let count = 0; count < 1000; count += 1) record.alert("y".repeat(1000));
  record.report("z".repeat(1_000_000));
  expect(record.text.length).toBeLessThan(60_000);
  expect(record.text).toEndWith("and 900 changes more\n");
  expect(record.text).toContain("y …\n");
});
