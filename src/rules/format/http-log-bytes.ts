/** The line of `option httplog` as bytes: what `httpLogLine` writes, wherever nothing in it has to be escaped. */
import type { LineBytes } from "../../line-bytes.ts";
import type { HttpRecord, SessionRecord } from "../../session-record.ts";
import { requestedAt } from "./http-alias.ts";
import { frontendOf, hostOf, portOf } from "./log-alias.ts";
import { putLogDate } from "./log-date.ts";

const space = 0x20;
const quote = 0x22;
const plus = 0x2b;
const minus = 0x2d;
const slash = 0x2f;
const colon = 0x3a;

/** Refuses a session that is none of HTTP, and what was captured. */
export function putHttpLogLine(record: SessionRecord, line: LineBytes): void {
  const http = record.http ?? null;
  const port = portOf(record.client, record.listenerId);
  if (http === null || port === null || http.capturedRequest.length + http.capturedResponse.length > 0) {
    return line.refuse();
  }
  line.put(hostOf(record.client) ?? "");
  line.putByte(colon);
  line.putNumber(port);
  line.put(" [");
  putLogDate(requestedAt(record), line);
  line.put("] ");
  line.put(frontendOf(record));
  line.putByte(space);
  line.put(record.backend);
  line.putByte(slash);
  line.put(record.server ?? "<NOSRV>");
  line.putByte(space);
  putTimes(record, http, line);
  putCookie(http.requestCookie, line);
  putCookie(http.responseCookie, line);
  line.put(record.termination);
  line.put(http.cookieState);
  line.putByte(space);
  putCounts(record, line);
  line.putByte(quote);
  putRequest(http, line);
  line.putByte(quote);
}

/** Word by word, unless it was cut: then as one text, which costs more to make than to write. */
function putRequest({ requestLine, method, target, version }: HttpRecord, line: LineBytes): void {
  if (requestLine.length !== method.length + target.length + version.length + 2) return line.putQuoted(requestLine);
  line.putQuoted(method);
  line.putByte(space);
  line.putQuoted(target);
  line.putByte(space);
  line.putQuoted(version);
}

function putTimes(record: SessionRecord, http: HttpRecord, line: LineBytes): void {
  putAnd(line, http.requestMs, slash);
  putAnd(line, record.queueMs, slash);
  putAnd(line, record.connectMs, slash);
  putAnd(line, http.responseMs, slash);
  if (record.unfinished) line.putByte(plus);
  putAnd(line, http.activeMs, space);
  putAnd(line, http.status, space);
  if (record.unfinished) line.putByte(plus);
  putAnd(line, record.bytesOut, space);
}

function putCounts(record: SessionRecord, line: LineBytes): void {
  putAnd(line, record.processConnections, slash);
  putAnd(line, record.frontendConnections, slash);
  putAnd(line, record.backendConnections, slash);
  putAnd(line, record.serverConnections, slash);
  if (record.redispatched) line.putByte(plus);
  putAnd(line, record.retries, space);
  putAnd(line, record.serverQueue, slash);
  putAnd(line, record.backendQueue, space);
}

function putAnd(line: LineBytes, value: number, behind: number): void {
  line.putNumber(value);
  line.putByte(behind);
}

function putCookie(cookie: string | null, line: LineBytes): void {
  if (cookie === null || cookie === "") line.putByte(minus);
  else line.put(cookie);
  line.putByte(space);
}
