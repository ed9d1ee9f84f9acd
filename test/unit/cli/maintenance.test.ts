/** `fairlead maintenance`: what it asks a socket for, and what comes of each answer. */
import { describe, expect, test } from "bun:test";
import { maintenanceLine, maintenanceWish, tellMaintenance } from "../../../src/cli/maintenance.ts";
import { openTerminal } from "../../../src/cli/terminal.ts";
import { splitWords } from "../../../src/ops/admin/commands.ts";
import { CommandReader } from "../../../src/ops/sockets/command-reader.ts";

test("words that are wrong are told", () => {
  const rows: Record<string, string> = {
    ssh: 'expects PROXY on or off, like: fairlead maintenance ssh on "back at 14:00"',
    "ssh up": 'expects PROXY on or off, like: fairlead maintenance ssh on "back at 14:00"',
    "ssh off now": "'off' takes no text: unexpected argument 'now'",
    "ssh on a\nb": "neither a proxy's name nor the text may hold control characters",
  };
  for (const [words, wrong] of Object.entries(rows)) expect(maintenanceWish(words.split(" "))).toBe(wrong);
});

test("whatever is in a text comes out on the other side as one command", () => {
  const texts = ["back at 14:00", " a  b ", "a;b", "x <<", "\\", '"quoted"', "back\\;", "zurück", ""];
  for (const text of texts) {
    const reader = new CommandReader();
    reader.push(`${maintenanceLine({ kind: "set", proxy: "a b;c", text })}\n`);
    expect(reader.next()).toMatchObject({ text: "set severity-output number", payload: null });
    const command = reader.next();
    if (typeof command !== "object" || command === null) throw new Error("no command");
    expect([command.payload, command.endsLine, reader.isEmpty]).toEqual([null, true, true]);
    const [, , proxy, state, ...words] = splitWords(command.text);
    expect([proxy, state]).toEqual(["a b;c", "on"]);
    expect(words).toEqual(text === "" ? [] : [`"${text}"`]);
  }
  expect(maintenanceLine({ kind: "set", proxy: "ssh", text: null })).toEndWith(";set maintenance ssh off");
  expect(maintenanceLine({ kind: "list" })).toBe("show maintenance");
});

describe("answers", () => {
  const on = { kind: "set", proxy: "ssh", text: "x" } as const;
  const off = { ...on, text: null };
  const list = { kind: "list" } as const;
  const rows: readonly (readonly [Parameters<typeof tellMaintenance>[0], string, number, string])[] = [
    [on, "\n\n", 0, "ssh is in maintenance: new sessions are refused, and read: x\n"],
    [{ ...on, text: "" }, "\n\n", 0, "ssh is in maintenance: new sessions are refused.\n"],
    [on, "\n[4]: octal\n\n", 0, "[WARNING]  octal\nssh is in maintenance: new sessions are refused, and read: x\n"],
    [off, "\n\n", 0, "ssh is not in maintenance any more.\n"],
    [off, "\n[5]: It is not in maintenance.\n\n", 0, "ssh is not in maintenance.\n"],
    [on, "\n[3]: No such proxy.\n\n", 1, "[ALERT]    stats socket /s: No such proxy.\n"],
    [on, "\n[3]: Permission denied\n\n", 1, "[ALERT]    stats socket /s: Permission denied\n"],
    [on, "\n[6]: Unknown command, but\nmore\n\n", 1, "[ALERT]    stats socket /s: Unknown command, but\n"],
    [list, "# proxy since refused text\n\n", 0, "No proxy is in maintenance.\n"],
    [list, "# proxy since refused text\nssh d 0 x\n\n", 0, "# proxy since refused text\nssh d 0 x\n"],
    [list, "Permission denied\n\n", 1, "[ALERT]    stats socket /s: Permission denied\n"],
  ];
  test.each(rows)("%j %j", (wish, said, code, told) => {
    let text = "";
    const line = {
      dropped: 0,
      write: (bytes: Uint8Array) => void (text += new TextDecoder().decode(bytes)),
      flushed: async () => {},
    };
    expect(tellMaintenance(wish, "/s", { said }, openTerminal(line, line, null))).toBe(code);
    expect(text.replaceAll(/\(\d+\) : /g, "")).toBe(told);
  });
});
