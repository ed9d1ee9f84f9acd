/** `fairlead reload`: where it asks, and what comes of each answer. */
import { describe, expect, test } from "bun:test";
import { reloadPlace, tellReload } from "../../../../src/cli/operator/reload.ts";
import { heard } from "../heard.ts";

const unix = (path: string) => ({ kind: "socket", address: { kind: "unix", path } });

test("where it asks", () => {
  expect(reloadPlace({ socket: "/s" })).toEqual(unix("/s") as never);
  expect(reloadPlace({ master: "/m" })).toEqual(unix("/m") as never);
  // As it stands on the process's own command line.
  expect(reloadPlace({ master: "/m,mode,600" })).toEqual(unix("/m") as never);
  expect(reloadPlace({})).toEqual({ kind: "file", file: "" });
  expect(reloadPlace({ master: "/m", file: "a" })).toBe("'-S', '--socket' and '-f' say the same; one is enough");
  expect(reloadPlace({ master: "fd@3" })).toBe("'-S' expects an address that others can reach");
  expect(reloadPlace({ master: "nowhere" })).toBe("'-S' expects an address, not 'nowhere'");
});

describe("answers", () => {
  const alert = "[ALERT]    socket /s: ";
  const rows: readonly (readonly [said: string, code: number, told: string])[] = [
    ["Success=1\n--\nadded frontend a\n", 0, "Reloaded.\nadded frontend a\n"],
    ["Success=1\n--\nadded frontend a\n\n", 0, "Reloaded.\nadded frontend a\n"],
    ["Success=1\n", 0, "Reloaded; nothing is told to have changed.\n"],
    [
      "Success=0\n--\n[ALERT] x\n   caret ^\n",
      1,
      "[ALERT] x\n   caret ^\n[ALERT]    Not reloaded: what ran before goes on.\n",
    ],
    ["Success=0\n", 1, "[ALERT]    Not reloaded: what ran before goes on.\n"],
    ["Success=1\n--\n\u001b[2Jadded\n", 0, "Reloaded.\n#1B[2Jadded\n"],
    ["Permission denied\n\n", 1, `${alert}permission denied: it takes a 'stats socket' of level admin\n`],
    [
      "Unknown command, but\n",
      1,
      `${alert}it does not know 'reload'; what runs there is HAProxy, or an older fairlead: ask its master socket ('-S')\n`,
    ],
    ["Something\nelse\n", 1, `${alert}Something\n`],
    ["Success=10\n", 1, `${alert}Success=10\n`],
  ];
  test.each(rows)("%j", (said, code, told) => {
    const { terminal, text } = heard();
    expect(tellReload("/s", { said }, terminal)).toBe(code);
    expect(text()).toBe(told);
  });

  test("none", () => {
    const { terminal, text } = heard();
    expect(tellReload("/s", { failed: "there is none" }, terminal)).toBe(1);
    expect(text()).toBe(
      "[ALERT]    socket /s: there is none\n    is fairlead running, and is this its 'stats socket' or the one of its '-S'?\n",
    );
  });
});
