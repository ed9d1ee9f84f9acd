/** `fairlead ssh-report`: what it asks a socket for, and what comes of each answer. */
import { expect, test } from "bun:test";
import { sshReportLine, tellSshReport, wrongSince } from "../../../src/cli/ssh-report.ts";
import { openTerminal } from "../../../src/cli/terminal.ts";

test("the line that asks for it", () => {
  expect(sshReportLine({ json: false, since: null })).toBe("show ssh report");
  expect(sshReportLine({ json: true, since: "7d" })).toBe("show ssh report json since 7d");
  expect([wrongSince(null), wrongSince("7d"), wrongSince("7d;quit")]).toEqual([
    null,
    null,
    expect.stringContaining("'--since' expects a number with"),
  ]);
});

const running = "\n    is fairlead running, and is this its 'stats socket'?\n";
const rows: readonly (readonly [boolean, Parameters<typeof tellSshReport>[2], number, string])[] = [
  [false, { said: "SSH at x\nmore\n\n" }, 0, "SSH at x\nmore\n"],
  [true, { said: "{}\n\n" }, 0, "{}\n"],
  [true, { said: "SSH at x\n\n" }, 1, "[ALERT]    stats socket /s: SSH at x\n"],
  [false, { said: "Permission denied\n\n" }, 1, "[ALERT]    stats socket /s: Permission denied\n"],
  [false, { failed: "nobody listens there" }, 1, `[ALERT]    stats socket /s: nobody listens there${running}`],
  [
    true,
    { said: "Unknown command, but maybe\n  show info\n\n" },
    1,
    "[ALERT]    stats socket /s: it does not know 'show ssh report'; what runs there is HAProxy, or an older fairlead: restart it\n",
  ],
];
test.each(rows)("%j %j", (json, answer, code, told) => {
  let text = "";
  const line = {
    dropped: 0,
    write: (bytes: Uint8Array) => void (text += new TextDecoder().decode(bytes)),
    flushed: async () => {},
  };
  expect(tellSshReport({ json, since: null }, "/s", answer, openTerminal(line, line, null))).toBe(code);
  expect(text.replaceAll(/\(\d+\) : /g, "")).toBe(told);
});
