/** The words behind `ssh-penalties`. */
import { type SshFault, sshPenaltiesDefaults, type SshPenaltiesPlan } from "../../plan/ssh/ssh-penalties.ts";
import { wordTable } from "../../word-table.ts";
import type { Mutable } from "../draft/mutable.ts";
import { patternLines } from "../draft/pattern-lists.ts";
import type { ProxyScope } from "../draft/proxy-scope.ts";
import { readPatterns } from "../expressions/patterns.ts";
import { readTime } from "../row/value.ts";
import { Complaint } from "../text/complaint.ts";
import type { Word } from "../text/statement.ts";

type Draft = Mutable<Omit<SshPenaltiesPlan, "addMs">> & { readonly addMs: Record<SshFault, number> };

/** Takes one word's argument. Throws a Complaint. */
type Take = (draft: Draft, word: Word, argument: Word, scope: ProxyScope) => void;

function add(fault: SshFault): Take {
  return (draft, word, argument) => void (draft.addMs[fault] = timeOf(word, argument));
}

function whole(field: "prefix4" | "prefix6" | "size", least: number, most: number): Take {
  return (draft, word, argument) => {
    const value = /^\d{1,9}$/.test(argument.text) ? Number(argument.text) : Number.NaN;
    if (!(value >= least && value <= most)) {
      throw new Complaint(
        `'${word.text}' expects a number from ${least} to ${most} (got '${argument.text}').`,
        argument,
      );
    }
    draft[field] = value;
  };
}

const words = wordTable<Take>({
  noauth: add("noauth"),
  invalid: add("invalid"),
  proxy: add("proxy"),
  min: (draft, word, argument) => void (draft.minMs = timeOf(word, argument)),
  max: (draft, word, argument) => void (draft.maxMs = timeOf(word, argument)),
  prefix4: whole("prefix4", 1, 32),
  prefix6: whole("prefix6", 1, 128),
  size: whole("size", 1, 1_000_000),
  exempt: (draft, _word, argument, scope) =>
    void (draft.exempt = [
      ...draft.exempt,
      ...argument.text.split(",").flatMap((text) => networksOf(text, argument, scope)),
    ]),
  action(draft, _word, argument) {
    const { text } = argument;
    if (text !== "reject" && text !== "tarpit" && text !== "drop") {
      throw new Complaint(`'action' expects 'reject', 'tarpit' or 'drop' (got '${text}').`, argument);
    }
    draft.action = text;
  },
});

/** Throws a Complaint. */
export function readSshPenalties(line: readonly Word[], scope: ProxyScope): SshPenaltiesPlan {
  const draft: Draft = { ...sshPenaltiesDefaults, addMs: { ...sshPenaltiesDefaults.addMs } };
  const said = new Set<string>();
  for (let at = 0; at < line.length; at += 2) {
    const [word, argument] = [line[at] as Word, line[at + 1]];
    const take = words.get(word.text);
    if (take === undefined) throw new Complaint(`'${word.text}' is not known: ${known}.`, word);
    if (word.text !== "exempt" && said.has(word.text)) throw new Complaint(`'${word.text}' is said twice.`, word);
    said.add(word.text);
    if (word.text === "exempt" && argument?.text === "-f") {
      at += 1;
      draft.exempt = [...draft.exempt, ...networksOfFile(argument, line[at + 1], scope)];
    } else if (argument === undefined) throw new Complaint(`'${word.text}' expects an argument.`, word);
    else take(draft, word, argument, scope);
  }
  if (draft.minMs > draft.maxMs) {
    throw new Complaint("'min' must not be more than 'max': no penalty would ever be enforced.", line[0] ?? null);
  }
  return draft;
}

const known = "there is noauth, invalid, proxy, min, max, exempt, prefix4, prefix6, size and action";

/** Ms; sshd takes seconds where no unit is given, and the rest of the language milliseconds: so one must be. */
function timeOf(word: Word, argument: Word): number {
  const { text } = argument;
  const ms = readTime(text);
  if (typeof ms !== "number" || !/^(?:0|\d+(?:us|ms|[smhd]))$/.test(text)) {
    throw new Complaint(`'${word.text}' expects a time with its unit, as in '15s' (got '${text}').`, argument);
  }
  return ms;
}

function networksOf(text: string, word: Word, scope: ProxyScope): readonly string[] {
  if (text === "") throw new Complaint("'exempt' expects addresses or networks with ',' between them.", word);
  const flags = { ignoreCase: false, noNames: true, isMap: false };
  return readPatterns([{ ...word, text }], { match: "ip", isDotted: false }, flags, scope).flatMap(
    ({ compared }) => compared,
  );
}

function networksOfFile(flag: Word, file: Word | undefined, scope: ProxyScope): readonly string[] {
  if (file === undefined) throw new Complaint("'exempt -f' expects a file.", flag);
  const text = scope.readFile(file.text);
  if (text === null) throw new Complaint(`failed to open file <${file.text}>`, file);
  return patternLines(text).flatMap((line) => networksOf(line.trim(), file, scope));
}
