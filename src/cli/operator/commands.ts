/** The commands by which an operator sets up and watches a process: init, top, reload, and keywords for the language. */
import { defineCommand } from "citty";
import { type SocketPlace, socketArgs, socketPlace } from "../ask-socket.ts";
import { isGiven, valuesOf } from "../command-words.ts";
import { type InitWish, wrongInit } from "../init/init.ts";
import { reloadPlace } from "./reload.ts";
import { intervalOf, type TopWish } from "../top/top.ts";

/** What they ask for. */
export type OperatorIntent =
  | { readonly kind: "reload"; readonly place: SocketPlace }
  | { readonly kind: "top"; readonly wish: TopWish; readonly place: SocketPlace }
  | { readonly kind: "init"; readonly wish: InitWish }
  /** `word` null: all of them. */
  | { readonly kind: "keywords"; readonly json: boolean; readonly word: string | null };

type Wrong = { readonly kind: "usage"; readonly text: string };

export const reload = defineCommand({
  meta: { name: "reload", description: "Have a running process read its configuration again" },
  args: {
    ...socketArgs,
    master: {
      type: "string",
      alias: "S",
      valueHint: "MASTER",
      description: "or the master socket, as the process's own -S names it",
    },
  },
  run: ({ args }): OperatorIntent | Wrong => {
    const place = reloadPlace(args);
    return typeof place === "string" ? { kind: "usage", text: `'reload': ${place}` } : { kind: "reload", place };
  },
});

export const top = defineCommand({
  meta: { name: "top", description: "Watch sessions, rates and servers of a running process" },
  args: {
    interval: { type: "string", valueHint: "TIME", description: "how often to look: 2s (that is usual), 500ms, 1m" },
    once: { type: "boolean", description: "look once, and print plain text" },
    json: { type: "boolean", description: "look once, and print JSON" },
    ...socketArgs,
  },
  run: ({ args }): OperatorIntent | Wrong => {
    const intervalMs = intervalOf(args.interval ?? "2s");
    if (intervalMs === null)
      return { kind: "usage", text: `'top': '--interval' expects 200ms to 60m, like 2s, not '${args.interval}'` };
    const place = socketPlace(args);
    if (typeof place === "string") return { kind: "usage", text: `'top': ${place}` };
    return { kind: "top", wish: { intervalMs, once: args.once === true, json: args.json === true }, place };
  },
});

export const init = defineCommand({
  meta: { name: "init", description: "Write a first configuration: asks where clients come in and where servers are" },
  args: {
    listen: { type: "string", valueHint: "PORT", description: "where clients come in: 22, or ADDRESS:PORT" },
    server: { type: "string", valueHint: "HOST:PORT", description: "a server; may be repeated" },
    out: { type: "string", valueHint: "FILE", description: "the file to write (fairlead.cfg)" },
    socket: { type: "string", valueHint: "PATH", description: "the stats socket's path" },
    yes: { type: "boolean", description: "ask nothing: what is not said is as usual" },
    force: { type: "boolean", description: "replace the file if there is one" },
  },
  run: ({ args, rawArgs }): OperatorIntent | Wrong => {
    const servers = valuesOf(["--server"], rawArgs);
    const wish: InitWish = {
      listen: args.listen ?? null,
      servers: servers.length === 0 ? null : servers,
      out: args.out ?? "fairlead.cfg",
      socket: args.socket ?? null,
      force: isGiven("--force", rawArgs),
      yes: isGiven("--yes", rawArgs),
    };
    const wrong = wrongInit(wish);
    return wrong === null ? { kind: "init", wish } : { kind: "usage", text: `'init': ${wrong}` };
  },
});

export const keywords = defineCommand({
  meta: { name: "keywords", description: "List what the configuration language knows here, or tell all of one word" },
  args: {
    word: {
      type: "positional",
      required: false,
      description: "a keyword, option, action, sample or converter; several words are one name",
    },
    json: { type: "boolean", description: "as JSON" },
  },
  run: ({ args }): OperatorIntent => ({
    kind: "keywords",
    json: args.json === true,
    word: args._.length === 0 ? null : args._.join(" "),
  }),
});
