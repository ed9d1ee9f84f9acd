/** An agent's answer: words that change a server's state, weight and maxconn. */
import type { CheckResult } from "../../events.ts";
import { firstLine } from "./run/check-bytes.ts";

/**
 * What an agent's line asks for (manual, `agent-check`). Null: not said.
 *
 * `health` is the agent's own mark, which may take a server down although its check passes; `admin` sets or (ready) clears
 * drain and maintenance; `weightPercent` is of the initial weight. A line of which nothing speaks of health has status
 * `CHECKED` and changes nothing else.
 */
export interface AgentAnswer {
  readonly health: "up" | "down" | null;
  readonly admin: "ready" | "drain" | "maint" | null;
  readonly weightPercent: number | null;
  readonly maxconn: number | null;
  /** How it is told: L7OK (up), L7STS (down), CHECKED, or L7RSP and L7TOUT for no whole line at all. */
  readonly result: Pick<CheckResult, "status" | "info">;
}

/**
 * Reads an agent's answer up to its first CR or LF: words between spaces, tabs or commas, the last one of a sort wins.
 *
 * A word that begins with `#` opens the reason for the state. An answer without an end of line is not trusted. Never throws.
 */
export function parseAgentAnswer(text: string): AgentAnswer {
  const nothing = { health: null, admin: null, weightPercent: null, maxconn: null } as const;
  if (text === "") {
    return { ...nothing, result: { status: "L7RSP", info: "TCPCHK got an empty response at step 2" } };
  }
  if (!/[\r\n]/.test(text)) {
    return { ...nothing, result: { status: "L7TOUT", info: "Ignoring incomplete line from agent" } };
  }
  const [, words = "", reason = ""] = /^(.*?)(?:(?<=^|[ \t,])#(.*))?$/.exec(firstLine(text)) ?? [];
  const found: Mutable<Pick<AgentAnswer, "health" | "admin" | "weightPercent" | "maxconn">> = { ...nothing };
  let healthWord: string | null = null;
  let unknown: string | null = null;
  for (const word of words.split(/[ \t,]+/).filter((one) => one !== "")) {
    const change = readWord(word);
    if (change === null) unknown ??= word;
    else Object.assign(found, change);
    if (change?.health !== undefined) healthWord = word;
  }
  return { ...found, result: agentResult(found.health, healthWord, reason.trim(), unknown) };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function agentResult(
  health: AgentAnswer["health"],
  word: string | null,
  reason: string,
  unknown: string | null,
): AgentAnswer["result"] {
  if (health !== null) {
    const why = reason === "" ? "" : ` (${reason})`;
    return { status: health === "up" ? "L7OK" : "L7STS", info: `via agent : ${word}${why}` };
  }
  return { status: "CHECKED", info: unknown === null ? null : `agent reports an error : ${unknown}` };
}

type Change = Partial<Pick<AgentAnswer, "health" | "admin" | "weightPercent" | "maxconn">>;

function readWord(word: string): Change | null {
  const lower = word.toLowerCase();
  const percent = /^([0-9]{1,9})%$/.exec(lower);
  if (percent !== null) return { weightPercent: Number(percent[1]) };
  const maxconn = /^maxconn:([0-9]{1,9})$/.exec(lower);
  if (maxconn !== null) return { maxconn: Number(maxconn[1]) };
  switch (lower) {
    case "up":
      return { health: "up" };
    case "down":
    case "fail":
    case "stopped":
      return { health: "down" };
    case "ready":
    case "drain":
    case "maint":
      return { admin: lower };
    default:
      return null;
  }
}
