/** Keywords of `userlist` and `http-errors` sections (manual, 3.4 and 3.9). */
import { checkErrorFile } from "../lines/error-file.ts";
import { Complaint, shortPlace } from "../text/complaint.ts";
import type { UserPlan } from "../../plan/rules/userlist.ts";
import { type Line, rowsOf, type Row, warn } from "../row/row.ts";
import { anyWords } from "../row/value.ts";
import { errorStatus } from "./proxy/http-pages.ts";

const users = rowsOf<UserlistDraft>("userlist");
const errors = rowsOf<HttpErrorsDraft>("http-errors");

/** A `userlist` section while it is read. */
export interface UserlistDraft {
  readonly name: string;
  /** Each user with the groups that its own line names. */
  readonly users: Map<string, UserPlan>;
  /** The users that the line of a group names. */
  readonly groups: Map<string, readonly string[]>;
}

/** An `http-errors` section while it is read: by status whole responses. */
export type HttpErrorsDraft = Map<number, string>;

const passwords = new Set(["password", "insecure-password", "groups"]);

function addUser(list: UserlistDraft, line: Line): void {
  const name = line.words[0]?.text ?? "";
  if (name === "") throw new Complaint("'user' expects <name> as arguments.", line.keyword, null, shortPlace);
  if (list.users.has(name)) {
    warn(line, `ignoring duplicated user '${name}' in userlist '${list.name}'.`, line.words[0], shortPlace);
    return;
  }
  let user: UserPlan = { name, password: null, isHashed: false, groups: [] };
  for (let index = 1; index < line.words.length; index += 2) {
    const word = line.words[index];
    if (word === undefined || !passwords.has(word.text)) {
      const text = "'user' only supports 'password', 'insecure-password' and 'groups' options.";
      throw new Complaint(text, word ?? null, null, shortPlace);
    }
    const value = line.words[index + 1]?.text ?? "";
    if (word.text === "groups") user = { ...user, groups: value.split(",") };
    else user = { ...user, password: value, isHashed: word.text === "password" };
  }
  list.users.set(name, user);
}

export const userlistRows: readonly Row<UserlistDraft>[] = [
  users.works("user", {
    usage: "<name> [password|insecure-password <password>] [groups <group>,…]",
    tier: "C",
    help: "A user of HTTP authentication.",
    words: anyWords(),
    tight: true,
    land: (list, _values, line) => addUser(list, line),
  }),
  users.works("group", {
    usage: "<name> [users <user>,…]",
    tier: "C",
    help: "A group of HTTP authentication.",
    words: anyWords(),
    tight: true,
    land(list, _values, line) {
      const [name, keyword, names] = line.words;
      if (name === undefined || name.text === "") {
        throw new Complaint("'group' expects <name> as arguments.", line.keyword, null, shortPlace);
      }
      if (keyword !== undefined && keyword.text !== "users") {
        throw new Complaint("'group' only supports 'users' option.", keyword, null, shortPlace);
      }
      list.groups.set(name.text, names?.text.split(",") ?? []);
    },
  }),
];

export const httpErrorsRows: readonly Row<HttpErrorsDraft>[] = [
  errors.works("errorfile", {
    usage: "<code> <file>",
    tier: "C",
    help: "The whole answer for a status.",
    words: anyWords(),
    land(section, _values, line) {
      const [code, file] = line.words;
      if (code === undefined || file === undefined) {
        throw new Complaint("errorfile: expects <status_code> and <file> as arguments.", line.keyword);
      }
      section.set(errorStatus("errorfile", code), checkErrorFile("errorfile", file, line));
    },
  }),
];
