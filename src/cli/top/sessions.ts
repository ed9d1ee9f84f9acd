/** The sessions of a moment, as `fairlead top` lists them. */
import { singleLine } from "../../ops/log/syslog.ts";
import { bytesText, clip, durationText } from "./figures.ts";

/** What asks for them, from level operator on. */
export const sessionsLine = "show sess";

/** One session; bytes are null where nobody counts them, as in HAProxy. */
export interface TopSession {
  readonly id: string;
  readonly client: string;
  readonly frontend: string;
  /** `backend/server`. */
  readonly server: string;
  readonly ageSeconds: number;
  readonly bytesIn: number | null;
  readonly bytesOut: number | null;
}

/** The sessions that an answer has; a text when it has none to tell of. */
export function readSessions(said: string): readonly TopSession[] | string {
  const found: TopSession[] = [];
  for (const line of said.split("\n")) {
    const [, id, rest = ""] = /^(0x[0-9a-f]+): (proto=.*)$/.exec(line) ?? [];
    if (id !== undefined) found.push(sessionOf(id, rest));
  }
  const text = said.trim();
  return found.length > 0 || text === "" ? found : (text.split("\n", 1)[0] ?? "");
}

function sessionOf(id: string, line: string): TopSession {
  const words = new Map<string, string>();
  for (const word of line.split(" ")) {
    const at = word.indexOf("=");
    if (at > 0 && !words.has(word.slice(0, at))) words.set(word.slice(0, at), word.slice(at + 1));
  }
  return {
    id,
    client: words.get("src") ?? "",
    frontend: words.get("fe") ?? "",
    server: `${words.get("be") ?? ""}/${words.get("srv") ?? ""}`,
    ageSeconds: secondsOf(words.get("age") ?? ""),
    bytesIn: totalOf(/ rq\[[^\]]*\btotal=(\d{1,18})/.exec(line)),
    bytesOut: totalOf(/ rp\[[^\]]*\btotal=(\d{1,18})/.exec(line)),
  };
}

/** `3s`, `2m5s`, `1h2m`, `4d1h`. */
function secondsOf(text: string): number {
  let seconds = 0;
  for (const [, count = "", unit] of text.matchAll(/(\d{1,9})([smhd])/g))
    seconds += Number(count) * (unit === "s" ? 1 : unit === "m" ? 60 : unit === "h" ? 3600 : 86_400);
  return seconds;
}

function totalOf(found: RegExpExecArray | null): number | null {
  return found === null ? null : Number(found[1]);
}

/** What is listed: the sessions of one moment, and those of the one before, so many milliseconds earlier. */
export interface ShownSessions {
  readonly now: readonly TopSession[];
  readonly before: readonly TopSession[] | null;
  readonly elapsedMs: number;
  /** Most bytes a second first; otherwise the oldest. */
  readonly byBytes: boolean;
  readonly width: number;
}

/** A line of titles, then one for each session. Nothing in them steers a terminal. */
export function sessionLines({ now, before, elapsedMs, byBytes, width }: ShownSessions): string[] {
  const known = new Map((before ?? []).map((one) => [one.id, one]));
  const rate = (one: TopSession, side: "bytesIn" | "bytesOut"): number | null => {
    const [value, old] = [one[side], known.get(one.id)?.[side] ?? null];
    return value === null || old === null || elapsedMs <= 0 ? null : Math.max(0, ((value - old) / elapsedMs) * 1000);
  };
  const rated = now.map((session) => ({
    session,
    inRate: rate(session, "bytesIn"),
    outRate: rate(session, "bytesOut"),
  }));
  const weight = ({ session, inRate, outRate }: (typeof rated)[number]): number =>
    byBytes ? (inRate ?? 0) + (outRate ?? 0) : session.ageSeconds;
  rated.sort((one, other) => weight(other) - weight(one));
  const names = Math.max(12, Math.floor((width - 21 - 3 - 6 - 4 * 8) / 2));
  const row = (client: string, frontend: string, server: string, figures: readonly string[]): string => {
    const [age = "", ...rest] = figures;
    const places = [frontend, server].map((text) => clip(singleLine(text), names).padEnd(Math.min(names, 24)));
    const line = [
      clip(singleLine(client), 21).padEnd(21),
      ...places,
      age.padStart(6),
      ...rest.map((one) => one.padStart(7)),
    ];
    return clip(line.join(" "), width);
  };
  return [
    row("CLIENT", "FRONTEND", "SERVER", ["AGE", "IN/s", "OUT/s", "IN", "OUT"]),
    ...rated.map(({ session, inRate, outRate }) =>
      row(session.client, session.frontend, session.server, [
        durationText(session.ageSeconds),
        ...[inRate, outRate, session.bytesIn, session.bytesOut].map((one) =>
          one === null ? "-" : bytesText(Math.round(one)),
        ),
      ]),
    ),
  ];
}
