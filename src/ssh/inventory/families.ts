/** Families of software that have rows of their own, whatever else there is. */
import { sshFamilies, sshFamily } from "../../wire/ssh/families.ts";

const names: ReadonlySet<string> = new Set(sshFamilies);

/** The family of software, or of a family's own name: an inventory that was saved has those. Null: none that is known. */
export function familyOf(software: string): string | null {
  return sshFamily({ software }) ?? (names.has(software) ? software : null);
}
