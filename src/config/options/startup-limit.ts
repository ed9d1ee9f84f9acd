/** The words of `ssh-maxstartups`, on a line of its own or among a server's options, and of `ssh-login-grace`. */
import type { StartupsPlan } from "../../plan/ssh/startups.ts";
import { readInteger, readTime } from "../row/value.ts";
import { Complaint } from "../text/complaint.ts";
import type { Word } from "../text/statement.ts";

const most = 1_000_000;

/** What the words after the keyword say, and how many of them say it. */
export function startupLimit(
  words: readonly Word[],
  keyword: Word,
): { readonly limit: Pick<StartupsPlan, "most" | "perSource">; readonly taken: number } {
  const [first, second, third] = words;
  if (first === undefined || first.text === "") {
    throw new Complaint("'ssh-maxstartups' expects a number: of sessions that may start up at once", keyword);
  }
  const limit = { most: number(first, 0), perSource: 0 };
  if (second?.text !== "per-source") return { limit, taken: 1 };
  if (third === undefined) {
    throw new Complaint("'per-source' expects a number: of sessions of one address that may start up at once", second);
  }
  return { limit: { ...limit, perSource: number(third, 1) }, taken: 3 };
}

function number(word: Word, least: number): number {
  const value = readInteger(word.text);
  if (value !== null && value >= least && value <= most) return value;
  // start:rate:full
  const first = /^(\d{1,7}):/.exec(word.text)?.[1];
  if (first !== undefined && least === 0) {
    throw new Complaint(
      `'${word.text}' is how sshd's MaxStartups is written: write 'ssh-maxstartups ${Math.max(1, Number(first))}', or less, for with so many sshd begins to refuse at random`,
      word,
    );
  }
  throw new Complaint(`'${word.text}' is not a number from ${least} to ${most}`, word);
}

/** How long a start-up counts at most, ms. */
export function loginGrace(word: Word | undefined, keyword: Word): number {
  if (word === undefined || word.text === "") {
    throw new Complaint("'ssh-login-grace' expects a time: how long a session may start up", keyword);
  }
  const value = readTime(word.text);
  if (typeof value === "number" && value > 0) return value;
  throw new Complaint(`'${word.text}' is not a time from 1ms to 24d`, word);
}
