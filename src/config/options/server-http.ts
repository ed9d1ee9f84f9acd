/** Options of servers that are for HTTP: cookies, idle connections, versions (manual, 5.2). */
import type { InferOutput } from "valibot";
import { httpReason } from "../row/http-reason.ts";
import { positionOf } from "../draft/draft.ts";
import { Complaint } from "../text/complaint.ts";
import { type OptionLine, type OptionRow, optionsOf } from "../row/line-options.ts";
import { integer, text, time, type WordSchema } from "../row/value.ts";
import type { ServerLine } from "./server-rows.ts";

const { works, idle } = optionsOf<ServerLine>("server");

/** An option with one value that works in `mode http`, and is read without effect in `mode tcp`. */
function httpOption<Value extends WordSchema>(
  name: string,
  usage: string,
  help: string,
  takes: Value,
  land: (target: ServerLine, value: InferOutput<Value>, line: OptionLine) => void,
): OptionRow<ServerLine> {
  const row = works(name, {
    usage,
    tier: "C",
    help,
    takes: [takes],
    land: (target, [value], line) => land(target, value as InferOutput<Value>, line),
  });
  return {
    ...row,
    mode: "http",
    read(target, line) {
      const taken = row.read(target, line);
      if (!target.isHttp) {
        const position = positionOf(line.statement);
        line.draft.global.withoutEffect.push({ keyword: name, reason: httpReason, position });
      }
      return taken;
    },
  };
}

const wsWords = "'ws' has to be 'auto', 'h1' or 'h2'";
const missing = (name: string): string => `'${name}' expects <value> as argument.`;
const count = (name: string): WordSchema => integer({ name, missing: missing(name) });

/** Refuses the versions of HTTP that are not spoken. */
function onlyHttp1(line: OptionLine, version: string): void {
  const { keyword } = line;
  if (version === "h1" || version === "auto") return;
  const word = line.rest[0] ?? keyword;
  throw new Complaint(`'${keyword.text} ${version}' is not supported`, word, "HTTP/1.1 is what is spoken: remove it");
}

export const serverHttpRows: readonly OptionRow<ServerLine>[] = [
  httpOption(
    "cookie",
    "<value>",
    "The value of the `cookie` of its backend that names the server.",
    text("'cookie' expects <value> as argument."),
    ({ settings }, value) => void (settings.http.cookie = value),
  ),
  httpOption(
    "redir",
    "<prefix>",
    "Redirects GET and HEAD to this, and what they asked for.",
    text("'redir' expects <prefix> as argument."),
    ({ settings }, value) => void (settings.http.redirectPrefix = value),
  ),
  httpOption(
    "max-reuse",
    "<count>",
    "Requests of a connection after its first; -1: no limit.",
    count("max-reuse"),
    ({ settings }, value) => void (settings.http.maxReuse = Math.max(-1, Number(value))),
  ),
  idle("pool-low-conn", {
    usage: "<count>",
    tier: "C",
    help: "Idle connections that HAProxy's threads do not take from each other.",
    takes: 1,
    reason: "one thread has all of them",
    check(_target, line) {
      if (line.rest[0] === undefined) throw new Complaint(missing("pool-low-conn"), line.keyword);
    },
  }),
  httpOption(
    "pool-max-conn",
    "<count>",
    "Idle connections at most; -1: no limit.",
    count("pool-max-conn"),
    ({ settings }, value, line) => {
      if (Number(value) < -1) throw new Complaint("'pool-max-conn' must be >= -1", line.rest[0] ?? null);
      settings.http.poolMax = Number(value);
    },
  ),
  httpOption(
    "pool-purge-delay",
    "<time>",
    "How often half of the idle connections that were not needed are closed.",
    time({
      missing: missing("pool-purge-delay"),
      fault: (fault, word) =>
        fault.kind === "character"
          ? `unexpected character '${fault.character}' in argument to <pool-purge-delay>.`
          : `timer overflow in argument '${word}' to <pool-purge-delay>`,
    }),
    ({ settings }, value) => void (settings.http.poolPurgeMs = value),
  ),
  httpOption("ws", "auto|h1", "The version of HTTP for WebSocket.", text(wsWords), (target, value, line) => {
    if (!["auto", "h1", "h2"].includes(value)) throw new Complaint(wsWords, line.rest[0] ?? line.keyword);
    if (target.isHttp) onlyHttp1(line, value);
  }),
  httpOption(
    "proto",
    "h1",
    "The version of HTTP towards the server.",
    text("'proto' : missing value"),
    (_target, value, line) => {
      if (!["h1", "h2", "fcgi", "none"].includes(value)) {
        throw new Complaint(`'proto' :  unknown MUX protocol '${value}'`, line.rest[0] ?? line.keyword);
      }
      onlyHttp1(line, value);
    },
  ),
  httpOption(
    "check-proto",
    "h1",
    "The version of HTTP of checks.",
    text("'check-proto' : missing value"),
    (_target, value, line) => onlyHttp1(line, value),
  ),
];
