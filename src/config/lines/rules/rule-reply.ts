/** Answers in a server's place: `status`, `content-type`, `string`, `errorfile`, `hdr` and so on, to a ReplyPlan. */
import type { LogFormat } from "../../../plan/rules/log-format.ts";
import type { MadeReplyPlan, ReplyPlan } from "../../../plan/rules/rule.ts";
import type { Site } from "../../../rules/samples/sites.ts";
import type { ProxyScope } from "../../draft/proxy-scope.ts";
import { parseFormat } from "../../expressions/log-format.ts";
import { complain, Complaint, WholeComplaint } from "../../text/complaint.ts";
import { type Cursor, peek, textAt } from "../../text/cursor.ts";
import { responseFault } from "../error-file.ts";
import { isFraming } from "../../../rules/actions/http/framing-fields.ts";
import type { Word } from "../../text/statement.ts";

/** Where a reply stands, and what it is where its words say nothing else. */
export interface ReplyLine {
  readonly scope: ProxyScope;
  readonly sites: readonly Site[];
  /** HAProxy's name for the line in messages about names. */
  readonly where: string;
  readonly status: number;
  /** What is said of an `http-errors` section that is not there; left out: what rules say. */
  readonly unknownSection?: (section: string) => string;
}

/** The statuses that HAProxy has pages for. */
const pageStatuses = [200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 421, 422, 425, 429, 500, 501, 502, 503, 504];

/** What says which content a reply has. */
const contents = ["default-errorfiles", "errorfile", "errorfiles", "file", "lf-file", "string", "lf-string"] as const;

type Content = (typeof contents)[number];

interface Written {
  status: number;
  contentType: string | null;
  /** What the content is and its argument; "default-errorfiles" has none. */
  content: { readonly kind: Content; readonly argument: string; readonly word: Word | null } | null;
  format: LogFormat | null;
  readonly fields: MadeReplyPlan["fields"][number][];
}

/** Takes the words of a reply, up to one that is none of its. Throws a Complaint without prefix and full stop. */
export function takeReply(cursor: Cursor, line: ReplyLine): ReplyPlan {
  const written: Written = { status: line.status, contentType: null, content: null, format: null, fields: [] };
  for (;;) {
    const text = textAt(cursor);
    if (text === "status") written.status = takeStatus(cursor);
    else if (text === "content-type") written.contentType = takeArgument(cursor, "<ctype>");
    else if (text === "hdr") {
      const field = takeField(cursor, line);
      if (field !== null) written.fields.push(field);
    } else if (isContent(text)) takeContent(cursor, text, written, line);
    else break;
  }
  const { content } = written;
  if (content === null) return emptyReply(cursor, written, line);
  switch (content.kind) {
    case "default-errorfiles":
    case "errorfile":
    case "errorfiles":
      return pageReply(cursor, content, written, line);
    default:
      return madeReply(cursor, content, written, line);
  }
}

/** Those of a rule that refuses: without words, or with `deny_status` alone, it is the proxy's own page. */
export function takeRefusal(cursor: Cursor, line: ReplyLine): ReplyPlan {
  const isEnd = (offset: number): boolean => ["", "if", "unless"].includes(textAt(cursor, offset));
  if (isEnd(0)) return { kind: "page", status: line.status };
  if (textAt(cursor) !== "deny_status") return takeReply(cursor, line);
  const status = takeStatus(cursor);
  if (!isEnd(0)) return takeReply(cursor, { ...line, status });
  checkPage(status, "default-errorfiles", peek(cursor));
  return { kind: "page", status };
}

function isContent(text: string): text is Content {
  return contents.some((one) => one === text);
}

/** The word behind the one under the cursor, which goes past both. */
function takeArgument(cursor: Cursor, expected: string, keyword = textAt(cursor)): string {
  const argument = textAt(cursor, 1);
  if (argument === "") throw new Complaint(`'${keyword}' expects ${expected} as argument`, peek(cursor));
  cursor.index += 2;
  return argument;
}

function takeStatus(cursor: Cursor): number {
  const word = cursor.statement.words[cursor.index + 1] ?? null;
  const status = Number.parseInt(takeArgument(cursor, "<status_code>", "status"), 10) || 0;
  if (status < 200 || status > 599) throw new Complaint(`Unexpected status code '${status}'`, word);
  return status;
}

/** Null: one that follows from the content. */
function takeField(cursor: Cursor, line: ReplyLine): MadeReplyPlan["fields"][number] | null {
  const [name, value] = [textAt(cursor, 1), textAt(cursor, 2)];
  if (name === "" || value === "") throw new Complaint("'hdr' expects <name> and <value> as arguments", peek(cursor));
  cursor.index += 2;
  const field = { name: name.toLowerCase(), value: parseFormat(cursor, line.scope, line.sites, line.where, true) };
  if (field.name !== "content-type" && !isFraming(field.name)) return field;
  note(cursor, line, `header '${name}' always ignored by the http reply.`);
  return null;
}

const expected: Readonly<Record<Exclude<Content, "default-errorfiles">, string>> = {
  errorfile: "<fmt>",
  errorfiles: "<name>",
  file: "<file>",
  "lf-file": "<file>",
  string: "<str>",
  "lf-string": "<fmt>",
};

