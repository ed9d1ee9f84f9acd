/** `cookie` and `dynamic-cookie-key`: persistence by a cookie (manual, 4.2). */
import type { CookiePlan } from "../../../plan/http.ts";
import type { Mutable } from "../../draft/mutable.ts";
import { Complaint, complain, shortPlace } from "../../text/complaint.ts";
import type { ProxySection } from "../../draft/proxy-section.ts";
import { type Line, type Row, warn } from "../../row/row.ts";
import { anyWords, readSeconds, text, words } from "../../row/value.ts";
import type { Word } from "../../text/statement.ts";
import { httpRow } from "./http-row.ts";

/** What is said of a cookie; which of its modes are incompatible is seen at the end. */
interface CookieWords extends Mutable<CookiePlan> {
  domains: string[];
  attributes: string[];
  readonly modes: Set<"rewrite" | "insert" | "prefix">;
}

/** Words that stand alone. */
const flags = ["indirect", "nocache", "postonly", "preserve", "httponly", "secure", "dynamic"] as const;
const modes = ["rewrite", "insert", "prefix"] as const;

/** Takes one word of the line, and the one after it where it has a value; how many it took. */
function takeWord(cookie: CookieWords, word: Word, next: Word | undefined, line: Line): number {
  const mode = modes.find((one) => one === word.text);
  if (mode !== undefined) {
    cookie.modes.add(mode);
    return 1;
  }
  const flag = flags.find((one) => one === word.text);
  if (flag !== undefined) {
    cookie[flag] = true;
    return 1;
  }
  switch (word.text) {
    case "domain":
      cookie.domains.push(domain(word, next, line));
      return 2;
    case "maxidle":
      cookie.maxIdleSeconds = seconds(word, next, "idletime");
      return 2;
    case "maxlife":
      cookie.maxLifeSeconds = seconds(word, next, "lifetime");
      return 2;
    case "attr":
      cookie.attributes.push(attribute(word, next));
      return 2;
    default:
      throw new Complaint(
        "'cookie' supports 'rewrite', 'insert', 'prefix', 'indirect', 'nocache', 'postonly', 'domain', 'maxidle', 'dynamic', 'maxlife' and 'attr' options.",
        word,
      );
  }
}

function domain(word: Word, next: Word | undefined, line: Line): string {
  if (next === undefined) throw new Complaint("'domain' expects <domain> as argument.", word, null, shortPlace);
  if (!next.text.includes(".")) {
    const said = `domain '${next.text}' contains no embedded dot, this configuration may not work properly (see RFC6265#5.2.3).`;
    warn(line, said, next, shortPlace);
  }
  return next.text;
}

function seconds(word: Word, next: Word | undefined, what: string): number {
  const name = word.text;
  if (next === undefined) {
    throw new Complaint(`'${name}' expects <${what}> in seconds as argument.`, word, null, shortPlace);
  }
  const time = readSeconds(next.text);
  if (typeof time === "number") return time;
  const said =
    time.kind === "overflow"
      ? `timer overflow in argument <${next.text}> to <${name}>, maximum value is 2147483647 s (~68 years).`
      : `unexpected character '${time.character}' in argument to <${name}>.`;
  throw new Complaint(said, next, null, shortPlace);
}

function attribute(word: Word, next: Word | undefined): string {
  if (next === undefined) throw new Complaint("'attr' expects <value> as argument.", word, null, shortPlace);
  const bad = Array.from(next.text).find((one) => one < " " || one === "\u007f" || one === ";");
  if (bad === undefined) return next.text;
  const code = bad.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
  throw new Complaint(`character '%x${code}' is not permitted in attribute value.`, next, null, shortPlace);
}

/** What HAProxy says of words that do not go together: of each that it finds. */
function checkModes(cookie: CookieWords, line: Line): void {
  const say = (said: string): void => complain(line.draft.diagnostics, "alert", line.statement, said, line.keyword);
  if (cookie.modes.has("rewrite") && cookie.indirect) say("cookie 'rewrite' and 'indirect' modes are incompatible.");
  if (cookie.modes.size > 1) say("cookie 'rewrite', 'insert' and 'prefix' modes are incompatible.");
  if (cookie.preserve && !cookie.modes.has("insert") && !cookie.indirect) {
    say("cookie 'preserve' requires at least 'insert' or 'indirect'.");
  }
}

function readCookie(target: ProxySection, line: Line): void {
  const [name] = line.words;
  if (name === undefined || name.text === "") {
    throw new Complaint("'cookie' expects <cookie_name> as argument.", line.keyword);
  }
  const cookie: CookieWords = {
    name: name.text,
    mode: "passive",
    indirect: false,
    nocache: false,
    postonly: false,
    preserve: false,
    httponly: false,
    secure: false,
    dynamic: false,
    domains: [],
    maxIdleSeconds: 0,
    maxLifeSeconds: 0,
    attributes: [],
    modes: new Set(),
  };
  for (let at = 1; at < line.words.length;) {
    const word = line.words[at];
    if (word === undefined) break;
    at += takeWord(cookie, word, line.words[at + 1], line);
  }
  checkModes(cookie, line);
  const { modes: said, ...plan } = cookie;
  target.settings.http.cookie = { ...plan, mode: [...said][0] ?? "passive" };
  target.settings.httpOnly.add("cookie");
}

export const httpCookieRows: readonly Row<ProxySection>[] = [
  httpRow("cookie", {
    where: "DLB",
    usage:
      "<name> [rewrite|insert|prefix] [indirect] [nocache] [postonly] [preserve] [httponly] [secure] [domain <domain>] [maxidle <time>] [maxlife <time>] [dynamic] [attr <value>]",
    tier: "C",
    help: "Persistence by an HTTP cookie.",
    needs: "backend",
    words: anyWords(),
    land: (target, _values, line) => readCookie(target, line),
  }),
  httpRow("dynamic-cookie-key", {
    where: "DLB",
    usage: "<text>",
    tier: "C",
    help: "The secret that cookies of servers are worked out with.",
    needs: "backend",
    words: words("dynamic-cookie-key", [text("'dynamic-cookie-key' expects <secret_key> as argument.")], "ignore"),
    land: ({ settings }, [key]) => void (settings.http.dynamicCookieKey = key),
  }),
];
