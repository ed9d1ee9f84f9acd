/** `server`, `default-server` and `server-template` lines: words to servers. */
import { parseAddress, serverAddress } from "../addresses/address.ts";
import { Complaint, serverMessage } from "../text/complaint.ts";
import {
  type Draft,
  positionOf,
  type ProxyDraft,
  type ServerDraft,
  type ServerSettings,
  type Settings,
} from "../draft/draft.ts";
import { serverOptions } from "../options/server-options.ts";
import { momentOf, parseExpression, unavailableSource } from "../expressions/expression.ts";
import { parseLogFormat } from "../expressions/log-format.ts";
import { readOptions } from "../row/line-options.ts";
import type { Line } from "../row/row.ts";
import type { ProxyScope } from "../draft/proxy-scope.ts";
import type { ServerLine } from "../options/server-rows.ts";
import { inheritedServerSettings } from "../draft/settings.ts";
import type { Word } from "../text/statement.ts";
import { badNameCharacter } from "../row/value.ts";

/** Where a server line stands and what it adds to. */
interface ServerPlace {
  readonly scope: ProxyScope;
  readonly settings: Settings;
  readonly proxy: ProxyDraft | null;
}

/** Reads a `server`, `default-server` or `server-template` line. Everything wrong is in the draft's diagnostics. */
export function parseServer(place: ServerPlace, line: Line): void {
  try {
    switch (line.keyword.text) {
      case "default-server":
        return readDefaultServer(place, line);
      case "server-template":
        return readTemplate(place, line);
      default:
        return readServer(place, line);
    }
  } catch (error) {
    if (!(error instanceof Complaint)) throw error;
    serverMessage(line.draft.diagnostics, "alert", line.statement, error.message, error.word, error.advice);
  }
}

function readDefaultServer(place: ServerPlace, line: Line): void {
  const target = newTarget(place, place.settings.server, "");
  options(target, line, 0, "default-server", (message) => message, " Hint: no address was expected for this server.");
}

function readServer(place: ServerPlace, line: Line): void {
  const [name, address] = line.words;
  if (name === undefined || address === undefined || name.text === "") {
    throw new Complaint("'server' expects <name> and <addr>[:<port>] as arguments.", line.keyword);
  }
  checkName(name, "server name");
  const server = newServer(place, line, name.text, address);
  place.proxy?.servers.push(server);
}

/** One server of the given name with the line's options, which start at the third word. */
function newServer(place: ServerPlace, line: Line, name: string, address: Word): ServerDraft {
  const label = `'server ${place.scope.name}/${name}' : `;
  const text = serverText(line.draft, address, label);
  const settings = inheritedServerSettings(place.settings.server);
  settings.tls.isSpokenByDefault = settings.tls.isSpoken;
  const target = newTarget(place, settings, label);
  const start = line.keyword.text === "server" ? 2 : 3;
  options(target, line, start, name, (message) => label + message, "");
  const sni = serverName(place.scope, settings, line, label);
  return {
    name,
    id: target.id ?? 0,
    idGiven: target.id !== null,
    position: positionOf(line.statement),
    statement: line.statement,
    address: text,
    text: address.text,
    settings,
    sni,
    template: null,
  };
}

/** The expression of `sni`: one word, which `default-server` may have said. */
function serverName(
  scope: ProxyScope,
  { tls: { sni } }: ServerSettings,
  line: Line,
  label: string,
): ServerDraft["sni"] {
  if (sni === null) return null;
  const { statement, word } = sni;
  const isOwn = statement === line.statement;
  const wrong = (text: string, advice: string | null = null): Complaint =>
    new Complaint(`${label}error detected while parsing sni expression : ${text}`, isOwn ? word : null, advice);
  const cursor = { statement: { ...statement, words: [word] }, index: 0 };
  try {
    const expression = parseExpression(cursor, scope, { site: null, where: null });
    const source = unavailableSource(expression, sniSite);
    if (source === null) return expression;
    const text = ` fetch method '${word.text}' extracts information from '${source}', none of which is available here.`;
    throw wrong(text, momentOf(expression));
  } catch (error) {
    if (error instanceof Complaint && !error.message.startsWith(label)) throw wrong(error.message, error.advice);
    throw error;
  }
}

/** Where `sni` is evaluated. */
const sniSite = "server source selection";

function serverText(draft: Draft, word: Word, label: string): ServerDraft["address"] {
  if (/^_[^.]+\._(?:tcp|udp)\./.test(word.text)) {
    return { kind: "tcp", host: word.text, isName: true, family: null, port: null, portOffset: 0 };
  }
  const rule = { port: "optional", range: false, offset: true, descriptor: false, datagram: false } as const;
  try {
    return serverAddress(parseAddress(word, rule, draft.context.environment));
  } catch (error) {
    if (error instanceof Complaint) throw new Complaint(label + error.message, error.word, error.advice);
    throw error;
  }
}

function options(
  target: ServerLine,
  line: Line,
  start: number,
  name: string,
  labelled: (message: string) => string,
  hint: string,
): void {
  readOptions(serverOptions, target, line.statement, line.start + start, line.draft, {
    unknown(word, near) {
      const meant = near === null ? (hint === "" ? "." : "") : `; did you mean '${near}' maybe ?`;
      throw new Complaint(labelled(`unknown keyword '${word.text}'${meant}${hint}`), word);
    },
    wrong(complaint) {
      const named = complaint.message.replaceAll("%s", name);
      throw new Complaint(
        labelled(named.endsWith("is not supported") ? named : `${named}.`),
        complaint.word,
        complaint.advice,
      );
    },
  });
}

/** `label` is "" for `default-server`. */
function newTarget(place: ServerPlace, settings: ServerSettings, label: string): ServerLine {
  return {
    settings,
    isDefault: label === "",
    label,
    isHttp: place.scope.isHttp,
    id: null,
    resolversWord: null,
    parseFormat(line, option) {
      const index = line.statement.words.indexOf(line.keyword) + 1;
      return parseLogFormat({ statement: line.statement, index }, place.scope, "server source selection", option);
    },
  };
}

function checkName(word: Word, what: string): void {
  const character = badNameCharacter(word.text);
  if (character !== null) {
    throw new Complaint(`character '${character}' is not permitted in ${what} '${word.text}'.`, word);
  }
}

function readTemplate(place: ServerPlace, line: Line): void {
  const [prefix, count, address] = line.words;
  if (prefix === undefined || count === undefined || address === undefined || prefix.text === "") {
    throw new Complaint("'server-template' expects <prefix> <nb | range> <addr>[:<port>] as arguments.", line.keyword);
  }
  checkName(prefix, "server-template prefix");
  const range = /^(\d+)(?:-(\d+))?$/.exec(count.text);
  const low = range?.[2] === undefined ? 1 : Number(range[1]);
  const high = Number(range?.[2] ?? range?.[1] ?? 0);
  if (high < low || low < 1 || high > 65_536) {
    throw new Complaint(`Wrong server-template number or range arg '${count.text}'.`, count);
  }
  for (let number = low; number <= high; number++) {
    const server = newServer(place, line, `${prefix.text}${number}`, address);
    const service = address.text.startsWith("_") ? address.text : null;
    place.proxy?.servers.push({
      ...server,
      id: server.idGiven ? server.id + number - low : 0,
      template: { prefix: prefix.text, service },
    });
  }
}