function takeContent(cursor: Cursor, kind: Content, written: Written, line: ReplyLine): void {
  const word = peek(cursor);
  if (written.content !== null) {
    throw new Complaint(`unexpected '${kind}' argument, '${written.content.kind}' already defined`, word);
  }
  if (kind === "default-errorfiles") {
    written.content = { kind, argument: "", word };
    cursor.index += 1;
    return;
  }
  const argument = takeArgument(cursor, expected[kind]);
  written.content = { kind, argument, word: cursor.statement.words[cursor.index - 1] ?? null };
  if (kind === "lf-string") {
    written.format = parseFormat({ ...cursor, index: cursor.index - 1 }, line.scope, line.sites, line.where, true);
  }
}

function note(cursor: Cursor, { scope }: ReplyLine, text: string): void {
  complain(scope.diagnostics, "warning", cursor.statement, text);
}

function emptyReply(cursor: Cursor, { status, contentType, fields }: Written, line: ReplyLine): ReplyPlan {
  if (contentType !== null) {
    const reason = "because neither errorfile nor payload defined.";
    note(cursor, line, `content-type '${contentType}' ignored by the http reply ${reason}`);
  }
  return { kind: "made", status, contentType: null, content: null, fields };
}

function checkPage(status: number, argument: string, word: Word | null): void {
  if (pageStatuses.includes(status)) return;
  throw new Complaint(`status code '${status}' not handled by default with '${argument}' argument.`, word);
}

type Chosen = NonNullable<Written["content"]>;

/** One that is a whole response, head and all. */
function pageReply(cursor: Cursor, content: Chosen, written: Written, line: ReplyLine): ReplyPlan {
  const { status, contentType, fields } = written;
  const { kind, argument, word } = content;
  if (kind !== "errorfile") checkPage(status, kind, word);
  // HAProxy's own spelling.
  const reason = "by the http reply when used with an erorrfile.";
  if (contentType !== null) note(cursor, line, `content-type '${contentType}' ignored ${reason}`);
  if (fields.length > 0) note(cursor, line, `hdr parameters ignored ${reason}`);
  if (kind === "default-errorfiles") return { kind: "page", status };
  if (kind === "errorfile") {
    const text = line.scope.readFile(argument);
    if (text === null) throw new Complaint(`error opening file '${argument}'.`, word);
    const fault = text === "" ? null : responseFault(text);
    if (fault !== null) throw new Complaint(`'${argument}': ${fault}`, word);
    return { kind: "file", status, content: text };
  }
  return pageOf(argument, status, cursor, line, word);
}

/** The page of an `http-errors` section; where that has none for the status, the proxy's own, as in HAProxy. */
function pageOf(section: string, status: number, cursor: Cursor, line: ReplyLine, word: Word | null): ReplyPlan {
  const { name, httpErrors } = line.scope;
  const pages = httpErrors.get(section);
  if (pages === undefined) {
    const text =
      line.unknownSection?.(section) ??
      `Proxy '${name}': unknown http-errors section '${section}' referenced by an http reply .`;
    throw new WholeComplaint(text, word, null, () => "");
  }
  const content = pages.get(status);
  if (content !== undefined) return { kind: "file", status, content };
  const text = `Proxy '${name}': status '${status}' referenced by an http reply not declared in http-errors section '${section}'.`;
  complain(line.scope.diagnostics, "warning", cursor.statement, text, word, null, () => "");
  return { kind: "page", status };
}

function madeReply(cursor: Cursor, content: Chosen, written: Written, line: ReplyLine): ReplyPlan {
  const { status, contentType, fields } = written;
  const body = contentOf(cursor, content, written, line);
  const isEmpty = typeof body === "string" ? body === "" : body.text === "";
  if (!isEmpty && (status === 204 || status === 304)) {
    throw new Complaint(`No body expected for ${status} responses`, content.word);
  }
  if (body === "" && contentType !== null) {
    note(cursor, line, `content-type '${contentType}' ignored by the http reply when used with an empty payload.`);
  }
  if (!isEmpty && contentType === null) {
    throw new Complaint("a content type must be defined when non-empty payload is configured", content.word);
  }
  return { kind: "made", status, contentType: isEmpty ? null : contentType, content: isEmpty ? null : body, fields };
}

function contentOf(cursor: Cursor, content: Chosen, written: Written, line: ReplyLine): string | LogFormat {
  const { kind, argument, word } = content;
  if (written.format !== null) return written.format;
  if (kind === "string") return argument;
  const text = line.scope.readFile(argument);
  if (text === null) throw new Complaint(`error opening file '${argument}'`, word);
  const most = line.scope.global.bufsizeBytes;
  if (text.length > most) {
    throw new Complaint(`file '${argument}' exceeds the buffer size (${text.length} > ${most})`, word);
  }
  if (kind === "file") return text;
  const whole: Word = { text, column: word?.column ?? 1, length: word?.length ?? 1, quoted: true };
  const statement = { ...cursor.statement, words: [whole] };
  return parseFormat({ statement, index: 0 }, line.scope, line.sites, line.where, true);
}
