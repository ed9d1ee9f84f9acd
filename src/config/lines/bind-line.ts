/** `bind` lines and the address of `stats socket`: words to listening sockets. */
import { parseAddress, type ParsedAddress } from "../addresses/address.ts";
import { Complaint } from "../text/complaint.ts";
import { type BindDraft, type Draft, positionOf, type ProxyDraft } from "../draft/draft.ts";
import { bindDefaults, type BindPlan } from "../../plan/bind.ts";
import { pick } from "../draft/pick.ts";
import { startBind } from "../draft/settings.ts";
import { bindOptions } from "../options/bind-options.ts";
import { readOptions } from "../row/line-options.ts";
import type { Line } from "../row/row.ts";
import type { Statement, Word } from "../text/statement.ts";

/**
 * Reads one `bind` line into the proxy's listeners: ranges and lists give one each (manual, 4.2, `bind`).
 *
 * Throws a Complaint. The line's options hold for each of its addresses.
 */
export function parseBind(proxy: ProxyDraft, line: Line): void {
  const first = line.words[0];
  if (first === undefined || first.text === "") {
    throw new Complaint(
      "'bind' expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments.",
      line.keyword,
    );
  }
  const binds = parseBindAddresses(line.draft, line.statement, first, "'bind' : ");
  const options = binds[0];
  if (options === undefined) return;
  const where = `'bind ${first.text}' in section '${proxy.kind}'`;
  readOptions(bindOptions, options, line.statement, line.start + 1, line.draft, {
    where: `${where} : `,
    unknown(word, near) {
      const hint = near === null ? "." : `; did you mean '${near}' maybe ?`;
      throw new Complaint(`${where}: unknown keyword '${word.text}'${hint}`, word);
    },
    wrong(complaint) {
      throw new Complaint(`${where} : ${complaint.message}`, complaint.word, complaint.advice);
    },
  });
  if (options.idGiven) complainAboutId(proxy, options, where, line);
  for (const bind of binds) {
    const one = { ...options, address: bind.address, isName: bind.isName, text: bind.text };
    proxy.binds.push(one);
    if (one.idGiven && !proxy.bindsById.has(one.id)) proxy.bindsById.set(one.id, one);
  }
}

function complainAboutId(proxy: ProxyDraft, options: BindDraft, where: string, line: Line): void {
  const other = proxy.bindsById.get(options.id);
  if (other === undefined) return;
  const { file, line: at } = other.position;
  throw new Complaint(
    `${where} : 'id' : custom id ${options.id} already used at ${file}:${at} ('bind ${other.text}')`,
    line.words.find((_word, index) => line.words[index - 1]?.text === "id") ?? line.keyword,
  );
}

/** Takes a word with one or more addresses apart. `prefix` comes before each complaint. */
export function parseBindAddresses(draft: Draft, statement: Statement, word: Word, prefix: string): BindDraft[] {
  const binds: BindDraft[] = [];
  const rule = { port: "required", range: true, offset: false, descriptor: true, datagram: false } as const;
  const prefixPath = draft.global.unixBind.prefix;
  for (const part of word.text.split(",")) {
    if (part === "" && binds.length > 0) continue; // HAProxy lets a trailing comma pass
    let parsed: ParsedAddress;
    try {
      parsed = parseAddress(word, rule, draft.context.environment, part);
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      throw new Complaint(prefix + error.message, error.word, error.advice);
    }
    for (const address of listenAddresses(parsed, prefixPath)) {
      const isName = parsed.kind === "ip" && parsed.isName;
      binds.push(
        startBind(draft.global, { address, isName, text: word.text, position: positionOf(statement), statement }),
      );
    }
  }
  return binds;
}

function listenAddresses(parsed: ParsedAddress, prefix: string): BindDraft["address"][] {
  if (parsed.kind === "unix") return [{ kind: "unix", path: prefix + parsed.path }];
  if (parsed.kind === "abstract") return [{ kind: "abstract", name: parsed.name }];
  if (parsed.kind === "fd") return [{ kind: "fd", fd: parsed.fd }];
  const host = parsed.host !== "" ? parsed.host : parsed.family === 6 ? "::" : "0.0.0.0";
  const addresses: BindDraft["address"][] = [];
  for (let port = parsed.firstPort; port <= parsed.lastPort; port++) addresses.push({ kind: "tcp", host, port });
  return addresses;
}

/** A listener without what only reading needed; `id` is used where the line gave none. */
export function bindPlan(draft: BindDraft, id: number): BindPlan {
  const { address, text, position } = draft;
  const options = pick(draft, bindDefaults);
  return { address, text, position, ...options, id: draft.idGiven ? options.id : id };
}
