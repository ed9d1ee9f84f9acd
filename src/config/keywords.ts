/** The language's table: every keyword of HAProxy's configuration, what it does here, and how a line finds its row. */
import { bindRows } from "./keywords/bind.ts";
import { checkRows } from "./keywords/checks.ts";
import { globalIdleRows } from "./keywords/global-idle.ts";
import { globalRows } from "./keywords/global.ts";
import { httpRows } from "./keywords/http.ts";
import { mailersRows, peersRows, userlistRows } from "./keywords/lists.ts";
import { obsoleteRows } from "./keywords/obsolete.ts";
import { optionRows } from "./keywords/options.ts";
import { proxyRows } from "./keywords/proxy.ts";
import { resolversRows } from "./keywords/resolvers.ts";
import { ringRows } from "./keywords/ring.ts";
import { sessionRows } from "./keywords/rules.ts";
import { directiveRows, sectionRows } from "./keywords/sections.ts";
import { serverRows } from "./keywords/server.ts";
import { timeoutRows } from "./keywords/timeouts.ts";
import type { Draft } from "./draft.ts";
import type { ProxyTarget } from "./proxy-target.ts";
import type { Keyword, Row } from "./row.ts";

/** Rows of `global` sections. */
export const globalTable: readonly Row<Draft>[] = [...globalRows, ...globalIdleRows];

/** Rows of `defaults`, `frontend`, `listen` and `backend` sections. */
export const proxyTable: readonly Row<ProxyTarget>[] = [
  ...proxyRows,
  ...sessionRows,
  ...timeoutRows,
  ...optionRows,
  ...checkRows,
  ...httpRows,
  ...obsoleteRows,
];

/** Every keyword, in the order of the reference. Names of option keywords that take `(…)` are shown without it. */
export const keywords: readonly Keyword[] = [
  ...sectionRows,
  ...directiveRows,
  ...globalTable,
  ...proxyTable,
  ...bindRows,
  ...serverRows,
  ...resolversRows,
  ...ringRows,
  ...peersRows,
  ...userlistRows,
  ...mailersRows,
].map(({ name, scope, where, usage, class: cls, reason, tier, help }) => ({
  name: name.replace(/\($/, ""),
  scope,
  where,
  usage: name.endsWith("(") ? `(${usage}` : usage,
  class: cls,
  reason,
  tier,
  help,
}));
