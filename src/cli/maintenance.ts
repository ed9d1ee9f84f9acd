/** `fairlead maintenance`: what its words ask for, and what comes of it. */
import { commandWord, type Said } from "./ask-socket.ts";
import type { Terminal } from "./terminal.ts";

/** What is wanted; `text` null: the proxy serves again. */
export type MaintenanceWish =
  { readonly kind: "list" } | { readonly kind: "set"; readonly proxy: string; readonly text: string | null };

/** Takes the words behind `maintenance`; a text says what is wrong with them. */
export function maintenanceWish([proxy, state, ...words]: readonly string[]): MaintenanceWish | string {
  if (proxy === undefined) return { kind: "list" };
  if (state !== "on" && state !== "off")
    return `expects PROXY on or off, like: fairlead maintenance ssh on "back at 14:00"`;
  const text = words.join(" ");
  if (/\p{Cc}/u.test(proxy + text)) return "neither a proxy's name nor the text may hold control characters";
  if (state === "off" && words.length > 0) return `'off' takes no text: unexpected argument '${words[0]}'`;
  return { kind: "set", proxy, text: state === "on" ? text : null };
}

/** The line that asks for it. */
export function maintenanceLine(wish: MaintenanceWish): string {
  if (wish.kind === "list") return "show maintenance";
  const { proxy, text } = wish;
  // The quotes keep what is quoted in the text itself.
  const state = text === null ? "off" : text === "" ? "on" : `on "${commandWord(text)}"`;
  return `set severity-output number;set maintenance ${commandWord(proxy)} ${state}`;
}

/** Tells what came of it; the exit code. `where`: the socket. */
export function tellMaintenance(wish: MaintenanceWish, where: string, answer: Said, terminal: Terminal): number {
  if ("failed" in answer) {
    terminal.alert(`stats socket ${where}: ${answer.failed}\n    is fairlead running, and is this its 'stats socket'?`);
    return 1;
  }
  const said = answer.said.trim();
  if (wish.kind === "list") {
    // Of somebody who does not know the command a list of those that he knows.
    const isList = said.startsWith("# proxy ");
    if (!isList) terminal.alert(`stats socket ${where}: ${said.split("\n", 1)[0] ?? ""}`);
    else terminal.print(said.includes("\n") ? `${said}\n` : "No proxy is in maintenance.\n");
    return isList ? 0 : 1;
  }
  const { proxy, text } = wish;
  const [, severity, words = ""] = /^\[(\d)\]: ([^\n]*)/.exec(said) ?? [];
  if (said !== "" && severity !== "4" && severity !== "5") {
    terminal.alert(`stats socket ${where}: ${words || said.split("\n", 1)[0] || ""}`);
    return 1;
  }
  if (severity === "4") terminal.warning(words);
  const reads = text === "" ? "new sessions are refused." : `new sessions are refused, and read: ${text}`;
  terminal.print(
    text === null
      ? `${proxy} is not in maintenance${severity === "5" ? "" : " any more"}.\n`
      : `${proxy} is in maintenance: ${reads}\n`,
  );
  return 0;
}
