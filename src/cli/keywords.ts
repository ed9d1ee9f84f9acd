/** The reference that `fairlead keywords` prints: the language's table by class, as text or JSON. */
import { keywords } from "../config/keywords/language.ts";
import type { Class, Keyword, Scope } from "../config/row/row.ts";

const classes: readonly (readonly [Class, string])[] = [
  ["works", "Works"],
  ["no-effect", "Accepted without effect"],
  ["refused", "Refused"],
];

const scopes: readonly (readonly [Scope, string])[] = [
  ["section", "Sections"],
  ["directive", "Between lines"],
  ["global", "In global"],
  ["proxy", "In defaults, frontend, listen, backend"],
  ["bind", "On bind lines"],
  ["server", "On server, default-server and server-template lines"],
  ["resolvers", "In resolvers"],
  ["ring", "In ring"],
  ["peers", "In peers"],
  ["userlist", "In userlist"],
  ["http-errors", "In http-errors"],
  ["mailers", "In mailers"],
  ["action", "Actions of rules"],
  ["sample", "Samples"],
];

/** The whole table as text, by class and place; each line has the keyword, its arguments, and what it does or why it does not. */
export function keywordsText(): string {
  const lines: string[] = [];
  for (const [name, title] of classes) {
    const members = keywords.filter((keyword) => keyword.class === name);
    lines.push(`${title} (${members.length})`, "=".repeat(title.length), "");
    for (const [scope, heading] of scopes) {
      const here = members.filter((keyword) => keyword.scope === scope);
      if (here.length === 0) continue;
      lines.push(heading, ...here.map(line), "");
    }
  }
  return lines.join("\n");
}

/** The same as JSON: an array of objects, one a keyword, in the table's order. */
export function keywordsJson(): string {
  return `${JSON.stringify(keywords, null, 2)}\n`;
}

const columns = 44;

function line(keyword: Keyword): string {
  const form = [keyword.name, keyword.usage].filter((part) => part !== "").join(" ");
  const said = keyword.reason === null ? keyword.help : `${keyword.help.replace(/\.$/, "")}: ${keyword.reason}`;
  const about = [keyword.mode === null ? "" : `mode ${keyword.mode}`, keyword.isExtension ? "not in HAProxy" : ""];
  const notes = about.filter((one) => one !== "").join(", ");
  const text = notes === "" ? said : `${said} (${notes})`;
  return form.length < columns ? `  ${form.padEnd(columns)}${text}` : `  ${form}\n  ${" ".repeat(columns)}${text}`;
}
