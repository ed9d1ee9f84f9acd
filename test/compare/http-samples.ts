/** Raw requests, and what HAProxy and this program find in them. */
import { compileExpression } from "../../src/rules/expression.ts";
import { cast } from "../../src/rules/value/sample.ts";
import { bytesOf } from "../../src/wire/latin1.ts";
import { HeadReader } from "../../src/wire/http/head-reader.ts";
import type { SampleContext } from "../../src/rules/context.ts";
import { isPassword } from "../../src/rules/value/crypt.ts";
import type { HttpView } from "../../src/rules/http-view.ts";
import { Userlists } from "../../src/rules/match/userlists.ts";
import { Tables } from "../../src/rules/stick/tables.ts";
import { formatDiagnostics } from "../../src/config/text/diagnostics.ts";
import { readText } from "../cases/case.ts";
import { record, session } from "../unit/rules/session.ts";
import type { SampleExpression } from "../../src/plan/rules/sample.ts";

/** A raw request; `body` where it is not what stands behind the head. */
export interface RawRequest {
  readonly text: string;
  readonly body?: string;
}

/** A session with the request as rules see it. */
export function contextOf({ text, body }: RawRequest): SampleContext {
  const reader = new HeadReader("request", { bytes: 15_360, fields: 101, target: 15_360 });
  const bytes = bytesOf(text);
  if (reader.read(bytes, 0, bytes.length) !== "whole") throw new Error(`not a request: ${reader.fault}: ${text}`);
  const { head } = reader;
  const content = bytesOf(body ?? text.slice(head.size));
  const length = head.fields.find("content-length");
  const http: HttpView = {
    request: {
      method: head.method,
      target: head.target,
      version: head.version === 11 ? "1.1" : "1.0",
      fields: head.fields,
      body: { bytes: content, final: true },
      bodyBytes: length < 0 ? null : Number(head.fields.value(length)),
    },
    response: null,
    isFirst: true,
    isFinal: true,
    capturedRequest: [],
    capturedResponse: [],
    capture: () => {},
    record: () => record(),
  };
  const source = { kind: "tcp", host: "127.0.0.1", port: 1 } as const;
  return session({ http, source, isPassword });
}

/** Who may come in. */
export const users = `userlist u
 group g1 users alice,bob
 group g2 users bob
 user alice insecure-password secret
 user bob insecure-password "b:c"
 user carl password $6$sixteencharsalt1$7MCN.6QATh0ploZYclXBA9.QpmW9G9/fqLSiIoW/xSqUa7mXrYM8xG.4xuIuctbUblL2YX3B9vvc3wtqfsBb/.
`;

/** What this program finds, in hexadecimal; "" for nothing. */
export function found(expression: SampleExpression, context: SampleContext, tables: Tables): string {
  const sample = compileExpression(expression, tables)(context);
  if (sample === undefined || sample === "wait") return "";
  const made = cast(sample, "bin");
  return made?.type === "bin" ? Buffer.from(made.value).toString("hex").toUpperCase() : "";
}

/** Expressions as a file has them, and what they lean on. */
export function readExpressions(texts: readonly string[]): { expressions: SampleExpression[]; tables: Tables } {
  const lines = texts.map((text, index) => ` http-request set-var(txn.v${index}) ${text}\n`).join("");
  const { plan, diagnostics } = readText(
    `${users}listen l\n mode http\n bind 127.0.0.1:8\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n${lines} server s 127.0.0.1:1\n`,
  );
  if (plan === null) throw new Error(formatDiagnostics(diagnostics.all, 0));
  const expressions = (plan.frontends[0]?.http?.requestRules ?? []).map(({ action }) => {
    if (action.kind !== "set-var" || !("fetch" in action.value)) throw new Error("no set-var");
    return action.value;
  });
  const tables = new Tables();
  tables.userlists = new Userlists(plan.userlists);
  return { expressions, tables };
}
