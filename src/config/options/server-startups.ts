/** Server options about sessions of SSH that start up, which HAProxy does not know. */
import { loginGrace, startupLimit } from "./startup-limit.ts";
import { type OptionRow, optionsOf } from "../row/line-options.ts";
import { maybeText } from "../row/value.ts";
import type { ServerLine } from "./server-rows.ts";

const { works } = optionsOf<ServerLine>("server");

/** The rows of this file. */
export const serverStartupRows: readonly OptionRow<ServerLine>[] = [
  works("ssh-maxstartups", {
    usage: "<number> [per-source <number>]",
    isExtension: true,
    help: "Sessions that may start up at once on the server, and of one address; more wait in its queue.",
    takes: [maybeText()],
    land({ settings }, _values, { rest, keyword }) {
      const { limit, taken } = startupLimit(rest, keyword);
      settings.startups = { ...settings.startups, limit };
      return taken - 1;
    },
  }),
  works("ssh-login-grace", {
    usage: "<time>",
    hasTimes: true,
    isExtension: true,
    help: "How long a session counts as starting up at most.",
    takes: [maybeText()],
    land({ settings }, _values, { rest, keyword }) {
      settings.startups = { ...settings.startups, graceMs: loginGrace(rest[0], keyword) };
    },
  }),
];
