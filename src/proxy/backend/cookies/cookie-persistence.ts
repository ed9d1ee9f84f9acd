/** `cookie` (manual, 4.2): which server a request names, and what its answer says of that: bytes as HAProxy's. */
import type { CookiePlan } from "../../../plan/http.ts";
import type { Fields } from "../../../wire/http/fields.ts";
import { findEnd, trimmed } from "../../../wire/http/value-text.ts";
import { cachingOf } from "./answer-caching.ts";
import { cookieDate, readCookieDate, sameDate } from "./cookie-date.ts";

/** A server as far as cookies lead to it. */
export interface CookieServer {
  /** What stands for it; null: nothing does. */
  readonly cookie: string | null;
  /** Up, or soft-stopped. */
  readonly isReachable: boolean;
}

/** None, invalid, server down, valid, expired, old, unused. */
type RequestState = "N" | "I" | "D" | "V" | "E" | "O" | "U";
/** None, the server's own, deleted, inserted, rewritten, updated. */
type AnswerState = "N" | "P" | "D" | "I" | "R" | "U";

/** How a request's cookies are to be read. */
export interface CookieTerms<Server> {
  /** In the configuration's order. */
  readonly servers: readonly Server[];
  /** `force-persist`, or `option persist`: a server that is down is taken none the less. */
  readonly takesDown: boolean;
  /** `ignore-persist`, or something else has named a server. */
  readonly isIgnored: boolean;
}

/** Where an answer comes from. */
export interface CookieAnswer {
  readonly server: CookieServer;
  /** The request, a rule or a table named it, not balancing. */
  readonly isDirect: boolean;
  /** `ignore-persist`. */
  readonly isIgnored: boolean;
  readonly method: string;
  readonly status: number;
}

/** So far ahead a clock may be. */
const mostAheadSeconds = 86_400;

/** One an exchange. Times in seconds since 1970. */
export class CookiePersistence<Server extends CookieServer = CookieServer> {
  readonly #plan: CookiePlan;
  #request: RequestState = "N";
  #answer: AnswerState = "N";
  #found: Server | null = null;
  /** When the client was seen last, and first, as its cookie has it; 0: it does not say. */
  #lastSeen = 0;
  #firstSeen = 0;

  constructor(plan: CookiePlan) {
    this.#plan = plan;
  }

  /** The last two letters of `%tsc`. */
  get letters(): string {
    const { mode, indirect } = this.#plan;
    return mode === "passive" && !indirect ? "--" : this.#request + this.#answer;
  }

  /**
   * The server that a request names and that may be used. What servers are not to see is taken out of its fields; as in HAProxy
   * spaces around the equals signs of cookies go as well.
   */
  readRequest(fields: Fields, terms: CookieTerms<Server>, now: number): Server | null {
    for (let index = fields.find("cookie"); index >= 0;) {
      const line = fields.value(index);
      const left = this.#readLine(line, terms, now);
      if (left === null) fields.removeAt(index);
      else if (left !== line) fields.replaceAt(index, left);
      index = fields.find("cookie", left === null ? index : index + 1);
    }
    return this.#found;
  }

