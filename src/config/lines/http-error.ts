/** `http-error`: what is sent for a status of the proxy's own, put together. */
import { errorStatuses, type ErrorStatus } from "../../plan/http.ts";
import type { ReplyPlan } from "../../plan/rules/rule.ts";
import type { Site } from "../../rules/samples/sites.ts";
import { hasBackend, hasFrontend, type ProxyScope } from "../draft/proxy-scope.ts";
import { Complaint, prefixed } from "../text/complaint.ts";
import { type Cursor, peek, textAt } from "../text/cursor.ts";
import type { Statement } from "../text/statement.ts";
import { takeReply } from "./rules/rule-reply.ts";

/** Reads an `http-error` line. Throws a Complaint. */
export function parseHttpError(
  statement: Statement,
  scope: ProxyScope,
): { readonly status: ErrorStatus; readonly reply: ReplyPlan } {
  const cursor: Cursor = { statement, index: 1 };
  const none = "http-error : expects at least a <status> as arguments.";
  if (textAt(cursor) === "") throw new Complaint(none, statement.words[0] ?? null);
  const where = `(at ${statement.file}:${statement.line})`;
  const reply = prefixed("http-error : ", () => {
    const taken = takeReply(cursor, {
      scope,
      sites: sitesOf(scope),
      where: "http-error",
      status: 0,
      unknownSection: (section) => `proxy '${scope.name}': unknown http-errors section '${section}' ${where}.`,
    });
    const next = taken.status === 0 ? null : peek(cursor);
    if (next !== null && next.text !== "") throw new Complaint(`unknown keyword '${next.text}'.`, next);
    return taken;
  });
  if (reply.status === 0) throw new Complaint(none, statement.words[0] ?? null);
  const status = errorStatuses.find((one) => one === reply.status);
  if (status !== undefined) return { status, reply };
  throw new Complaint(`http-error: status code '${reply.status}' not handled.`, statement.words[2] ?? null);
}

/** A page may be sent before a server is asked, or in the place of its answer. */
function sitesOf(scope: ProxyScope): readonly Site[] {
  const isDefaults = scope.kind === "defaults";
  const sites: Site[] = [];
  if (hasFrontend(scope) || isDefaults) {
    sites.push("frontend http-request header rule", "frontend http-response header rule");
  }
  if (hasBackend(scope) || isDefaults) {
    sites.push("backend http-request header rule", "backend http-response header rule");
  }
  return sites;
}
