/** What `fairlead keywords` prints: the language's table by class, or all that is known of one word, as text or JSON. */
import { keywords } from "../config/keywords/language.ts";
import { helpFor, nearWords, type WordHelp } from "../config/keywords/word-help.ts";
import { singleLine } from "../ops/log/syslog.ts";
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
  return row(form, text);
}

function row(form: string, text: string): string {
  return form.length < columns ? `  ${form.padEnd(columns)}${text}` : `  ${form}\n  ${" ".repeat(columns)}${text}`;
}

/** What is known of one word, and the exit code; `said`: for stdout, `wrong`: nothing is known of it. */
export function wordText(word: string, json: boolean): { readonly said: string } | { readonly wrong: string } {
  const found = helpFor(word);
  if (found.length === 0) {
    const near = nearWords(word).map((one) => `'${one}'`);
    const hint = near.length === 0 ? "" : `; did you mean ${near.join(", ")} maybe ?`;
    return { wrong: `nothing is called '${singleLine(word)}' here${hint}` };
  }
  if (json) return { said: `${JSON.stringify(found, null, 2)}\n` };
  if (found.length <= mostWhole) return { said: found.map(paragraph).join("\n") };
  return {
    said: found
      .map(({ form, help, kind }) => row(form, help ?? `${kind}.`))
      .join("\n")
      .concat("\n"),
  };
}

/** More than so many meanings are a line each. */
const mostWhole = 12;

const standings: { readonly [One in Class]: string } = {
  works: "Works",
  "no-effect": "Accepted without effect",
  refused: "Refused",
};

function paragraph({ form, kind, where, help, class: own, reason, mode, ...one }: WordHelp): string {
  const about = [
    standings[own] + (reason === null ? "" : `: ${reason}`),
    mode === null ? "" : `in mode ${mode} alone`,
    one.isNegatable ? "'no' may stand before it" : "",
    one.isExtension ? "fairlead's own, HAProxy does not know it" : "",
  ];
  const lines = [
    form,
    `  ${kind}${where.length === 0 ? "" : `, in: ${where.join(", ")}`}.`,
    ...(help === null && own !== "works" ? [] : [`  ${help ?? "It does what HAProxy's manual says."}`]),
    `  ${about.filter((text) => text !== "").join("; ")}.`.replace(/\.\.$/, "."),
    ...(one.example === null ? [] : [`  Example: ${one.example}`]),
  ];
  return `${lines.join("\n")}\n`;
}
