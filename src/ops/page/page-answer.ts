/** Answers those who ask for the statistics page, in whatever form, and those who send its form. */
import type { StatsPagePlan } from "../../plan/http.ts";
import { inSlices, pieces, type Rows } from "../answers/slices.ts";
import { statsCsv, statsJson, statsTyped } from "../stats/csv.ts";
import type { InfoSource } from "../stats/info.ts";
import { jsonSchema } from "../stats/json-schema.ts";
import { statRows, type StatsChoice } from "../stats/stat-rows.ts";
import { choiceText, type Outcome, type PageChoice, pageChoice } from "./page-choice.ts";
import { carryOut, isForeign } from "./page-form.ts";
import { pagePolicy, refreshOf, statsPage } from "./stats-page.ts";

/** Who asks, and for what. */
export interface PageQuestion {
  readonly plan: StatsPagePlan;
  /** The proxy that the page stands in. */
  readonly proxy: string;
  readonly method: "GET" | "HEAD" | "POST";
  /** What stands behind the page's URI. */
  readonly rest: string;
  /** A field of the request, by its name in lower case. */
  readonly field: (name: string) => string | null;
  readonly isAdmin: boolean;
  /** Null: it was too long. */
  readonly form: Uint8Array | null;
}

/** What is answered. Null: there is no body. */
export interface PageAnswer {
  readonly status: number;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Rows | null;
}

export async function answerPage(info: InfoSource, question: PageQuestion): Promise<PageAnswer> {
  const choice = pageChoice(question.rest);
  return question.method === "POST" ? answerForm(info, question, choice) : answerQuestion(info, question, choice);
}

const types: Readonly<Record<PageChoice["format"], string>> = {
  html: "text/html; charset=utf-8",
  csv: "text/plain",
  typed: "text/plain",
  json: "application/json",
  "json-schema": "application/json",
};

function answerQuestion(info: InfoSource, { plan, proxy, isAdmin }: PageQuestion, choice: PageChoice): PageAnswer {
  const { format } = choice;
  const fields: (readonly [string, string])[] = [
    ["cache-control", "no-cache"],
    ["content-type", types[format]],
    ["x-content-type-options", "nosniff"],
  ];
  const again = refreshOf(plan, choice);
  // The page itself does better, and says so where there is nobody to be asked.
  if (again > 0 && format !== "html") fields.push(["refresh", String(again)]);
  const rows = chosen(plan, proxy, choice);
  if (format === "json-schema") return { status: 200, fields, body: pieces(jsonSchema) };
  if (format !== "html") return { status: 200, fields, body: statRows(info.proxy, formOf(format), rows) };
  fields.push(["content-security-policy", pagePolicy], ["referrer-policy", "same-origin"]);
  return { status: 200, fields, body: statsPage({ info, plan, choice, rows, isAdmin }) };
}

function formOf(format: "csv" | "typed" | "json"): typeof statsCsv {
  if (format === "typed") return statsTyped;
  return format === "json" ? statsJson : statsCsv;
}

/** `stats scope`, and what of it was asked for. */
function chosen(plan: StatsPagePlan, own: string, { hidesDown, hidesMaintenance, scope }: PageChoice): StatsChoice {
  const names = new Set(plan.scope.map((name) => (name === "." ? own : name)));
  const part = scope.toLowerCase();
  return {
    hidesDown,
    hidesMaintenance,
    isWanted(row) {
      const name = String(row.value("pxname"));
      return (names.size === 0 || names.has(name)) && name.toLowerCase().includes(part);
    },
  };
}

/** Its answer leads back to the page, which says what came of it. */
async function answerForm(info: InfoSource, question: PageQuestion, choice: PageChoice): Promise<PageAnswer> {
  const { plan, isAdmin, form, field } = question;
  let outcome: Outcome = "DENY";
  if (isAdmin && !isForeign(field)) {
    outcome = "EXCD";
    if (form !== null) {
      const text = Buffer.from(form).toString();
      await inSlices(
        carryOut(info.proxy, text, (told) => (outcome = told)),
        () => {},
      );
    }
  }
  const fields = [
    ["cache-control", "no-cache"],
    ["content-type", "text/plain"],
    ["location", plan.uri + choiceText({ ...choice, outcome })],
  ] as const;
  return { status: 303, fields, body: null };
}
