/** What of the statistics page is asked for: the words that stand behind its URI, as HAProxy reads them. */

/** How it is shown. */
export type PageFormat = "html" | "csv" | "typed" | "json" | "json-schema";

/** What came of a form: `;st=` in where its answer leads to. */
export type Outcome = "DENY" | "DONE" | "ERRP" | "EXCD" | "NONE" | "PART" | "UNKN";

export interface PageChoice {
  readonly format: PageFormat;
  /** `;up` */
  readonly hidesDown: boolean;
  /** `;no-maint` */
  readonly hidesMaintenance: boolean;
  /** `;norefresh` */
  readonly isStill: boolean;
  /** `;st=`; null: it is not there. */
  readonly outcome: Outcome | null;
  /** `scope=`: part of the names of the proxies that are shown, whatever its case; "": all. */
  readonly scope: string;
}

const outcomes: readonly string[] = ["DENY", "DONE", "ERRP", "EXCD", "NONE", "PART"] satisfies Outcome[];

/** Most characters of a scope. */
const longestScope = 20;

/** Words may stand anywhere, in any order, beside others that mean nothing. */
export function pageChoice(rest: string): PageChoice {
  const [, code = null] = /;st=(.{4})/.exec(rest) ?? [];
  const [, scope = ""] = /scope=([^;& ]*)/.exec(rest) ?? [];
  return {
    format: formatOf(rest),
    hidesDown: rest.includes(";up"),
    hidesMaintenance: rest.includes(";no-maint"),
    isStill: rest.includes(";norefresh"),
    outcome: code === null ? null : outcomes.includes(code) ? (code as Outcome) : "UNKN",
    // Names have no other characters.
    scope: /^[\w:.-]*$/.test(scope) ? scope.slice(0, longestScope) : "",
  };
}

function formatOf(rest: string): PageFormat {
  if (rest.includes(";json-schema")) return "json-schema";
  if (rest.includes(";json")) return "json";
  if (rest.includes(";typed")) return "typed";
  return rest.includes(";csv") ? "csv" : "html";
}

/** The words of a choice, behind the page's URI. */
export function choiceText(choice: Omit<PageChoice, "format">): string {
  const { hidesDown, hidesMaintenance, isStill, outcome, scope } = choice;
  const words = [
    outcome === null ? "" : `;st=${outcome}`,
    hidesDown ? ";up" : "",
    hidesMaintenance ? ";no-maint" : "",
    isStill ? ";norefresh" : "",
  ];
  return words.join("") + (scope === "" ? "" : `?scope=${scope}`);
}
