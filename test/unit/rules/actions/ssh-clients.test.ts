/** What is done with clients of SSH that rules turn away. */
import { expect, test } from "bun:test";
import { ownLogFormat } from "../../../../src/config/expressions/log-format.ts";
import type { Action } from "../../../../src/plan/rules/rule.ts";
import type { SampleContext } from "../../../../src/rules/context.ts";
import { compileRules } from "../../../../src/rules/ruleset.ts";
import { scopeOf } from "../../config/reading.ts";
import { payload, record, session, tables } from "../session.ts";
import { recorder } from "./exchange.ts";

const position = { file: "x.cfg", line: 1 };

/** What comes of a rule, and what its client is told. */
function done(action: Action, given: Partial<SampleContext> = {}): unknown[] {
  const { told, effects } = recorder();
  const rules = compileRules([{ position, action, condition: null }], tables([]));
  return [rules.start(session(given), effects).step(), ...told];
}

function lastWord(text: string, code = 11): Action {
  return { kind: "ssh-reject", text: ownLogFormat(text, scopeOf("frontend")), code };
}

function request(text: string, isFinal = false): Partial<SampleContext> {
  return { request: payload(text, isFinal) };
}

test("a last word has the code that goes with it, and what a session tells of itself", () => {
  expect(done(lastWord("go away", 7))).toEqual(["reject", ["last word", "go away", 7]]);
  expect(done(lastWord("%ci: %[src] may not"), { recordSoFar: record })).toEqual([
    "reject",
    ["last word", "127.0.0.1: 10.0.0.1 may not", 11],
  ]);
});

test("what it says of its client is waited for", () => {
  const action = lastWord("not with %[ssh.client.software]");
  expect(done(action, request("SSH-2.0-Pu"))).toEqual(["wait"]);
  expect(done(action, request("SSH-2.0-PuTTY_1.0\n"))).toEqual(["reject", ["last word", "not with PuTTY", 11]]);
  expect(done(action, request("SSH-2.0-Pu", true))).toEqual(["reject", ["last word", "not with ", 11]]);
  expect(done(action)).toEqual(["reject", ["last word", "not with ", 11]]);
});

test("a tarpit says nothing", () => expect(done({ kind: "ssh-tarpit" })).toEqual(["tarpit"]));
