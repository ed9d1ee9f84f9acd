/** Answers in a server's place, as rules and `http-error` lines write them. */
import type { MadeReplyPlan, ReplyPlan } from "../../../plan/rules/rule.ts";
import { bytesOf } from "../../../wire/latin1.ts";
import type { SampleContext } from "../../context.ts";
import type { HttpReply } from "../../http-view.ts";
import type { CompileContext } from "../../samples/rows.ts";
import { compileText } from "./message-text.ts";

/** Makes an answer for an exchange. */
export type MakeReply = (context: SampleContext) => HttpReply;

/** An answer ready to be made. */
export function compileReply(plan: ReplyPlan, within: CompileContext): MakeReply {
  switch (plan.kind) {
    case "page": {
      const reply: HttpReply = { kind: "page", status: plan.status };
      return () => reply;
    }
    case "file": {
      const reply: HttpReply = { kind: "file", status: plan.status, bytes: bytesOf(plan.content) };
      return () => reply;
    }
    case "made":
      return compileMade(plan, within);
  }
}

function compileMade(plan: MadeReplyPlan, within: CompileContext): MakeReply {
  const { status, contentType } = plan;
  const body = compileBody(plan, within);
  const given = plan.fields.map(({ name, value }) => ({ name, text: compileText(value, within, status) }));
  return (context) => {
    const fields: [string, string][] = [];
    for (const { name, text } of given) {
      const value = text(context);
      if (value !== "") fields.push([name, value]);
    }
    const bytes = body(context);
    if (contentType !== null && bytes !== null && bytes.length > 0) fields.push(["content-type", contentType]);
    return { kind: "made", status, reason: null, fields, body: bytes };
  };
}

function compileBody(
  { content, status }: MadeReplyPlan,
  within: CompileContext,
): (context: SampleContext) => Uint8Array | null {
  if (content === null) return () => null;
  if (typeof content === "string") {
    const bytes = bytesOf(content);
    return () => bytes;
  }
  const text = compileText(content, within, status);
  return (context) => bytesOf(text(context));
}
