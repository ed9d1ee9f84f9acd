/** What is kept of messages for the log: fields in the slots that the frontend has for them, and one cookie. */
import type { CapturePlan, CookieCapturePlan } from "../../plan/http.ts";
import { type CookieField, cookiesIn } from "../../wire/http/cookies.ts";
import type { Fields } from "../../wire/http/fields.ts";

/** Puts what the fields of `plans` say into `slots`; of several lines the last. */
export function captureFields(plans: readonly CapturePlan[], fields: Fields, slots: (string | null)[]): void {
  for (const [slot, { field, length }] of plans.entries()) {
    if (field === null) continue;
    const name = field.toLowerCase();
    for (let index = fields.find(name); index >= 0; index = fields.find(name, index + 1)) {
      slots[slot] = fields.value(index).slice(0, length);
    }
  }
}

/** A slot for each of `plans`. */
export function emptySlots(plans: readonly CapturePlan[]): (string | null)[] {
  return plans.map(() => null);
}

/** The first cookie whose `name=value` begins as asked for, in Cookie (or Set-Cookie) fields; null: there is none. */
export function capturedCookie(plan: CookieCapturePlan, fields: Fields, field: CookieField): string | null {
  for (const { name, value } of cookiesIn(fields, field)) {
    const pair = `${name}=${value}`;
    if (pair.startsWith(plan.start)) return pair.slice(0, plan.length);
  }
  return null;
}