  /** What is left of a Cookie field; null: nothing. */
  #readLine(line: string, terms: CookieTerms<Server>, now: number): string | null {
    let left: string | null = null;
    let isAfterGap = false;
    let hasGap = false;
    let hasCookie = false;
    for (let from = 0; from < line.length;) {
      const [part, end] = this.#readPart(line, from, terms, now);
      from = end;
      const text = part === null ? "" : part.replace(leading, "");
      // Attributes belong to the cookie before them.
      const isAttribute = text.startsWith("$");
      if (part === null || (isAfterGap && isAttribute)) {
        isAfterGap = hasGap = true;
        continue;
      }
      if (left === null) left = hasGap ? part.slice(1).trimStart() : part;
      else left = isAfterGap ? `${left.trimEnd()}${part.charAt(0)} ${part.slice(1).trimStart()}` : left + part;
      if (text !== "" && !isAttribute) hasCookie = true;
      isAfterGap = false;
    }
    return hasGap && !hasCookie ? null : left;
  }

  /** One cookie with the delimiter before it, as it goes on (null: not at all), and where the next begins. */
  #readPart(line: string, from: number, terms: CookieTerms<Server>, now: number): readonly [string | null, number] {
    const start = from > 0 || isDelimiter(line.charAt(0)) ? from + 1 : from;
    let equals = start;
    while (equals < line.length && line[equals] !== "=" && !isDelimiter(line.charAt(equals))) equals += 1;
    if (line[equals] !== "=") return [line.slice(from, equals), equals];
    const end = findEnd(line, equals + 1, ";,");
    const before = line.slice(from, equals).trimEnd();
    const value = line.slice(equals + 1, end).trimStart();
    const name = trimmed(line.slice(start, equals));
    if (name.startsWith("$")) return [line.slice(from, end), end];
    if (name !== this.#plan.name) return [`${before}=${value}`, end];
    const kept = this.#readValue(value, terms, now);
    return [kept === null ? null : `${before}=${kept}`, end];
  }

  /** What the server sees of the cookie's value. */
  #readValue(text: string, terms: CookieTerms<Server>, now: number): string | null {
    const { mode, indirect } = this.#plan;
    const value = text.trimEnd();
    let key = value;
    if (mode === "prefix") {
      const end = value.indexOf("~");
      if (end >= 0) key = value.slice(0, end);
    } else if (value.includes("|")) key = this.#readDates(value);
    if (this.#found === null) this.#find(this.#isTooOld(now) ? "" : key, terms);
    if (mode === "prefix") return key.length === value.length ? text : text.slice(key.length + 1);
    return indirect && mode === "insert" ? null : text;
  }

  /** What stands before the dates. */
  #readDates(value: string): string {
    const [key = "", last = "", ...others] = value.split("|");
    this.#lastSeen = readCookieDate(last) || this.#lastSeen;
    this.#firstSeen = readCookieDate(others.join("|")) || this.#firstSeen;
    return key;
  }

  #isTooOld(now: number): boolean {
    const { maxIdleSeconds, maxLifeSeconds } = this.#plan;
    const [first, last] = [this.#firstSeen, this.#lastSeen];
    if (isOutside(first, maxLifeSeconds, now)) this.#request = "O";
    else if (isOutside(last, maxIdleSeconds, now)) this.#request = "E";
    else return false;
    this.#firstSeen = this.#lastSeen = 0;
    return true;
  }

  #find(key: string, { servers, takesDown, isIgnored }: CookieTerms<Server>): void {
    // Nobody is to stick to a server without a cookie.
    if (key !== "" && !isIgnored) {
      for (const server of servers) {
        if (server.cookie !== key) continue;
        this.#request = server.isReachable ? "V" : "D";
        if (!server.isReachable && !takesDown) continue;
        this.#found = server;
        return;
      }
    }
    if (!"DEO".includes(this.#request)) this.#request = isIgnored ? "U" : "I";
  }

  /** Edits the fields of a server's answer, after the `http-response` rules; not of an interim one. */
  writeAnswer(fields: Fields, answer: CookieAnswer, now: number): void {
    const { mode, nocache } = this.#plan;
    // The one that it named could not be had.
    if (this.#request === "V" && !answer.isDirect) this.#request = "D";
    this.#editFields(fields, "set-cookie", answer);
    this.#editFields(fields, "set-cookie2", answer);
    if (mode !== "insert" || !this.#inserts(answer, now)) return;
    const isKept = nocache && cachingOf(fields, answer.method, answer.status).answer;
    fields.add("set-cookie", this.#cookieFor(answer.server, now));
    this.#answer = answer.isDirect && answer.server.cookie !== null ? "U" : "I";
    if (isKept) fields.add("cache-control", "private");
  }

  /** What the server itself sets under the cookie's name. */
  #editFields(fields: Fields, field: "set-cookie" | "set-cookie2", answer: CookieAnswer): void {
    for (let index = fields.find(field); index >= 0;) {
      const line = fields.value(index);
      const left = field === "set-cookie" ? this.#editLine(line, answer) : this.#editList(line, answer);
      if (left === null) fields.removeAt(index);
      else if (left !== line) fields.replaceAt(index, left);
      index = fields.find(field, left === null ? index : index + 1);
    }
  }

  /** A line of Set-Cookie2 may have several. */
  #editList(line: string, answer: CookieAnswer): string | null {
    const left: string[] = [];
    for (let from = 0; from < line.length;) {
      const end = findEnd(line, from, ",");
      const edited = this.#editLine(line.slice(from, end), answer);
      if (edited !== null) left.push(trimmed(edited));
      from = end + 1;
    }
    return left.length === 0 ? null : left.join(", ");
  }

  /** What is left of a cookie with its attributes; null: nothing. */
  #editLine(line: string, answer: CookieAnswer): string | null {
    let equals = 0;
    while (equals < line.length && line[equals] !== "=" && !isDelimiter(line.charAt(equals))) equals += 1;
    if (line[equals] !== "=") return line;
    const end = findEnd(line, equals + 1, ";,");
    const name = trimmed(line.slice(0, equals));
    const value = line.slice(equals + 1, end).trimStart();
    const rest = line.slice(end);
    if (name !== this.#plan.name || answer.isIgnored) return `${name}=${value}${rest}`;
    const bare = value.trimEnd();
    const edited = this.#editValue(bare, answer);
    return edited === null ? null : `${name}=${edited}${value.slice(bare.length)}${rest}`;
  }

  #editValue(value: string, { server, isDirect }: CookieAnswer): string | null {
    const { mode, indirect, preserve } = this.#plan;
    this.#answer = "P";
    if (preserve) return value;
    if (mode === "insert" || (isDirect && indirect)) {
      this.#answer = "D";
      return null;
    }
    if (server.cookie === null || mode === "passive") return value;
    this.#answer = "R";
    return mode === "prefix" ? `${server.cookie}~${value}` : server.cookie;
  }

  /** The client does not know where it is, or its dates are to be others. */
  #inserts({ isDirect, isIgnored, method }: CookieAnswer, now: number): boolean {
    const { preserve, postonly, maxIdleSeconds, maxLifeSeconds } = this.#plan;
    if (isIgnored || (preserve && this.#answer === "P") || (postonly && method !== "POST")) return false;
    if (!isDirect) return true;
    const [first, last] = [this.#firstSeen, this.#lastSeen];
    if ((maxIdleSeconds > 0 || last > 0) && last < now) return true;
    return maxLifeSeconds > 0 ? first === 0 : first > 0;
  }

  #cookieFor({ cookie }: CookieServer, now: number): string {
    const { name, maxIdleSeconds, maxLifeSeconds, domains, httponly, secure, attributes } = this.#plan;
    let text = `${name}=; Expires=Thu, 01-Jan-1970 00:00:01 GMT; path=/`;
    if (cookie !== null) {
      text = `${name}=${cookie}`;
      if (maxIdleSeconds > 0 || maxLifeSeconds > 0) text += `|${cookieDate(now)}`;
      if (maxLifeSeconds > 0) text += `|${this.#firstSeen > 0 ? sameDate(this.#firstSeen) : cookieDate(now)}`;
      text += "; path=/";
    }
    for (const domain of domains) text += `; domain=${domain}`;
    if (httponly) text += "; HttpOnly";
    if (secure) text += "; Secure";
    for (const attribute of attributes) text += `; ${attribute}`;
    return text;
  }
}

const leading = /^[;,\s]+/;

function isDelimiter(character: string): boolean {
  return character === ";" || character === ",";
}

/** Longer ago than `seconds`, or too far ahead; `date` 0, or `seconds` 0: neither. */
function isOutside(date: number, seconds: number, now: number): boolean {
  return date > 0 && seconds > 0 && (now - date > seconds || date - now > mostAheadSeconds);
}
