/** Actions that answer in the server's place. */
import { compileReply } from "./reply.ts";
import { locate } from "./redirect.ts";
import { action, type ActionRow, type RuleLayer } from "../row.ts";

const layers: readonly RuleLayer[] = ["http-request", "http-response"];

function replying(kind: "deny" | "tarpit" | "return", where = layers): ActionRow {
  return action(kind, where, [{ word: kind, takes: "reply" }], ({ reply }, within) => {
    const make = compileReply(reply, within);
    return (context, { http }) => {
      http?.answer(make(context), kind);
      return "answer";
    };
  });
}

/** A realm as a quoted string. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}

/** The actions of this file. */
export const answerActions: readonly ActionRow[] = [
  replying("deny"),
  replying("return"),
  replying("tarpit", ["http-request"]),
  action("auth", ["http-request"], [{ word: "auth", takes: "realm" }], ({ realm }, { proxy }) => {
    return (context, { http }) => {
      const challenge = `Basic realm=${quoted(realm ?? proxy ?? context.backend ?? context.frontend)}`;
      const isToProxy = context.http?.request?.isToProxy === true;
      const status = isToProxy ? 407 : 401;
      const field = isToProxy ? "proxy-authenticate" : "www-authenticate";
      http?.answer({ kind: "page", status, fields: [[field, challenge]] }, "auth");
      return "answer";
    };
  }),
  action("redirect", layers, [{ word: "redirect", takes: "redirection" }], (plan, within) => {
    const redirect = locate(plan, within);
    return (context, { http }) => {
      const reply = redirect(context);
      if (reply === null) return "pass";
      http?.answer(reply, "redirect");
      return "answer";
    };
  }),
  action("use-service", ["http-request"], [{ word: "use-service", takes: "service" }], ({ name }) => {
    return (_, { http }) => (http?.serve(name) === true ? "answer" : "failed");
  }),
];
