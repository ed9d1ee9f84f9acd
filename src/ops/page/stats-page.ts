/** The statistics page: `stats …` of a proxy, made row by row from the same figures as `show stat`. */
import type { StatsPagePlan } from "../../plan/http.ts";
import type { Rows } from "../answers/slices.ts";
import { type InfoSource, uptimeText } from "../stats/info.ts";
import { statsRows } from "../stats/rows.ts";
import { isShown, type StatsChoice } from "../stats/stat-rows.ts";
import { choiceText, type Outcome, type PageChoice } from "./page-choice.ts";
import { actionLabels } from "./page-form.ts";
import { pageScript, pageStyle } from "./page-look.ts";
import { tableEnd, tableHead, type TableLook, tableRow } from "./page-table.ts";
import { escaped } from "./page-text.ts";

/** What one page is made from. */
export interface PageParts {
  readonly info: InfoSource;
  readonly plan: StatsPagePlan;
  readonly choice: PageChoice;
  readonly rows: StatsChoice;
  readonly isAdmin: boolean;
}

/** What the page may do: its own style and script, its form, and requests to where it came from. */
export const pagePolicy =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const outcomeTexts: Readonly<Record<Outcome, readonly [mood: string, text: string]>> = {
  DONE: ["good", "Action processed successfully."],
  NONE: ["mid", "Nothing has changed."],
  PART: ["mid", "Action partially processed: some of the servers are not known."],
  ERRP: ["bad", "Action not processed because of invalid parameters."],
  EXCD: ["bad", "Action not processed: the buffer couldn't store all the data. Choose fewer servers at once."],
  DENY: ["bad", "Action denied."],
  UNKN: ["bad", "Unexpected result."],
};

