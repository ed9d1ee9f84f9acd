/** `show stat` and the CSV, typed and JSON forms of the statistics page: rows of one form, without those that are not wanted. */
import type { PublicProxy } from "../../proxy/public.ts";
import type { Rows } from "../answers/slices.ts";
import type { StatsForm } from "./csv.ts";
import { statsRows, type StatsRow } from "./rows.ts";

/** What is left out. */
export interface StatsChoice {
  /** `up`: servers that are down or in maintenance. */
  readonly hidesDown: boolean;
  /** `no-maint`: servers in maintenance. */
  readonly hidesMaintenance: boolean;
  readonly isWanted: (row: StatsRow) => boolean;
}

/** Whether a row is shown. */
export function isShown({ hidesDown, hidesMaintenance, isWanted }: StatsChoice, row: StatsRow): boolean {
  if (row.kind === "S" && (hidesDown || hidesMaintenance)) {
    const status = String(row.value("status"));
    if (status.startsWith("MAINT") || (hidesDown && status.startsWith("DOWN"))) return false;
  }
  return isWanted(row);
}

export function* statRows(proxy: PublicProxy, form: StatsForm, choice: StatsChoice): Rows {
  yield form.head;
  let isFirst = true;
  for (const row of statsRows(proxy)) {
    if (!isShown(choice, row)) yield "";
    else {
      yield form.row(row, isFirst);
      isFirst = false;
    }
  }
  yield form.tail;
}
