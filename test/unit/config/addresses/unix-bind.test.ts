/** `unix-bind`: whose the files of unix sockets are, and where. */
import { expect, test } from "bun:test";
import { planOf, saidOf } from "../reading.ts";

const text = (words: string): string =>
  `global\n unix-bind ${words}\n stats socket /s\nfrontend f\n bind unix@/f mode 600\n default_backend b\nbackend b\n server s 127.0.0.1:6\n`;

test("what it says holds for sockets that say nothing of their own", () => {
  const plan = planOf(text("prefix /run mode 640 user root gid 7"));
  const sockets = [plan.global.statsSockets[0]?.bind, plan.frontends[0]?.binds[0]];
  expect(sockets.map((bind) => [bind?.address, bind?.mode, bind?.uid, bind?.gid])).toEqual([
    [{ kind: "unix", path: "/run/s" }, 0o640, 0, 7],
    [{ kind: "unix", path: "/run/f" }, 0o600, 0, 7],
  ]);
  expect(planOf(text("uid 5 group root")).frontends[0]?.binds[0]).toMatchObject({ uid: 5, gid: 0 });
});

test.each([
  ["prefix", "unix_bind 'prefix' expects a path as an argument."],
  ["user nobody-here", "'unix-bind' : 'nobody-here' unknown user."],
  ["group nobody-here", "'unix-bind' : 'nobody-here' unknown group."],
  ["colour red", "'unix-bind' only supports the 'prefix', 'mode', 'uid', 'gid', 'user' and 'group' options."],
])("%s", (words, message) => expect(saidOf(text(words)).join("\n")).toContain(message));