/** The whole page. */
export function* statsPage(parts: PageParts): Rows {
  const { info, plan, choice } = parts;
  const node = plan.node === null ? "" : ` on ${shown(plan.node || info.node)}`;
  const again = refreshOf(plan, choice);
  // In these words monitoring systems look for it.
  const version = plan.showsVersion
    ? ` <small>HAProxy version ${escaped(info.version)}, released ${escaped(info.releaseDate)}</small>`
    : "";
  const description = plan.description === null ? "" : `<p>${shown(plan.description || (info.description ?? ""))}</p>`;
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Statistics${node}</title>
${
  again === 0
    ? ""
    : `<noscript><meta http-equiv="refresh" content="${again}"></noscript>
`
}<style>${pageStyle}</style>
</head>
<body data-refresh="${again}">
<h1>fairlead${version}${node}</h1>
${description}${outcomeText(parts)}`;
  yield linksText(plan, choice);
  yield `<p id="lost" class="outcome bad" role="alert" hidden></p>\n<main>\n${processText(parts)}`;
  yield* tables(parts);
  yield `</main>\n<script>${pageScript}</script>\n</body>\n</html>\n`;
}

/** After how many seconds it is to be loaded again; 0: only when somebody asks. */
export function refreshOf({ refreshSeconds }: StatsPagePlan, { isStill }: PageChoice): number {
  return isStill ? 0 : refreshSeconds;
}

/** Text of the configuration: its bytes, one character each. */
function shown(text: string): string {
  return escaped(Buffer.from(text, "latin1").toString());
}

function outcomeText({ plan, choice }: PageParts): string {
  const { outcome } = choice;
  if (outcome === null) return "";
  const [mood, text] = outcomeTexts[outcome];
  const link = uriText(plan.uri, { ...choice, outcome: null });
  return `<p class="outcome ${mood}" role="status"><a href="${link}" aria-label="Close">×</a> ${text}</p>\n`;
}

function uriText(uri: string, choice: PageChoice, format = ""): string {
  return escaped(uri + format + choiceText(choice));
}

function processText({ info }: PageParts): string {
  const { process } = info.proxy;
  const { currentConnections, maxconn, connectionRate, sessionRate, uptimeMs } = process;
  const words = [
    `uptime ${uptimeText(Math.floor(uptimeMs / 1000))}`,
    `${currentConnections} of ${maxconn} connections`,
    `${connectionRate.current} new connections/s`,
    `${sessionRate.current} new sessions/s`,
    `${process.jobs} tasks`,
  ];
  const stopping = process.stopping ? ` <strong class="bad">stopping</strong>` : "";
  return `<p id="process">${words.join(", ")}${stopping}</p>\n`;
}

function linksText({ uri, refreshSeconds }: StatsPagePlan, choice: PageChoice): string {
  const here = { ...choice, outcome: null };
  const link = (text: string, changed: Partial<PageChoice>, format = ""): string =>
    `<a href="${uriText(uri, { ...here, ...changed }, format)}">${text}</a>`;
  const { hidesDown, hidesMaintenance, isStill } = choice;
  const links = [
    link("Refresh now", {}),
    link(hidesDown ? "Show all servers" : "Hide servers that are down", { hidesDown: !hidesDown }),
    link(hidesMaintenance ? "Show maintenance" : "Hide maintenance", { hidesMaintenance: !hidesMaintenance }),
    refreshSeconds === 0 ? "" : link(isStill ? "Enable refresh" : "Disable refresh", { isStill: !isStill }),
    link("CSV", { isStill: true }, ";csv"),
    link("JSON", { isStill: true }, ";json"),
  ];
  const scope = `<label>Scope <input id="scope" type="search" maxlength="20" value="${escaped(choice.scope)}" data-uri="${uriText(uri, { ...here, scope: "" })}"></label>`;
  return `<nav>${links.join(" ")} ${scope}</nav>
<p class="legend"><span class="up">up</span> <span class="going-down">going down</span> <span class="going-up">going up</span> <span class="down">down</span> <span class="drain">drain or no new sessions</span> <span class="maint">maintenance</span> <span class="unchecked">not checked</span></p>
`;
}

/** A table for each proxy; a `listen` has one. */
function* tables(parts: PageParts): Rows {
  const { info, plan, rows } = parts;
  const look: TableLook = { isAdmin: parts.isAdmin, showsLegends: plan.showsLegends, showsModules: plan.showsModules };
  let open = null as { readonly name: string; readonly hasForm: boolean } | null;
  for (const row of statsRows(info.proxy)) {
    if (!isShown(rows, row)) {
      yield "";
      continue;
    }
    const name = String(row.value("pxname"));
    let text = "";
    if (open?.name !== name) {
      if (open !== null) text += sectionEnd(open.name, open.hasForm);
      open = { name, hasForm: look.isAdmin && hasServers(info, name) };
      text += sectionStart(name, String(row.value("mode")), open.hasForm) + tableHead(look, open.hasForm);
    }
    yield text + tableRow(row, look, open.hasForm);
  }
  yield open === null ? "<p>No proxy is shown.</p>\n" : sectionEnd(open.name, open.hasForm);
}

function hasServers({ proxy }: InfoSource, name: string): boolean {
  return (proxy.backend(name)?.servers.length ?? 0) > 0;
}

function sectionStart(name: string, mode: string, hasForm: boolean): string {
  const id = escaped(name);
  const title = `<section data-name="${id}"><h2 id="${id}"><a href="#${id}">${id}</a> <small>${escaped(mode)}</small></h2>\n`;
  return hasForm ? `${title}<form method="post">` : title;
}

function sectionEnd(name: string, hasForm: boolean): string {
  if (!hasForm) return `${tableEnd}</section>\n`;
  const options = actionLabels.map(([value, label]) => `<option value="${value}">${label}</option>`).join("");
  return `${tableEnd}<p><label>Do with the chosen servers <select name="action"><option value=""></option>${options}</select></label><input type="hidden" name="b" value="${escaped(name)}"> <button>Apply</button></p></form></section>\n`;
}
